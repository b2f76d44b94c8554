"""Synthetic handwriting: the forms of `data.synthetic.forms`, each drawn by a random writer.

Nothing here was traced from a data set. A form gives the vertices of each stroke. For each digit
these vertices are moved at random, the hand trembles along the curve, and the whole is slanted,
rotated and stretched. `data.synthetic.pens` draws it. All digits of a batch lie in a few flat
arrays, so a batch costs a few array operations and one call of the drawing kernel.
"""

from collections.abc import Sequence
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from data import canvas
from data.synthetic import pens
from data.synthetic.forms import FORMS, Form
from data.synthetic.parts import Hand

SAMPLES = 4  # points of the curve per vertex
SPACING = 7.0  # distance between the points of a stroke, on the grid 60 wide and 100 tall

# Standard deviations, on that grid.
JITTER = 1.3  # of a vertex
TREMOR = 0.5  # of the tremor
CARE = 0.35  # of the logarithm of a writer's factor, which multiplies both

SLANT = (0.08, 0.24)  # mean and standard deviation of the shear to the right
ROTATION = 7.0  # standard deviation, degrees
ASPECT = 0.22  # standard deviation of the logarithm of the horizontal stretch
PROPORTION = 0.3  # standard deviation; 1 would double the size of one half at the other's expense
BOW = 5.0  # standard deviation of the distance by which an upright or level line is bent
FARTHEST = 2.2  # standard deviations at which all of these are clipped


def digit(label: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Return the strokes of one synthetic digit, in the middle of the window's canvas.

    Parameters
    ----------
    label : int
        0 to 9.
    rng : numpy.random.Generator

    Returns
    -------
    list of ndarray, each (P, 2)
        Points (x, y) of each stroke in pixels of the canvas, y down.
    """
    ink, _ = write([form for form in FORMS if form.label == label], 1, rng)
    low, high = ink.points.min(0), ink.points.max(0)
    scale = rng.uniform(0.4, 0.7) * canvas.SIZE / (high - low).max()
    points = (ink.points - (low + high) / 2) * scale + canvas.SIZE / 2
    return np.split(points, ink.strokes[1:-1])


def batch(n: int, rng: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.int16]]:
    """Draw n synthetic digits that look like MNIST's.

    Parameters
    ----------
    n : int
    rng : numpy.random.Generator

    Returns
    -------
    images : ndarray, uint8, (n, 28, 28)
    labels : ndarray, int16, (n,)
    """
    return draw(FORMS, n, rng)


def draw(
    forms: Sequence[Form], n: int, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.int16]]:
    """Draw n samples of forms; labels are equally frequent, a label's forms follow their weights.

    Parameters
    ----------
    forms : sequence of Form
    n : int
    rng : numpy.random.Generator

    Returns
    -------
    images : ndarray, uint8, (n, 28, 28)
        0 is paper, 255 is ink.
    labels : ndarray, int16, (n,)
    """
    ink, counts = write(forms, n, rng)
    limits = np.array([(form.widest, form.hollow, form.pen) for form in forms], np.float64)
    widest, hollow, pen = np.repeat(limits, counts, axis=0).T
    chosen = pens.choose(pens.widest_lines(ink, widest, hollow), pen, rng)
    images = pens.draw(ink, chosen, rng)
    labels = np.repeat(np.array([form.label for form in forms], np.int16), counts)
    shuffled = rng.permutation(n)
    return images[shuffled], labels[shuffled]


def write(
    forms: Sequence[Form], n: int, rng: np.random.Generator
) -> tuple[pens.Ink, NDArray[np.int64]]:
    """Return the strokes of n samples of forms, sorted by form; frequencies as in `draw`.

    Returns
    -------
    ink : pens.Ink
        On a grid about 60 wide and 100 tall, y down.
    counts : ndarray, int, (forms,)
        Number of digits of each form.
    """
    totals = {form.label: 0.0 for form in forms}
    for form in forms:
        totals[form.label] += form.weight
    shares = np.array([form.weight / totals[form.label] for form in forms]) / len(totals)
    counts = rng.multinomial(n, shares)
    vertices, turns, strokes, digits = _lay_out(forms, counts, rng)
    care = np.exp(CARE * rng.standard_normal(n)).astype(np.float32)
    jitter = rng.standard_normal((len(vertices), 2), np.float32).view(np.complex64)[:, 0]
    vertices += jitter * np.repeat(JITTER * care, np.diff(strokes[digits]))
    points, strokes = _space_out(_curve(vertices, turns, strokes), strokes * SAMPLES)
    of = np.repeat(np.arange(n), np.diff(strokes[digits]))
    shake = pens.smooth_noise(len(of), rng) + 1j * pens.smooth_noise(len(of), rng)
    moved = _lean(points + shake * (TREMOR * care)[of], of, n, rng)
    return pens.Ink(moved, strokes.astype(np.int32), digits.astype(np.int32)), counts


def _lean(points, of, n, rng):
    """Slant, rotate and stretch n digits; ``of`` (P,) is each point's digit. Return (P, 2)."""
    leaning, turning, stretching, *bends = rng.standard_normal((7, n)).clip(-FARTHEST, FARTHEST)
    slant = SLANT[0] + SLANT[1] * leaning
    angle = np.radians(ROTATION) * turning
    wide = np.exp(ASPECT * stretching)
    cos, sin = np.cos(angle), np.sin(angle)
    points = _bend(points, *(np.asarray(bend, np.float32)[of] for bend in bends))
    rows = (wide * cos, -slant * cos - sin), (wide * sin, cos - slant * sin)
    moved = np.empty((len(points), 2), np.float32)
    for axis, (along_x, along_y) in enumerate(rows):
        moved[:, axis] = points.real * along_x[of] + points.imag * along_y[of]
    return moved


def _bend(points, lower, right, upright, level):
    """Change the proportions of digits and bend their lines; see `PROPORTION` and `BOW`."""
    x, y = points.real / 60, points.imag / 100
    across, down = (4 * t * (1 - t) for t in (x.clip(0, 1), y.clip(0, 1)))  # 0 at edges, 1 halfway
    wider = points.real - 60 / 4 * PROPORTION * right * across + BOW * upright * down
    taller = points.imag - 100 / 4 * PROPORTION * lower * down + BOW * level * across
    return wider + 1j * taller


def _lay_out(forms, counts, rng):
    """Return vertices and turns of all digits, and the first index of each stroke and digit."""
    vertices, turns, lengths, strokes_of = [], [], [], []
    for form, count in zip(forms, counts, strict=True):
        if not count:
            continue
        strokes = form.write(Hand(count, rng))
        sizes = [len(stroke) for stroke in strokes]
        points = np.empty((count, sum(sizes)), np.complex64)
        turn = np.empty((count, sum(sizes)), np.float32)
        for k, vertex in enumerate(vertex for stroke in strokes for vertex in stroke):
            points[:, k], turn[:, k] = vertex
        vertices.append(points.ravel())
        turns.append(turn.ravel())
        lengths += sizes * count
        strokes_of += [len(sizes)] * count
    starts = np.array([0, *accumulate(lengths)])
    return (
        np.concatenate(vertices or [np.zeros(0, np.complex64)]),
        np.concatenate(turns or [np.zeros(0, np.float32)]),
        starts,
        np.array([0, *accumulate(strokes_of)]),
    )


def _curve(vertices, turns, strokes):
    """Return `SAMPLES` points of the curve per vertex; see `data.synthetic.parts`."""
    half = turns / 2
    half[strokes[:-1]] = half[strokes[1:] - 1] = 0  # the ends are on the curve
    before = vertices + half * (np.roll(vertices, 1) - vertices)
    after = vertices + half * (np.roll(vertices, -1) - vertices)
    t = np.linspace(0, 1, SAMPLES, dtype=np.float32)
    legs = before[:, None] * (1 - t) ** 2 + after[:, None] * t**2
    return (legs + vertices[:, None] * (2 * t * (1 - t))).ravel()


def _space_out(points, strokes):
    """Resample strokes at distances of at most `SPACING`; return points and first indices."""
    step = np.abs(np.diff(points, prepend=0)).astype(np.float64)
    step[strokes[:-1]] = 1  # from one stroke's end to the next one's start
    along = np.cumsum(step)
    starts, ends = along[strokes[:-1]], along[strokes[1:] - 1]
    counts = np.ceil((ends - starts) / SPACING).astype(int) + 1
    counts = np.maximum(counts, 2)
    begins = np.concatenate([[0], np.cumsum(counts)])
    of = np.repeat(np.arange(len(counts)), counts)
    share = (np.arange(begins[-1]) - begins[of]) / (counts - 1)[of]
    at = starts[of] + share * (ends - starts)[of]
    return np.interp(at, along, points) if len(along) else points, begins
