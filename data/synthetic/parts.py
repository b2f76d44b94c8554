"""Strokes and the parts of digits: stem, flag, base, bar, bowl, hook, loop.

Points are complex numbers x + 1j y on a grid about 60 wide and 100 tall, y down. Every number and
every point is an array of n values, one for each of n digits that are generated at once. Angles are
in degrees: 0 is right, 90 is down, so they grow clockwise.

A stroke is a list of vertices (point, turn): the control polygon of a quadratic B-spline. The curve
starts at the first vertex and ends at the last. A turn of 0 makes a corner of a vertex between, a
turn of 1 the widest curve, and values between give rounded corners. The curve stays within the
convex hull of its vertices, so random vertices never make it swing out.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[Any] | float
Points = NDArray[Any] | complex
Vertex = tuple[Points, Numbers]
Stroke = list[Vertex]

LONGEST_FLAG = ((8, 40, 60, 70, 80), (92, 84, 62, 40, 16))
"""Angles between flag and stem, degrees, and the greatest length of a flag, on the grid. A longer
one would turn a 1 into a 7."""


class Hand:
    """Random numbers for n digits of one form.

    Parameters
    ----------
    n : int
    rng : numpy.random.Generator
    """

    def __init__(self, n: int, rng: np.random.Generator):
        self.n = n
        self.rng = rng

    def between(self, low: Numbers, high: Numbers) -> NDArray[np.float64]:
        """Return n numbers, uniform in [low, high)."""
        return low + (high - low) * self.rng.random(self.n)

    def point(self, x: tuple[float, float], y: tuple[float, float]) -> NDArray[np.complex128]:
        """Return n points, uniform in a rectangle given by the ranges of x and y."""
        return self.between(*x) + 1j * self.between(*y)

    def anywhere(self, spread: float) -> NDArray[np.complex128]:
        """Return n normally distributed points; ``spread`` is the standard deviation of x and y."""
        return spread * self.rng.standard_normal((self.n, 2)).view(np.complex128)[:, 0]

    def sometimes(self, share: float) -> NDArray[np.bool_]:
        """Return n booleans, each true with probability ``share``."""
        return self.rng.random(self.n) < share

    def turn(self, most: float = 1.0) -> NDArray[np.float64]:
        """Return n turns in [0, most); small ones are the most frequent."""
        return most * self.rng.random(self.n) ** 2


def direction(degrees: Numbers) -> Points:
    """Return the unit vector in a direction."""
    return np.exp(np.radians(degrees) * 1j)


def bent(a: Points, b: Points, bend: Numbers = 0.0, share: Numbers = 0.5) -> Stroke:
    """Return the one vertex that bends a line from a to b; a and b are not included.

    Parameters
    ----------
    a, b : ndarray or complex
    bend : ndarray or float
        Distance of the vertex from the straight line over the length of the line; positive to
        the right of the direction of travel.
    share : ndarray or float
        Position of the vertex between a (0) and b (1).
    """
    return [(a + (b - a) * (share + 1j * bend), 1.0)]


def line(a: Points, b: Points, bend: Numbers = 0.0) -> Stroke:
    """Return a stroke from a to b: a stem, bar, base, slash or cap. See `bent` for ``bend``."""
    return [(a, 0.0), *bent(a, b, bend), (b, 0.0)]


def arc(
    centre: Points,
    rx: Numbers,
    ry: Numbers,
    start: Numbers,
    sweep: Numbers,
    grow: Numbers = 1.0,
    count: int = 6,
) -> Stroke:
    """Return an arc of an ellipse, or of a spiral if its size changes on the way.

    Parameters
    ----------
    centre : ndarray or complex
    rx, ry : ndarray or float
        Half axes.
    start, sweep : ndarray or float
        Angle of the start, and angle from start to end; a positive sweep is clockwise.
    grow : ndarray or float
        Size at the end over size at the start.
    count : int
        Number of vertices between both ends; at least one per 60 degrees.
    """
    share = np.array([0.0, *((np.arange(count) + 0.5) / count), 1.0])[:, None]
    outside = 1 / np.cos(np.radians(sweep) / (2 * count))  # the curve touches the sides' middles
    size = (1 + (np.asarray(grow) - 1) * share) * np.ones_like(outside)
    size[1:-1] *= outside
    angle = np.radians(start + sweep * share)
    return [
        (point, 1.0) for point in centre + size * (rx * np.cos(angle) + 1j * ry * np.sin(angle))
    ]


def through(points: list[Points], turns: list[Numbers] | None = None) -> Stroke:
    """Return the stroke whose curve passes close to all of the given points.

    Parameters
    ----------
    points : list of (ndarray or complex)
    turns : list, optional
        Turn of each vertex. Default: 1.
    """
    turns = [1.0] * len(points) if turns is None else turns
    inner = [
        p + turn * (2 * p - before - after) / 8
        for before, p, after, turn in zip(points, points[1:], points[2:], turns[1:-1], strict=False)
    ]
    return list(zip([points[0], *inner, points[-1]], turns, strict=True))


def flag(h: Hand, top: Points, foot: Points, flattest: float = 80, curled: float = 0.2) -> Stroke:
    """Return the up-stroke that leads to the top of a stem; the top is not included.

    Parameters
    ----------
    h : Hand
    top, foot : ndarray or complex
        Ends of the stem.
    flattest : float
        Largest angle between flag and stem; it is less if the stem leans to the right.
    curled : float
        Share of flags whose beginning is curled towards the stem.
    """
    down = (foot - top) / np.abs(foot - top)
    lean = np.degrees(np.angle(down / 1j))  # to the right; it makes the flag flatter
    angle = h.between(8, np.minimum(flattest, 85 - lean))
    longest = np.interp(angle + lean.clip(0), *LONGEST_FLAG)
    length = 10 + (longest - 10) * h.between(0, 1) ** 0.8
    tip = top + length * down * direction(angle)
    curl = np.where(h.sometimes(curled), h.between(0.1, 1), 0) * np.interp(
        length, (25, 60), (1, 0.2)
    )
    end = tip + curl * (top + down * length - tip) * 0.9  # towards the stem, at the same height
    return [(end, 0.0), (tip, h.turn()), *bent(tip, top, h.between(-0.15, 0.15))]


def base(h: Hand, foot: Points) -> Stroke:
    """Return a horizontal stroke under the foot of a stem."""
    left, right = h.between(10, 34), h.between(12, 34)
    tilt = direction(h.between(-7, 7))
    middle = foot + 1j * h.between(-3, 3)
    return line(middle - left * tilt, middle + right * tilt, h.between(-0.08, 0.08))


def bar(h: Hand, middle: Points) -> Stroke:
    """Return a stroke across a stem at ``middle``, of random length, slope and curvature."""
    tilt = direction(h.between(-25, 22))
    left, right = h.between(8, 32), h.between(10, 34)
    return line(middle - left * tilt, middle + right * tilt, h.between(-0.15, 0.15))


def hook(h: Hand, corner: Points, reach: Numbers, rise: Numbers) -> Stroke:
    """Return the end of a stem that turns to one side.

    Parameters
    ----------
    h : Hand
    corner : ndarray or complex
        Where the foot would be without a hook.
    reach : ndarray or float
        x of the hook's end relative to the corner.
    rise : ndarray or float
        Height of the hook's end above the corner.
    """
    deep = np.minimum(np.abs(reach) * 0.5, 14)
    middle = corner + reach * h.between(0.35, 0.6) + 1j * h.between(0, 0.5) * deep
    return [(corner - 1j * deep, 1.0), (middle, 1.0), (corner + reach - 1j * rise, 0.0)]


def bowl(h: Hand, left: Numbers, bottom: Numbers, rx: Numbers, ry: Numbers) -> Stroke:
    """Return the bowl of a 6: from its left side counterclockwise until it is nearly closed."""
    centre = left + rx + 1j * (bottom - ry)
    return arc(centre, rx, ry, 180, -h.between(295, 390), h.between(0.8, 1), count=7)


def loop(h: Hand, left: Points, size: Numbers) -> Stroke:
    """Return a small clockwise loop between a stroke from the right and one to the right.

    Parameters
    ----------
    h : Hand
    left : ndarray or complex
        Left end of the loop.
    size : ndarray or float
        Half its width.
    """
    ry = size * h.between(0.45, 0.9)
    return arc(left + size, size, ry, h.between(50, 80), h.between(190, 240), count=4)
