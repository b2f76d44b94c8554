"""The common look of the pictures: one palette, one font size, a white background."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from experiment.charts import signed_colours
from inspector.theme import colours
from inspector.theme.colours import LIGHT, hex_colour
from nn.saving.atomic import atomic_write

INK = "#222222"
MARK = hex_colour(LIGHT.mark)  # frames and highlights, as in the windows
BLUE, ORANGE = hex_colour(colours.BLUE), hex_colour(colours.ORANGE)  # ends of the signed scale
PALE = "#bbbbbb"
SIGNED = signed_colours()  # blue below zero, white at zero, orange above
POSITIVE = "gray_r"
SIZE = 9  # points, of all text
WIDTH, DPI = 8.0, 110  # inches, pixels an inch


def figure(height: float) -> Figure:
    """Return an empty figure, ``height`` inches tall."""
    return Figure(figsize=(WIDTH, height), dpi=DPI, facecolor="white", layout="constrained")


def save(drawn: Figure, path: Path) -> None:
    """Write a figure as PNG; the same figure gives the same bytes."""
    with atomic_write(path) as file:
        drawn.savefig(file, format="png", metadata={"Software": None})


def picture(axes: Axes, values: np.ndarray, title: str = "", *, signed=False, largest=None) -> None:
    """Show a map (H, W) as squares: white (0) to black or, if signed, blue - white - orange."""
    if largest is None:
        largest = np.abs(values).max() or 1.0
    axes.imshow(
        values, cmap=SIGNED if signed else POSITIVE, vmin=-largest if signed else 0, vmax=largest,
        interpolation="nearest",
    )  # fmt: skip
    axes.set(xticks=(), yticks=())
    axes.set_title(title, size=SIZE, color=INK)
    axes.spines[:].set(color=PALE, linewidth=0.8)


def numbers(axes: Axes, values: np.ndarray, form: str = "{:.1f}", size: float = 7) -> None:
    """Write the values of a map drawn by `picture` into its squares, white on dark ones."""
    image = axes.images[-1]
    for (row, column), value in np.ndenumerate(values):
        red, green, blue, _ = image.cmap(image.norm(value))
        colour = "white" if 0.3 * red + 0.6 * green + 0.1 * blue < 0.5 else INK
        axes.text(
            column, row, form.format(value), ha="center", va="center", size=size, color=colour
        )


def frame(axes: Axes, top: int, left: int, height: int, width: int, colour: str = MARK) -> None:
    """Draw a frame around a rectangle of squares of a picture."""
    corner = left - 0.5, top - 0.5
    axes.add_patch(Rectangle(corner, width, height, fill=False, edgecolor=colour, linewidth=1.8))


def tile(maps: np.ndarray, across: int) -> np.ndarray:
    """Return the channels of maps (H, W, C) as tiles of one array, separated by NaN."""
    H, W, C = maps.shape
    down = -(-C // across)
    tiles = np.full((down * across, H + 1, W + 1), np.nan)
    tiles[:C, :H, :W] = maps.transpose(2, 0, 1)
    rows = tiles.reshape(down, across, H + 1, W + 1).transpose(0, 2, 1, 3)
    return rows.reshape(down * (H + 1), across * (W + 1))[:-1, :-1]


def feature_maps(axes: Axes, maps: np.ndarray, across: int, title: str, *, signed: bool) -> None:
    """Show all channels of maps (H, W, C) on one scale; the largest 0.5 % saturate."""
    largest = np.quantile(np.abs(maps), 0.995) or 1.0
    picture(axes, tile(maps, across), title, signed=signed, largest=largest)
    axes.set_facecolor("#dddddd")
    axes.spines[:].set_visible(False)


def bars(axes: Axes, values: np.ndarray, title: str, marked: int, form: str = "{:.1f}") -> None:
    """Draw a bar for each of the ten digits, with its value; one bar is marked."""
    shades = [ORANGE if digit == marked else "#777777" for digit in range(len(values))]
    drawn = axes.barh(range(len(values)), values, color=shades, height=0.75)
    axes.bar_label(drawn, [form.format(value) for value in values], padding=2, size=SIZE - 2)
    axes.set_yticks(range(len(values)), range(len(values)), size=SIZE)
    axes.invert_yaxis()
    axes.margins(x=0.18)
    axes.set_title(title, size=SIZE, color=INK)
    plain(axes)
    axes.set_xticks(())
    axes.spines["bottom"].set_visible(False)
    axes.axvline(0, color=INK, linewidth=0.8)


def plain(axes: Axes) -> None:
    """Give a chart two thin axes and the common font size."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=SIZE - 1, color=PALE)
    axes.spines[:].set(color=PALE)


def sign(axes: Axes, text: str) -> None:
    """Fill axes with one large sign, such as × or =."""
    axes.axis("off")
    axes.text(0.5, 0.5, text, ha="center", va="center", size=SIZE * 1.6, transform=axes.transAxes)
