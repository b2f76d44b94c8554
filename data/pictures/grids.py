"""Take off a box or grid that the digit crosses, so that both are one piece of ink."""

import numpy as np

from data.pictures import rules
from data.pictures.pieces import label

LINES = 3  # of a box or grid
LONG = 0.65  # of the extent of a box and the digit that sticks out of it: its lines are longer


def without(coverage: np.ndarray) -> np.ndarray:
    """Return the ink without the lines of a box or grid that a digit crosses.

    The largest piece of ink is such a box if straight lines go through all of it, two of each
    direction, and without them there is still a digit. If the lines are thinner than the digit's,
    three are enough: one side of a box may be missing.

    Parameters
    ----------
    coverage : ndarray, float32, (H, W)
        Ink in [0, 1].
    """
    pieces = label(coverage > rules.SOLID)
    if min(coverage.shape) < rules.TINY or not len(pieces.area):
        return coverage
    top, left, low, right = pieces.box[pieces.size.min(axis=1).argmax()]
    part = slice(top, low + 1), slice(left, right + 1)
    grid = coverage[part]
    across = rules.find(grid > rules.TRACE, LONG)
    down = rules.find(grid.T > rules.TRACE, LONG) if across else []
    if not down or len(across) + len(down) < LINES:
        return coverage
    rest = rules.erased(rules.erased(grid, across).T, down).T
    left_over = rest > rules.SOLID
    if label(left_over).size.max(initial=0) < rules.BOX_INK * min(grid.shape):
        return coverage
    thickest = max(rule.last - rule.first + 1 for rule in across + down)
    thin = thickest <= rules.THINNER * rules.line_width(left_over)
    if min(len(across), len(down)) < 2 and not thin:
        return coverage
    cleaned = coverage.copy()
    cleaned[part] = rest
    return cleaned
