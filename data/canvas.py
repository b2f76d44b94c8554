"""A drawing, made to look like an MNIST digit.

MNIST's authors fitted every digit into a box of 20 by 20 pixels, keeping its shape and
smoothing its edges, and laid it on a field of 28 by 28 so that its centre of mass falls on
the middle. A network trained on MNIST expects no less. Two more things differ between drawings
and vary little in MNIST: the width of the pen and the paper. So strokes are drawn again with
the line of MNIST, and in a picture the ink is found first and its lines are brought to that width.

References
----------
LeCun, Cortes and Burges, "The MNIST database of handwritten digits".
"""

from collections.abc import Iterable, Sequence

import numpy as np
from PIL import Image

from data.pictures import ink, lines
from data.pictures.open import check_size, open_image

__all__ = ["centre", "draw", "from_image", "from_strokes", "open_image"]

FIELD = 28  # pixels: the side of an MNIST image
BOX = 20  # pixels: the longest side of a digit in it
MIDDLE = 14  # the pixel, counted from 0, on which MNIST's centres of mass lie
LINE_WIDTH = 2.5  # pixels: the median over MNIST's training images
LINE_EDGE = 1.3  # pixels over which a line fades from ink to paper
LIKE_MNIST = (1.7, 5.9)  # pixels: 98 in 100 of MNIST's lines; a picture within is not redrawn
NO_LINES = 9.0  # pixels: ink this wide is a blot, with no lines to draw again
STEP = 0.4  # pixels between two points of a drawn line; finer ones are skipped


def from_strokes(
    strokes: Iterable[Sequence], *, width: float = LINE_WIDTH, edge: float = LINE_EDGE
) -> np.ndarray:
    """Draw pen strokes as an MNIST digit, whatever their size and wherever they are.

    Parameters
    ----------
    strokes : sequence of array_like, each (P, 2)
        The points (x, y) of each stroke in pixels, y down. A stroke of one point is a dot.
    width, edge : float
        Of the line it is drawn with, and of its fading rim: pixels of the result.

    Returns
    -------
    ndarray, float32, (28, 28)
        Ink in [0, 1] on paper 0; all 0 if there is no point.

    Raises
    ------
    ValueError
        If a stroke is not a list of finite pairs.
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
        Any size and mode; dark ink on light paper or light on dark, shadows allowed.

    Returns
    -------
    ndarray, float32, (28, 28)
        Ink in [0, 1] on paper 0; all 0 if the picture is blank.

    Raises
    ------
    DataError
        If the picture has more than `pictures.open.MAX_PIXELS` pixels; nothing is decoded.
    """
    check_size(image, "the image")
    digit = ink.find(ink.grey(image))
    if digit is None:
        return np.zeros((FIELD, FIELD), np.float32)
    scale = BOX / max(digit.shape)
    width = lines.line_width(digit) * scale
    if max(digit.shape) in (BOX - 1, BOX):  # framed as MNIST's are: left as it is
        return centre(digit)
    if width < LIKE_MNIST[0] or LIKE_MNIST[1] < width < NO_LINES:
        points, pairs = lines.centre_lines(digit)
        if len(points):
            (points,) = _fit([points])
            return centre(draw(points[pairs]))
    return centre(lines.resize(digit, scale))


def draw(segments: np.ndarray, width: float = LINE_WIDTH, edge: float = LINE_EDGE) -> np.ndarray:
    """Draw line segments with a round pen on a field of `BOX` by `BOX` pixels.

    A pixel's ink follows from the distance between its middle and the nearest segment: 1 well
    inside the line, 0 outside, and falling linearly over `edge` pixels between.

    Parameters
    ----------
    segments : ndarray, (S, 2, 2)
        Both ends (x, y) of each, in pixels from the field's upper left corner.
    width, edge : float
        Pixels.

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
    """Lay a digit on an empty `FIELD` so that its centre of mass falls on the middle.

    It is moved by whole pixels, as in MNIST, and no part of it leaves the field.

    Parameters
    ----------
    digit : ndarray, float32, (H, W)
        Ink, H and W at most `FIELD`.

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
    """Move and scale strokes so that their ink, `width` wide, just fills the box."""
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    extent = (high - low).max()
    room = BOX - width - (edge - 1)  # a faded edge reaches that much further
    scale = room / extent if extent > 0 else 1.0
    return [(stroke - (low + high) / 2) * scale + BOX / 2 for stroke in strokes]


def _thin_out(stroke):
    """Keep a point about every `STEP` pixels along a stroke, and always both ends."""
    along = np.r_[0, np.cumsum(np.hypot(*np.diff(stroke, axis=0).T))]
    keep = np.diff(along // STEP, prepend=-1) > 0
    keep[-1] = True
    kept = stroke[keep]
    return kept if len(kept) > 1 else np.repeat(kept, 2, axis=0)
