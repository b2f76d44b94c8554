"""Estimate the paper's brightness, and with it the contrast of the ink.

Ink differs from the paper *around it*. The paper's brightness is a constant if the border of the
picture is uniform, a plane if it is a gradient; in a photograph it varies (`photograph`).
"""

import numpy as np

from data.pictures import photograph
from data.pictures.pieces import inradius, label, spread

FLAT = 0.03  # brightness: a border that varies less is uniform
SCAN_SIDE = 64  # pixels: a picture no larger than this is no photograph
TRIM = 25  # at most 1/25 of a side, and a pixel, is cut off as a line along the edge
OTHER_TONE = 0.2  # brightness between a frame and the paper in it
RING = 0.85  # of the ring inside a frame: paper
SURE = 0.75  # of the rim: a tone that has more is the paper's
CLEAR = 0.7  # of the rim of a scan: a side that has more is the paper
TWO_TONES = 0.4  # of the contrast of the ink: paper of one tone varies less
EVEN = 0.12  # of the contrast of the ink: the level of such paper varies less from place to place
THIN = 0.2  # of the side: half the width of the broadest line
RENDERED = 0.004  # brightness: noise of a gradient that was computed, not photographed


def contrast(grey: np.ndarray) -> tuple[np.ndarray, float]:
    """Return how much each pixel differs from the paper towards the ink, and the paper's noise.

    Parameters
    ----------
    grey : ndarray, float32, (H, W)
        Brightness in [0, 1].

    Returns
    -------
    contrast : ndarray, float32, (H, W)
        About 0 on paper, positive on ink.
    noise : float
        Standard deviation of the paper.
    """
    grey = grey - gradient(grey)
    split = otsu(grey)
    rim = _rim(grey)
    light_ink = is_ink_light(grey > split)
    paper = rim[(rim <= split) == light_ink]
    blank = grey[(grey <= split) == light_ink]
    sure = len(paper) > SURE * len(rim)
    if max(grey.shape) <= SCAN_SIDE and not sure:
        paper = min(paper, _inner(grey, (grey <= split) == light_ink), key=noise_of)
    level = np.median(paper)
    if max(grey.shape) <= SCAN_SIDE or (sure and _uniform(paper, blank, level)):
        return grey - level if light_ink else level - grey, noise_of(paper)
    if _two_tones(grey, split, light_ink):
        level = np.percentile(blank, 90 if light_ink else 10)
        return grey - level if light_ink else level - grey, 0.0
    lines = photograph.contrast(grey)
    return lines, noise_of(lines)


def trimmed(grey: np.ndarray) -> np.ndarray:
    """Cut off lines along the edges of a picture, such as those of a cropped screenshot.

    Returns
    -------
    ndarray, float32, (h, w)
        A view of the picture.
    """
    depth = _frame(grey)
    grey = grey[depth : len(grey) - depth, depth : grey.shape[1] - depth]
    for _ in range(4):
        grey = np.rot90(grey)
        depth = 1 + len(grey) // TRIM
        if min(grey.shape) < 20 or abs(grey[0].mean() - grey[depth].mean()) < 0.05:
            continue
        inside = np.median(grey[depth : 3 * depth + 2])
        edge = np.median(grey[0])
        ink = 0.5 * (edge - inside)
        if abs(ink) < 0.1 or ((grey[0] - inside) / ink > 1).mean() < 0.9:
            continue
        there = ((grey[: depth + 1] - inside) / ink > 0.3).mean(axis=1) > 0.6
        first = np.argmin(there)
        if not there.all() and (np.abs(grey[first + 1] - inside) < 0.6 * abs(ink)).mean() > 0.8:
            grey = grey[first:]
    return grey


def _frame(grey):
    """Return the width of the line all round a picture, 0 if there is none.

    The outermost ring has one tone, and the ring where the paper begins has another. A digit that
    touches its frame covers a part of that ring only.
    """
    if min(grey.shape) < 20:
        return 0
    ring = _rim(grey)
    tone = np.median(ring)
    if np.percentile(np.abs(ring - tone), 95) > FLAT:
        return 0
    for depth in range(1, 2 + min(grey.shape) // TRIM):
        ring = _rim(grey[depth:-depth, depth:-depth])
        if (np.abs(ring - tone) > OTHER_TONE).mean() > RING:
            return depth
    return 0


def is_ink_light(light: np.ndarray) -> bool:
    """Return whether the light pixels are the ink.

    Most of the rim is paper, by its length. In a scan cropped tightly around a digit with thick
    lines the ink may have as much of it. Then the ink is the side that holds together: lines are
    connected, and they cut the paper into pieces.

    Parameters
    ----------
    light : ndarray, bool, (H, W)
    """
    share = _rim(light).mean()
    if max(light.shape) > SCAN_SIDE or max(share, 1 - share) > CLEAR:
        return share < 0.5
    return 0.5 - share + _largest(light) - _largest(~light) > 0


def _largest(mask):
    """Return the area of the largest connected piece relative to that of the mask."""
    area = label(mask).area
    return area.max(initial=0) / max(area.sum(), 1)


def _inner(grey, blank):
    """Return the brightness of paper that is not next to ink, where lines have soft edges."""
    inner = spread(blank, 1, np.minimum)
    return grey[inner if inner.any() else blank]


def gradient(grey: np.ndarray) -> np.ndarray | float:
    """Return the plane through the brightness of the rim, or 0 if the rim is no gradient."""
    values = _rim(grey)
    if len(values) < 12 or np.median(np.abs(values - np.median(values))) < FLAT:
        return 0.0
    H, W = grey.shape
    y, x = np.indices(grey.shape, np.float32)
    places = np.stack([_rim(y) / H, _rim(x) / W, np.ones(len(values))], 1)
    used = np.ones(len(values), bool)
    for _ in range(4):
        plane = np.linalg.lstsq(places[used], values[used], rcond=None)[0]
        error = np.abs(values - places @ plane)
        used = error <= max(2 * np.median(error), FLAT / 2)
    height = np.ptp(places @ plane)
    if height < 4 * FLAT or used.mean() < 0.6 or error[used].max() > height / 6:
        return 0.0
    if max(H, W) > SCAN_SIDE and np.percentile(error[used], 90) > RENDERED:
        return 0.0  # a photograph, whose light is no plane
    return (plane[0] * y / H + plane[1] * x / W).astype(np.float32)


def _rim(values):
    """Return the pixels of the outer rows and columns."""
    return np.concatenate([values[0], values[-1], values[1:-1, 0], values[1:-1, -1]])


def _uniform(rim, blank, level):
    """Return whether the paper has one brightness, at the rim and elsewhere."""
    off_rim, off = (np.abs(values - level) for values in (rim, blank))
    return np.percentile(off_rim, 90) < FLAT and np.percentile(off, 80) < 2 * FLAT


def _two_tones(grey, split, light_ink):
    """Return whether ink of one tone stands far off from paper that varies little."""
    ink, paper = grey[(grey > split) == light_ink], grey[(grey > split) != light_ink]
    if not len(ink):
        return False
    step = -(-max(grey.shape) // SCAN_SIDE)
    thin = (grey[::step, ::step] > split) == light_ink
    if inradius(thin) > THIN * max(thin.shape):
        return False
    a, ink_level, b = np.percentile(ink, (60, 70, 95) if light_ink else (5, 30, 40))
    c, level, d = np.percentile(paper, (10, 50, 90))
    if b - a > FLAT or d - c > TWO_TONES * abs(ink_level - level):
        return False
    blank = (grey > split) != light_ink
    purest = 10 if light_ink else 90  # percentile: soft edges of the ink lie on the other side
    levels = [
        np.percentile(grey[part][blank[part]], purest)
        for rows in np.array_split(np.arange(len(grey)), min(4, len(grey)))
        for columns in np.array_split(np.arange(len(grey.T)), min(4, len(grey.T)))
        if blank[part := np.ix_(rows, columns)].mean() > 0.2
    ]
    return len(levels) > 0 and np.ptp(levels) < EVEN * abs(ink_level - level)


def noise_of(values: np.ndarray) -> float:
    """Return a robust standard deviation, from the median absolute deviation."""
    return 1.5 * np.median(np.abs(values - np.median(values)))


def otsu(values: np.ndarray) -> float:
    """Return the threshold that maximises the variance between two classes.

    References
    ----------
    Otsu, "A Threshold Selection Method from Gray-Level Histograms", 1979.
    """
    low, high = values.min(), values.max()
    step = (high - low) / 255 or 1
    count = np.bincount(((values - low) / step + 0.5).astype(np.intp).ravel(), minlength=256)
    below = np.cumsum(count)[:-1]
    above = values.size - below
    total = np.cumsum(count * np.arange(256))
    mean_below = total[:-1] / np.maximum(below, 1)
    mean_above = (total[-1] - total[:-1]) / np.maximum(above, 1)
    between = below * above * (mean_above - mean_below) ** 2
    best = np.flatnonzero(between >= between.max() * (1 - 1e-9))  # several in an empty gap
    return low + step * (best.mean() + 0.5)
