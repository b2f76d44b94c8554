"""Generators of the digits made of lines: 1, 4 and 7."""

import numpy as np

from data.synthetic.parts import (
    Hand,
    Stroke,
    bar,
    base,
    bent,
    direction,
    flag,
    hook,
    line,
)


def one(h: Hand, *, flagged: bool = True, foot: str = "") -> list[Stroke]:
    """Return the strokes of a 1: a stem, with or without a flag.

    Parameters
    ----------
    h : Hand
    flagged : bool
    foot : str
        "base" for a separate base, "joined" for a base drawn without lifting the pen, "hooked" for
        a stem that turns to either side, or "" for a plain stem.
    """
    top = h.point((26, 36), (0, 0))
    standing = foot in ("base", "joined")
    if standing:
        end = top + 100j + h.between(-26, 6)
    elif flagged:  # leaning to the right more often than to the left
        end = top + 100j + h.between(-30, 12)
    else:
        end = h.point((22, 38), (100, 100))
    stem: Stroke = [(top, h.turn(0.25 if standing else 1)), *bent(top, end, h.between(-0.06, 0.06))]
    if flagged:
        flattest = {"base": 66, "joined": 52, "hooked": 55}.get(foot, 80)
        stem = flag(h, top, end, flattest, 0 if foot == "base" else 0.15) + stem
    if foot == "joined":
        left, right = h.between(12, 28), h.between(14, 34)
        tilt = direction(h.between(-8, 8))
        turns = h.turn(0.5), h.turn(0.3)
        stem += [(end, turns[0]), (end - left * tilt, turns[1]), (end + right * tilt, 0.0)]
    elif foot == "hooked":
        side = np.where(h.sometimes(0.5), h.between(5, 13), h.between(-24, -4))
        stem += hook(h, end, side, h.between(1, 8))
    else:
        stem += [(end, 0.0)]
    return [stem, base(h, end)] if foot == "base" else [stem]


def one_lifted(h: Hand) -> list[Stroke]:
    """Return the strokes of a 1 whose flag is a separate stroke near the top of the stem."""
    top, foot = h.point((26, 36), (0, 0)), h.point((14, 40), (100, 100))
    near = top + h.point((-4, 3), (-4, 6))
    return [[*flag(h, near, foot), (near, 0.0)], line(top, foot, h.between(-0.06, 0.06))]


def seven(h: Hand, *, serif: bool = False, barred: str = "", low: bool = False) -> list[Stroke]:
    """Return the strokes of a 7.

    Parameters
    ----------
    h : Hand
    serif : bool
        Whether it begins with a short vertical stroke on the left.
    barred : str
        "lifted" for a separate bar, "joined" for a bar drawn from the foot of the stem without
        lifting the pen, or "" for none.
    low : bool
        Whether a lifted bar crosses the lower third of the stem.
    """
    left, right = h.point((0, 6), (-3, 4)), h.point((52, 62), (-2, 6))
    top: Stroke = [(left, h.turn() if serif else 1.0)]
    if serif:
        top.insert(0, (left + h.point((-5, 5), (5, 16 if barred else 22)), 0.0))
    wave = h.between(-0.14, 0.14)
    top += bent(left, right, wave, 0.3) + bent(left, right, wave * h.between(-1, 1), 0.7)
    foot = h.point((6, 42), (100, 100))
    bend = h.between(-0.1, 0.16)
    stem = [
        (right, h.turn(0.15 if barred == "joined" else 1)),
        *bent(right, foot, bend, h.between(0.35, 0.65)),
    ]
    if barred == "joined":
        start = right + (foot - right) * h.between(0.36, 0.5) + h.between(-16, -9)
        end = start + h.between(38, 58) * direction(h.between(-20, 10))
        return [[*top, *stem, (foot, h.turn(0.2)), (start, h.turn(0.4)), (end, 0.0)]]
    if barred == "lifted":
        share = h.between(0.68, 0.77) if low else h.between(0.35 if serif else 0.25, 0.75)
        crossed = right + (foot - right) * (share + 1j * bend * 3 * share * (1 - share))
        return [[*top, *stem, (foot, 0.0)], bar(h, crossed)]
    curled = h.sometimes(0.2) * h.between(-16, 8)
    return [[*top, *stem, (foot, 1.0), (foot + curled - 1j * np.abs(curled) * 0.2, 0.0)]]


def seven_round(h: Hand) -> list[Stroke]:
    """Return the strokes of a 7 with a round top, like that of a 2, and a bar."""
    start = h.point((-2, 10), (10, 26))
    right = h.point((48, 58), (12, 30))
    foot = h.point((10, 44), (100, 100))
    share = h.between(0.3, 0.73)
    head: Stroke = [
        (start, 0.0),
        (h.point((2, 14), (-12, 2)), 1.0),
        (h.point((40, 56), (-8, 4)), 1.0),
    ]
    stem: Stroke = [(right, 1.0), *bent(right, foot, h.between(-0.06, 0.1)), (foot, 0.0)]
    return [head + stem, bar(h, right + (foot - right) * share)]


def four(h: Hand, *, closed: bool = False, low: bool = False) -> list[Stroke]:
    """Return the strokes of a 4: an angle, and a stem.

    The stem of an open 4 starts above the bar, at it or just below it. That of a closed 4 starts
    where the angle starts.

    Parameters
    ----------
    h : Hand
    closed : bool
    low : bool
        Whether the bar is near the foot; the stem of an open 4 is then short.
    """
    knee = h.point((0, 10), (70, 86) if low else (44, 74))
    end = h.between(46, 66) + 1j * (knee.imag + h.between(-14 if closed else -22, 8))
    x = h.between(0.62, 0.86)
    bar_y = (knee + (end - knee) * x).imag
    x = (knee + (end - knee) * x).real
    if closed:
        start = x + h.point((-10, 2), (-2, 3))
        top = start + h.point((0, 6), (-3, 8))
    else:
        down = h.between(0.4, 0.9) if low else h.between(0, 1) ** 1.3
        # Where the stem starts: 0 above the angle, 1 at the bar.
        start = h.between(4, 24 + 12 * down) + 1j * h.between(-2, 14 * (1 - down))
        top = x + h.between(-2, 8) + 1j * (-6 + (bar_y + 10) * down)
    foot = x + h.between(-12, 6) + 1j * np.maximum(h.between(88, 108), bar_y + 16)
    angle = [
        (start, 0.0),
        *bent(start, knee, h.between(-0.1, 0.1)),
        (knee, h.turn(0.5 if closed else 1)),
    ]
    angle += [*bent(knee, end, h.between(-0.1, 0.1)), (end, 0.0)]
    return [angle, line(top, foot, h.between(-0.06, 0.06))]


def four_unlifted(h: Hand) -> list[Stroke]:
    """Return the stroke of an open 4: down, along the bar, up to the top of the stem, down."""
    start, knee = h.point((0, 16), (-2, 14)), h.point((0, 10), (42, 60))
    side = h.point((40, 52), (40, 54))
    top = side + h.between(-2, 8) - 1j * h.between(22, 52)
    foot = h.point((32, 48), (98, 108))
    turns = h.turn(), h.turn(0.8), h.turn(0.3)
    return [
        [
            (start, 0.0),
            *bent(start, knee, h.between(-0.08, 0.08)),
            (knee, turns[0]),
            (side, turns[1]),
            (top, turns[2]),
            *bent(top, foot, h.between(-0.06, 0.06)),
            (foot, 0.0),
        ]
    ]


def four_lightning(h: Hand) -> list[Stroke]:
    """Return the stroke of a 4 like a bolt of lightning: down, along the bar, down again."""
    start, knee = h.point((8, 28), (0, 0)), h.point((0, 6), (42, 58))
    side = h.between(42, 56) + 1j * (knee.imag - h.between(-2, 12))
    foot = h.point((18, 42), (100, 106))
    return [
        [
            (start, 0.0),
            *bent(start, knee, h.between(-0.08, 0.08)),
            (knee, h.turn(0.3)),
            (side, h.turn(0.2)),
            *bent(side, foot, h.between(-0.06, 0.06)),
            (foot, 0.0),
        ]
    ]


def four_round_again(h: Hand) -> list[Stroke]:
    """Return the stroke of a closed 4: from the right end of the bar left, up, down the stem."""
    end, knee = h.point((52, 66), (54, 66)), h.point((-2, 8), (52, 68))
    top, foot = h.point((34, 46), (-2, 4)), h.point((30, 46), (96, 106))
    turns = h.turn(0.6), h.between(0, 0.9)
    return [[(end, 0.0), (knee, turns[0]), (top, turns[1]), *bent(top, foot), (foot, 0.0)]]
