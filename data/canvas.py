"""Turn a drawing or a picture into a digit that looks like MNIST's.

In MNIST every digit fits a box of 20x20 pixels, with its aspect ratio kept and its edges
anti-aliased, and is placed on a field of 28x28 with its centre of mass in the middle. A network
trained on MNIST needs its input in this form. Line width and background vary little in MNIST and
much between drawings. So strokes are redrawn with nearly MNIST's line width. In a picture the ink
is separated from the paper first; then thin lines are redrawn and broad ones made narrower.

References
----------
LeCun, Cortes and Burges, "The MNIST database of handwritten digits".
"""

from collections.abc import Iterable, Sequence

import numpy as np
from PIL import Image

from data.pictures import ink, lines, tone
from data.pictures.open import check_size, open_image

__all__ = [
    "centre", "draw", "find_digit", "from_image", "from_strokes", "like_mnist", "open_image",
]  # fmt: skip

# The canvas of the window, on which people draw. Lengths are in its pixels.
SIZE = 300  # side
RADIUS = 8  # of the pen

# An MNIST image. Lengths are in its pixels.
FIELD = 28  # side of the image
BOX = 20  # longer side of the digit in it
MIDDLE = 14  # row and column, from 0, of the centre of mass
LINE_WIDTH = 2.2  # MNIST has a median of 2.5; a little less keeps small loops and short tails apart
LINE_EDGE = 1.3  # distance over which a line fades from ink to paper
THIN = 1.7  # 1 % of MNIST's lines are thinner; such lines are redrawn
BROAD = 4.4  # 5 % of MNIST's lines are wider; such lines are made narrower
SLIM = 0.8  # of their width is left of broad lines
STEP = 0.4  # distance between the points of a redrawn stroke


def from_strokes(
    strokes: Iterable[Sequence | np.ndarray], *, width: float = LINE_WIDTH, edge: float = LINE_EDGE
) -> np.ndarray:
    """Draw pen strokes as an MNIST digit; their size and position do not matter.

    Parameters
    ----------
    strokes : iterable of array_like, each (P, 2)
        Points (x, y) of each stroke in pixels, y down. A stroke of one point is a dot.
    width, edge : float
        Width of the line, and the distance over which it fades to paper; pixels of the result.

    Returns
    -------
    ndarray, float32, (28, 28)
        Paper is 0, ink is 1; all 0 if there is no point.

    Raises
    ------
    ValueError
        If a stroke is not a list of finite pairs (x, y).
    """
    drawn = [np.asarray(stroke, np.float64) for stroke in strokes if len(stroke)]
    for stroke in drawn:
        if stroke.ndim != 2 or stroke.shape[1] != 2 or not np.isfinite(stroke).all():
            raise ValueError(f"a stroke is a list of finite pairs (x, y), not {stroke.shape}")
    if not drawn:
        return np.zeros((FIELD, FIELD), np.float32)
    fitted = map(_thin_out, _fit(drawn, width, edge))
    segments = [np.stack([stroke[:-1], stroke[1:]], 1) for stroke in fitted]
    return centre(draw(np.concatenate(segments), width, edge))


def from_image(image: Image.Image) -> np.ndarray:
    """Find the digit in a picture and make it look like MNIST's.

    Parameters
    ----------
    image : PIL.Image.Image
        Any mode; dark ink on light paper or light on dark, evenly lit or not.

    Returns
    -------
    ndarray, float32, (28, 28)
        Paper is 0, ink is 1; all 0 if no digit was found (see `find_digit`).

    Raises
    ------
    DataError
        If the picture has more than `data.pictures.open.MAX_PIXELS` pixels. This is checked
        before any pixel is decoded.
    """
    return find_digit(image)[0]


def find_digit(image: Image.Image) -> tuple[np.ndarray, str]:
    """Return the digit in a picture, or why there is none; see `from_image`.

    Returns
    -------
    digit : ndarray, float32, (28, 28)
        All 0 if there is none.
    trouble : str
        Empty if there is one.
    """
    check_size(image, "the image")
    digit, trouble = ink.find(tone.grey(image))
    if digit is None:
        return np.zeros((FIELD, FIELD), np.float32), trouble
    return like_mnist(digit), ""


def like_mnist(digit: np.ndarray) -> np.ndarray:
    """Scale a digit to MNIST's size; make lines as wide as MNIST's if they are far from it.

    Parameters
    ----------
    digit : ndarray, float32, (H, W)
        Ink in [0, 1], in its bounding box.

    Returns
    -------
    ndarray, float32, (28, 28)
    """
    scale = BOX / max(digit.shape)
    width = lines.line_width(digit) * scale
    if max(digit.shape) in (BOX - 1, BOX):  # already of MNIST's size: not resized
        return centre(digit)
    if width > BROAD:
        slim = lines.slimmed(digit, (1 - SLIM) * width / scale)
        return centre(lines.resize(slim, BOX / max(slim.shape)))
    if width < THIN:
        points, pairs = lines.centre_lines(digit)
        if len(points):
            (points,) = _fit([points])
            return centre(draw(points[pairs]))
    return centre(lines.resize(digit, scale))


def draw(segments: np.ndarray, width: float = LINE_WIDTH, edge: float = LINE_EDGE) -> np.ndarray:
    """Draw line segments with a round pen on a field of `BOX` by `BOX` pixels.

    A pixel's ink is a function of the distance d from its centre to the nearest segment:
    ``clip((width / 2 - d) / edge + 1 / 2, 0, 1)``.

    Parameters
    ----------
    segments : ndarray, (S, 2, 2)
        Both ends (x, y) of each segment, in pixels from the upper left corner.
    width, edge : float
        Width of the line, and the distance over which it fades to paper, pixels.

    Returns
    -------
    ndarray, float32, (BOX, BOX)
        Ink in [0, 1].
    """
    x = np.arange(BOX, dtype=np.float32) + 0.5
    nearest = np.full((BOX, BOX), np.inf, np.float32)
    for start in range(0, len(segments), 256):
        (ax, ay), (bx, by) = segments[start : start + 256].astype(np.float32).transpose(1, 2, 0)
        ax, ay, dx, dy = (v[:, None, None] for v in (ax, ay, bx - ax, by - ay))
        px, py = x - ax, x[:, None] - ay
        along = (px * dx + py * dy) / np.maximum(dx * dx + dy * dy, np.float32(1e-12))
        np.clip(along, 0, 1, out=along)
        square = (px - along * dx) ** 2 + (py - along * dy) ** 2
        np.minimum(nearest, square.min(axis=0), out=nearest)
    return np.clip((width / 2 - np.sqrt(nearest)) / edge + 0.5, 0, 1)


def centre(digit: np.ndarray) -> np.ndarray:
    """Place a digit on an empty image with its centre of mass in the middle.

    It is moved by whole pixels, as in MNIST, and never beyond the edge of the image.

    Parameters
    ----------
    digit : ndarray, float32, (H, W)
        Paper is 0, ink is 1; H and W are at most 28.

    Returns
    -------
    ndarray, float32, (28, 28)
    """
    field = np.zeros((FIELD, FIELD), np.float32)
    mass = digit.sum()
    if mass == 0:
        return field
    H, W = digit.shape
    centre_y = np.arange(H) @ digit.sum(axis=1) / mass
    centre_x = np.arange(W) @ digit.sum(axis=0) / mass
    top = min(max(round(MIDDLE - centre_y), 0), FIELD - H)
    left = min(max(round(MIDDLE - centre_x), 0), FIELD - W)
    field[top : top + H, left : left + W] = digit
    return field


def _fit(strokes, width=LINE_WIDTH, edge=LINE_EDGE):
    """Move and scale strokes so that lines `width` wide just fit the box."""
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    extent = (high - low).max()
    room = BOX - width - (edge - 1)  # the fading edge reaches (edge - 1) / 2 further at each end
    scale = room / extent if extent > 0 else 1.0
    return [(stroke - (low + high) / 2) * scale + BOX / 2 for stroke in strokes]


def _thin_out(stroke):
    """Keep one point about every `STEP` pixels along a stroke, and both ends."""
    along = np.r_[0, np.cumsum(np.hypot(*np.diff(stroke, axis=0).T))]
    keep = np.diff(along // STEP, prepend=-1) > 0
    keep[-1] = True
    kept = stroke[keep]
    return kept if len(kept) > 1 else np.repeat(kept, 2, axis=0)
