"""What a kernel is told of a convolution: its sizes, and how to compute it.

The rules, such as where a window stops, are the plain layers' own.
"""

import numpy as np

from ..layers.conv import Conv2D
from ..layers.pool import MaxPool2D
from . import kernels

CACHE_LINE = 64
"""Bytes; as many as the widest vector has."""

MAX_TILES = 60
"""Tiles that `kernels.convolve` transforms at a time, at most."""

MAX_TILE_FLOATS = 1 << 16
"""Floats of these tiles, transformed, at most: 256 KiB, to stay in the cache."""

FEWEST_CHANNELS = 8
"""Input channels with which Winograd's transforms pay; see `winograd_pays`."""


def winograd_pays(conv: Conv2D, pool: MaxPool2D | None) -> bool:
    """Return whether to convolve by Winograd's F(2x2, 3x3) instead of by direct sums.

    It is defined for kernels of 3x3 and stride 1, and its tile is the window of a 2x2 pool. It
    saves more than half of the products, but transforms all input and output: with few input
    channels there is too little between the two.

    Time by Winograd over time by direct sums, one thread, 14x14 images, 2x2 pool, 64 output
    channels, AMD EPYC (Zen 4), 2026-11-28: with 4, 6, 8, 16 and 64 input channels 1.02, 0.81, 0.75,
    0.58 and 0.49 in 512-bit registers, 1.01, 0.80, 0.73, 0.57 and 0.48 in 256-bit ones; with 8
    output channels 1.18, 0.95, 0.85, 0.65 and 0.51.
    """
    window = conv.window
    fits = window.kernel == (3, 3) and window.stride == (1, 1)
    tile = pool is None or pool.window.kernel == (2, 2)
    return fits and tile and conv.config["in_channels"] >= FEWEST_CHANNELS


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
    conv: Conv2D, pool: MaxPool2D | None, height: int, width: int, relu: bool = True
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
    winograd = winograd_pays(conv, pool)
    tiles = min(MAX_TILES, MAX_TILE_FLOATS // (16 * round_up(C, kernels.BLOCK)))
    return operation(
        kind=kernels.CONVOLVE, image_step=H * W * C, row_step=W * C,
        out_image_step=OH * OW * OC, out_row_step=OW * OC,
        H=H, W=W, C=C, OH=OH, OW=OW, OC=OC, KH=KH, KW=KW, SH=SH, SW=SW, PH=PH, PW=PW,
        relu=relu, winograd=winograd, tiles=max(6, tiles // 6 * 6),
    )  # fmt: skip


def kept_size(op: np.ndarray) -> int:
    """Return how many floats a convolution keeps from one call to the next."""
    fields = kernels.Operation(*op.tolist())
    if not fields.winograd:
        return 0
    blocks = -(-fields.OC // kernels.BLOCK)
    weights = round_up(9 * fields.C * fields.OC, kernels.HEADER)
    return kernels.HEADER + weights + blocks * 16 * _plane(fields.C * kernels.BLOCK)


def scratch_size(op: np.ndarray) -> int:
    """Return how many floats of working space an operation needs."""
    fields = kernels.Operation(*op.tolist())
    S = round_up(fields.OC, kernels.BLOCK)
    if fields.kind != kernels.CONVOLVE:
        return 4 * S
    size = fields.KH * fields.KW * fields.C * S + 5 * kernels.BLOCK
    if fields.winograd:
        tiles = fields.tiles + 6
        channels = round_up(fields.C, kernels.BLOCK)
        size = max(size, 16 * (_plane(tiles * channels) + _plane(tiles * kernels.BLOCK)))
    return 4 * S + size


def _plane(size):
    """Return the most that `kernels._plane` makes of a size up to this."""
    return round_up(size, kernels.HEADER) + kernels.HEADER


def aligned(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """Return zeros that start on a cache line, so that no vector straddles two.

    Behind their end there is room for a vector more.
    """
    size = int(np.prod(shape)) * dtype.itemsize
    memory = np.zeros(size + CACHE_LINE + 4 * kernels.BLOCK, np.uint8)
    start = -memory.ctypes.data % CACHE_LINE
    return memory[start : start + size].view(dtype).reshape(shape)


def round_up(size: int, of: int) -> int:
    """Round ``size`` up to a multiple of ``of``."""
    return -(-size // of) * of
