"""Draw the pictures of README, tour and docs/fast.md: ``python -m docs.figures``.

The web page of the shipped network, docs/page.html, is written with them, and so are the numbers
that the tour says can be seen in the window.

``python -m docs.figures handwriting`` draws a contact sheet of the synthetic digits instead,
``python -m docs.figures windows`` photographs both windows, which needs a display.
"""

import argparse
import sys
from pathlib import Path

import weights
from guard.terminal import say
from nn import ModelFileError

from . import backward, fast, forward, handwriting, learning, looks, more, page
from .example import Example
from .network import network
from .style import save

FIGURES = {
    "network": network,
    "learning": learning.travel,
    "tour/01-canvas": forward.canvas,
    "tour/02-grid": forward.grid,
    "tour/03-im2col": forward.rows,
    "tour/04-convolution": forward.convolution,
    "tour/05-relu": forward.relu,
    "tour/06-pool": forward.pool,
    "tour/07-blocks": forward.blocks,
    "tour/15-channels": more.channels,
    "tour/08-dense": forward.dense,
    "tour/09-softmax": forward.softmax,
    "tour/10-loss": backward.loss,
    "tour/16-softmax-gradient": more.softmax_gradient,
    "tour/11-backward": backward.backward,
    "tour/12-block": backward.block,
    "tour/13-update": backward.update,
    "tour/17-overfitting": more.overfitting,
    "tour/14-gradcheck": backward.gradcheck,
    "fast/01-registers": fast.registers,
    "fast/02-winners": fast.winners,
    "fast/03-winograd": fast.winograd,
}


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit status."""
    parser = argparse.ArgumentParser(
        "python -m docs.figures",
        description="Draw the pictures of README.md, docs/tour.md and docs/fast.md again, and "
        "write docs/page.html.",
    )
    parser.add_argument(
        "what", nargs="?", choices=("all", "handwriting", "windows"), default="all",
        help="all pictures but photographs, a contact sheet of the synthetic digits, or "
        "photographs of both windows (%(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--output", type=Path, metavar="DIR",
        help="folder for the pictures (docs; for the contact sheet: runs)",
    )  # fmt: skip
    args = parser.parse_args(argv)
    try:
        if args.what == "handwriting":
            path = (args.output or Path("runs")) / "handwriting.png"
            save(handwriting.sheet(), path)
            print(f"drew {path}")
            return 0
        output = args.output or Path(__file__).parents[1]
        if args.what == "windows":
            photograph(output)
            return 0
        model = weights.load(weights.SHIPPED)
        example = Example.of(model)
        for name, draw in FIGURES.items():
            save(draw(example), output / f"{name}.png")
        if (output / "tour.md").exists():
            looks.rewrite(output / "tour.md", example)
        written = page.write(model, weights.SHIPPED.name, output)
    except (ModelFileError, OSError) as error:
        say("docs.figures", error)
        return 2
    print(f"drew {len(FIGURES)} pictures in {output}", written, sep="\n")
    return 0


def photograph(output: Path) -> None:
    """Photograph both windows into a folder; raise OSError if that is not possible here."""
    from . import window  # imported late: it needs tkinter

    for name, take in window.PHOTOGRAPHS.items():
        path = output / f"{name}.png"
        try:
            window.save(take(), path)
        except (ImportError, window.gui.tk.TclError) as error:
            raise OSError(f"no photograph of a window: {error}") from None
        print(f"drew {path}")


if __name__ == "__main__":
    sys.exit(main())
