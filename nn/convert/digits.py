"""Fit a network of other origin to drawn digits: 28x28 pixels, one channel, ink in [0, 1].

- The **shape** follows from the layers. Three channels get the grey image three times; 32x32 gets a
  frame of paper; 14x14 and 8x8 get means of pixels. Other shapes are refused.
- The **unit** of the pixels is not in the file. Each of `UNITS` is tried on ten drawn digits, moved
  about by a pixel, and the best is taken if it is better than [0, 1] by a clear margin.

What is found becomes layers in front of the network, so that a saved network keeps it.
"""

from itertools import product
from typing import NamedTuple

from threadpoolctl import threadpool_limits

from guard.budget import BudgetError, budget

from ..layers.activation import Flatten
from ..layers.base import Layer, Shape
from ..layers.conv import Conv2D
from ..layers.more import Crop2D, ZeroPad2D
from ..layers.pool import AvgPool2D
from ..layers.rescaling import Rescaling
from ..model import Sequential
from ..saving.limits import cost
from .samples import score

SIDE, CLASSES = 28, 10

UNITS: dict[str, tuple[float, float]] = {
    "0..1": (1, 0),
    "mnist": (1 / 0.3081, -0.1307 / 0.3081),
    "-1..1": (2, -1),
    "-0.5..0.5": (1, -0.5),
    "0..255": (255, 0),
    "1..0": (-1, 1),
    "1..-1": (-2, 1),
    "255..0": (-255, 255),
    "0..16": (16, 0),
    "16..0": (-16, 16),
}
"""Units of pixels, and the scale and offset from ink in [0, 1] to each: ``scale * ink + offset``.

``mnist`` subtracts the mean of MNIST's pixels and divides by their deviation, as PyTorch's example
does. Units that fall are for digits in black on white. Those of 16 are for images of 8x8 alone.
Of two units that suit a network equally well, the first is taken.
"""

PIXELS_HELP = (
    f"unit of the pixels that a network was trained on: {', '.join(UNITS)} (default: the one with "
    "which it reads ten drawn digits best)"
)
"""What the commands say of their option ``--pixels``."""

FRAMES: dict[int, tuple[tuple[str, tuple[Layer, ...]], ...]] = {
    28: (("", ()),),
    32: (("padded to 32x32", (ZeroPad2D(2),)),),
    14: (("scaled to 14x14", (AvgPool2D(2),)),),
    8: (
        ("scaled to 8x8", (ZeroPad2D(2), AvgPool2D(4))),
        ("cropped to 24x24 and scaled to 8x8", (Crop2D(2), AvgPool2D(3))),
    ),
}
"""Sides of images that are served, in pixels: the ways from 28x28 to each, the best of which is
taken, and what is said of them."""

MAX_SIDE = 256
"""Largest side of an image that a refusal can name."""

SHAPES = (
    *product(FRAMES, (1, 3)), *product(range(1, MAX_SIDE + 1), (1, 3)),
    *product((*FRAMES, *range(1, MAX_SIDE + 1)), (2, 4)),
)  # fmt: skip
"""Sides and channels that are tried, the likely ones first: 4096 numbers are 64x64, not 32x32x4."""

MARGIN = 0.06
"""How much better a unit must be than those before it; see `nn.convert.samples.score`."""

PLAUSIBLE = -2.1
"""The least score that makes a unit plausible; guessing has log(1 / 10) = -2.3."""

CHANCE = 0.2
"""Share of digits up to which a network reads no better than chance, one in ten."""

MAX_WORK, MAX_FLOATS = 1 << 26, 1 << 20
"""Work of one image (see `nn.saving.limits.cost`), and floats of its largest array, up to which a
network is tried."""

SECONDS = 2.5
"""Processor time for trying out the units; two million multiply-adds an image take a fifth."""

MAX_TRIED = 40_000
"""Layers that are asked for their shapes to find out which images a network takes."""

TOO_SLOW = (
    "too slow to find out the unit of its pixels: {unit} is taken; name another with --pixels "
    f"({', '.join(UNITS)})"
)


class Fitted(NamedTuple):
    """A network for drawn digits, and what was done to it.

    Attributes
    ----------
    model : Sequential
    said : str
        What was changed, as "reads pixels as 0..255"; "" if nothing.
    warning : str
        That it reads the drawn digits no better than chance, or is too slow to know; else "".
    """

    model: Sequential
    said: str = ""
    warning: str = ""


def fit(model: Sequential, pixels: str | None = None) -> Fitted:
    """Fit a network to images of 28x28 with one channel, ink in [0, 1].

    A network that does not have ten classes, or is too costly to try, gets the right shape, and a
    unit only if one is named.

    Parameters
    ----------
    model : Sequential
    pixels : str, optional
        One of `UNITS`; tried out by default.

    Raises
    ------
    ValueError
        If it takes images of another shape, or there is no such unit.
    """
    if pixels is not None and pixels not in UNITS:
        raise ValueError(f"there is no unit of pixels {pixels!r}, only {', '.join(UNITS)}")
    side, C = image_shape(model)
    if side not in FRAMES or C not in (1, 3):
        raise ValueError(
            f"it is made for images of {side}x{side}{'' if C == 1 else f'x{C}'}; "
            f"served are {', '.join(f'{n}x{n}' for n in FRAMES)} of one or three channels"
        )
    default = pixels or "0..1"
    frame = FRAMES[side][0]
    plain = _with_front(model, frame[1], default, C)
    floats, work = cost(plain.layers, (SIDE, SIDE, 1))
    if floats > MAX_FLOATS or work > MAX_WORK or not _has_ten_classes(plain):
        return Fitted(plain, _said(frame[0], default, C))
    best = frame, default
    try:
        # One thread: it alone is counted, and such small products are faster for it.
        with budget(seconds=SECONDS), threadpool_limits(1, "blas"):
            right = score(plain)
            if -right.score > MARGIN or len(FRAMES[side]) > 1:
                best, right = _best(model, side, C, [pixels] if pixels else _units(side))
    except BudgetError:
        return Fitted(plain, _said(frame[0], default, C), TOO_SLOW.format(unit=default))
    found = _with_front(model, best[0][1], best[1], C)
    return Fitted(found, _said(best[0][0], best[1], C), _warning(right.share))


def image_shape(model: Sequential) -> tuple[int, int]:
    """Return (side, channels) of the square images that a network takes.

    Where several fit, because of windows that leave out edges, the first of `SHAPES` is taken.

    Raises
    ------
    ValueError
        If no square image of up to `MAX_SIDE` pixels fits.
    """
    first: ValueError | None = None
    left = MAX_TRIED
    for side, C in SHAPES:
        left -= len(model.layers)
        if left < 0 and first is not None:
            break
        try:
            cost(model.layers, (side, side, C))
        except ValueError as error:
            first = first or error
        else:
            return side, C
    raise ValueError(str(first))


def _best(model, side, C, units):
    """Return the frame and unit that read best, and how well; the first of nearly equal ones."""
    readings = {
        (frame, unit): score(_with_front(model, frame[1], unit, C))
        for frame in FRAMES[side]
        for unit in units
    }
    highest = max(reading.score for reading in readings.values())
    chosen = next(key for key, reading in readings.items() if reading.score >= highest - MARGIN)
    chosen = chosen if highest > PLAUSIBLE else next(iter(readings))
    return chosen, readings[chosen]


def _units(side: int) -> list[str]:
    return [unit for unit in UNITS if side == 8 or "16" not in unit]


def _with_front(model: Sequential, frame: tuple[Layer, ...], unit: str, C: int) -> Sequential:
    """Return the network behind layers that give it its shape and unit."""
    scale, offset = UNITS[unit]
    layers = [type(layer)(**layer.config) for layer in frame]
    rest = list(model.layers)
    if (scale, offset) != (1, 0):
        at = 1 if rest and isinstance(rest[0], Flatten) and C == 1 else 0
        if len(rest) > at and isinstance(rest[at], Rescaling):
            inner = rest[at].config
            offset = inner["scale"] * offset + inner["offset"]
            rest[at : at + 1] = [Rescaling(inner["scale"] * scale, offset)]
        else:
            layers.append(Rescaling(scale, offset))
    if C > 1:
        repeat = Conv2D(1, C, 1, bias=False)
        repeat.params["w"][...] = 1
        layers.append(repeat)
    return Sequential([*layers, *rest])


def _has_ten_classes(model: Sequential) -> bool:
    shape: Shape = (SIDE, SIDE, 1)
    for layer in model.layers:
        shape = layer.output_shape(shape)
    return shape == (CLASSES,)


def _said(frame: str, unit: str, C: int) -> str:
    """Say what was changed."""
    parts = [f"images are {frame}"] if frame else []
    parts += ["grey is given to all three channels"] if C == 3 else []
    if unit != "0..1":
        turned = ", black on white" if UNITS[unit][0] < 0 else ""
        parts.append(f"reads pixels as {unit}{turned}")
    return "; ".join(parts)


def _warning(share: float) -> str:
    """Return a warning if a network reads so small a share of the drawn digits that it guesses."""
    if share > CHANCE:
        return ""
    return (
        f"reads {share:.0%} of drawn digits, no better than chance; if its pixels have a unit of "
        f"their own, name it with --pixels ({', '.join(UNITS)})"
    )
