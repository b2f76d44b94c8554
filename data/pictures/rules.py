"""Take off long straight lines that are not part of a stroke: ruled paper, boxes, table cells.

A line from edge to edge is found as a peak of the ink's sum along slightly tilted rows or columns.
It is a rule if it is thinner or fainter than the rest of the ink, or reaches further on all sides.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from data.pictures.pieces import filled, label, rectangularity

SOLID = 0.25  # coverage: more is ink for certain
TRACE = 0.12  # coverage: a rule has more
TILT = 0.08  # steepest tilt of a rule
LONG = 0.8  # of the side of the picture: a rule has ink on more
CORE = 0.55  # the same, of the rows within a rule
THICK = 1 / 14  # of the side of the picture: a line as thick as this is no rule
MOST = 60  # rules of one direction
FAINTER = 0.75  # of the ink: a rule of this coverage is lighter
THINNER = 0.6  # of the width of the ink's lines: a rule of this width is thinner
MARGIN = 0.02  # of the side: how far the ink keeps off from an edge that a rule reaches
LEAST = 0.15  # of the side: longer side of a digit
RULED = 3  # as many thin lines of one direction are ruled paper
RULE = 0.012  # of the side, and two rows: a line on ruled paper is no thicker
LEAST_RULED = 0.04  # of the side: longer side of a digit on ruled paper
BOXY = 0.84  # of the rectangle around it: the inside of a box fills more
TINY = 32  # pixels: a picture no larger than this has no box
BOXES = 12  # the largest regions of paper that are looked at: a form has several boxes
BOX_LEAST = 0.03  # of the picture: a smaller box is none
BOX_INK = 0.2  # of the box: longer side of the digit in it
GAP = 0.06  # of the side: the rest of a line is further from the digit
INNER = 0.15  # of the side: longer side of a digit off the edges
STRIP = 0.1  # of the side: what stays this near to an edge is the rest of a line


class Rule(NamedTuple):
    """A line across the picture: the rows ``first`` to ``last`` at the left edge, and its tilt."""

    first: int
    last: int
    shift: int  # rows from the left to the right edge


def without(coverage: np.ndarray) -> np.ndarray:
    """Return the ink without its rules.

    Parameters
    ----------
    coverage : ndarray, float32, (H, W)
        Ink in [0, 1].
    """
    if min(coverage.shape) < 20:
        return coverage
    return _across(_across(coverage).T).T


def in_box(solid: np.ndarray) -> np.ndarray:
    """Return the inside of the largest box that is drawn around ink; everything without a box."""
    H, W = solid.shape
    if max(H, W) <= TINY:
        return np.ones_like(solid)
    papers = label(~solid, diagonal=False)
    for index in np.argsort(-papers.area)[:BOXES]:
        top, left, low, right = papers.box[index]
        if papers.area[index] < BOX_LEAST * H * W:
            break
        if top == 0 or left == 0 or low == H - 1 or right == W - 1:
            continue
        box = filled(papers.labels[top : low + 1, left : right + 1] == index)
        ink = box & solid[top : low + 1, left : right + 1]
        if rectangularity(box) < BOXY or not ink.any():
            continue
        if label(ink).size.max() >= BOX_INK * min(box.shape):
            inside = np.zeros_like(solid)
            inside[top : low + 1, left : right + 1] = box
            return inside
    return np.ones_like(solid)


def without_rests(solid: np.ndarray) -> np.ndarray:
    """Return the ink without pieces at the edges that are apart from a digit further inside."""
    side = min(solid.shape)
    near = int(np.ceil(STRIP * side))
    if not (solid[:near].any() or solid[-near:].any() or solid[:, :near].any()
            or solid[:, -near:].any()):  # fmt: skip
        return solid
    pieces = label(solid)
    if len(pieces.area) < 2:
        return solid
    low = np.array(solid.shape) - pieces.box[:, 2:] - 1
    edge = np.minimum(pieces.box[:, :2], low).min(axis=1)
    strip = np.minimum(pieces.box[:, 2:] + 1, low + pieces.size).min(axis=1) <= STRIP * side
    inner = (edge > 0) & (pieces.size.max(axis=1) >= INNER * side) & ~strip
    if not inner.any():
        return solid
    first, last = pieces.box[inner, :2].min(axis=0), pieces.box[inner, 2:].max(axis=0)

    def apart(gap):
        top, left = np.maximum(first - int(gap), 0)
        low, right = last + int(gap) + 1
        return ~np.isin(np.arange(len(edge)), pieces.labels[top:low, left:right])

    touching = edge <= side // 50
    rest = (strip & apart(1 + GAP * side)) | (touching & apart(STRIP * side))
    return pieces.mask(~rest)


def _across(coverage):
    """Take off the rules from the left edge to the right one."""
    H, W = coverage.shape
    x = np.arange(W)
    found = find(coverage > TRACE)
    ruled = _ruled(coverage, found)
    if len(ruled) >= RULED:
        rest = erased(coverage, ruled, thin=True)
        if _large(label(rest > SOLID), LEAST_RULED * min(H, W)).any():
            return rest
    if not found:
        return coverage
    rows = [_rows(rule, H, W) for rule in found]
    solid = coverage > SOLID
    for row in rows:
        solid[row, x] = False
    pieces = label(solid)
    large = _large(pieces, LEAST * min(H, W))
    if not large.any():
        return coverage
    width = line_width(pieces.mask(large))
    top, left = pieces.box[large, :2].min(axis=0)
    low, right = (H, W) - pieces.box[large, 2:].max(axis=0) - 1
    free = min(left, right) > MARGIN * W and min(top, low) > MARGIN * H

    def is_rule(row):
        faint = np.median(coverage[row, x], axis=1).max() < FAINTER
        return free or faint or len(row) <= THINNER * width

    return erased(coverage, [rule for rule, row in zip(found, rows, strict=True) if is_rule(row)])


def _ruled(coverage, found):
    """Return the lines of ruled paper, each with a row above and below: they may be tilted."""
    H = len(coverage)
    most = 2 + RULE * H + 2  # with the row above and the row below

    def thin(rules):
        return [rule for rule in rules if rule.last - rule.first + 1 <= most]

    lines = thin([Rule(max(a - 1, 0), min(b + 1, H - 1), shift) for a, b, shift in found])
    if len(lines) >= RULED:
        return lines
    # The thinnest lines have gaps where they change their row.
    mask = np.pad(coverage > TRACE, ((1, 1), (0, 0)))
    return thin(find(mask[:-2] | mask[1:-1] | mask[2:]))


def _large(pieces, least):
    """Return which pieces are as large as a digit, (P,)."""
    return pieces.size.max(axis=1, initial=0) >= least


def find(mask: np.ndarray, long: float = LONG) -> list[Rule]:
    """Return the rules that run from the left edge to the right one.

    Parameters
    ----------
    mask : ndarray, bool, (H, W)
        Where there may be ink.
    long : float
        Of the width: a rule has ink on more.
    """
    H, W = mask.shape
    if mask.any(axis=0).sum() < long * W:
        return []
    most = min(int(TILT * W), H - 1)
    shifts = sorted(range(-most, most + 1), key=abs)
    sums = np.stack([_sums(mask, shift) for shift in shifts]) / W  # (shifts, H)
    found: list[Rule] = []
    rows = np.arange(H)
    while len(found) < MOST and sums.max() >= long:
        best, row = np.unravel_index(sums.argmax(), sums.shape)
        core = sums[best] >= CORE
        first = row - np.argmin(core[row::-1]) + 1 if not core[: row + 1].all() else 0
        last = row + np.argmin(core[row:]) - 1 if not core[row:].all() else H - 1
        # At other tilts the same line has peaks nearby; what is complete is a line of its own.
        apart = np.abs(np.array(shifts) - shifts[best])[:, None]
        band = (rows >= first - 1 - apart) & (rows <= last + 1 + apart)
        sums[band & ((sums < 1) | ((rows >= first - 1) & (rows <= last + 1)))] = 0
        if last - first + 1 <= max(2, H * THICK):
            found.append(Rule(first, last, shifts[best]))
    return found


def erased(coverage: np.ndarray, rules: list[Rule], thin: bool = False) -> np.ndarray:
    """Take off rules, but not the strokes that cross them.

    Parameters
    ----------
    coverage : ndarray, float32, (H, W)
        Ink in [0, 1].
    rules : list of Rule
        From the left to the right edge.
    thin : bool
        Whether the lines are thin and may be tilted. Such a line changes its row, so its coverage
        is taken over all rows together, not of each row alone.
    """
    cleaned, x = coverage.copy(), np.arange(coverage.shape[1])
    for rule in rules:
        row = _rows(rule, *coverage.shape)
        ink = coverage[row, x]
        level = np.median(ink, axis=1)
        if thin:
            level[:] = np.median(ink.max(axis=0))
        cleaned[row, x] = _crossing(cleaned, row, ink, level)
    return cleaned


def _sums(mask, shift):
    """Return the sum along each row, which moves by ``shift`` rows from left to right."""
    H, W = mask.shape
    total = np.zeros(H)
    edges = np.linspace(0, W, abs(shift) + 2).round().astype(int)
    for step, (a, b) in enumerate(pairwise(edges)):
        part = mask[:, a:b].sum(axis=1)
        by = step if shift > 0 else -step
        if by >= 0:
            total[: H - by] += part[by:]
        else:
            total[-by:] += part[:by]
    return total


def _rows(rule, H, W):
    """Return the row indices of a rule's pixels, (thickness, W)."""
    edges = np.linspace(0, W, abs(rule.shift) + 2).round().astype(int)
    step = np.searchsorted(edges[1:-1], np.arange(W), "right") * np.sign(rule.shift)
    return np.clip(np.arange(rule.first, rule.last + 1)[:, None] + step, 0, H - 1)


def _crossing(coverage, rows, ink, level):
    """Return the ink of the strokes on a rule: it is darker, or continues on both sides."""
    H, W = coverage.shape
    x = np.arange(W)
    darker = (ink - level[:, None]) / np.maximum(1 - level[:, None], 0.25)
    above = coverage[np.maximum(rows[0] - 1, 0), x] * (rows[0] > 0)
    below = coverage[np.minimum(rows[-1] + 1, H - 1), x] * (rows[-1] < H - 1)
    reach = len(rows)
    a, b = np.pad(above, reach), np.pad(below, reach)
    bridged = np.zeros(W, np.float32)
    for d in range(-reach, reach + 1):
        bridged = np.maximum(
            bridged, np.minimum(a[reach + d : reach + d + W], b[reach - d : reach - d + W])
        )
    return np.maximum(darker.clip(0, 1) * (darker > SOLID), bridged)


def line_width(mask: np.ndarray) -> float:
    """Estimate the width of the lines of a mask: twice its area over its outline's length.

    Parameters
    ----------
    mask : ndarray, bool, (H, W)
    """
    padded = np.pad(mask, 1)
    outline = (padded[1:] != padded[:-1]).sum() + (padded[:, 1:] != padded[:, :-1]).sum()
    return 2 * mask.sum() / max(outline * 0.8, 1)
