"""Group boxes into lines of writing."""

from collections.abc import Sequence

import numpy as np

from data.segments.symbols import Box

TALL = 0.7  # of the highest box: lower ones do not count for the height of a line
OVERLAP = 0.4  # of the lower box's height: neighbours in a line share more
NEAR = 0.15  # of the higher box's height: boxes above one another that are nearer are one digit
LOW = 0.45  # of the height of the others: a box or a line of less is low


def digit_height(heights: Sequence[float]) -> float:
    """Return the height of the digits of a line: the median of what is not small."""
    high = np.asarray(heights, float)
    return max(float(np.median(high[high >= TALL * high.max()])), 1.0)


def lines(boxes: Sequence[Box]) -> list[list[int]]:
    """Group boxes into lines from top to bottom, each from left to right.

    A box is in one line with the nearest box on its left and the nearest on its right that are at
    its height and not low, as a point is; and with the boxes that it overlaps. So a line may slope.

    Parameters
    ----------
    boxes : sequence of Box

    Returns
    -------
    list of list of int
        Indices of the boxes.
    """
    if not boxes:
        return []
    left, top, right, low = np.array(boxes, float).T
    high, middle = np.maximum(low - top, 1), (left + right) / 2
    shared = np.minimum(low[:, None], low) - np.maximum(top[:, None], top)
    beside = shared > OVERLAP * np.minimum(high[:, None], high)
    beside &= high >= LOW * high[:, None]
    gap = np.maximum(left[:, None], left) - np.minimum(right[:, None], right)
    linked = (gap <= 0) & (shared >= -NEAR * np.maximum(high[:, None], high))
    apart = middle - middle[:, None]
    for side in (apart, -apart):
        away = np.where(beside & (side > 0), side, np.inf)
        for one, other in enumerate(away.argmin(axis=1)):
            linked[one, other] |= away[one, other] < np.inf
    return _in_order(_components(linked | linked.T), np.array(boxes, float))


def _components(linked):
    """Return the components of a graph: its adjacency, bool (n, n), symmetric."""
    root = np.arange(len(linked))
    while True:
        new = np.where(linked, root, len(root)).min(axis=1, initial=len(root))
        new = np.minimum(root, new)
        if (new == root).all():
            return [np.flatnonzero(root == r) for r in np.unique(root)]
        root = new


def _in_order(groups, boxes):
    """Join low groups to the nearest line; sort the lines, and what is in them."""
    tall = [(boxes[group, 3] - boxes[group, 1]).max() for group in groups]
    wanted = min(LOW * digit_height(tall), max(tall))
    whole = [list(group) for group, high in zip(groups, tall, strict=True) if high >= wanted]
    for group, high in zip(groups, tall, strict=True):
        if high < wanted:
            y = boxes[group, 1::2].mean()
            spans = [(boxes[line, 1].min(), boxes[line, 3].max()) for line in whole]
            away = [max(top - y, y - low, 0) for top, low in spans]
            whole[int(np.argmin(away))] += list(group)
    whole.sort(key=lambda line: np.median(boxes[line, 1::2].mean(axis=1)))
    return [sorted(map(int, line), key=lambda i: boxes[i, 0] + boxes[i, 2]) for line in whole]
