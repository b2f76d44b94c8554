"""Side jobs of a training: charts, notes, pictures. Their errors never end it."""

from collections.abc import Callable
from typing import Any

from guard.terminal import describe, say


class SideJobs:
    """Runs side jobs; an error is one line, which is not repeated.

    Parameters
    ----------
    program : str
        Name in the lines.
    """

    def __init__(self, program: str):
        self._program = program
        self._told: set[str] = set()

    def attempt(self, what: str, job: Callable[..., Any], *arguments: Any) -> bool:
        """Call ``job(*arguments)``; return whether it succeeded.

        Parameters
        ----------
        what : str
            What is missing if it fails, as "no chart".
        """
        try:
            job(*arguments)
        except Exception as error:  # whatever it is, the training is worth more
            line = f"{what}, but the training goes on: {describe(error) or type(error).__name__}"
            if line not in self._told:
                self._told.add(line)
                say(self._program, line)
            return False
        return True
