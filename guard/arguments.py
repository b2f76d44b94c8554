"""Parsers of command lines whose errors are one printable line."""

import argparse
from typing import NoReturn

from guard.terminal import one_line


class Parser(argparse.ArgumentParser):
    """A parser that escapes control characters of its arguments in its error messages."""

    def error(self, message: str) -> NoReturn:
        """Print the usage and one line, and end the program with status 2."""
        super().error(one_line(message))
