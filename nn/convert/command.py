"""The command line of the converters."""

import sys
from collections.abc import Callable
from pathlib import Path

from ..model import Sequential
from .errors import ConversionError


def command(
    system: str,
    endings: str,
    read: Callable[[Path], Sequential],
    write: Callable[[Sequential, Path], None],
    argv: list[str] | None,
) -> int:
    """Run ``python -m nn.convert.SYSTEM IN OUT``: one of the two is an ``.npz``.

    Parameters
    ----------
    system : str
        In small letters.
    endings : str
        What its files may end with, in words.
    read, write : callable
        Of the system's files.
    argv : list of str, optional
        The command's arguments, if not the program's own.

    Returns
    -------
    int
        The exit status.
    """
    import argparse  # a library has no command line

    parser = argparse.ArgumentParser(
        f"nn.convert.{system}", description="Convert a model to .npz, or an .npz to another format."
    )
    parser.add_argument("source", type=Path, metavar="IN", help=f".npz; or {endings}")
    parser.add_argument("target", type=Path, metavar="OUT", help="of the other kind")
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
                f"{endings}"
            )
    except (ValueError, OSError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 2
    print(f"wrote {args.target}: {len(model.layers)} layers")
    return 0
