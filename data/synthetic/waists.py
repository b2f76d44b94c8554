"""Generators of the digits that turn in the middle: 2, 3 and 5."""

import numpy as np

from data.synthetic.parts import Hand, Stroke, arc, bent, direction, line, loop


def two(h: Hand, *, knee: str = "corner") -> list[Stroke]:
    """Return the stroke of a 2.

    Parameters
    ----------
    h : Hand
    knee : str
        How the diagonal meets the base: "corner", sharp or round; "loop"; or "short", a corner
        with a short base.
    """
    rx, ry = h.between(19, 27), h.between(18, 27)
    start = h.between(165, 205 if knee == "short" else 250)
    head = arc(28 + 1j * ry, rx, ry, start, h.between(370, 395) - start, count=5)
    if knee == "loop":
        size = h.between(4, 16)
        left = h.point((-4, 6), (86, 95))
        side = loop(h, left, size)
        joint = side[0][0]
    else:
        joint = h.point((0, 10), (91, 99))
        side = [(joint, h.turn() if knee == "corner" else h.turn(0.4))]
    length = h.between(24, 34) if knee == "short" else h.between(38, 66)
    end = joint.real + length + 1j * (joint.imag + h.between(-8, 6))
    wave = h.between(-0.12, 0.14)
    foot = bent(joint, end, -wave, 0.35) + bent(joint, end, wave * h.between(0, 1), 0.7)
    if knee == "loop":
        foot = foot[1:]
    diagonal = bent(head[-1][0], joint, h.between(-0.06, 0.16))
    return [[*head, *diagonal, *side, *foot, (end, 0.0)]]


def two_angular(h: Hand) -> list[Stroke]:
    """Return the stroke of a 2 like a Z, with a slightly bent line as its top."""
    start, right = h.point((0, 10), (0, 6)), h.point((46, 58), (-3, 6))
    left, end = h.point((0, 8), (92, 99)), h.point((50, 66), (92, 100))
    turns = h.between(0.1, 0.9), h.turn(0.5)
    return [
        [
            (start, 0.0),
            *bent(start, right, -h.between(0.06, 0.2)),
            (right, turns[0]),
            *bent(right, left, h.between(-0.04, 0.08)),
            (left, turns[1]),
            *bent(left, end, h.between(-0.08, 0.08)),
            (end, 0.0),
        ]
    ]


def three(h: Hand, *, waist: str = "") -> list[Stroke]:
    """Return the stroke of a 3 of two arcs.

    Parameters
    ----------
    h : Hand
    waist : str
        "loop" for a loop between the arcs, or "" for a waist of any depth.
    """
    middle = h.between(40, 54)
    rx, low_rx = h.between(17, 25), h.between(19, 29)
    slack = h.between(0, 1)  # 0 for a deep waist, 1 for hardly any
    if waist == "loop":
        slack = slack * 0.3
    start = h.between(180, 245)
    top = 27 + 0.5j * middle
    low = 28 + 1j * (100 + middle) / 2
    upper = arc(top, rx, middle / 2, start, 360 + 90 - 52 * slack - start, count=5)
    first = -88 + 45 * slack
    lower = arc(low, low_rx, (100 - middle) / 2, first, h.between(115, 178) - first, count=5)
    x = 14 + 28 * slack + h.between(-4, 4)
    if waist == "loop":
        joint = loop(h, h.between(8, 20) + 1j * middle, h.between(4, 10))
    else:
        joint = [(x + 1j * (middle + h.between(-3, 3)), h.between(0, 1))]
    return [[*upper, *joint, *lower]]


def three_flat(h: Hand) -> list[Stroke]:
    """Return the stroke of a 3 with a flat top: a bar, a line to the middle, and an arc."""
    start, right = h.point((4, 12), (-2, 8)), h.point((44, 56), (-3, 6))
    joint = h.point((18, 30), (32, 44))
    bottom = 100.0
    ry = (bottom - joint.imag + h.between(0, 5)) / 2
    first = h.between(-95, -70)
    lower = arc(27 + 1j * (bottom - ry), h.between(21, 30), ry, first,
                h.between(115, 175) - first, count=5)  # fmt: skip
    turns = h.turn(0.6), h.turn(0.7)
    return [
        [
            (start, 0.0),
            *bent(start, right, h.between(-0.08, 0.08)),
            (right, turns[0]),
            (joint, turns[1]),
            *lower,
        ]
    ]


def five(h: Hand, *, cap: str = "lifted") -> list[Stroke]:
    """Return the strokes of a 5.

    Parameters
    ----------
    h : Hand
    cap : str
        "lifted" for a separate cap, which may be detached; "across" for one that crosses the top
        of the stem; "joined" for one drawn without lifting the pen; "round" for the same with
        round corners; "missing" for a very short one.
    """
    corner = h.point((8, 20), (0, 8))
    knee = h.point((4, 13), (38, 50))
    ry = (100 - knee.imag + h.between(0, 10)) / 2
    centre = h.between(22, 30) + 1j * (100 - ry)
    first = h.between(-115, -70)
    lower = arc(centre, h.between(21, 30), ry, first, h.between(105, 170) - first, count=5)
    tilt = direction(h.between(-20, 10))
    length = h.between(32, 54)
    if cap == "round":
        tip, turns = corner + length * tilt, (h.between(0.6, 1), h.between(0.6, 1))
    else:
        tip, turns = corner + length * tilt, (h.turn(0.6), h.turn(0.7))
    if cap == "missing":
        tip = corner + h.between(6, 18) * tilt
    body = [*bent(corner, knee, h.between(-0.08, 0.08)), (knee, turns[1]), *lower]
    if cap in ("lifted", "across"):
        far = h.sometimes(0.5)
        gap = np.where(far, h.point((-12, 12), (-10, 4)), h.point((-3, 3), (-3, 3)))
        if cap == "across":
            gap = h.point((-26, -8), (-4, 5))
        tip = tip + gap + np.maximum(-gap.real, 0) * h.between(0, 1.5)
        return [[(corner, 0.0), *body], line(corner + gap, tip, h.between(-0.12, 0.12))]
    return [[(tip, 0.0), *bent(tip, corner, h.between(-0.1, 0.1)), (corner, turns[0]), *body]]
