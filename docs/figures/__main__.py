"""Draw the pictures of the tour again: ``python -m docs.figures``."""

import argparse
import sys
from pathlib import Path

import weights
from nn import ModelFileError

from . import backward, forward
from .example import Example
from .style import save

FIGURES = {
    "01-canvas": forward.canvas,
    "02-grid": forward.grid,
    "03-im2col": forward.rows,
    "04-convolution": forward.convolution,
    "05-relu": forward.relu,
    "06-pool": forward.pool,
    "07-blocks": forward.blocks,
    "08-dense": forward.dense,
    "09-softmax": forward.softmax,
    "10-loss": backward.loss,
    "11-backward": backward.backward,
    "12-block": backward.block,
    "13-update": backward.update,
    "14-gradcheck": backward.gradcheck,
}


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit status."""
    parser = argparse.ArgumentParser(
        "python -m docs.figures", description="Draw the pictures of docs/tour.md again."
    )
    parser.add_argument(
        "--output", type=Path, default=Path(__file__).parents[1] / "tour", metavar="DIR",
        help="folder for the pictures (docs/tour)",
    )  # fmt: skip
    args = parser.parse_args(argv)
    try:
        example = Example.of(weights.load(weights.SHIPPED))
        for name, draw in FIGURES.items():
            save(draw(example), args.output / f"{name}.png")
    except (ModelFileError, OSError) as error:
        print(f"docs.figures: {error}", file=sys.stderr)
        return 2
    print(f"drew {len(FIGURES)} pictures in {args.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
