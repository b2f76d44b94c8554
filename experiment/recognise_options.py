"""The command-line options of ``recognise.py``."""

import argparse
from collections.abc import Sequence
from pathlib import Path

import weights
from data.segments import pictures
from experiment.arguments import MAX_THREADS, at_least, probability
from experiment.table import SUFFIXES
from guard.arguments import Parser
from nn.convert.digits import PIXELS_HELP, UNITS
from nn.fast.workers import usable_cores


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Parse the arguments of ``recognise.py``, by default those of the process."""
    parser = Parser(
        prog="recognise.py",
        description="Read digits and numbers from pictures: FILE<TAB>NUMBER<TAB>PROBABILITY for "
        "each picture, or for each line of writing in it.",
        epilog="Exit status: 0 if all pictures were read, 1 if some were not, 2 on other errors.",
    )
    parser.add_argument(
        "files",
        nargs="*",
        metavar="FILE",
        help="a picture (PNG, JPEG, BMP, GIF, TIFF or WebP), a folder, searched with its "
        "subfolders, a .tar archive of pictures, a pattern such as 'scans/**/*.png', or a stack: "
        "an .npy or .npz file of images, (N, H, W); images of 28x28 must look like MNIST's or "
        "its negative, others are prepared like pictures (default: samples/)",
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="print an array of objects: file, digit, probability and all ten probabilities; for a "
        "number its lines of symbols, each with its box (left, top, right and bottom in pixels of "
        "the upright picture)",
    )
    parser.add_argument(
        "--digits",
        choices=pictures.DIGITS,
        default="auto",
        help="read a picture as one digit, or always as a number of many (default: decide by "
        "its ink)",
    )
    parser.add_argument(
        "--doubt",
        type=probability,
        default=0.5,
        metavar="P",
        help="note on stderr a digit whose probability is below P (default: %(default)s)",
    )
    parser.add_argument(
        "--marked",
        type=Path,
        metavar="FOLDER",
        help="write each picture to FOLDER, with a box and the answer at each digit; "
        "large ones are shrunk",
    )
    parser.add_argument(
        "--weights",
        type=Path,
        default=weights.SHIPPED,
        metavar="FILE",
        help="network to use: .npz, .h5, .keras or .onnx (default: the shipped one)",
    )
    parser.add_argument("--pixels", choices=UNITS, metavar="UNIT", help=PIXELS_HELP)
    parser.add_argument(
        "--jobs",
        type=at_least(int, 1, MAX_THREADS),
        default=usable_cores(),
        metavar="N",
        help="cores to use for many images (default: all, %(default)s)",
    )
    parser.add_argument(
        "--output",
        type=_table,
        metavar="FILE",
        help="write the answers to a table, .csv or .parquet: file, line, lines, text, probability",
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="keep the answers that --output has, and read only what is missing",
    )
    args = parser.parse_args(argv)
    if args.resume and not args.output:
        parser.error("argument --resume: name the table with --output")
    if args.json and args.output:
        parser.error("argument --json: not with --output")
    return args


def _table(text):
    """Return the path of a table of answers: an argument type for argparse."""
    path = Path(text)
    if path.suffix.lower() not in SUFFIXES:
        raise argparse.ArgumentTypeError(f"{text!r} must end in {' or '.join(SUFFIXES)}")
    return path
