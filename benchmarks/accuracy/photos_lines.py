"""Sheets with lines and frames around or across the digit.

See `photos_kinds` for what a scene is.
"""

import numpy as np

from .photos_ink import Digit
from .photos_kinds import SIDE, Kinds
from .photos_light import gradient, photographed, picture, seen_aslant

LINES = Kinds()


def _dark(rng):
    return float(rng.uniform(0.75, 1))


def _lines_across(sheet, places, width, tone):
    """Rule horizontal lines; ink that is darker stays."""
    for place in places:
        row = round(place)
        sheet[max(row, 0) : row + width] = np.maximum(sheet[max(row, 0) : row + width], tone)
    return sheet


@LINES.kind("frame of one pixel")
def frame(digit: Digit, rng):
    sheet = digit.ink(rng, int(rng.integers(60, SIDE)), tall=rng.uniform(0.45, 0.8))
    sheet[[0, -1]] = sheet[:, [0, -1]] = _dark(rng)
    return picture(1 - sheet)


@LINES.kind("dark row along an edge")
def edge_row(digit: Digit, rng):
    sheet = digit.ink(rng, int(rng.integers(40, SIDE)), tall=rng.uniform(0.5, 0.85))
    turns = int(rng.integers(4))
    sheet = np.rot90(sheet, turns).copy()
    sheet[: rng.integers(1, 4)] = _dark(rng)
    return picture(1 - np.rot90(sheet, -turns))


@LINES.kind("box of a form")
def form_box(digit: Digit, rng):
    sheet = digit.ink(rng, tall=rng.uniform(0.35, 0.6))
    low, high = rng.integers(8, 40, 2), SIDE - rng.integers(8, 40, 2)
    wide, tone = int(rng.integers(1, 6)), _dark(rng)
    box = np.zeros_like(sheet)
    box[low[0] : high[0], low[1] : high[1]] = tone
    box[low[0] + wide : high[0] - wide, low[1] + wide : high[1] - wide] = 0
    return picture(1 - np.maximum(sheet, box))


@LINES.kind("rests of a table's cell")
def cell(digit: Digit, rng):
    sheet = digit.ink(rng, int(rng.integers(50, 200)), tall=rng.uniform(0.45, 0.65))
    side, tone = len(sheet), _dark(rng)
    for turn in rng.permutation(4)[: rng.integers(1, 4)]:
        sheet = np.rot90(sheet, turn).copy()
        start, end = sorted(rng.uniform(0, 1, 2)) if rng.random() < 0.5 else (0, 1)
        at, wide = int(rng.integers(0, 1 + side // 30)), int(rng.integers(1, 2 + side // 25))
        sheet[at : at + wide, int(start * side) : int(end * side) + 1] = tone
        sheet = np.rot90(sheet, -turn)
    return picture(1 - sheet)


@LINES.kind("ruled line below")
def line_below(digit: Digit, rng):
    sheet = digit.ink(rng, tall=rng.uniform(0.4, 0.6))
    return picture(1 - _lines_across(sheet, [rng.uniform(250, 285)], int(rng.integers(1, 6)), 0.8))


def _on_paper(sheet, rng):
    """Scan or photograph a sheet, a little aslant."""
    if rng.random() < 0.5:
        return picture(1 - sheet)
    aslant = seen_aslant(picture(1 - 0.8 * sheet), rng, 0.04)
    return photographed(np.asarray(aslant) / 255 * gradient(sheet.shape, rng, 0.3), rng)


@LINES.kind("ruled paper")
def ruled(digit: Digit, rng):
    gap = rng.uniform(30, 70)
    places = np.arange(rng.uniform(0, gap), SIDE, gap)
    sheet = digit.ink(rng, tall=rng.uniform(0.4, 0.7))
    sheet = _lines_across(sheet, places, int(rng.integers(1, 4)), rng.uniform(0.25, 0.6))
    return _on_paper(sheet, rng)


@LINES.kind("squared paper")
def squared(digit: Digit, rng):
    gap, tone = rng.uniform(22, 60), rng.uniform(0.2, 0.55)
    sheet = digit.ink(rng, tall=rng.uniform(0.4, 0.7))
    for _ in range(2):
        places = np.arange(rng.uniform(0, gap), SIDE, gap)
        sheet = _lines_across(sheet, places, int(rng.integers(1, 3)), tone).T.copy()
    return _on_paper(sheet, rng)


@LINES.kind("light hairlines across")
def hairlines(digit: Digit, rng):
    ink = digit.ink(rng, tall=rng.uniform(0.5, 0.75), pen=rng.uniform(0.1, 0.18))
    gap, wide = int(rng.integers(10, 40)), int(rng.integers(1, 3))
    for start in range(wide):
        ink[start::gap] = ink[:, start::gap] = 0
    return picture(1 - ink)


@LINES.kind("box among others")
def comb(digit: Digit, rng):
    side, wide = int(rng.integers(60, 200)), int(rng.integers(1, 5))
    sheet = np.pad(digit.ink(rng, side, tall=rng.uniform(0.4, 0.7)), ((0, 0), (side, side)))
    for edge in np.arange(0, 4) * side:
        sheet[:, max(edge - wide, 0) : edge + wide] = _dark(rng)
    sheet[:wide] = sheet[-wide:] = _dark(rng)
    sheet = np.pad(sheet, int(rng.integers(5, 30)))
    cut = int(rng.uniform(0, 0.9) * side)  # of the boxes beside it
    return picture(1 - sheet[:, cut : sheet.shape[1] - cut])


@LINES.kind("digit across the line of its box")
def across(digit: Digit, rng):
    sheet = digit.ink(rng, tall=rng.uniform(0.45, 0.6), pen=rng.uniform(0.06, 0.12))
    rows, columns = (np.flatnonzero((sheet > 0.3).any(axis=axis)) for axis in (1, 0))
    around, under = rng.integers(15, 40, 3), int(rng.integers(5, 25))
    box = np.zeros_like(sheet)
    wide, tone = int(rng.integers(1, 4)), _dark(rng)
    top, low = rows[0] - around[0], rows[-1] - under
    left, right = columns[0] - around[1], columns[-1] + around[2]
    box[top:low, left:right] = tone
    box[top + wide : low - wide, left + wide : right - wide] = 0
    return picture(1 - np.maximum(sheet, box))


@LINES.kind("frame that the digit nearly touches")
def touching(digit: Digit, rng):
    cut = digit.tight(int(rng.integers(30, 200)), rng.uniform(0.08, 0.16))
    narrow, tall = sorted(cut.shape)
    if narrow < 0.6 * tall:  # a 1 fills its frame: nobody crops it so
        cut = np.pad(cut, ((0, 0), [(tall - narrow) // 3] * 2))
    cut = np.pad(np.pad(cut, int(rng.integers(1, 4))), int(rng.integers(1, 3)), constant_values=1)
    return picture(1 - cut if rng.random() < 0.6 else cut)
