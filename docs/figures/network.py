"""The shipped network at a glance: each stage's feature maps, shape, parameters and cost."""

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from data.canvas import FIELD
from nn.layers.base import Layer

from .example import Example
from .style import BLUE, INK, PALE, POSITIVE, SIZE, figure

DEPTH = 5  # feature maps drawn of each stage, those with the most contrast
STEP = 0.06  # from one map of a stack to the next, in columns
WIDEST = 0.68  # side of the input image, in columns
THIN, TALL = 0.12, 1.1  # of a column of values
LEFT = -1.1  # where the table's titles begin
NAMES, TABLE, LINE = -0.62, -1.1, 0.16  # y of the layers' names and of the table; its line height
GAP = 0.03  # between a stack and an arrow
ARROW = {"arrowstyle": "->", "color": PALE, "linewidth": 0.8, "shrinkA": 0, "shrinkB": 0}


@dataclass
class Stage:
    """A column of the diagram: a layer, and those after it that keep its output's shape.

    Attributes
    ----------
    layers : list of Layer
        Empty for the input.
    out : ndarray, (H, W, C) or (C,)
        What they make of the example's drawing.
    parameters, multiply_adds : int
        For one image.
    """

    layers: list[Layer]
    out: np.ndarray
    parameters: int = 0
    multiply_adds: int = 0


def stages(example: Example) -> list[Stage]:
    """Return the input, then a stage for each layer that changes the shape."""
    found = [Stage([], example.values[0][0])]
    for layer, x, out in zip(
        example.model.layers, example.values[:-1], example.values[1:], strict=True
    ):
        if x.shape != out.shape:
            found.append(Stage([], out[0]))
        stage = found[-1]
        stage.layers.append(layer)
        stage.out = out[0]
        stage.parameters += sum(w.size for w in layer.params.values())
        stage.multiply_adds += layer.multiply_adds(x.shape[1:])
    return found


def network(example: Example) -> Figure:
    """Draw the network as a row of stacks of feature maps, with a table below."""
    columns = stages(example)
    drawn = figure(2.4)
    axes = drawn.subplots()
    axes.axis("off")
    previous = 0.0
    for at, stage in enumerate(columns):
        half = (_stack if stage.out.ndim == 3 else _values)(axes, at, stage.out)
        if at:
            axes.annotate("", (at - half - GAP, 0), (previous + GAP, 0), arrowprops=ARROW)
        previous = at + half
        _text(axes, at, NAMES, "\n".join(map(_name, stage.layers)) or "drawing", va="top")
    _table(axes, columns)
    # Last: every picture sets the limits to its own.
    axes.set(xlim=(LEFT, len(columns) - 0.5), ylim=(TABLE - 3 * LINE, 0.84), aspect="equal")
    return drawn


def _table(axes: Axes, columns: list[Stage]) -> None:
    """Write shape, parameters and multiply-adds below each stage, and their sums above all."""
    for row, title in enumerate(("shape", "parameters", "multiply-adds")):
        _text(axes, LEFT, TABLE - LINE * row, title, ha="left", weight="bold")
    for at, stage in enumerate(columns):
        _text(axes, at, TABLE, "x".join(map(str, stage.out.shape)))
        for row, value in ((1, stage.parameters), (2, stage.multiply_adds)):
            _text(axes, at, TABLE - LINE * row, f"{value:,}" if value else "")
    parameters = sum(stage.parameters for stage in columns)
    products = sum(stage.multiply_adds for stage in columns)
    total = f"{parameters:,} parameters, {products:,} multiply-adds an image"
    _text(axes, (LEFT + len(columns)) / 2, 0.72, total, weight="bold")


def _stack(axes: Axes, at: int, out: np.ndarray) -> float:
    """Draw some maps of (H, W, C), one behind the other, around x = ``at``; return half the width.

    Each map has a scale of its own.
    """
    shown = np.argsort(-out.std(axis=(0, 1)))[:DEPTH]
    side = WIDEST * np.sqrt(out.shape[0] / FIELD)  # in proportion, the last would be specks
    half = (side + STEP * (len(shown) - 1)) / 2
    for depth in reversed(range(len(shown))):
        _image(axes, out[:, :, shown[depth]], at - half + depth * STEP, -half + depth * STEP,
               side, side)  # fmt: skip
    return half


def _values(axes: Axes, at: int, out: np.ndarray) -> float:
    """Draw the values of (C,) as a column around x = ``at``; return half the width."""
    _image(axes, out[:, None], at - THIN / 2, -TALL / 2, THIN, TALL)
    if len(out) == 10:
        for digit in range(10):
            y = TALL / 2 - (digit + 0.5) * TALL / 10
            weight = "bold" if digit == out.argmax() else "normal"
            _text(axes, at + THIN / 2 + 0.03, y, digit, ha="left", weight=weight, size=6)
    return THIN / 2


def _image(axes, values, left, bottom, width, height):
    """Draw values as squares into a rectangle of the axes, in a thin frame."""
    axes.imshow(values, cmap=POSITIVE, interpolation="nearest", zorder=2,
                extent=(left, left + width, bottom, bottom + height))  # fmt: skip
    axes.add_patch(Rectangle((left, bottom), width, height, fill=False, edgecolor=BLUE,
                             linewidth=0.6, zorder=3))  # fmt: skip


def _name(layer: Layer) -> str:
    """Return the class of a layer and, of a convolution or a pool, the size of its window."""
    name = type(layer).__name__
    return f"{name} {'x'.join(map(str, layer.window.kernel))}" if hasattr(layer, "window") else name


def _text(axes, x, y, text, *, ha="center", va="center", weight="normal", size=SIZE - 2):
    axes.text(x, y, text, ha=ha, va=va, size=size, color=INK, weight=weight)
