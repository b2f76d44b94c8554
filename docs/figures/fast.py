"""How the kernels of nn/fast compute: sums in registers, the pool's winners, Winograd's tiles."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from nn import Conv2D, MaxPool2D
from nn.layers.im2col import im2col

from .example import Example
from .style import BLUE, INK, MARK, ORANGE, PALE, SIZE, figure, frame, numbers, picture, sign

BLOCK = 32
"""Channels of a vector, as with 512-bit registers; half of them fill a register."""

DEAD = "-"
"""In place of a winner where the ReLU cut the maximum off."""

BT = np.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, -1, 0, 1]], float)
G = np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]], float)
AT = np.array([[1, 1, 1, 0], [0, 1, -1, 1]], float)
"""Winograd's matrices for two outputs of a kernel of three: AT @ ((G @ g) * (BT @ d))."""


def registers(example: Example) -> Figure:
    """Show the four patches of a pool window, the weights, and the sums that stay in registers."""
    at = example.first(Conv2D)
    conv, (p, q) = example.model.layers[at], (place // 2 for place in example.place)
    KH, KW = conv.window.kernel
    cols = im2col(example.values[at], conv.window)[0]
    patches = cols[2 * p : 2 * p + 2, 2 * q : 2 * q + 2].reshape(4, -1)
    w = conv.params["w"].reshape(patches.shape[1], -1)[:, :BLOCK]
    sums = patches @ w
    stored = np.maximum(sums.max(axis=0, keepdims=True) + conv.params["b"][:BLOCK], 0)
    k = int((patches.min(axis=0) * np.abs(w).max(axis=1)).argmax())
    drawn = figure(2.7)
    axes = drawn.subplot_mosaic(
        [["pixels", "times", "w", "equals", "sums"], ["pixels", "times", "w", "equals", "stored"]],
        width_ratios=(1, 0.12, 1.15, 0.12, 1.15), height_ratios=(1.8, 1),
    )  # fmt: skip
    pixels = example.image[2 * p : 2 * p + KH + 1, 2 * q : 2 * q + KW + 1]
    picture(axes["pixels"], pixels, f"four patches of {KH} x {KW} pixels,\ntap {k} of each marked",
            largest=1.0)  # fmt: skip
    i, j = divmod(k, KW)
    for t, colour in enumerate((BLUE, ORANGE, MARK, INK)):
        down, right = divmod(t, 2)
        inset = 0.06 + 0.05 * t  # so that no frame covers another's edge
        corner = right - 0.5 + inset, down - 0.5 + inset
        axes["pixels"].add_patch(
            Rectangle(corner, KW - 2 * inset, KH - 2 * inset, fill=False, edgecolor=colour,
                      linewidth=1.6)
        )  # fmt: skip
        axes["pixels"].plot(j + right, i + down, "o", color=colour, markersize=7,
                            markeredgecolor="white")  # fmt: skip
        axes["sums"].plot(-1.6, t, "o", color=colour, markersize=6, clip_on=False)
    sign(axes["times"], "×")
    title = f"weights: {len(w)} taps,\neach a vector of {w.shape[1]} channels"
    picture(axes["w"], w, title, signed=True)
    frame(axes["w"], k, 0, 1, w.shape[1], INK)
    sign(axes["equals"], "→")
    _vectors(axes["sums"], sums, f"4 sums of {w.shape[1]} channels,\nin 8 registers of 16 floats")
    _vectors(axes["stored"], stored, "the largest, bias, ReLU:\nall that is stored")
    return drawn


def _vectors(axes: Axes, values: np.ndarray, title: str) -> None:
    """Show vectors of channels as rows, cut where a register ends."""
    picture(axes, values, title, signed=True)
    axes.set_aspect(2.2)
    for edge in np.arange(BLOCK // 2, values.shape[1], BLOCK // 2):
        axes.axvline(edge - 0.5, color=INK, linewidth=1.2)
    for edge in range(1, len(values)):
        axes.axhline(edge - 0.5, color=PALE, linewidth=0.8)


def winners(example: Example) -> Figure:
    """Show which outputs of a convolution win their pool windows, and where the gradient goes."""
    conv, at, channel = example.first(Conv2D), example.first(MaxPool2D), example.channel
    before, pooled = (example.values[i][0, :, :, channel] for i in (conv + 1, at + 1))
    all_places = winning_places(example)
    arrives, sparse = (example.lesson.gradients[i][0] for i in (at + 1, conv + 1))
    rows, columns = (_part(place // 2, size, length) for place, size, length in
                     zip(example.place, pooled.shape, (3, 4), strict=True))  # fmt: skip
    small = np.s_[rows : rows + 3, columns : columns + 4]
    large = np.s_[2 * rows : 2 * rows + 6, 2 * columns : 2 * columns + 8]
    drawn = figure(4.6)
    (outputs, kept, codes), (gradient, dout, whole) = drawn.subplots(2, 3)
    picture(outputs, before[large], "outputs and winners of 12 windows", signed=True)
    numbers(outputs, _rounded(before[large]))
    picture(kept, pooled[small], "after ReLU and pool: stored", signed=True,
            largest=np.abs(before[large]).max())  # fmt: skip
    numbers(kept, pooled[small])
    places = all_places[:, :, channel]
    picture(codes, np.zeros((3, 4)), "winner: its place in the window", largest=1.0)
    picture(gradient, sparse[:, :, channel][large], "gradient for the outputs", signed=True)
    for (i, j), place in np.ndenumerate(places[small]):
        codes.text(j, i, DEAD if place < 0 else place, ha="center", va="center", size=SIZE)
        for axes in (outputs, gradient):
            frame(axes, 2 * i, 2 * j, 2, 2, PALE)
    for (i, j), place in np.ndenumerate(places[small]):
        if place >= 0:
            for axes in (outputs, gradient):
                frame(axes, 2 * i + place // 2, 2 * j + place % 2, 1, 1)
    picture(dout, arrives[:, :, channel][small], "gradient that arrives", signed=True)
    share = f"{(all_places >= 0).sum():,} of {sparse.size:,} outputs"
    picture(whole, sparse[:, :, channel], f"gradient for the map;\nall maps: {share}", signed=True)
    frame(whole, 2 * rows, 2 * columns, 6, 8, INK)
    return drawn


def _part(place: int, size: int, length: int) -> int:
    """Return where a part of this length begins that has ``place`` near its middle."""
    return min(max(place - length // 2, 0), size - length)


def winning_places(example: Example) -> np.ndarray:
    """Return which place of its 2x2 window each pooled value came from; -1 where none is above 0.

    Shape (OH, OW, OC), of the first convolution.
    """
    outputs = example.values[example.first(Conv2D) + 1][0]
    H, W, C = outputs.shape
    windows = outputs.reshape(H // 2, 2, W // 2, 2, C).transpose(0, 2, 1, 3, 4)
    windows = windows.reshape(H // 2, W // 2, 4, C)
    return np.where(windows.max(axis=2) > 0, windows.argmax(axis=2), -1)


def winograd(example: Example) -> Figure:
    """Show a tile of the second convolution on its way through Winograd's transforms."""
    d, g, outputs, (p, q) = tile(example)
    v = np.einsum("ij,jkc,lk->ilc", BT, d, BT)
    u = np.einsum("ij,jkc,lk->ilc", G, g, G)
    m = (v * u).sum(axis=2)
    y = AT @ m @ AT.T
    np.testing.assert_allclose(y, outputs, atol=1e-4 * np.abs(outputs).max())
    seen = int(np.abs(v * u).sum(axis=(0, 1)).argmax())
    x = _padded(example)[:, :, seen]
    drawn = figure(3.0)
    axes = drawn.subplot_mosaic(
        [["x", "d", "to v", "v", "to m", "m", "to y", "y"],
         ["x", "g", "to u", "u", "to m", "m", "to y", "out"]],
        width_ratios=(8, 4, 0.8, 4, 0.8, 4, 0.8, 3),
    )  # fmt: skip
    picture(axes["x"], x, f"input map {seen} of {d.shape[2]}, padded:\na tile and its neighbour",
            signed=True)  # fmt: skip
    aside = 2 if 2 * q + 6 <= x.shape[1] else -2
    frame(axes["x"], 2 * p, 2 * q + aside, 4, 4, INK)
    frame(axes["x"], 2 * p, 2 * q, 4, 4)
    for name, values, title in (
        ("d", d[:, :, seen], "tile d"),
        ("g", g[:, :, seen], "kernel g"),
        ("v", v[:, :, seen], "$B^T d\\,B$"),
        ("u", u[:, :, seen], "$G\\,g\\,G^T$"),
        ("m", m, f"16 products, summed\nover {d.shape[2]} maps: m"),
        ("y", y, "$A^T m\\,A$"),
        ("out", np.full((1, 1), y.max()), "its largest"),
    ):
        picture(axes[name], values, title, signed=True)
        digits = 2 if name in "ug" else 1
        numbers(axes[name], _rounded(values, digits), f"{{:.{digits}f}}", 6)
    axes["out"].set(xlim=(-1, 1), ylim=(1, -1))  # a square as large as those of y
    axes["out"].spines[:].set_visible(False)
    frame(axes["y"], *np.unravel_index(y.argmax(), y.shape), 1, 1)
    for name in ("to v", "to u", "to m", "to y"):
        sign(axes[name], "→")
    return drawn


def tile(example: Example) -> tuple[np.ndarray, np.ndarray, np.ndarray, tuple[int, int]]:
    """Return a tile of the second convolution's input: the one that gives its largest output.

    Returns
    -------
    d : ndarray, (4, 4, C)
    g : ndarray, (3, 3, C)
        The kernel of that output's channel.
    outputs : ndarray, (2, 2)
        The four outputs, without bias, as the plain layer computed them.
    place : tuple of int
        The tile's row and column among the tiles.
    """
    at = _second(example)
    conv, outputs = example.model.layers[at], example.values[at + 1][0]
    *place, channel = (int(i) for i in np.unravel_index(outputs.argmax(), outputs.shape))
    p, q = (i // 2 for i in place)
    d = _padded(example)[2 * p : 2 * p + 4, 2 * q : 2 * q + 4]
    four = outputs[2 * p : 2 * p + 2, 2 * q : 2 * q + 2, channel] - conv.params["b"][channel]
    return d, conv.params["w"][:, :, :, channel], four, (p, q)


def _rounded(values: np.ndarray, digits: int = 1) -> np.ndarray:
    """Return the values rounded, without a negative zero."""
    return np.round(values, digits) + 0.0


def _second(example: Example) -> int:
    """Return the index of the second convolution."""
    return [i for i, layer in enumerate(example.model.layers) if isinstance(layer, Conv2D)][1]


def _padded(example: Example) -> np.ndarray:
    """Return the input (H, W, C) of the second convolution with its padding."""
    at = _second(example)
    x = example.values[at][0]
    return np.pad(x, (*example.model.layers[at].window.padding(*x.shape[:2]), (0, 0)))
