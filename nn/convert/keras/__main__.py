"""``python -m nn.convert.keras IN OUT``."""

from guard.commands import begin, run

from ..command import command
from . import SUFFIXES, load, save


def main(argv: list[str] | None = None) -> int:
    """Run the command; see ``python -m nn.convert.keras --help``."""
    return command("keras", SUFFIXES, load, save, argv)


if __name__ == "__main__":
    begin()
    run(main, "nn.convert.keras")
