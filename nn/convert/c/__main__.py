"""``python -m nn.convert.c IN OUT.c``."""

import sys
from pathlib import Path

import numpy as np

from ...saving.npz import read_arrays
from .. import load
from ..digits import samples, shifted
from ..errors import ConversionError
from . import save
from .quantise import cost


def main(argv: list[str] | None = None) -> int:
    """Run the command; see ``python -m nn.convert.c --help``. Return the exit status."""
    import argparse  # here, because a library does not need it

    parser = argparse.ArgumentParser(
        "nn.convert.c", description="Write a network as one C file without dependencies."
    )
    parser.add_argument("source", type=Path, metavar="IN", help="model: .npz, .h5, .keras, .onnx")
    parser.add_argument("target", type=Path, metavar="OUT", help="C file to write: NAME.c")
    parser.add_argument(
        "--int8", action="store_true",
        help="store weights as int8, a quarter of the size, and print what accuracy that costs",
    )  # fmt: skip
    parser.add_argument(
        "--digits", type=Path, metavar="FILE",
        help="with --int8: an .npz of images, uint8 (N, 28, 28), and labels, (N,), to measure it "
        "with (default: ten drawn digits, moved about by a pixel)",
    )  # fmt: skip
    args = parser.parse_args(argv)
    try:
        model = load(args.source)
        line = cost(model, *_digits(args.digits)) if args.int8 else ""
        save(model, args.target, int8=args.int8)
    except (ValueError, OSError, FloatingPointError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 2
    if line:
        print(line)
    print(f"wrote {args.target}: {args.target.stat().st_size:,} bytes, {len(model.layers)} layers")
    return 0


def _digits(path: Path | None) -> tuple[np.ndarray, np.ndarray]:
    """Return images and labels to measure with."""
    if path is None:
        images = np.concatenate(list(shifted()))
        _, labels = samples()
        return images, np.tile(labels, len(images) // len(labels))
    arrays = read_arrays(path)
    if not {"images", "labels"} <= arrays.keys():
        raise ConversionError(f"{path}: it must have the arrays images and labels")
    return arrays["images"], arrays["labels"]


if __name__ == "__main__":
    sys.exit(main())
