"""``python -m nn.convert.html IN OUT.html``."""

from pathlib import Path

from guard.commands import begin, run, streams
from guard.terminal import one_line, say

from .. import load
from ..digits import PIXELS_HELP, UNITS, Fitted, fit
from ..errors import ConversionError
from ..measured import DIGITS_HELP, cost, digits
from . import save
from .write import TYPES, as_stored


def main(argv: list[str] | None = None) -> int:
    """Run the command; see ``python -m nn.convert.html --help``. Return the exit status."""
    from guard.arguments import Parser  # here, because a library does not need argparse

    parser = Parser(
        "nn.convert.html",
        description="Write a network as one web page that reads drawn digits: no server, no "
        "network, nothing to install.",
    )
    add = parser.add_argument
    add("source", type=Path, metavar="IN", help="model: .npz, .h5, .keras, .onnx")
    add("target", type=Path, metavar="OUT", help="web page to write: NAME.html")
    add(
        "--precision", choices=TYPES, default="float32",
        help="how weights are stored (%(default)s); float16 takes half the size, and what accuracy "
        "that costs is printed",
    )  # fmt: skip
    add("--digits", type=Path, metavar="FILE", help=f"with --precision float16: {DIGITS_HELP}")
    add("--pixels", choices=UNITS, metavar="UNIT", help=PIXELS_HELP)
    with streams():
        return _main(parser.parse_args(argv))


def _main(args) -> int:
    try:
        model, said, warning = _fitted(args.source, args.pixels)
        line = ""
        if args.precision != "float32":
            stored = as_stored(model, args.precision)
            line = cost(args.precision, model, stored, *digits(args.digits))
        save(model, args.target, name=args.source.name, precision=args.precision)
    except (ValueError, OSError, FloatingPointError) as error:
        say("nn.convert.html", error)
        return 2
    if said:
        print(one_line(f"{args.source}: {said}"))
    if warning:
        say(str(args.source), warning)
    if line:
        print(line)
    size = args.target.stat().st_size
    print(one_line(f"wrote {args.target}: {size:,} bytes, {len(model.layers)} layers"))
    return 0


def _fitted(path: Path, pixels: str | None) -> Fitted:
    """Return the network of a file, fitted to drawn digits."""
    model = load(path)
    try:
        return fit(model, pixels)
    except ValueError as error:
        raise ConversionError(f"{path}: not a network for images of 28x28: {error}") from error


if __name__ == "__main__":
    begin()
    run(main, "nn.convert.html")
