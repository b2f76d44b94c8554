"""README's picture of the gradient travelling back, beside the values travelling forward."""

import numpy as np
from matplotlib.figure import Figure

from nn import ReLU
from nn.explain.backward import backward_pass, exact

from .example import DIGIT, Example
from .style import INK, PALE, SIZE, bars, feature_maps, figure

SHOWN = 9  # channels of a layer, those with most gradient
ACROSS = 3


def travel(example: Example) -> Figure:
    """Show each ReLU's maps above, and below the gradient of the loss for them, back to the ink."""
    image = example.image[..., None].astype(np.float64)
    passed = backward_pass(exact(example.model), image, DIGIT)
    layers = [i for i, layer in enumerate(passed.layers) if isinstance(layer, ReLU)]
    drawn = figure(3.6)
    axes = drawn.subplots(2, len(layers) + 2, width_ratios=[*[1] * (len(layers) + 1), 1.15])
    for column, layer in enumerate([-1, *layers]):
        values, gradients = (each[layer + 1] for each in (passed.values, passed.gradients))
        strength = np.abs(gradients).sum(axis=(0, 1))
        chosen = np.sort(np.argsort(-strength, kind="stable")[:SHOWN])
        across = min(ACROSS, len(chosen))
        H, W, _ = values.shape
        name = "the ink" if layer < 0 else f"layer {layer}, {H} x {W}"
        feature_maps(axes[0, column], values[..., chosen], across, name, signed=True)
        feature_maps(axes[1, column], gradients[..., chosen], across, "", signed=True)
    p = passed.values[-1]
    bars(axes[0, -1], p, "probabilities p", DIGIT, "{:.2f}")
    bars(axes[1, -1], passed.gradients[-2], f"p - y: it is a {DIGIT}", DIGIT, "{:+.2f}")
    for row, text in enumerate(("values →", "← gradients")):
        axes[row, 0].set_ylabel(text, size=SIZE, color=INK)
    drawn.suptitle(
        f"loss = -log(p of {DIGIT}) = {passed.loss:.3f}", size=SIZE, color=INK, ha="right", x=0.99
    )
    for place in axes[:, 1:-1].ravel():
        place.spines[:].set(color=PALE)
    return drawn
