"""What a kernel is told of a convolution: its sizes, and how to compute it.

The rules, such as where a window stops, are the plain layers' own.
"""

import numpy as np

from ..layers.conv import Conv2D
from ..layers.pool import MaxPool2D
from . import kernels

Parameter = tuple[dict[str, np.ndarray], str, np.ndarray]
"""The arrays of a layer, the name of one of them, and that array."""

CACHE_LINE = 64
"""Bytes; as many as the widest vector has."""

TILES_TOGETHER = 48
"""Tiles that `kernels.convolve` transforms at a time, unless one image has more."""

FEWEST_CHANNELS = 8
"""Input channels with which Winograd's transforms pay; see `winograd_tile`."""


def winograd_tile(
    conv: Conv2D, pool: MaxPool2D | None, height: int, width: int, exact: bool
) -> int:
    """Return the side m of the tiles with which to convolve by Winograd's F(m x m, 3x3), or 0.

    It is defined for kernels of 3x3 and stride 1. A tile takes (m + 2)^2 products instead of
    9 m^2, but its transforms take time: with few input channels, direct sums (0) are faster. The
    tile with the fewest products for the whole map is the fastest in nearly all cases.

    Parameters
    ----------
    conv : Conv2D
    pool : MaxPool2D, optional
    height, width : int
        Of the convolution's outputs that are used.
    exact : bool
        Whether sums of small integers must be exact: then m is 2, whose matrices have no other
        factors than 1 and 1/2. Training asks for it, so that ties in a pool stay ties.

    Notes
    -----
    Time by Winograd over time by direct sums, one thread, AMD EPYC (Zen 4), 2026-11-28. F(2x2) on
    14x14 images, 2x2 pool, 64 output channels: with 4, 6, 8, 16 and 64 input channels 1.02, 0.81,
    0.75, 0.58 and 0.49 in 512-bit registers, 1.01, 0.80, 0.73, 0.57 and 0.48 in 256-bit ones; with
    8 output channels 1.18, 0.95, 0.85, 0.65 and 0.51. Tiles of 2, 3 and 5 with 32 input and 64
    output channels, by the outputs' side: 6: 0.72, 0.50, 0.76; 8: 0.62, 0.59, 0.56; 10: 0.61,
    0.63, 0.45; 12: 0.62, 0.52, 0.57; 14: 0.72, 0.70, 0.63; 24: 0.64, 0.54, 0.49.
    """
    window = conv.window
    fits = window.kernel == (3, 3) and window.stride == (1, 1)
    pools = pool is None or pool.window.kernel == (2, 2)
    if not (fits and pools and conv.config["in_channels"] >= FEWEST_CHANNELS):
        return 0
    sides = (2,) if exact else kernels.POINTS
    return min(sides, key=lambda m: _tiles(height, width, m) * (m + 2) ** 2)


def _tiles(height, width, m):
    """Return how many tiles of m x m cover a map."""
    return -(-height // m) * -(-width // m)


def are_current(parameters: list[Parameter]) -> bool:
    """Return whether the layers still have the same arrays under these names."""
    for arrays, name, array in parameters:  # noqa: SIM110 - all() takes twice as long
        if arrays.get(name) is not array:
            return False
    return True


def is_tiling(pool: MaxPool2D) -> bool:
    """Return whether the pool's windows neither overlap nor leave the map, and fit a byte."""
    window = pool.window
    return (
        window.stride == window.kernel
        and window.pad == (0, 0)
        and window.kernel[0] * window.kernel[1] < kernels.DEAD
    )


def operation(**fields: int) -> np.ndarray:
    """Return a `kernels.Operation` as the kernels take it: int64, 0 where not given."""
    return np.array([fields.get(name, 0) for name in kernels.Operation._fields], np.int64)


def convolution(
    conv: Conv2D,
    pool: MaxPool2D | None,
    height: int,
    width: int,
    *,
    relu: bool = True,
    exact: bool = False,
) -> np.ndarray:
    """Return the operation that is a convolution, perhaps a ReLU, and a pool if one is given.

    Parameters
    ----------
    conv : Conv2D
    pool : MaxPool2D, optional
        Its windows neither overlap nor leave the map.
    height, width : int
        Of an image without its padding.
    relu : bool
    exact : bool
        See `winograd_tile`.

    Raises
    ------
    ValueError
        If a window does not fit into the image.
    """
    (KH, KW), (SH, SW), C = conv.window.kernel, conv.window.stride, conv.config["in_channels"]
    shape = conv.output_shape((height, width, C))
    OH, OW, OC = shape if pool is None else pool.output_shape(shape)
    PH, PW = (1, 1) if pool is None else pool.window.kernel
    H, W = conv.window.padded_size(height, width)
    tile = winograd_tile(conv, pool, OH * PH, OW * PW, exact)
    together = max(1, TILES_TOGETHER // _tiles(OH * PH, OW * PW, tile)) if tile else 0
    return operation(
        kind=kernels.CONVOLVE, image_step=H * W * C, row_step=W * C,
        out_image_step=OH * OW * OC, out_row_step=OW * OC,
        H=H, W=W, C=C, OH=OH, OW=OW, OC=OC, KH=KH, KW=KW, SH=SH, SW=SW, PH=PH, PW=PW,
        relu=relu, tile=tile, together=together,
    )  # fmt: skip


def kept_size(op: np.ndarray) -> int:
    """Return how many floats a convolution keeps from one call to the next."""
    fields = kernels.Operation(*op.tolist())
    if not fields.tile:
        return 0
    weights = round_up(9 * fields.C * fields.OC, kernels.HEADER)
    blocks, planes = -(-fields.OC // kernels.BLOCK), (fields.tile + 2) ** 2
    return kernels.HEADER + weights + blocks * planes * _plane(fields.C * kernels.BLOCK)


def scratch_size(op: np.ndarray) -> int:
    """Return how many floats of working space an operation needs."""
    fields = kernels.Operation(*op.tolist())
    S = round_up(fields.OC, kernels.BLOCK)
    if fields.kind != kernels.CONVOLVE:
        return 4 * S + 5 * kernels.BLOCK
    size = fields.KH * fields.KW * fields.C * S + 5 * kernels.BLOCK
    if fields.tile:
        an_image = _tiles(fields.OH * fields.PH, fields.OW * fields.PW, fields.tile)
        tiles = fields.together * an_image + 6  # up to five more make whole groups of rows
        planes = _plane(tiles * round_up(fields.C, kernels.BLOCK)) + _plane(tiles * kernels.BLOCK)
        maps = an_image * fields.tile**2 * kernels.BLOCK
        size = max(size, (fields.tile + 2) ** 2 * planes + maps)
    return 4 * S + size


def _plane(size):
    """Return the most that `kernels._plane` makes of a size up to this."""
    return round_up(size, kernels.HEADER) + kernels.HEADER


def aligned(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """Return zeros that start on a cache line, so that no vector straddles two.

    One vector more can be read behind their end.
    """
    size = int(np.prod(shape)) * dtype.itemsize
    memory = np.zeros(size + CACHE_LINE + 4 * kernels.BLOCK, np.uint8)
    start = -memory.ctypes.data % CACHE_LINE
    return memory[start : start + size].view(dtype).reshape(shape)


def round_up(size: int, of: int) -> int:
    """Round ``size`` up to a multiple of ``of``."""
    return -(-size // of) * of
