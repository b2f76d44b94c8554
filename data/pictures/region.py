"""Find the sheet, panel or box that holds the digit, where it is not the whole picture."""

import numpy as np
from PIL import Image

from data.pictures.paper import otsu
from data.pictures.pieces import filled, inradius, label, rectangularity, spread

SMALL = 100  # pixels: longer side at which sheets and panels are looked for
TINY = 32  # pixels: a picture no larger than this has no panel
CUT = 0.2  # of an edge of the picture: a sheet that covers more of it is cut off there
MOST = 0.65  # of the picture: a sheet cut off at several edges covers more, a patch of light less
LEAST = 0.06  # of the picture: a smaller panel is none
BOXY = 0.84  # of the rectangle around it: a panel fills more
INK = (0.004, 0.5)  # of the panel: its ink
LONGEST = 4  # times as long as wide: a longer panel is the bar of a window or a rule
WIDER = 1.2  # paper is this many times wider than ink
APART = 0.15  # brightness between a panel and what is around it


def inside(grey: np.ndarray) -> np.ndarray:
    """Return the part of a picture that is a sheet on a table or a panel on a page.

    Parameters
    ----------
    grey : ndarray, float32, (H, W)
        Brightness in [0, 1].

    Returns
    -------
    ndarray, float32, (h, w)
        The rectangle around the sheet, continued beyond its edges; the picture itself if there is
        no sheet in it.
    """
    panel = _found(grey)
    return grey if panel is None else _cut(grey, panel)


def corner(grey: np.ndarray) -> tuple[int, int]:
    """Return the row and column in a picture of the upper left corner of its `inside`."""
    panel = _found(grey)
    part = None if panel is None else _part(grey, panel)[0]
    return (0, 0) if part is None else (int(part[0].start), int(part[1].start))


def _found(grey):
    """Return the mask of a picture's sheet or panel, made smaller; None without one."""
    if max(grey.shape) <= TINY:
        return None
    factor = max(1, max(grey.shape) / SMALL)
    H, W = grey.shape
    size = max(1, round(W / factor)), max(1, round(H / factor))
    small = np.asarray(Image.fromarray(grey).resize(size, Image.Resampling.BOX))
    split = otsu(small)
    light = small > split
    if light.all() or not light.any() or small[light].mean() - small[~light].mean() < APART:
        return None
    return next((panel for side in (light, ~light) if (panel := _panel(side)) is not None), None)


def _panel(side):
    """Return the largest piece of a mask, filled, if it is paper with ink on it; else None."""
    pieces = label(side, diagonal=False)
    if not len(pieces.area):
        return None
    paper = pieces.labels == pieces.area.argmax()
    edges = [paper[0], paper[-1], paper[:, 0], paper[:, -1]]
    cuts = sum(edge.mean() > CUT for edge in edges)
    whole = filled(paper)
    area = whole.sum()
    if cuts == 4 or (cuts > 1 and area < MOST * side.size):
        return None
    ink = whole & ~side  # the inside of a 0 is paper
    if area < LEAST * side.size or not INK[0] * area < ink.sum() < INK[1] * area:
        return None
    height, width = (np.count_nonzero(whole.any(axis=axis)) for axis in (1, 0))
    if max(height, width) > LONGEST * min(height, width):
        return None
    if rectangularity(whole) < BOXY or inradius(paper) < WIDER * inradius(ink):
        return None
    return whole


def _cut(grey, panel):
    """Return the rectangle around a panel; what is not the panel in it becomes paper."""
    part, mask = _part(grey, panel)
    if part is None:
        return grey
    grey = grey[part]
    if mask.all():
        return grey
    tone = grey[mask]
    off = np.abs(tone - np.median(tone))
    paper = off <= 2 * np.median(off) + 0.02  # the ink is further off
    places = np.stack([*np.nonzero(mask), np.ones(len(tone))], axis=1)[paper]
    slope_y, slope_x, level = np.linalg.lstsq(places, tone[paper], rcond=None)[0]
    y, x = np.indices(grey.shape, np.float32)
    return np.where(mask, grey, slope_y * y + slope_x * x + level).astype(np.float32)


def _part(grey, panel):
    """Return a panel's rows and columns as slices, and its mask in them; None if it is thin."""
    inner = spread(np.pad(panel, 1), 1, np.minimum)[1:-1, 1:-1]
    if not inner.any():
        return None, None
    H, W = grey.shape
    mask = np.asarray(Image.fromarray(inner).resize((W, H), Image.Resampling.NEAREST))
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    part = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    return part, mask[part]
