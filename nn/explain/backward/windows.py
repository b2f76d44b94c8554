"""Gradients of layers with a window: sums over its positions.

A *stop* is one position (p, q) of the window. The pixel at row r, column c of the padded image is
under tap (i, j) of the kernel at the stop with p * SH + i = r and q * SW + j = c.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ...layers.im2col import im2col
from ..breakdown.result import Breakdown
from ..breakdown.sums import weighted_sum
from .result import over_positions, summed

Stop = tuple[int, int, int, int]  # p, q and the tap (i, j) that covers the pixel there


def stops_over(layer, shape: tuple[int, ...], row: int, column: int) -> Iterator[Stop]:
    """Yield the stops whose window covers a pixel of an input of ``shape`` (H, W, C)."""
    H, W, _ = shape
    window = layer.window
    (above, _), (left, _) = window.padding(H, W)
    (KH, KW), (SH, SW) = window.kernel, window.stride
    OH, OW = window.output_size(H, W)
    for i in reversed(range(KH)):
        for j in reversed(range(KW)):
            (p, down), (q, right) = divmod(row + above - i, SH), divmod(column + left - j, SW)
            if down == right == 0 and 0 <= p < OH and 0 <= q < OW:
                yield p, q, i, j


def conv_dx(layer, kernel: np.ndarray, x, dout, at, value) -> Breakdown:
    """Break down a convolution's gradient for a pixel.

    Parameters
    ----------
    kernel : ndarray, (KH, KW, OC)
        Weights of the pixel's channel for every output channel; 0 where there is none.
    """
    row, column, _ = at
    KH, KW, OC = kernel.shape
    # The last tap sees the pixel at the first stop: in the order of the stops the kernel is turned.
    turned = kernel[::-1, ::-1]
    patch = np.zeros((KH, KW, OC), dout.dtype)
    names, values, first_stop = [], [], None
    for p, q, i, j in stops_over(layer, x.shape, row, column):
        first_stop = first_stop or (p, q)
        patch[KH - 1 - i, KW - 1 - j] = dout[p, q]
        names.append(f"stop {p}, {q}: its tap {i}, {j}")
        values.append(float(dout[p, q].astype(np.float64) @ kernel[i, j]))
    rule = (
        "dx = sum over the stops that cover this pixel of dout x the weight that touched it: "
        "dout x the kernel turned round"
    )
    total = weighted_sum(value, names, values, others="{} other stops") if names else None
    if total is not None:  # the terms are stops: no channel of the grids has a term of its own
        terms = tuple(replace(term, index=None) for term in total.terms)
        total = replace(total, terms=terms)
    found = summed("dx", layer, at, value, rule, total)
    return replace(found, patch=patch, kernel=turned, corner=first_stop)


def conv_dw(layer, tap, channel: int, out_channel: int, x, dout, at, value) -> Breakdown:
    """Break down a convolution's gradient for a weight.

    Parameters
    ----------
    tap : tuple of int
        (i, j) of the weight in the window.
    channel, out_channel : int
        The input channel that the weight reads and the output channel that it adds to.
    """
    seen = im2col(x[None, ..., channel, None], layer.window)[0][:, :, *tap, 0].astype(np.float64)
    arriving = dout[..., out_channel].astype(np.float64)
    rule = "dw = sum over all stops of the pixel under the weight x dout"
    return over_positions("dw", layer, at, value, rule, seen, arriving, "stop")


def conv_dw_until(layer, x, dout, stops: int) -> np.ndarray:
    """Return what the first stops, in row-major order, add up to: ``dw`` so far.

    Parameters
    ----------
    x, dout : ndarray, (H, W, C) and (OH, OW, OC)
    stops : int
        How many; OH * OW gives all of ``dw``.

    Returns
    -------
    ndarray, (KH, KW, C, OC)
    """
    cols = im2col(x[None], layer.window)[0]
    OH, OW, *taps = cols.shape
    rows = cols.reshape(OH * OW, -1)[:stops]
    return (rows.T @ dout.reshape(OH * OW, -1)[:stops]).reshape(*taps, -1)


def conv_db(layer, dout, at, value) -> Breakdown:
    """Break down a convolution's gradient for a bias."""
    rule = "db = sum of dout over all stops: the bias was added at each"
    arriving = dout[..., at[0]].astype(np.float64)
    return over_positions("db", layer, at, value, rule, None, arriving, "stop")


def max_pool_dx(layer, x, dout, at, value) -> Breakdown:
    """Break down a max-pool's gradient: the winner of a window takes all of its gradient."""
    row, column, c = at
    cols = im2col(x[None, ..., c, None], layer.window, -np.inf)[0, ..., 0]
    _, KW = layer.window.kernel
    names, values, seen, winner, corner = [], [], None, None, None
    for p, q, i, j in stops_over(layer, x.shape, row, column):
        best = divmod(int(cols[p, q].argmax()), KW)
        won = best == (i, j)
        values.append(float(dout[p, q, c]) if won else 0.0)
        verdict = "wins, takes all" if won else f"{cols[p, q][best]:.5g} wins, so nothing"
        names.append(f"window {p}, {q}: {verdict}")
        if seen is None or won:
            patch = np.where(np.isneginf(cols[p, q]), np.nan, cols[p, q])
            seen, winner, corner = patch[..., None], best, (p, q)
    rule = "dx = dout where this value is the largest of its window, else 0: no other moved the max"
    total = weighted_sum(value, names, values, others="{} other windows") if names else None
    found = summed("dx", layer, at, value, rule, total)
    return replace(found, patch=seen, winner=winner, corner=corner, first_channel=c)


def avg_pool_dx(layer, x, dout, at, value) -> Breakdown:
    """Break down an average pool's gradient: each of n values gets 1/n of the window's."""
    row, column, c = at
    counted = im2col(np.ones((1, *x.shape[:2], 1)), layer.window, float(layer.config["count_pad"]))
    names, values, factors = [], [], []
    for p, q, _, _ in stops_over(layer, x.shape, row, column):
        n = int(counted[0, p, q].sum())
        names.append(f"window {p}, {q}")
        factors.append((float(dout[p, q, c]), 1 / n))
        values.append(float(dout[p, q, c]) / n)
    rule = "dx = sum over the windows that hold this value of dout / n, n the values in a window"
    total = None
    if names:
        total = weighted_sum(value, names, values, others="{} other windows", factors=factors)
    return summed("dx", layer, at, value, rule, total)
