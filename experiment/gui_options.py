"""The command-line options of ``gui.py``."""

import argparse
from collections.abc import Sequence
from pathlib import Path

import weights
from guard.arguments import Parser
from nn.convert.digits import PIXELS_HELP, UNITS


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Parse the arguments of ``gui.py``, by default those of the process."""
    parser = Parser(
        prog="gui.py",
        description="Draw a digit or a number and have it recognised.",
        epilog="Keys: Return recognises it, Escape clears the canvas, Ctrl+Z undoes the "
        "last stroke, F2 opens a second window that shows what the network computes. "
        "T, then 0 to 9, says which digit the drawing is: the network learns it and keeps it; "
        "T, then Backspace, takes the last one back.",
    )
    add = parser.add_argument
    add("--weights", type=Path, default=weights.SHIPPED, metavar="FILE",
        help="model file: .npz, .h5, .keras or .onnx (default: the shipped network)")  # fmt: skip
    add("--pixels", choices=UNITS, metavar="UNIT", help=PIXELS_HELP)
    add("--hand", type=Path, metavar="FILE",
        help="what you taught: a .json file, made if it is missing (default: your own, which is "
        "used with the shipped network only; see `python -m weights.hand`)")  # fmt: skip
    add("--inspect", action="store_true", help="open the second window at the start")
    return parser.parse_args(argv)
