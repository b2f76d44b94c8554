"""``python -m nn.convert.onnx IN OUT``."""

from guard.commands import begin, run

from ..command import command
from . import load, save


def main(argv: list[str] | None = None) -> int:
    """Run the command; see ``python -m nn.convert.onnx --help``."""
    return command("onnx", ".onnx", load, save, argv)


if __name__ == "__main__":
    begin()
    run(main, "nn.convert.onnx")
