"""Draw strokes as images, with pens and scanners of many kinds.

Most lines are as wide and as soft as MNIST's. Some are a third as wide, some wide enough to close
small loops. Ends are round or square. The width varies along the line, and some lines have gaps.
Scanners are imitated too: edges in two tones, rough or blurred, and digits stretched to a square.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from data import canvas

try:
    from data import kernels
except ImportError:  # without numba, NumPy does the same, more slowly
    kernels = None  # type: ignore[assignment]

WIDTH = (2.5, 0.28)  # median, pixels; standard deviation of the logarithm
THINNEST = 0.8  # pixels, a third of MNIST's median
WIDEST = 17.0  # pixels, of a blot
EDGE = (0.8, 1.8)  # range, pixels
NARROW = 0.6  # width over height below which hollow digits get finer lines
NOISES = 64  # fields of noise, shared by all digits of a batch

# Shares of digits.
THIN, THICK = 0.08, 0.16
SQUARE = 0.2
TWO_TONES, BLURRED = 0.18, 0.06
BREAKING = 0.03
STRETCHED = 0.1


class Ink(NamedTuple):
    """Strokes of n digits in flat arrays.

    Attributes
    ----------
    points : ndarray, float32, (P, 2)
        Points (x, y) along the strokes, evenly spaced.
    strokes : ndarray, int32, (T + 1,)
        Index in `points` of each stroke's first point, then P.
    digits : ndarray, int32, (n + 1,)
        Index in `strokes` of each digit's first stroke, then T.
    """

    points: NDArray[np.float32]
    strokes: NDArray[np.int32]
    digits: NDArray[np.int32]


def choose(widest: NDArray, pen: NDArray, rng: np.random.Generator) -> NDArray[np.float32]:
    """Choose a pen for each of n digits.

    Parameters
    ----------
    widest : ndarray, (n,)
        Greatest line width of each digit, pixels.
    pen : ndarray, (n,)
        Factor of the line width.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray, float32, (n, 5)
        Width of the line and the distance over which it fades to paper, pixels; degree of
        stretching to a square, in [0, 1]; 1 for square ends, else 0; amplitude of the noise at
        edges, pixels.
    """
    n = len(widest)
    kind, scanner, others = rng.random((3, n))
    width = WIDTH[0] * np.exp(WIDTH[1] * rng.standard_normal(n))
    width = np.where(kind < THIN, rng.uniform(THINNEST, 1.6, n), width)
    width = np.where(kind > 1 - THICK, rng.uniform(3.2, 6.0, n), width).clip(THINNEST, widest)
    edge = rng.uniform(*EDGE, n)
    two_tones, blurred = scanner < TWO_TONES, scanner > 1 - BLURRED
    edge = np.where(two_tones, rng.uniform(0.05, 1, n), edge)
    edge = np.where(blurred, rng.uniform(1.8, 2.6, n), edge)
    stretch = np.where(others < STRETCHED, rng.uniform(0.2, 1, n), 0)
    square = rng.random(n) < SQUARE
    rough = np.where(two_tones, rng.uniform(0, 0.1, n) * width, 0)
    width = np.minimum(width * pen, WIDEST)
    return np.stack([width, np.minimum(edge, width), stretch, square, rough], 1).astype(np.float32)


def draw(ink: Ink, pens: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Draw digits, each with its own pen, framed like MNIST's.

    Parameters
    ----------
    ink : Ink
        Strokes of any size at any place.
    pens : ndarray, float32, (n, 5)
        As returned by `choose`.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray, uint8, (n, 28, 28)
    """
    images = np.zeros((len(pens), canvas.FIELD, canvas.FIELD), np.uint8)
    if not len(pens):
        return images
    points, pens = _fit(ink, pens)
    pressure = _pressure(ink._replace(points=points), pens, rng)
    noise = _rough(rng)
    how = kernels.draw_digits if kernels and kernels.COMPILING else _draw
    how(points, pressure, ink.strokes, ink.digits, pens, noise, canvas.MIDDLE, images)
    return images


def widest_lines(ink: Ink, widest: NDArray, hollow: NDArray) -> NDArray[np.float64]:
    """Return the greatest line width of each digit, pixels: less for narrow hollow digits."""
    if not len(widest):
        return widest
    low, high = _extent(ink)
    wide, tall = (high - low).T
    return np.where(hollow, widest * (wide / tall / NARROW).clip(0.4, 1), widest)


def _extent(ink):
    """Return the minimum and the maximum of x and y of each digit, each (n, 2)."""
    begins = ink.strokes[ink.digits[:-1]]
    return (f.reduceat(ink.points, begins) for f in (np.minimum, np.maximum))


def _fit(ink, pens):
    """Scale strokes to the box and stretch them as their pens say.

    Returns the points and the pens, in which the degree of stretching is replaced by the horizontal
    over the vertical scale.
    """
    low, high = _extent(ink)
    width, edge = pens[:, 0], pens[:, 1]
    room = canvas.BOX - np.maximum(edge - 1, 0)
    scale = (room - width) / (high - low).max(1)
    size = (high - low) * scale[:, None] + width[:, None]
    wider = ((size[:, 1] / size[:, 0]) ** pens[:, 2]).clip(0.6, np.clip(4.5 / width, 1, 2))
    size[:, 0] *= wider
    larger = room / size.max(1)
    scales = np.stack([scale * wider * larger, scale * larger], 1)
    counts = np.diff(ink.strokes[ink.digits])
    middle, scales = (np.repeat(v, counts, 0) for v in ((low + high) / 2, scales))
    points = (ink.points - middle) * scales + np.float32(canvas.BOX / 2)
    fitted = np.stack([width * larger, edge, wider, pens[:, 3], pens[:, 4]], 1)
    return points.astype(np.float32), fitted.astype(np.float32)


def _pressure(ink, pens, rng):
    """Return the factor of the line width at each point: about 1, and 0 in gaps."""
    begins = ink.strokes[ink.digits]
    counts = np.diff(begins)
    n, P = len(pens), len(ink.points)
    unevenness = np.where(rng.random(n) < 0.5, rng.uniform(0, 0.15, n), 0).astype(np.float32)
    pressure = 1 + np.repeat(unevenness, counts) * smooth_noise(P, rng)
    np.clip(pressure, 0.7, 1.5, out=pressure)
    broken = np.flatnonzero(rng.random(n) < BREAKING)
    places = rng.random((len(broken), 2))
    for i, gap, at in zip(broken, rng.uniform(0.2, 0.7, len(broken)), places, strict=True):
        drawn = ink.points[begins[i] : begins[i + 1]]
        spacing = np.median(np.hypot(*np.diff(drawn, axis=0).T))
        half = max(1, round((pens[i, 0] / 2 + gap) / spacing))  # round ends reach into the gap
        if 6 * half > counts[i]:  # too short for a gap
            continue
        for place in at[: 1 + (counts[i] > 40)]:
            middle = int(place * counts[i])
            pressure[begins[i] :][max(0, middle - half) : min(middle + half, counts[i])] = 0
    return pressure.astype(np.float32)


def _rough(rng):
    """Return fields of smooth noise in [-2, 2] with standard deviation 1."""
    noise = rng.standard_normal((NOISES, canvas.BOX + 1, canvas.BOX + 1), np.float32)
    noise = noise[:, 1:, 1:] + noise[:, 1:, :-1] + noise[:, :-1, 1:] + noise[:, :-1, :-1]
    return (noise / 2).clip(-2, 2)


def _draw(points, pressure, strokes, digits, pens, noise, _middle, images):
    """NumPy twin of `data.kernels.draw_digits`; `data.canvas.centre` knows the middle."""
    x = np.arange(canvas.BOX, dtype=np.float32) + 0.5
    first = np.zeros(len(points), bool)
    first[strokes[:-1]] = True
    last = np.roll(first, -1)  # no segment begins here
    for i, (width, edge, wider, square, rough) in enumerate(pens):
        digit = slice(strokes[digits[i]], strokes[digits[i + 1]])
        keep = ~last[digit] & (pressure[digit] > 0)
        a, b = (np.roll(points, -k, 0)[digit][keep, :, None, None] for k in (0, 1))
        dx, dy = (b[:, 0] - a[:, 0]) / wider, b[:, 1] - a[:, 1]
        px, py = (x - a[:, 0]) / wider, x[:, None] - a[:, 1]
        along = (px * dx + py * dy) / np.maximum(dx * dx + dy * dy, np.float32(1e-12))
        near = np.clip(along, 0, 1)
        beyond = (along - near) ** 2 * (dx * dx + dy * dy)
        distance = (px - near * dx) ** 2 + (py - near * dy) ** 2
        ends = (along < 0) & first[digit][keep, None, None]
        ends |= (along > 1) & np.roll(last, -1)[digit][keep, None, None]
        distance = (
            np.where(ends & (square > 0), np.maximum(beyond, distance - beyond), distance)
            / pressure[digit][keep, None, None] ** 2
        )
        nearest = np.sqrt(distance.min(axis=0)) + rough * noise[i % len(noise)]
        ink = np.clip((width / 2 - nearest) / edge + 0.5, 0, 1)
        images[i] = 255 * canvas.centre(ink) + 0.5


def smooth_noise(count: int, rng: np.random.Generator) -> NDArray[np.floating[Any]]:
    """Return noise with standard deviation 0.8, interpolated between a random value every 4."""
    knots = rng.standard_normal(count // 4 + 2, np.float32)
    share = np.arange(4, dtype=np.float32) / 4
    noise = knots[:-1, None] * (1 - share) + knots[1:, None] * share
    return noise.ravel()[:count]
