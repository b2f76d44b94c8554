"""Three stops of the tour: many input channels, the softmax's gradient, overfitting."""

import numpy as np
from matplotlib.figure import Figure

from data.synthetic import handwriting
from inspector.network import Network
from inspector.tracing.path import most_probable, trace
from nn import Adam, Conv2D, Dense, Flatten, ReLU, Sequential, SoftmaxCrossEntropy
from nn.fit import fit
from nn.layers.im2col import im2col
from nn.model import as_input

from .example import DIGIT, Example
from .style import BLUE, INK, MARK, ORANGE, SIZE, bars, figure, numbers, picture, plain, sign

SHOWN = 3  # input channels drawn one by one
LEARNED, HELD_OUT, EPOCHS = 120, 1000, 40  # digits and epochs of the network that overfits


def second_convolution(example: Example) -> tuple[int, tuple[int, int, int]]:
    """Return the second convolution's index, and the place in its output on the answer's path."""
    network = Network(example.model, "")
    maps = network.maps(example.image)
    convolutions = [i for i, each in enumerate(network.layers) if isinstance(each, Conv2D)]
    layer = convolutions[1]
    return layer, trace(network, maps, *most_probable(maps)).at[layer + 1]


def channels(example: Example) -> Figure:
    """Show one number of the second convolution: a patch and a kernel for each input channel."""
    at, (p, q, o) = second_convolution(example)
    conv = example.model.layers[at]
    patch = im2col(example.values[at], conv.window)[0, p, q]
    kernel = conv.params["w"][..., o]
    shares = (patch * kernel).sum(axis=(0, 1))
    strongest = np.argsort(-np.abs(shares))[:SHOWN]
    total = float(example.values[at + 1][0, p, q, o])
    drawn = figure(3.9)
    left, right = drawn.subfigures(1, 2, width_ratios=(1, 1.15))
    axes = left.subplots(SHOWN, 4, width_ratios=(4, 0.6, 4, 2.6))
    largest = np.abs(patch[..., strongest]).max(), np.abs(kernel[..., strongest]).max()
    for (first, times, second, equals), c in zip(axes, strongest, strict=True):
        picture(first, patch[..., c], f"channel {c}", signed=True, largest=largest[0])
        picture(second, kernel[..., c], "its kernel", signed=True, largest=largest[1])
        for each, values in ((first, patch), (second, kernel)):
            numbers(each, values[..., c], "{:.1f}", size=6)
        sign(times, "×")
        sign(equals, f"= {shares[c]:+.2f}")
    chart = right.subplots()
    chart.bar(range(len(shares)), shares, color=[ORANGE if s > 0 else BLUE for s in shares])
    chart.axhline(0, color=INK, linewidth=0.8)
    chart.set_xlabel("input channel", size=SIZE)
    bias = float(conv.params["b"][o])
    title = f"all {len(shares)}: sum {shares.sum():+.3f}, bias {bias:+.3f}, out = {total:.3f}"
    chart.set_title(title, size=SIZE, color=INK)
    plain(chart)
    return drawn


def softmax_gradient(example: Example) -> Figure:
    """Show the softmax's derivatives, and how they turn -1/p into p - target."""
    p = example.proba.astype(float)
    derivatives = np.diag(p) - np.outer(p, p)
    upper = np.zeros(10)
    upper[DIGIT] = -1 / p[DIGIT]
    drawn = figure(3.0)
    first, second, third = drawn.subplots(1, 3, width_ratios=(1.2, 1, 1))
    picture(first, derivatives, "d p[k] / d x[j]: p on the diagonal,\nminus p[k] p[j] everywhere",
            signed=True)  # fmt: skip
    first.set_xticks(range(10), range(10), size=SIZE - 2)
    first.set_yticks(range(10), range(10), size=SIZE - 2)
    first.set_xlabel("logit j", size=SIZE)
    first.set_ylabel("probability k", size=SIZE)
    bars(second, upper, f"d loss / d p[k]:\n-1 / p[{DIGIT}] = {upper[DIGIT]:.3f}", DIGIT, "{:.2f}")
    bars(third, upper @ derivatives, "d loss / d x[j], their product:\np - target", DIGIT,
         "{:+.3f}")  # fmt: skip
    return drawn


def learn_by_heart() -> tuple[np.ndarray, np.ndarray]:
    """Return the losses (EPOCHS, 2), training and validation, and the accuracies, of a network
    that sees few digits too often.
    """
    rng = np.random.default_rng(0)
    images, labels = handwriting.batch(LEARNED, rng)
    held_out = handwriting.batch(HELD_OUT, rng)
    model = Sequential([Flatten(), Dense(784, 100, rng=rng), ReLU(), Dense(100, 10, rng=rng)])
    measure, optimizer = SoftmaxCrossEntropy(), Adam(2e-3)
    losses, right = np.zeros((EPOCHS, 2)), np.zeros((EPOCHS, 2))
    for epoch in range(EPOCHS):
        for _ in fit(model, images, labels, optimizer=optimizer, rng=rng):
            pass
        for k, (x, y) in enumerate(((images, labels), held_out)):
            logits = model.forward(as_input(x))
            losses[epoch, k] = measure.forward(logits, y)
            right[epoch, k] = (logits.argmax(axis=1) == y).mean()
    return losses, right


def overfitting(example: Example) -> Figure:
    """Show losses and accuracies of digits that were learned, and of others."""
    del example  # another network
    epochs = np.arange(1, EPOCHS + 1)
    drawn = figure(2.9)
    titles = "loss", "share read correctly"
    for axes, values, title in zip(drawn.subplots(1, 2), learn_by_heart(), titles, strict=True):
        axes.plot(epochs, values[:, 0], color=BLUE, label=f"the {LEARNED} digits it learns")
        axes.plot(epochs, values[:, 1], color=ORANGE, label=f"{HELD_OUT:,} others: validation")
        axes.set_xlabel("epoch", size=SIZE)
        axes.set_title(title, size=SIZE, color=INK)
        plain(axes)
        if title == "loss":
            best = int(values[:, 1].argmin())
            axes.plot(best + 1, values[best, 1], "o", color=MARK, label="here one should stop")
            axes.legend(fontsize=SIZE - 1, frameon=False)
    return drawn
