"""Find the ink in a picture: which pixels are pen, which are paper, and where its lines run.

The picture may be a screen drawing, a scan or a photograph, dark on light or light on dark,
unevenly lit. Ink is what differs from the paper *around it*, so the paper is estimated first:
one grey where the picture's rim shows just one, else the picture with its lines closed over.
"""

import warnings
from itertools import pairwise

import numpy as np
from PIL import Image, ImageOps

WORKING_SIDE = 400  # pixels: larger pictures are shrunk to it first
WINDOWS = (1 / 12, 1 / 6, 1 / 3)  # of the picture: lines in a photograph are narrower
FLAT = 0.03  # greys of a rim that differ less are one paper
SCAN_SIDE = 64  # pixels: nobody takes smaller photographs
MIN_CONTRAST = 0.06  # of full scale: less between ink and paper is a blank picture
MIN_PIECE = 0.02  # of all ink: a smaller piece apart is a speck
SOLID = 0.25  # of the pen's darkest: less is the fading rim of a line
FAINT = 0.1  # likewise: less is no ink
THIN_FROM = 5.0  # pixels: how wide lines are made before they are thinned


def grey(image):
    """Return a picture's brightness, upright and at most `WORKING_SIDE` on a side.

    Parameters
    ----------
    image : PIL.Image.Image
        Of any mode; transparent parts are filled with what contrasts with the rest.

    Returns
    -------
    ndarray, float32, (H, W)
        In [0, 1], black to white.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # odd metadata is harmless
        image = ImageOps.exif_transpose(image)
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
    """Shrink to `WORKING_SIDE` by averaging, if larger; return float32."""
    factor = max(image.size) / WORKING_SIDE
    image = image.convert("F")
    if factor > 1:
        size = [max(1, round(side / factor)) for side in image.size]
        image = image.resize(size, Image.Resampling.BOX, reducing_gap=3)
    return np.asarray(image)


def find(grey):
    """Cut the digit out of a picture.

    Parameters
    ----------
    grey : ndarray, float32, (H, W)
        Brightness in [0, 1].

    Returns
    -------
    ndarray, float32, (h, w), or None
        How much of each pixel is ink, in [0, 1], within the ink's box; None if there is none.
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
    coverage *= _widened(_pieces(coverage > SOLID))
    rows, columns = (np.flatnonzero((coverage > FAINT).any(axis=axis)) for axis in (1, 0))
    return coverage[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _contrast(grey):
    """Return how much each pixel is on the ink's side of the paper around it, and the noise."""
    rim = np.concatenate([grey[0], grey[-1], grey[1:-1, 0], grey[1:-1, -1]])
    split = otsu(grey)
    light_ink = (rim > split).mean() < 0.5
    paper = rim[(rim <= split) == light_ink]
    level = np.median(paper)
    if max(grey.shape) <= SCAN_SIDE or np.percentile(np.abs(paper - level), 90) < FLAT:
        return grey - level if light_ink else level - grey, _spread(paper)
    grey = _smooth(grey)
    if (_lines(1 - grey, WINDOWS[0]) ** 3).sum() > (_lines(grey, WINDOWS[0]) ** 3).sum():
        grey = 1 - grey
    *narrow, lines = (_lines(grey, width) for width in WINDOWS)
    enough = (lines**3).sum() / 2
    lines = next((fine for fine in narrow if (fine**3).sum() > enough), lines)
    return lines, _spread(lines)


def _spread(values):
    """Return the standard deviation of values about their median, heedless of outliers."""
    return 1.5 * np.median(np.abs(values - np.median(values)))


def _smooth(values):
    """Calm a photograph's noise: a mean over three by three pixels, weighted to the middle."""
    for _ in range(2):
        padded = np.pad(values, ((1, 1), (0, 0)), mode="edge")
        values = ((padded[:-2] + padded[2:]) / 4 + values / 2).T
    return values


def _lines(grey, share):
    """Return how much darker dark lines are than their paper, if narrower than a share of it.

    The paper is the picture with its lines closed over (maximum, then minimum); a share of its
    light is missing on ink, in the shade as in the sun.
    """
    reach = int(min(min(grey.shape) - 1, max(grey.shape) * share) / 2)
    paper = np.pad(grey, 2 * reach, mode="reflect", reflect_type="odd") if reach else grey
    for extreme in (np.maximum, np.minimum):
        for _ in range(2):
            paper = _running(paper, 2 * reach + 1, extreme).T
    missing = (paper - grey) / np.maximum(paper, 0.1)
    return missing - np.median(missing)


def _running(values, length, extreme):
    """Return the extreme over each `length` rows on end, by doubling."""
    done = 1
    while done < length:
        step = min(done, length - done)
        values = extreme(values[step:], values[:-step])
        done += step
    return values


def otsu(values):
    """Return the grey that parts values into two classes the farthest apart (Otsu, 1979)."""
    low, high = values.min(), values.max()
    step = (high - low) / 255 or 1
    count = np.bincount(((values - low) / step + 0.5).astype(np.intp).ravel(), minlength=256)
    below = np.cumsum(count)[:-1]
    above = values.size - below
    total = np.cumsum(count * np.arange(256))
    mean_below = total[:-1] / np.maximum(below, 1)
    mean_above = (total[-1] - total[:-1]) / np.maximum(above, 1)
    between = below * above * (mean_above - mean_below) ** 2
    best = np.flatnonzero(between >= between.max() * (1 - 1e-9))  # an empty gap: its middle
    return low + step * (best.mean() + 0.5)


def _pieces(solid):
    """Return the mask without its specks: pieces that touch nothing and are small."""
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
    for run in np.flatnonzero(area[piece] >= MIN_PIECE * area.sum()):
        kept[rows[run], starts[run] : ends[run]] = True
    return kept


def _widened(mask):
    """Return the mask with two pixels more all round."""
    return _running(_running(np.pad(mask, 2), 5, np.maximum).T, 5, np.maximum).T


def _runs(mask):
    """Return the row, the start and the end (exclusive) of every run of True along the rows."""
    change = np.diff(np.pad(mask, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    rows, starts = np.nonzero(change == 1)
    return rows, starts, np.nonzero(change == -1)[1]


def line_width(coverage):
    """Return the width of the pen, in pixels, of lines given as ink in [0, 1].

    A line of length L and width w has the area A = L w and the outline P = 2 (L + w). The
    outline of a soft-edged shape is the total of its gradient (the co-area formula).
    """
    padded = np.pad(coverage, 1)
    dy = padded[1:, 1:] + padded[1:, :-1] - padded[:-1, 1:] - padded[:-1, :-1]
    dx = padded[1:, 1:] + padded[:-1, 1:] - padded[1:, :-1] - padded[:-1, :-1]
    outline = np.hypot(dx, dy).sum() / 2
    area = coverage.sum()
    return (outline - np.sqrt(max(outline**2 - 16 * area, 0))) / 4


def resize(digit, scale):
    """Scale a digit, averaging where it shrinks."""
    H, W = digit.shape
    size = (max(1, round(W * scale)), max(1, round(H * scale)))
    how = Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC
    return np.asarray(Image.fromarray(digit).resize(size, how)).clip(0, 1)


def centre_lines(digit):
    """Thin a digit's lines to their middle.

    Returns
    -------
    points : ndarray, (P, 2)
        x and y of each point on a line.
    pairs : ndarray, int, (S, 2)
        Which two points each segment joins; a lone point is joined to itself.
    """
    scale = min(THIN_FROM / line_width(digit), WORKING_SIDE / max(digit.shape))
    mask = resize(digit, scale) > 0.5
    mask = thin(np.pad(mask, 1))
    index = np.full(mask.shape, -1)
    ys, xs = np.nonzero(mask)
    index[ys, xs] = np.arange(len(ys))
    pairs = [np.stack([index[mask]] * 2, 1)]
    for a, b in (
        (index[:, :-1], index[:, 1:]),
        (index[:-1], index[1:]),
        (index[:-1, :-1], index[1:, 1:]),
        (index[1:, :-1], index[:-1, 1:]),
    ):
        both = (a >= 0) & (b >= 0)
        pairs.append(np.stack([a[both], b[both]], 1))
    return np.stack([xs, ys], 1).astype(np.float64), np.concatenate(pairs)


def thin(mask):
    """Thin shapes to lines one pixel wide, keeping their ends and holes (Zhang and Suen, 1984)."""
    mask = mask.copy()
    while True:
        before = mask.sum()
        for odd in (False, True):
            n = np.pad(mask, 1)
            p2, p3, p4, p5 = n[:-2, 1:-1], n[:-2, 2:], n[1:-1, 2:], n[2:, 2:]
            p6, p7, p8, p9 = n[2:, 1:-1], n[2:, :-2], n[1:-1, :-2], n[:-2, :-2]
            ring = (p2, p3, p4, p5, p6, p7, p8, p9, p2)
            count = np.sum(ring[:-1], axis=0)
            turns = sum((~a & b).astype(np.int8) for a, b in pairwise(ring))
            if odd:
                open_side = ~(p2 & p4 & p8) & ~(p2 & p6 & p8)
            else:
                open_side = ~(p2 & p4 & p6) & ~(p4 & p6 & p8)
            mask &= ~((count >= 2) & (count <= 6) & (turns == 1) & open_side)
        if mask.sum() == before:
            return mask
