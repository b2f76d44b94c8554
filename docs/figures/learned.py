"""What the tour's stops about learning show in the window: the gradients of its 4, and more."""

from dataclasses import dataclass

import numpy as np

from inspector.network import Network
from inspector.panels.learning.rows import Spot, rows_of
from nn import SGD, Conv2D, Dense, Sequential
from nn.explain.backward import backward_pass, exact

from .example import DIGIT, Example

OTHER = 9  # the digit that the 4 could be
RATE = 0.001  # where the slider of the learning rate stands at first
LEARNING = "tab *Learning*,"
RIGHT = "on the right, where gradients stand,"


@dataclass(frozen=True)
class Sight:
    """Something to see in the window.

    Attributes
    ----------
    way : str
        How to get there.
    text : str
        What stands there.
    spot : Spot or None
        The number whose gradient it is.
    """

    way: str
    text: str
    spot: Spot | None = None


def sights(example: Example) -> list[Sight]:
    """Return what stops 10 to 16 look at, in their order."""
    network = Network(example.model, "")
    conv, dense = example.first(Conv2D), example.first(Dense)
    model = exact(network.model)
    image = example.image[..., None].astype(np.float64)
    passed = backward_pass(model, image, DIGIT)
    rows = rows_of(network, passed, {conv: example.channel})

    def gradient(way, layer, name, at):
        row = next(row for row in rows if (row.layer, row.name) == (layer, name))
        spot = Spot(layer, name, tuple(map(int, at)))
        return Sight(way, row.describe(spot), spot)

    kernel = np.abs(passed.layers[conv].grads["w"][..., 0, example.channel])
    strongest = *np.unravel_index(kernel.argmax(), kernel.shape), 0, example.channel
    ink = np.abs(passed.gradients[0])
    pixel = np.unravel_index(ink.argmax(), ink.shape)
    logit = gradient(f"{RIGHT} point at", dense, "", (OTHER,))
    blame = gradient(f"scroll up; {RIGHT} point at", -1, "", pixel)
    slope = gradient(f"{LEARNING} {RIGHT} click, and its slope is measured:", conv, "w", strongest)
    after = _loss_after_a_step(model, passed, image)  # changes the network
    step = f"loss of {DIGIT}: {passed.loss:.4f} before, {after:.4f} after"
    parameters = sum(w.size for w in example.model.named_params().values())
    untrained = f"untrained: {parameters:,} parameters"
    shape = " x ".join(map(str, network.shape(conv + 1)))
    return [
        Sight(f"{LEARNING} key {DIGIT} says what it is:", f"loss {passed.loss:.4f}"),
        logit,
        blame,
        Sight("Return takes this step, Backspace takes it back; page *One step*:", step),
        Sight("tab *Two networks*, *An untrained one*, as many to learn by heart with:", untrained),
        slope,
        Sight("tab *Overview*, above the first maps, the sizes of these loops:", shape),
    ]


def _loss_after_a_step(model, passed, image):
    """Return the loss after a step on the drawing alone; the network is changed."""
    grads = Sequential(passed.layers).named_grads()
    params = model.named_params()
    SGD(RATE).step({name: params[name] for name in grads}, grads)
    return backward_pass(model, image, passed.label).loss
