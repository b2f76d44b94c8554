"""Loops over pixels that are too slow in NumPy, compiled by numba.

Each kernel is serial, releases the GIL, checks nothing and writes into arrays it is given.
"""

import numba
import numpy as np
from llvmlite import binding
from numba import njit

from guard.kernel_cache import robust
from guard.registers import compile_for_processor

compile_for_processor(numba.config, binding)

COMPILING = not numba.config.DISABLE_JIT
"""False if NUMBA_DISABLE_JIT is set: NumPy is then faster than these loops."""


def kernel(function):
    """Compile ``function`` at its first call; cache the result on disk if that is possible."""
    try:
        return robust(njit(nogil=True, cache=True)(function))
    except RuntimeError:  # numba found no writable cache folder
        return njit(nogil=True)(function)


@kernel
def draw_digits(points, pressure, strokes, digits, pens, noise, middle, images):
    """Draw digits, each with its own pen, as `data.canvas.from_strokes` draws one.

    Parameters
    ----------
    points : ndarray, float32, (P, 2)
        Points (x, y) along the strokes, pixels of the box.
    pressure : ndarray, float32, (P,)
        Factor of the line width between a point and the next; 0 is a gap.
    strokes : ndarray, int32, (T + 1,)
        Index in `points` of each stroke's first point, then P.
    digits : ndarray, int32, (n + 1,)
        Index in `strokes` of each digit's first stroke, then T.
    pens : ndarray, float32, (n, 5)
        Width of the line and the distance over which it fades to paper, pixels; horizontal over
        vertical scale of the line; 1 for square ends, else 0; amplitude of the noise, pixels.
    noise : ndarray, float32, (K, side, side)
        Noise in [-2, 2] of rough edges; digit i uses field i mod K. `side` is that of the box.
    middle : int
        Row and column of the centre of mass.
    images : ndarray, uint8, (n, H, W)
        Output; must be 0.
    """
    nearest = np.empty(noise.shape[1:], np.float32)
    for i in range(len(pens)):
        width, edge, wider, square, rough = pens[i]
        nearest[:] = np.inf
        narrower = np.float32(1) / wider
        for stroke in range(digits[i], digits[i + 1]):
            first, last = strokes[stroke], strokes[stroke + 1] - 2
            for k in range(first, last + 1):
                if pressure[k] > 0:
                    starts, ends = square > 0 and k == first, square > 0 and k == last
                    reach = ((width + edge) / 2 + 2 * rough) * pressure[k]
                    if starts or ends:
                        reach *= np.float32(1.42)  # to the square's corners
                    scale = np.float32(1) / pressure[k] ** 2
                    _approach(
                        points[k], points[k + 1], reach, narrower, scale, starts, ends, nearest
                    )
        _ink(nearest, width, edge, rough, noise[i % len(noise)])
        _centre(nearest, middle, images[i])


@kernel
def _approach(a, b, reach, narrower, scale, starts, ends, nearest):
    """Update the squared distance of each pixel within `reach` of the segment from a to b.

    Beyond a square end, the distance is the maximum of those along and across the segment.
    """
    side = len(nearest)
    dx, dy = (b[0] - a[0]) * narrower, b[1] - a[1]
    square = max(dx * dx + dy * dy, np.float32(1e-12))
    unit_x, unit_y = dx / square, dy / square
    left = max(0, int(min(a[0], b[0]) - reach / narrower))
    right = min(side, int(max(a[0], b[0]) + reach / narrower) + 1)
    top = max(0, int(min(a[1], b[1]) - reach))
    bottom = min(side, int(max(a[1], b[1]) + reach) + 1)
    for y in range(top, bottom):
        py = np.float32(y + 0.5) - a[1]
        for x in range(left, right):
            px = (np.float32(x + 0.5) - a[0]) * narrower
            along = px * unit_x + py * unit_y
            near = min(max(along, np.float32(0)), np.float32(1))
            distance = (px - near * dx) ** 2 + (py - near * dy) ** 2
            if (starts and along < 0) or (ends and along > 1):
                beyond = (along - near) ** 2 * square
                distance = max(beyond, distance - beyond)
            nearest[y, x] = min(nearest[y, x], distance * scale)


@kernel
def _ink(nearest, width, edge, rough, noise):
    """Turn squared distances into ink, in place."""
    side = len(nearest)
    for y in range(side):
        for x in range(side):
            distance = np.sqrt(nearest[y, x]) + rough * noise[y, x]
            nearest[y, x] = min(max((width / 2 - distance) / edge + 0.5, 0.0), 1.0)


@kernel
def _centre(ink, middle, image):
    """Place ink with its centre of mass in the middle."""
    side = len(ink)
    mass = mass_x = mass_y = 0.0
    for y in range(side):
        for x in range(side):
            mass += ink[y, x]
            mass_x += x * ink[y, x]
            mass_y += y * ink[y, x]
    left = min(max(round(middle - mass_x / mass), 0), image.shape[1] - side)
    top = min(max(round(middle - mass_y / mass), 0), image.shape[0] - side)
    for y in range(side):
        for x in range(side):
            image[top + y, left + x] = np.uint8(255 * ink[y, x] + np.float32(0.5))


@kernel
def warp(images, matrix, shift, pull, warped):
    """Warp images as `data.augment.Warp` describes, with bilinear interpolation.

    A pixel at p in the warped image is read from ``matrix @ (p - c) + c + shift + pull(p)`` in the
    original, where c is the centre.

    Parameters
    ----------
    images : ndarray, uint8, (N, H, W)
    matrix : ndarray, float32, (N, 2, 2)
    shift : ndarray, float32, (N, 2)
        (x, y), pixels.
    pull : ndarray, float32, (N, K, K, 2)
        Displacement (x, y), pixels, at K x K knots spread evenly over the image.
    warped : ndarray, uint8, (N, H, W)
        Output.
    """
    N, H, W = images.shape
    middle_x, middle_y = np.float32((W - 1) / 2), np.float32((H - 1) / 2)
    padded = np.zeros((H + 2, W + 2), np.float32)  # a border of paper, one pixel wide
    x, y = np.empty((H, W), np.float32), np.empty((H, W), np.float32)
    for n in range(N):
        padded[1:-1, 1:-1] = images[n]
        (xx, xy), (yx, yy) = matrix[n]
        _spread(pull[n], x, y)
        for v in range(H):
            dy = np.float32(v) - middle_y
            from_x = middle_x + shift[n, 0] + xy * dy + np.float32(1)
            from_y = middle_y + shift[n, 1] + yy * dy + np.float32(1)
            for u in range(W):  # a loop of its own, because it is vectorised
                dx = np.float32(u) - middle_x
                x[v, u] = min(max(from_x + xx * dx + x[v, u], np.float32(0)), np.float32(W + 1))
                y[v, u] = min(max(from_y + yx * dx + y[v, u], np.float32(0)), np.float32(H + 1))
            for u in range(W):
                warped[n, v, u] = np.uint8(_sample(padded, x[v, u], y[v, u]) + np.float32(0.5))


@kernel
def _spread(pull, x, y):
    """Interpolate a displacement (x, y) from its knots to all pixels."""
    H, W = x.shape
    K = len(pull)
    per_x, per_y = np.float32((K - 1) / W), np.float32((K - 1) / H)  # knots per pixel
    row = np.empty((K, 2), np.float32)
    for v in range(H):
        at = np.float32(v) * per_y
        i = int(at)
        b = at - np.float32(i)
        for j in range(K):
            for axis in range(2):
                row[j, axis] = pull[i, j, axis] + b * (pull[i + 1, j, axis] - pull[i, j, axis])
        for u in range(W):
            at = np.float32(u) * per_x
            j = int(at)
            a = at - np.float32(j)
            x[v, u] = row[j, 0] + a * (row[j + 1, 0] - row[j, 0])
            y[v, u] = row[j, 1] + a * (row[j + 1, 1] - row[j, 1])


@kernel
def _sample(padded, x, y):
    """Interpolate an image at (x, y), which lie within it."""
    left, top = min(int(x), padded.shape[1] - 2), min(int(y), padded.shape[0] - 2)
    a, b = x - np.float32(left), y - np.float32(top)
    above = padded[top, left] + a * (padded[top, left + 1] - padded[top, left])
    below = padded[top + 1, left] + a * (padded[top + 1, left + 1] - padded[top + 1, left])
    return above + b * (below - above)


@kernel
def redraw(images, pen, drawn):
    """Dilate or erode images over each pixel's four neighbours, as `data.augment.Warp` describes.

    Parameters
    ----------
    images : ndarray, uint8, (N, H, W)
        Treated as 0 outside.
    pen : ndarray, float32, (N,)
        Dilation (> 0) or erosion (< 0) strength, in [-1, 1].
    drawn : ndarray, uint8, (N, H, W)
        Output.
    """
    N, H, W = images.shape
    for n in range(N):
        share = abs(pen[n])
        for y in range(H):
            for x in range(W):
                ink = images[n, y, x]
                above = images[n, y - 1, x] if y > 0 else np.uint8(0)
                below = images[n, y + 1, x] if y < H - 1 else np.uint8(0)
                left = images[n, y, x - 1] if x > 0 else np.uint8(0)
                right = images[n, y, x + 1] if x < W - 1 else np.uint8(0)
                if pen[n] > 0:
                    aim = max(ink, above, below, left, right)
                else:
                    aim = min(ink, above, below, left, right)
                moved = np.float32(ink) + share * (np.float32(aim) - np.float32(ink))
                drawn[n, y, x] = np.uint8(moved + np.float32(0.5))
