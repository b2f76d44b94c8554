"""Synthetic handwriting: the forms of `data.synthetic.glyphs`, each drawn by a random writer.

Nothing here was traced from a data set. A form is a few points. For each digit these points are
moved at random, the hand trembles between them, and the whole is slanted, rotated and stretched.
Strokes are Catmull-Rom splines through the points. A spline is linear in its points, so each form
is one matrix, and thousands of digits cost a few matrix products.

References
----------
Catmull and Rom, "A Class of Local Interpolating Splines", 1974.
"""

from functools import cache
from typing import NamedTuple

import numpy as np

from data import canvas
from data.synthetic import glyphs

try:
    from data import kernels
except ImportError:  # without numba, NumPy does the same, more slowly
    kernels = None  # type: ignore[assignment]

SAMPLES = 6  # points of the spline per pair of a form's points

# Standard deviations, on the grid of the forms, 60 wide and 100 tall.
JITTER = 3.0  # of a point
END_JITTER = 5.0  # of the first and the last point of a stroke
TREMBLE = 0.6  # of the tremor
CARE = 0.35  # of the logarithm of a writer's factor, which multiplies all three

SLANT = (0.08, 0.2)  # mean and standard deviation of the shear to the right
ROTATION = 6.0  # standard deviation, degrees
ASPECT = 0.22  # standard deviation of the logarithm of the horizontal stretch
LINE_WIDTH = (2.5, 0.3)  # median, pixels; standard deviation of the logarithm
LINE_EDGE = (0.8, 1.8)  # range, pixels


class Form(NamedTuple):
    """A form ready for drawing: K points, a spline of M points and R points of tremor."""

    label: int
    points: np.ndarray  # (K, 2), centred at (0, 0)
    spread: np.ndarray  # (K, 1), standard deviation of each point
    curve: np.ndarray  # (M, K), from points to spline
    tremor: np.ndarray  # (M, R), from tremor to spline
    starts: np.ndarray  # int32, (strokes + 1,), index of each stroke's first spline point, then M
    weight: float  # relative frequency
    pen: float  # factor of the line width


@cache
def _forms():
    """Return all forms; the weights of a digit's forms add up to 1."""
    return [
        compile_form(label, glyphs.parse(text), weight / sum(weight for weight, _ in written))
        for label, written in glyphs.FORMS.items()
        for weight, text in written
    ]


def compile_form(
    label: int,
    strokes: list[glyphs.Stroke],
    weight: float,
    spread: float | None = None,
    pen: float = 1.0,
) -> Form:
    """Make a form ready for drawing.

    Parameters
    ----------
    label : int
    strokes : list of Stroke
        As returned by `data.synthetic.glyphs.parse`.
    weight : float
        Frequency relative to other forms.
    spread : float, optional
        Standard deviation of each point, on the form's grid. Default: `JITTER`, and `END_JITTER`
        at the ends of strokes.
    pen : float
        Factor of the line width.

    Returns
    -------
    Form
    """
    blocks = [_catmull_rom([corner for *_, corner in stroke]) for stroke in strokes]
    points = np.array([(x, y) for stroke in strokes for x, y, _ in stroke])
    ends = [k in (0, len(stroke) - 1) for stroke in strokes for k in range(len(stroke))]
    M, K = sum(len(block) for block in blocks), len(points)
    curve = np.zeros((M, K))
    tremor = np.zeros((M, M // 4 + 2 * len(blocks)))
    starts, row, column, knot = [0], 0, 0, 0
    for block in blocks:
        m, k = block.shape
        curve[row : row + m, column : column + k] = block
        knots = m // 4 + 2
        at = np.linspace(0, knots - 1.001, m)
        near = at.astype(int)
        tremor[row + np.arange(m), knot + near] = 1 - (at - near)
        tremor[row + np.arange(m), knot + near + 1] = at - near
        row, column, knot = row + m, column + k, knot + knots
        starts.append(row)
    hand = np.where(ends, END_JITTER, JITTER)
    return Form(
        label,
        points - (points.max(0) + points.min(0)) / 2,
        (hand if spread is None else np.full(K, spread))[:, None],
        curve.astype(np.float32),
        tremor.astype(np.float32),
        np.array(starts, np.int32),
        weight,
        pen,
    )


def _catmull_rom(corners):
    """Return the matrix from a stroke's points to points on a spline through them.

    A corner is repeated, so that the spline does not round it.
    """
    index = [k for k, corner in enumerate(corners) for _ in range(1 + corner)]
    t = np.arange(SAMPLES) / SAMPLES
    weights = np.stack(
        [-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, t**3 - t**2], 1
    )
    identity = np.eye(len(corners))[[index[0], *index, index[-1]]]
    pieces = [
        weights / 2 @ identity[i : i + 4] for i in range(len(index) - 1) if index[i] != index[i + 1]
    ]
    return np.concatenate([*pieces, identity[-1:]])


def _write(form, n, rng):
    """Return the spline points of n samples of a form, (n, M, 2), around (0, 0), y down."""
    care = np.exp(CARE * rng.standard_normal((n, 1, 1), np.float32))
    jitter = rng.standard_normal((n, *form.points.shape), np.float32) * form.spread * care
    shake = rng.standard_normal((n, form.tremor.shape[1], 2), np.float32) * TREMBLE * care
    points = form.curve @ (form.points + jitter).astype(np.float32) + form.tremor @ shake
    slant = SLANT[0] + SLANT[1] * rng.standard_normal(n)
    angle = np.radians(ROTATION) * rng.standard_normal(n)
    wide = np.exp(ASPECT * rng.standard_normal(n))
    cos, sin = np.cos(angle), np.sin(angle)
    affine = np.array([[wide * cos, wide * sin], [-slant * cos - sin, cos - slant * sin]])
    return points @ affine.transpose(2, 0, 1).astype(np.float32)


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
    forms = [form for form in _forms() if form.label == label]
    form = forms[_choose(forms, 1, rng)[0]]
    points = _write(form, 1, rng)[0]
    low, high = points.min(0), points.max(0)
    scale = rng.uniform(0.4, 0.7) * canvas.SIZE / (high - low).max()
    points = (points - (low + high) / 2) * scale + canvas.SIZE / 2
    return np.split(points, form.starts[1:-1])


def batch(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
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
    return draw(_forms(), n, rng)


def draw(forms: list[Form], n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw n samples of forms, chosen with probabilities proportional to their weights.

    Parameters
    ----------
    forms : list of Form
    n : int
    rng : numpy.random.Generator

    Returns
    -------
    images : ndarray, uint8, (n, 28, 28)
        0 is paper, 255 is ink.
    labels : ndarray, int16, (n,)
    """
    chosen = _choose(forms, n, rng)
    labels = np.array([form.label for form in forms], np.int16)[chosen]
    images = np.zeros((n, canvas.FIELD, canvas.FIELD), np.uint8)
    for index in np.unique(chosen):
        rows = np.flatnonzero(chosen == index)
        points = _write(forms[index], len(rows), rng)
        width = np.exp(LINE_WIDTH[1] * rng.standard_normal(len(rows), np.float32))
        width *= LINE_WIDTH[0] * forms[index].pen
        edge = rng.uniform(*LINE_EDGE, len(rows)).astype(np.float32)
        _draw(points, forms[index].starts, width, edge, rows, images)
    return images, labels


def _choose(forms, n, rng):
    """Return the indices of n forms, chosen in proportion to their weights."""
    weights = np.array([form.weight for form in forms])
    return rng.choice(len(forms), size=n, p=weights / weights.sum())


def _draw(points, starts, width, edge, rows, images):
    if kernels and kernels.COMPILING:
        kernels.draw_digits(points, starts, width, edge, canvas.BOX, canvas.MIDDLE, rows, images)
        return
    for row, digit, w, e in zip(rows, points, width, edge, strict=True):
        strokes = np.split(digit, starts[1:-1])
        images[row] = np.rint(255 * canvas.from_strokes(strokes, width=w, edge=e))
