"""A contact sheet of the synthetic digits: one row per form."""

import numpy as np
from matplotlib.figure import Figure

from data.canvas import FIELD
from data.synthetic import handwriting
from data.synthetic.forms import FORMS

from .style import INK, POSITIVE, SIZE, figure

ACROSS = 26  # digits in a row
ROW = 0.36  # inches
SEED = 0


def sheet() -> Figure:
    """Draw samples of every form; they are the same each time."""
    drawn = figure(ROW * len(FORMS))
    rows = drawn.subplots(len(FORMS), 1)
    for axes, form in zip(rows, FORMS, strict=True):
        images, _ = handwriting.draw([form], ACROSS, np.random.default_rng(SEED))
        strip = images.transpose(1, 0, 2).reshape(FIELD, ACROSS * FIELD)
        axes.imshow(strip, cmap=POSITIVE, interpolation="bicubic")
        axes.set_axis_off()
        axes.text(
            -8, FIELD / 2, f"{form.label} {form.name}", ha="right", va="center", size=SIZE - 3,
            color=INK,
        )  # fmt: skip
    return drawn
