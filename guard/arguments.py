"""Parsers of command lines whose errors are one printable line."""

import argparse
from typing import Any, NoReturn

from guard.names import typed_name
from guard.terminal import one_line


class Parser(argparse.ArgumentParser):
    """A parser that escapes control characters of its arguments in its error messages.

    Parameters
    ----------
    prog : str
        Name of the program; see `typed_name`.
    **options
        Those of `argparse.ArgumentParser`.
    """

    def __init__(self, prog: str, **options: Any):
        super().__init__(prog=typed_name(prog), **options)

    def error(self, message: str) -> NoReturn:
        """Print the usage and one line, and end the program with status 2."""
        super().error(one_line(message))
