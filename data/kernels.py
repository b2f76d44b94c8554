"""Loops over pixels that are too slow in NumPy, compiled by numba.

Each kernel is serial, releases the GIL, checks nothing and writes into arrays it is given.
"""

import numba
import numpy as np
from numba import njit

COMPILING = not numba.config.DISABLE_JIT
"""False if NUMBA_DISABLE_JIT is set: NumPy is then faster than these loops."""


def kernel(function):
    """Compile ``function`` at its first call; cache the result on disk if that is possible."""
    try:
        return njit(nogil=True, cache=True)(function)
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
    K = pull.shape[1]
    middle_x, middle_y = np.float32((W - 1) / 2), np.float32((H - 1) / 2)
    per_x, per_y = np.float32((K - 1) / W), np.float32((K - 1) / H)  # knots per pixel
    for n in range(N):
        (xx, xy), (yx, yy) = matrix[n]
        for v in range(H):
            row = np.float32(v) * per_y
            i = int(row)
            b = row - i
            dy = np.float32(v) - middle_y
            for u in range(W):
                column = np.float32(u) * per_x
                j = int(column)
                a = column - j
                dx = np.float32(u) - middle_x
                x = middle_x + xx * dx + xy * dy + shift[n, 0] + _between(pull[n], i, j, a, b, 0)
                y = middle_y + yx * dx + yy * dy + shift[n, 1] + _between(pull[n], i, j, a, b, 1)
                warped[n, v, u] = np.uint8(_sample(images[n], x, y) + np.float32(0.5))


@kernel
def _between(pull, i, j, a, b, axis):
    """Interpolate the displacement along one axis between four knots."""
    above = pull[i, j, axis] * (1 - a) + pull[i, j + 1, axis] * a
    below = pull[i + 1, j, axis] * (1 - a) + pull[i + 1, j + 1, axis] * a
    return above * (1 - b) + below * b


@kernel
def _sample(image, x, y):
    """Interpolate an image at (x, y); it is 0 outside."""
    H, W = image.shape
    left, top = int(np.floor(x)), int(np.floor(y))
    if left < -1 or top < -1 or left >= W or top >= H:
        return np.float32(0)
    a, b = x - left, y - top
    total = np.float32(0)
    if top >= 0:
        if left >= 0:
            total += image[top, left] * (1 - a) * (1 - b)
        if left + 1 < W:
            total += image[top, left + 1] * a * (1 - b)
    if top + 1 < H:
        if left >= 0:
            total += image[top + 1, left] * (1 - a) * b
        if left + 1 < W:
            total += image[top + 1, left + 1] * a * b
    return total


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
