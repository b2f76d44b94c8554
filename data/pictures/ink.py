"""Separate ink from paper.

The picture may be a screen drawing, a scan or a photograph, dark on light or light on dark,
unevenly lit. Ink differs from the paper *around it*, so the brightness of the paper is estimated
first: a constant if the border of the picture is uniform, else the picture after a morphological
closing that removes its lines.
"""

import warnings

import numpy as np
from PIL import Image, ImageOps

WORKING_SIDE = 400  # pixels: larger pictures are shrunk to this side
WINDOWS = (1 / 12, 1 / 6, 1 / 3)  # sides of the closing's window, as fractions of the picture's
FLAT = 0.03  # brightness: a border that varies less is uniform
SCAN_SIDE = 64  # pixels: a picture no larger than this is no photograph
MIN_CONTRAST = 0.06  # brightness: with less between ink and paper the picture is blank
MIN_PIECE = 0.03  # of the largest piece's area: a smaller piece is a speck
GRAIN = 0.2  # of all ink: if no piece is larger, the ink is noise
SOLID = 0.25  # coverage: more is ink for certain, less may be the soft edge of a line
FAINT = 0.1  # coverage: less is no ink


def grey(image: Image.Image) -> np.ndarray:
    """Return a picture's brightness, upright, with sides of at most `WORKING_SIDE` pixels.

    Parameters
    ----------
    image : PIL.Image.Image
        Any mode. Transparent pixels become black if the opaque ones are bright, else white.

    Returns
    -------
    ndarray, float32, (H, W)
        0 is black, 1 is white.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # odd metadata is harmless
        image = ImageOps.exif_transpose(image)
    if image.mode == "LAB":  # Pillow cannot convert it to grey, but its first channel is grey
        image = image.getchannel("L")
    if image.mode[0] in "IF":
        values = np.nan_to_num(np.asarray(image, np.float32), posinf=0, neginf=0)
        top = values.max(initial=0)
        full = 65535 if image.mode[0] == "I" and top > 255 else 255 if top > 1 else 1
        return _shrink(Image.fromarray(values / max(full, top)))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        solid = np.asarray(image.getchannel("A").resize((64, 64), Image.Resampling.NEAREST)) > 127
        tone = np.asarray(image.convert("L").resize((64, 64), Image.Resampling.NEAREST))
        bright = solid.any() and tone[solid].mean() > 127
        paper = Image.new("RGBA", image.size, "black" if bright else "white")
        image = Image.alpha_composite(paper, image)
    return _shrink(image.convert("L")) / np.float32(255)


def _shrink(image):
    """Return a picture as float32, shrunk to `WORKING_SIDE` with a box filter if it is larger."""
    factor = max(image.size) / WORKING_SIDE
    image = image.convert("F")
    if factor > 1:
        size = [max(1, round(side / factor)) for side in image.size]
        image = image.resize(size, Image.Resampling.BOX, reducing_gap=3)
    return np.asarray(image)


def find(grey: np.ndarray) -> np.ndarray | None:
    """Cut the digit out of a picture.

    Parameters
    ----------
    grey : ndarray, float32, (H, W)
        Brightness in [0, 1].

    Returns
    -------
    ndarray, float32, (h, w), or None
        Coverage within the bounding box of the ink: the ink in each pixel, in [0, 1]. None if
        there is no ink.
    """
    contrast, noise = _contrast(grey)
    dark = contrast > max(otsu(contrast), 5 * noise, MIN_CONTRAST / 2)
    if not dark.any():
        return None
    level = np.percentile(contrast[dark], 80)
    if level < MIN_CONTRAST:
        return None
    coverage = np.clip(contrast / level, 0, 1)
    coverage[coverage < min(3 * noise / level, SOLID)] = 0
    pieces = _pieces(coverage > SOLID)
    if not pieces.any():
        return None
    coverage *= _widened(pieces)
    rows, columns = (np.flatnonzero((coverage > FAINT).any(axis=axis)) for axis in (1, 0))
    return coverage[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _contrast(grey):
    """Return how much each pixel differs from the paper towards the ink, and the paper's noise."""
    rim = np.concatenate([grey[0], grey[-1], grey[1:-1, 0], grey[1:-1, -1]])
    split = otsu(grey)
    light_ink = (rim > split).mean() < 0.5
    paper = rim[(rim <= split) == light_ink]
    level = np.median(paper)
    if max(grey.shape) <= SCAN_SIDE or np.percentile(np.abs(paper - level), 90) < FLAT:
        return grey - level if light_ink else level - grey, _spread(paper)
    grey = _smooth(grey)
    dark, light = (_lines(grey, WINDOWS[0], side) for side in (False, True))
    is_light = (light**3).sum() > (dark**3).sum()
    middle, lines = (_lines(grey, width, is_light) for width in WINDOWS[1:])
    narrow = (light if is_light else dark, middle)
    enough = (lines**3).sum() / 2
    lines = next((fine for fine in narrow if (fine**3).sum() > enough), lines)
    return lines, _spread(lines)


def _spread(values):
    """Return a robust standard deviation, from the median absolute deviation."""
    return 1.5 * np.median(np.abs(values - np.median(values)))


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
    ramp = _ramp(grey)  # removed first: closing would turn it into lines at the border
    paper = grey - ramp
    for extreme in (np.maximum, np.minimum):
        for _ in range(2):
            padded = np.pad(paper, ((reach, reach), (0, 0)), mode="edge")
            paper = _running(padded, 2 * reach + 1, extreme).T
    paper = paper + ramp
    lines = paper - grey if light else (paper - grey) / np.maximum(paper, 0.1)
    return lines - np.median(lines)


def _ramp(grey):
    """Return the least-squares plane through the brightness, without its mean."""
    y, x = (np.arange(side, dtype=np.float32) - (side - 1) / 2 for side in grey.shape)
    slope_y = y @ grey.mean(axis=1) / max(y @ y, 1)
    slope_x = x @ grey.mean(axis=0) / max(x @ x, 1)
    return slope_y * y[:, None] + slope_x * x


def _running(values, length, extreme):
    """Return the running extreme over ``length`` rows, in log2(length) steps."""
    done = 1
    while done < length:
        step = min(done, length - done)
        values = extreme(values[step:], values[:-step])
        done += step
    return values


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


def _pieces(solid):
    """Return the mask without specks; empty if it is all noise.

    Pieces are 8-connected. They are found by union-find over the runs of the mask's rows.
    """
    rows, starts, ends = _runs(solid)
    parent = np.arange(len(rows))

    def root(run):
        while parent[run] != run:
            parent[run] = run = parent[parent[run]]
        return run

    first = np.searchsorted(rows, np.arange(len(solid) + 1))
    for y in range(1, len(solid)):
        above, here = first[y - 1], first[y]
        while above < first[y] and here < first[y + 1]:
            if starts[above] <= ends[here] and starts[here] <= ends[above]:  # corners touch
                parent[root(above)] = root(here)
            if ends[above] < ends[here]:
                above += 1
            else:
                here += 1
    piece = np.array([root(run) for run in range(len(rows))], int)
    area = np.bincount(piece, ends - starts, len(rows))
    kept = np.zeros(solid.shape, bool)
    if area.max() < GRAIN * area.sum():
        return kept
    for run in np.flatnonzero(area[piece] >= MIN_PIECE * area.max()):
        kept[rows[run], starts[run] : ends[run]] = True
    return kept


def _widened(mask):
    """Return the mask dilated by two pixels."""
    return _running(_running(np.pad(mask, 2), 5, np.maximum).T, 5, np.maximum).T


def _runs(mask):
    """Return row, start and end (exclusive) of each run of True along the rows."""
    change = np.diff(np.pad(mask, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    rows, starts = np.nonzero(change == 1)
    return rows, starts, np.nonzero(change == -1)[1]
