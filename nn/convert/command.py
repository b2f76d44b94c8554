"""The command line that both converters share."""

from collections.abc import Callable
from pathlib import Path

from guard.commands import streams
from guard.terminal import one_line, say

from ..model import Sequential
from .digits import PIXELS_HELP, UNITS, fit
from .errors import ConversionError


def command(
    system: str,
    suffixes: str,
    read: Callable[[Path], Sequential],
    write: Callable[[Sequential, Path], None],
    argv: list[str] | None,
) -> int:
    """Run ``python -m nn.convert.SYSTEM IN OUT``, where exactly one of the two is an ``.npz``.

    Parameters
    ----------
    system : str
        ``"keras"`` or ``"onnx"``.
    suffixes : str
        Suffixes of its files, as the help and the messages list them.
    read, write : callable
        Read and write a file of the system.
    argv : list of str or None
        Arguments; None for those of the process.

    Returns
    -------
    int
        Exit status: 0, or 2 after a one-line error.
    """
    with streams():
        return _command(system, suffixes, read, write, argv)


def _command(system, suffixes, read, write, argv):
    args = _parser(system, suffixes).parse_args(argv)
    try:
        if args.target.suffix.lower() == ".npz" != args.source.suffix.lower():
            model = _fitted(read(args.source), args.source, args.pixels)
            model.save(args.target)
        elif args.source.suffix.lower() == ".npz" != args.target.suffix.lower():
            model = Sequential.load(args.source)
            write(model, args.target)
        else:
            raise ConversionError(
                f"{args.source}, {args.target}: one of the two files must be an .npz, the other "
                f"{suffixes}"
            )
    except (ValueError, OSError) as error:
        say(f"nn.convert.{system}", error)
        return 2
    print(one_line(f"wrote {args.target}: {len(model.layers)} layers"))
    return 0


def _parser(system: str, suffixes: str):
    """Return the parser of the command line."""
    from guard.arguments import Parser  # here, because a library does not need argparse

    parser = Parser(
        f"nn.convert.{system}", description="Convert a model to .npz, or an .npz to another format."
    )
    parser.add_argument("source", type=Path, metavar="IN", help=f"file to read: .npz, {suffixes}")
    parser.add_argument(
        "target", type=Path, metavar="OUT", help="file to write, in the other format"
    )
    parser.add_argument("--pixels", choices=UNITS, metavar="UNIT", help=PIXELS_HELP)
    return parser


def _fitted(model: Sequential, path: Path, pixels: str | None) -> Sequential:
    """Return a network fitted to drawn digits, and say how; any other network as it is."""
    try:
        found = fit(model, pixels)
    except ValueError as error:
        if pixels is not None:
            raise ConversionError(f"{path}: {error}") from error
        return model
    if found.said:
        print(one_line(f"{path}: {found.said}"))
    if found.warning:
        say(str(path), found.warning)
    return found.model
