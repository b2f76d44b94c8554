"""The command line that both converters share."""

import sys
from collections.abc import Callable
from pathlib import Path

from ..model import Sequential
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
    import argparse  # here, because a library does not need it

    parser = argparse.ArgumentParser(
        f"nn.convert.{system}", description="Convert a model to .npz, or an .npz to another format."
    )
    parser.add_argument("source", type=Path, metavar="IN", help=f"file to read: .npz, {suffixes}")
    parser.add_argument(
        "target", type=Path, metavar="OUT", help="file to write, in the other format"
    )
    args = parser.parse_args(argv)
    try:
        if args.target.suffix.lower() == ".npz" != args.source.suffix.lower():
            model = read(args.source)
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
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 2
    print(f"wrote {args.target}: {len(model.layers)} layers")
    return 0
