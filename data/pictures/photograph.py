"""Contrast of lines on unevenly lit paper, as photographs have it.

The paper's brightness is estimated by a morphological closing, which removes lines.
"""

import numpy as np
from PIL import Image

from data.pictures.pieces import spread

WINDOWS = (1 / 12, 1 / 6, 1 / 3)  # sides of the closing's window, as fractions of the picture's
ENOUGH = 0.85  # of the ink found with the widest window: a narrower one that finds more will do
EDGE = 0.08  # of the side: what is this near to an edge does not tell which side is ink
MEDIAN_SIDE = 40  # pixels: longer side of the picture whose medians are taken


def contrast(grey: np.ndarray) -> np.ndarray:
    """Return how much each pixel differs from the paper around it, towards the ink.

    Ink is on the side where thin structures lie beyond the median around them: a hole between two
    lines is thin, too, but as bright as the paper.

    Parameters
    ----------
    grey : ndarray, float32, (H, W)
        Brightness in [0, 1].

    Returns
    -------
    ndarray, float32, (H, W)
        About 0 on paper, positive on ink.
    """
    grey = _smooth(grey)
    dark, light = (_lines(grey, WINDOWS[1], side) for side in (False, True))
    beyond = grey - _background(grey)
    inner = tuple(slice(int(side * EDGE), side - int(side * EDGE)) for side in grey.shape)
    lighter = np.minimum(light, beyond)[inner].clip(0)
    darker = np.minimum(dark * np.maximum(grey + dark, 0.1), -beyond)[inner].clip(0)
    is_light = (lighter**3).sum() > (darker**3).sum()
    fine, lines = (_lines(grey, WINDOWS[i], is_light) for i in (0, 2))
    narrow = (fine, light if is_light else dark)
    enough = ENOUGH * (lines**3).sum()
    return next((fine for fine in narrow if (fine**3).sum() > enough), lines)


def _smooth(values):
    """Reduce a photograph's noise with a 3x3 binomial filter."""
    for _ in range(2):
        padded = np.pad(values, ((1, 1), (0, 0)), mode="edge")
        values = ((padded[:-2] + padded[2:]) / 4 + values / 2).T
    return values


def _lines(grey, share, light):
    """Return the contrast of lines narrower than ``share`` of the picture's longer side.

    The paper is estimated by a morphological closing: a running maximum, then a running minimum.
    The contrast of dark ink is relative to the paper's brightness, so that it is the same in
    shadow and in light; that of light ink is absolute.
    """
    grey = -grey if light else grey
    reach = int(max(grey.shape) * share / 2)
    # At the border a closing turns a ramp into lines, but with the ramp removed it does so with
    # the edge of a shadow: the lower of both estimates is right.
    ramp = _ramp(grey)
    paper = np.minimum(_closing(grey, reach), _closing(grey - ramp, reach) + ramp)
    lines = paper - grey if light else (paper - grey) / np.maximum(paper, 0.1)
    return lines - np.median(lines)


def _closing(values, reach):
    return spread(spread(values, reach, np.maximum), reach, np.minimum)


def _background(grey):
    """Return the median around each pixel, in a window of nearly half the picture's side."""
    H, W = grey.shape
    factor = max(H, W) / MEDIAN_SIDE
    size = max(1, round(W / factor)), max(1, round(H / factor))
    small = np.asarray(Image.fromarray(grey).resize(size, Image.Resampling.BOX))
    reach = MEDIAN_SIDE // 5
    padded = np.pad(small, reach, mode="symmetric")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (2 * reach + 1, 2 * reach + 1))
    middle = np.median(windows.reshape(*small.shape, -1), axis=2).astype(np.float32)
    return np.asarray(Image.fromarray(middle).resize((W, H), Image.Resampling.BILINEAR))


def _ramp(grey):
    """Return the least-squares plane through the brightness, without its mean."""
    y, x = (np.arange(side, dtype=np.float32) - (side - 1) / 2 for side in grey.shape)
    slope_y = y @ grey.mean(axis=1) / max(y @ y, 1)
    slope_x = x @ grey.mean(axis=0) / max(x @ x, 1)
    return slope_y * y[:, None] + slope_x * x
