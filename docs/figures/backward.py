"""From the answer back to the weights: loss, gradients, update and gradient check."""

import numpy as np
from matplotlib.figure import Figure

from nn import Conv2D, MaxPool2D

from .example import DIGIT, SMOOTHING, Example
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
    picture,
    plain,
    sign,
)  # fmt: skip


def loss(example: Example) -> Figure:
    """Show the loss as a function of the true digit's probability, and its gradient."""
    p = np.linspace(0.004, 1, 300)
    right = float(example.proba[DIGIT])
    target = np.full(10, SMOOTHING / 10)
    target[DIGIT] += 1 - SMOOTHING
    drawn = figure(2.9)
    curve, pushed = drawn.subplots(1, 2)
    curve.plot(p, -np.log(p), color=INK)
    curve.plot(right, -np.log(right), "o", color=MARK)
    curve.annotate(
        f"this drawing: p = {right:.3f}\nloss {-np.log(right):.3f}", (right, -np.log(right)),
        (-10, 40), textcoords="offset points", ha="right", size=SIZE, color=MARK,
        arrowprops={"arrowstyle": "-", "color": MARK, "linewidth": 0.7},
    )  # fmt: skip
    curve.set_xlabel(f"probability of the right digit, {DIGIT}", size=SIZE)
    curve.set_title("loss = -log(p)", size=SIZE, color=INK)
    plain(curve)
    bars(pushed, example.proba - target, "gradient for the logits: probability - target",
         DIGIT, "{:+.3f}")  # fmt: skip
    return drawn


def backward(example: Example) -> Figure:
    """Show the gradient for the output of each pool, and for the image."""
    pooled = [i for i, layer in enumerate(example.model.layers) if isinstance(layer, MaxPool2D)]
    gradients = example.lesson.gradients
    drawn = figure(2.7)
    *places, last = drawn.subplots(1, len(pooled) + 1)
    for axes, i in zip(places, reversed(pooled), strict=True):
        maps = gradients[i + 1][0]
        across = int(np.ceil(np.sqrt(maps.shape[2])))
        title = f"for the maps of pool {pooled.index(i) + 1}\n{maps.shape}"
        feature_maps(axes, maps, across, title, signed=True)
    image = gradients[0][0]
    feature_maps(last, image, 1, f"for the image\n{image.shape}", signed=True)
    return drawn


def block(example: Example) -> Figure:
    """Show one map's gradient passing back through pool, ReLU and convolution."""
    lesson, channel = example.lesson, example.channel
    pooled, conv = example.first(MaxPool2D), example.first(Conv2D)
    dw = lesson.grads[f"{conv}.w"][:, :, 0, channel]
    steps = (
        (lesson.gradients[pooled + 1][0, :, :, channel], "arrives at the pool"),
        (lesson.gradients[pooled][0, :, :, channel], "after the pool:\nto the winners"),
        (lesson.gradients[conv + 1][0, :, :, channel], "after the ReLU:\nwhere it was open"),
        (dw, "for the kernel:\nall places, all images"),
    )
    drawn = figure(2.5)
    axes = drawn.subplots(1, 7, width_ratios=(5, 0.5, 5, 0.5, 5, 0.5, 5))
    for place, (values, title) in zip(axes[::2], steps, strict=True):
        picture(place, values, f"{title}\n{values.shape[0]} x {values.shape[1]}", signed=True)
    for place in axes[1::2]:
        sign(place, "→")
    return drawn


def update(example: Example) -> Figure:
    """Show one kernel's step, and the loss against the learning rate of that step."""
    lesson, channel = example.lesson, example.channel
    name = f"{example.first(Conv2D)}.w"
    kernel, dw = lesson.model.named_params()[name], lesson.grads[name]
    rates = _rates(lesson)
    losses = np.array([_loss_after(lesson, rate) for rate in rates])
    best = rates[losses.argmin()]
    drawn = figure(2.9)
    left, right = drawn.subfigures(1, 2, width_ratios=(1.25, 1))
    before, minus, slope, equals, after = left.subplots(1, 5, width_ratios=(5, 0.6, 5, 0.6, 5))
    largest = np.abs(kernel[:, :, 0, channel]).max()
    picture(before, kernel[:, :, 0, channel], "kernel", signed=True, largest=largest)
    picture(slope, dw[:, :, 0, channel], "its gradient\n(a scale of its own)", signed=True)
    picture(after, (kernel - best * dw)[:, :, 0, channel], "after the step", signed=True,
            largest=largest)  # fmt: skip
    sign(minus, "-")
    sign(equals, "→")
    axes = right.subplots()
    axes.plot(rates, losses, color=INK, label="the loss itself")
    square = sum((dw * dw).sum() for dw in lesson.grads.values())
    tangent = lesson.loss - rates * square
    low = losses.min() - 0.15 * np.ptp(losses)
    seen = tangent > low
    axes.plot(rates[seen], tangent[seen], color=BLUE, ls="--", label="what the gradient promises")
    axes.plot(best, losses.min(), "o", color=MARK, label="the best step")
    axes.plot(0, lesson.loss, "o", color=INK, markersize=4)
    axes.set_xlabel("learning rate of one step of plain descent", size=SIZE)
    axes.set_title("the loss after the step", size=SIZE, color=INK)
    axes.legend(fontsize=SIZE - 1, frameon=False, loc="upper left")
    plain(axes)
    return drawn


def _rates(lesson):
    """Return learning rates from 0 to three times the best one."""
    tried = np.logspace(-5, 1, 25)
    best = tried[np.argmin([_loss_after(lesson, rate) for rate in tried])]
    return np.linspace(0, 3 * best, 31)


def _loss_after(lesson, rate):
    """Return the loss after one step of plain gradient descent, then undo the step."""
    params = lesson.model.named_params()
    before = {name: w.copy() for name, w in params.items()}
    for name, w in params.items():
        w -= rate * lesson.grads[name]
    loss = lesson.measure()
    for name, w in params.items():
        w[...] = before[name]
    return loss


def gradcheck(example: Example) -> Figure:
    """Show a measured slope, and its error against the step size."""
    lesson, channel = example.lesson, example.channel
    name = f"{example.first(Conv2D)}.w"
    w = lesson.model.named_params()[name]
    dw = lesson.grads[name][:, :, 0, channel]
    i, j = np.unravel_index(np.abs(dw).argmax(), dw.shape)
    at, analytic = (i, j, 0, channel), float(dw[i, j])

    def moved(step):
        before = w[at]
        w[at] = before + step
        loss = lesson.measure()
        w[at] = before
        return loss

    drawn = figure(3.0)
    local, errors = drawn.subplots(1, 2)
    wide = 0.25 * np.abs(w[:, :, 0, channel]).max()
    steps = np.linspace(-2 * wide, 2 * wide, 25)
    local.plot(steps, [moved(step) for step in steps], color=INK, label="loss")
    local.plot(steps, lesson.loss + analytic * steps, color=BLUE, ls="--", label="backward's slope")
    ends = np.array([-wide, wide])
    local.plot(ends, [moved(end) for end in ends], "o-", color=MARK, label="measured slope")
    local.set_xlabel(f"change of one weight, w[{i}, {j}, 0, {channel}]", size=SIZE)
    local.set_title("the same slope, twice", size=SIZE, color=INK)
    local.legend(fontsize=SIZE - 1, frameon=False, loc="upper center")
    h = np.logspace(-9, -1, 17)
    near, far = (np.array([(moved(k * s) - moved(-k * s)) / (2 * k * s) for s in h])
                 for k in (1, 2))  # fmt: skip
    for numeric, colour, label in (
        (near, ORANGE, "two points"),
        ((4 * near - far) / 3, MARK, "four points, as nn/gradcheck.py"),
    ):
        error = np.abs(numeric - analytic) / abs(analytic)
        errors.loglog(h, np.maximum(error, 1e-16), ".-", color=colour, label=label)
    errors.set_xlabel("step h", size=SIZE)
    errors.set_title("relative error of the measured slope", size=SIZE, color=INK)
    errors.legend(fontsize=SIZE - 1, frameon=False, loc="upper center")
    errors.grid(color=PALE, alpha=0.4)
    for axes in (local, errors):
        plain(axes)
    return drawn
