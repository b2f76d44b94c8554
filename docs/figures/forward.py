"""From the stroke to the answer: a picture for each stop of the tour."""

import numpy as np
from matplotlib.collections import EllipseCollection
from matplotlib.figure import Figure

from data.canvas import BOX, FIELD, RADIUS
from data.canvas import SIZE as CANVAS
from nn import Conv2D, Dense, Flatten, MaxPool2D, ReLU
from nn.layers.im2col import im2col

from .example import Example
from .style import (
    BLUE,
    INK,
    MARK,
    ORANGE,
    PALE,
    SIZE,
    bars,
    feature_maps,
    figure,
    frame,
    numbers,
    picture,
    plain,
    sign,
)  # fmt: skip

STROKES = (BLUE, MARK)
SHOWN = 8  # channels


def canvas(example: Example) -> Figure:
    """Show the drawing, and the points of its strokes."""
    drawn = figure(3.6)
    seen, kept = drawn.subplots(1, 2)
    for axes, title in ((seen, "what you see: ovals"), (kept, "what is remembered: points")):
        axes.set(xlim=(0, CANVAS), ylim=(CANVAS, 0), aspect="equal")
        axes.set_title(title, size=SIZE, color=INK)
        plain(axes)
        axes.spines[:].set_visible(True)
    for stroke, colour in zip(example.strokes, STROKES, strict=True):
        pen = np.full(len(stroke), 2.0 * RADIUS)
        seen.add_collection(
            EllipseCollection(
                pen, pen, 0 * pen, units="xy", offsets=stroke, transOffset=seen.transData,
                facecolors="black",
            )
        )  # fmt: skip
        kept.plot(*stroke.T, ".-", color=colour, markersize=3.5, linewidth=0.6)
        kept.plot(*stroke[0], "o", color=colour, markersize=7, fillstyle="none")
    x, y = example.strokes[0][0]
    kept.annotate(
        f"({x:.0f}, {y:.0f})", (x, y), (-8, 8), textcoords="offset points", size=SIZE, color=BLUE,
        ha="right",
    )  # fmt: skip
    seen.set_xticks((0, 100, 200, 300))
    kept.set_xticks((0, 100, 200, 300))
    return drawn


def grid(example: Example) -> Figure:
    """Show the 28x28 input of the network."""
    drawn = figure(4.0)
    whole, part = drawn.subplots(1, 2)
    image = example.image
    picture(whole, image, f"28 x 28, the digit within {BOX} x {BOX}", largest=1.0)
    rows, columns = (np.flatnonzero(image.any(axis=axis)) for axis in (1, 0))
    frame(whole, rows[0], columns[0], np.ptp(rows) + 1, np.ptp(columns) + 1, PALE)
    y, x = (np.arange(FIELD) @ image.sum(axis=axis) / image.sum() for axis in (1, 0))
    whole.plot(x, y, "+", color=ORANGE, markersize=14, markeredgewidth=1.5)
    whole.annotate(
        "centre of mass", (x, y), (-70, -75), textcoords="offset points", size=SIZE, color=ORANGE,
        ha="center",
        arrowprops={"arrowstyle": "-", "color": ORANGE, "linewidth": 0.7},
    )  # fmt: skip
    top, left, side = rows[0], columns[0], 10
    frame(whole, top, left, side, side)
    cut = image[top : top + side, left : left + side]
    picture(part, cut, "the framed part, as numbers", largest=1.0)
    numbers(part, cut)
    return drawn


def rows(example: Example) -> Figure:
    """Show windows of the image, and the rows that im2col makes of them."""
    conv = example.model.layers[example.first(Conv2D)]
    cols = im2col(example.values[0], conv.window)
    _, OH, OW, KH, KW, C = cols.shape
    p, q = example.place
    stops = [(p, (q + step) % OW) for step in range(3)]
    colours = (BLUE, MARK, ORANGE)
    drawn = figure(4.1)
    left, right = drawn.subfigures(1, 2, width_ratios=(1, 1.5))
    image = left.subplots()
    picture(image, example.image, f"three stops of a {KH} x {KW} window", largest=1.0)
    patches, lines = right.subfigures(2, 1, height_ratios=(1, 1))
    strips = lines.subplots(3, 1)
    for (i, j), colour, small, line in zip(
        stops, colours, patches.subplots(1, 3), strips, strict=True
    ):
        patch = cols[0, i, j, :, :, 0]
        frame(image, i, j, KH, KW, colour)
        picture(small, patch, f"stop ({i}, {j})", largest=1.0)
        picture(line, patch.reshape(1, -1), largest=1.0)
        line.set_ylabel(f"row {i * OW + j}", rotation=0, ha="right", va="center", size=SIZE)
        for axes in (small, line):
            axes.spines[:].set(color=colour, linewidth=1.8)
    strips[0].set_title(f"cols: ({OH * OW}, {KH * KW * C}), three of its rows", size=SIZE)
    return drawn


def convolution(example: Example) -> Figure:
    """Show how one number of a feature map is computed, and its place in the map."""
    at = example.first(Conv2D)
    conv, (p, q), channel = example.model.layers[at], example.place, example.channel
    patch = im2col(example.values[at], conv.window)[0, p, q, :, :, 0]
    kernel = conv.params["w"][:, :, 0, channel]
    bias = conv.params["b"][channel]
    answer = example.values[at + 1][0, :, :, channel]
    drawn = figure(2.5)
    first, times, second, equals, third, total, last = drawn.subplots(
        1, 7, width_ratios=(5, 0.6, 5, 0.6, 5, 2.6, 6)
    )
    picture(first, patch, f"patch at ({p}, {q})", largest=1.0)
    picture(second, kernel, f"kernel {channel}", signed=True)
    products = patch * kernel
    picture(third, products, "products", signed=True, largest=np.abs(kernel).max())
    for axes, values in ((first, patch), (second, kernel), (third, products)):
        numbers(axes, values, "{:.2f}", size=5)
    sign(times, "×")
    sign(equals, "=")
    total.axis("off")
    text = f"sum {products.sum():+.3f}\nbias {bias:+.3f}\n\n= {products.sum() + bias:.3f}"
    total.text(0.5, 0.5, text, ha="center", va="center", size=SIZE, transform=total.transAxes)
    picture(last, answer, f"map {channel}: {answer.shape[0]} x {answer.shape[1]}", signed=True)
    frame(last, p, q, 1, 1)
    return drawn


def relu(example: Example) -> Figure:
    """Show some maps before and after the ReLU."""
    at = example.first(ReLU)
    before, after = example.values[at][0], example.values[at + 1][0]
    strongest = np.sort(np.argsort(-after.std(axis=(0, 1)))[:SHOWN])
    drawn = figure(2.5)
    for row, maps, signed in zip(drawn.subplots(2, SHOWN), (before, after), (True, False),
                                 strict=True):  # fmt: skip
        largest = np.abs(before[:, :, strongest]).max()
        for axes, channel in zip(row, strongest, strict=True):
            title = f"map {channel}" if signed else ""
            picture(axes, maps[:, :, channel], title, signed=signed, largest=largest)
        row[0].set_ylabel("before" if signed else "after", size=SIZE)
    return drawn


def pool(example: Example) -> Figure:
    """Show a map, some of its windows with their winners, and the pooled map."""
    at = example.first(MaxPool2D)
    KH, KW = example.model.layers[at].window.kernel
    full, small = (example.values[at + i][0, :, :, example.channel] for i in (0, 1))
    down, across = 3 * KH, 4 * KW
    p, q = example.place
    top = min(max(p // KH - 1, 0) * KH, full.shape[0] - down)
    left = min(max(q // KW - 1, 0) * KW, full.shape[1] - across)
    largest = full.max() or 1.0
    drawn = figure(2.9)
    first, second, third = drawn.subplots(1, 3, width_ratios=(1, 1.25, 1))
    picture(first, full, f"map {example.channel}: {full.shape[0]} x {full.shape[1]}",
            largest=largest)  # fmt: skip
    frame(first, top, left, down, across)
    cut = full[top : top + down, left : left + across]
    picture(second, cut, f"{KH} x {KW} windows and their winners", largest=largest)
    numbers(second, cut)
    for i in range(0, down, KH):
        for j in range(0, across, KW):
            frame(second, i, j, KH, KW, PALE)
    for i in range(0, down, KH):  # after all windows, so that no frame covers a winner's
        for j in range(0, across, KW):
            row, column = divmod(int(cut[i : i + KH, j : j + KW].argmax()), KW)
            frame(second, i + row, j + column, 1, 1)
    picture(third, small, f"pooled: {small.shape[0]} x {small.shape[1]}", largest=largest)
    frame(third, top // KH, left // KW, down // KH, across // KW)
    return drawn


def blocks(example: Example) -> Figure:
    """Show all feature maps after each pool."""
    pooled = [i for i, layer in enumerate(example.model.layers) if isinstance(layer, MaxPool2D)]
    drawn = figure(3.5)
    for axes, i in zip(drawn.subplots(1, len(pooled)), pooled, strict=True):
        maps = example.values[i + 1][0]
        across = int(np.ceil(np.sqrt(maps.shape[2])))
        feature_maps(
            axes, maps, across, f"after pool {pooled.index(i) + 1}: {maps.shape}", signed=False
        )
    return drawn


def dense(example: Example) -> Figure:
    """Show what each place adds to each digit's logit, and the ten logits."""
    at = example.first(Dense)
    layer, x = example.model.layers[at], example.values[at][0]
    H, W, C = example.values[example.first(Flatten)].shape[1:]
    logits = example.values[-1][0]
    parts = (x[:, None] * layer.params["w"]).reshape(H, W, C, -1).sum(axis=2)
    largest = np.abs(parts).max()
    drawn = figure(2.9)
    upper, lower = drawn.subfigures(2, 1, height_ratios=(1, 1.3))
    for digit, axes in enumerate(upper.subplots(1, 10)):
        picture(axes, parts[:, :, digit], str(digit), signed=True, largest=largest)
    upper.suptitle(f"what each of the {H} x {W} places says for and against a digit", size=SIZE)
    axes = lower.subplots()
    colours = [ORANGE if digit == logits.argmax() else "#777777" for digit in range(10)]
    axes.bar_label(axes.bar(range(10), logits, color=colours), fmt="{:.1f}", size=SIZE - 2)
    axes.axhline(0, color=INK, linewidth=0.8)
    axes.set_xticks(range(10), range(10))
    axes.margins(x=0.01, y=0.18)
    axes.set_title("their sum, and the bias: the logits", size=SIZE, color=INK)
    plain(axes)
    return drawn


def softmax(example: Example) -> Figure:
    """Show logits, their exponentials, and the probabilities."""
    logits = example.values[-1][0].astype(float)
    e = np.exp(logits - logits.max())
    drawn = figure(2.7)
    columns = (
        (logits, "logits", "{:.2f}"),
        (e, "exp(logit - largest)", "{:.3f}"),
        (e / e.sum(), f"divided by their sum, {e.sum():.3f}", "{:.1%}"),
    )
    for axes, (values, title, form) in zip(drawn.subplots(1, 3), columns, strict=True):
        bars(axes, values, title, int(logits.argmax()), form)
    return drawn
