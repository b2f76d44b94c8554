"""``python -m nn.convert.c IN OUT.c``."""

from pathlib import Path

from guard.commands import begin, run, streams
from guard.terminal import one_line, say

from .. import load
from ..measured import DIGITS_HELP, cost, digits
from . import save
from .quantise import as_stored


def main(argv: list[str] | None = None) -> int:
    """Run the command; see ``python -m nn.convert.c --help``. Return the exit status."""
    from guard.arguments import Parser  # here, because a library does not need argparse

    parser = Parser(
        "nn.convert.c", description="Write a network as one C file without dependencies."
    )
    parser.add_argument("source", type=Path, metavar="IN", help="model: .npz, .h5, .keras, .onnx")
    parser.add_argument("target", type=Path, metavar="OUT", help="C file to write: NAME.c")
    parser.add_argument(
        "--int8", action="store_true",
        help="store weights as int8, a quarter of the size, and print what accuracy that costs",
    )  # fmt: skip
    parser.add_argument("--digits", type=Path, metavar="FILE", help=f"with --int8: {DIGITS_HELP}")
    with streams():
        return _main(parser.parse_args(argv))


def _main(args) -> int:
    try:
        model = load(args.source)
        line = ""
        if args.int8:
            line = cost("int8", model, as_stored(model), *digits(args.digits))
        save(model, args.target, int8=args.int8)
    except (ValueError, OSError, FloatingPointError) as error:
        say("nn.convert.c", error)
        return 2
    if line:
        print(line)
    size = args.target.stat().st_size
    print(one_line(f"wrote {args.target}: {size:,} bytes, {len(model.layers)} layers"))
    return 0


if __name__ == "__main__":
    begin()
    run(main, "nn.convert.c")
