"""Generators of the digits made of rings: 0, 6, 8 and 9."""

import numpy as np

from data.synthetic.parts import Hand, Stroke, arc, bent, bowl, direction, hook, line


def zero(h: Hand, *, slash: str = "", inside: bool = False) -> list[Stroke]:
    """Return the strokes of a 0: open, closed, or with ends that overlap.

    Parameters
    ----------
    h : Hand
    slash : str
        "lifted" for a separate slash, "joined" for one drawn without lifting the pen, or "".
    inside : bool
        Whether the pen comes from a point inside the ring.
    """
    rx, ry = h.between(20, 31), 50.0
    way = np.where(h.sometimes(0.85), -1, 1)
    if slash == "joined":
        start = h.between(-65, -45)
        ring = arc(30 + 50j, rx, ry, start, -h.between(355, 375), count=8)
        end = 30 + 50j + direction(h.between(112, 130)) * h.between(40, 56)
        ring[-1] = (ring[-1][0], h.turn(0.4))
        return [[*ring, (end, 0.0)]]
    start = np.where(h.sometimes(0.85), h.between(-130, -20), h.between(-180, 180))
    sweep = np.where(h.sometimes(0.12), h.between(330, 345), h.between(345, 420))
    inwards = (sweep > 370) & h.sometimes(0.5)
    grow = np.where(inwards, h.between(0.72, 1), h.between(0.95, 1.05))
    ring = arc(30 + 50j, rx, ry, start, way * sweep, grow, count=8)
    if inside:
        middle = 30 + 50j + h.point((-6, 6), (-14, 14))
        ring.insert(0, (ring[0][0] + (middle - ring[0][0]) * h.between(0.4, 1), 0.0))
    strokes = [ring]
    if slash:
        tilt = direction(h.between(100, 140)) * np.where(h.sometimes(0.92), 1, -1).astype(float)
        tilt = np.where(h.sometimes(0.94), tilt, -tilt.conj())
        middle = 30 + 50j + h.point((-4, 4), (-6, 6))
        reach = h.between(30, 66)
        strokes.append(line(middle - reach * tilt, middle + reach * tilt, h.between(-0.05, 0.05)))
    return strokes


def six(h: Hand, *, curled: bool = False) -> list[Stroke]:
    """Return the stroke of a 6, from a straight stem with a tiny bowl to one large loop."""
    rx = 10 + 17 * h.between(0, 1) ** 0.7
    ry = np.clip(rx * h.between(0.8, 1.5), 11, 26 if curled else 33)
    left = 30 - rx
    top = left + (1.1 * h.between(0, 1) ** 0.7 - 0.1) * (1.5 * rx + 6) + 0j
    side = left + 1j * (100 - ry)
    stem: Stroke = [(top, 1.0), *bent(top, side, h.between(-0.02, 0.24), h.between(0.4, 0.7))]
    if curled:
        stem.insert(0, (top + h.point((6, 18), (2, 16)), 0.0))
    return [stem + bowl(h, left, 100, rx, ry)]


def nine(h: Hand, *, tail: str = "") -> list[Stroke]:
    """Return the stroke of a 9: a head of any size, open or closed, and a stem.

    Parameters
    ----------
    h : Hand
    tail : str
        "hooked" for a stem that turns left, "curled" for one that turns up again as in a g, or ""
        for one that is straight or bent.
    """
    rx = h.between(12, 26)
    ry = np.clip(rx * h.between(0.7, 1.35), 10, 30)
    right = 50.0
    centre = right - rx + 1j * ry
    start = h.between(-75, 5)
    closing = np.where(h.sometimes(0.25), h.between(285, 325), h.between(325, 375))
    head = arc(centre, rx, ry, start, -start - closing, count=7)
    joint = right + h.between(-2, 4) + 1j * ry * h.between(-0.1, 0.5)
    return [[*head, (joint, h.turn(0.7)), *stem(h, joint, tail)]]


def nine_lifted(h: Hand, *, tail: str = "") -> list[Stroke]:
    """Return the strokes of a 9: a ring and a separate stem that touches it or nearly does."""
    rx = h.between(13, 25)
    ry = np.clip(rx * h.between(0.7, 1.3), 11, 28)
    head = arc(50 - rx + 1j * ry, rx, ry, h.between(-100, 0), -h.between(335, 390), count=8)
    top = 50 + h.between(-9, 4) + 1j * ry * h.between(-0.15, 0.9)
    return [head, [(top, 0.0), *stem(h, top, tail, 38)]]


def stem(h: Hand, top, tail: str, leftmost: float = 22) -> Stroke:
    """Return the stem of a 9 without its top. See `nine` for ``tail``."""
    if tail == "hooked":
        corner = top.real + h.between(-6, 4) + 1j * h.between(96, 104)
        end = hook(h, corner, -h.between(16, 52), h.between(-2, 16))
        return [*bent(top, end[0][0], h.between(-0.1, 0.05)), *end]
    if tail == "curled":
        corner = top.real + h.between(-2, 6) + 1j * h.between(97, 104)
        end = hook(h, corner, -h.between(36, 56), h.between(12, 30))
        return [*bent(top, end[0][0], h.between(-0.1, 0.02)), *end]
    foot = h.point((leftmost, 53), (100, 100))
    return [*bent(top, foot, h.between(-0.14, 0.06)), (foot, 0.0)]


def eight(h: Hand) -> list[Stroke]:
    """Return the stroke of an 8, begun on either side; its ends meet, overlap or stay open."""
    middle = h.between(42, 52)
    top = h.between(26, 34) + 0.5j * middle
    low = 30 + 1j * (100 + middle) / 2
    rx, ry = h.between(13, 23), middle / 2
    low_rx, low_ry = h.between(17, 28), (100 - middle) / 2
    start = h.between(-80, 25)
    above = arc(top, rx, ry, start, -(start + h.between(195, 225)), count=6)
    below = arc(low, low_rx, low_ry, h.between(-50, -25), h.between(235, 265), count=6)
    end = top + rx * 0.95 + 1j * ry * h.between(0, 0.5)
    last = top + direction(start + h.between(-35, 30)) * rx * h.between(0.8, 1.3)
    written = [*above, *below, (end, 1.0), (last, 0.0)]
    side = np.where(h.sometimes(0.75), 1, -1)
    return [[(30 + side * (z.real - 30) + 1j * z.imag, turn) for z, turn in written]]


def eight_of_rings(h: Hand) -> list[Stroke]:
    """Return the strokes of an 8 of two rings that touch, overlap or nearly meet."""
    middle = h.between(40, 54)
    top = 30 + h.between(-5, 5) + 0.5j * middle
    low = 30 + 1j * (100 + middle + h.between(-5, 3)) / 2
    upper = arc(top, h.between(13, 23), middle / 2, h.between(-180, 180), h.between(335, 385),
                count=8)  # fmt: skip
    lower = arc(low, h.between(17, 27), (100 - middle) / 2, h.between(-180, 0),
                -h.between(335, 385), count=8)  # fmt: skip
    return [upper, lower]
