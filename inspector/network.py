"""A network as the panels look at it: its layers, its name, and which of its channels are dead."""

from functools import cache, cached_property

import numpy as np

import weights
from data import canvas, mnist
from data.errors import DataError
from nn import Conv2D, Dense, Dropout, Flatten, Sequential, explain
from nn.layers.base import Layer


class Network:
    """A trained network, ending with a softmax, that images go through one at a time.

    Parameters
    ----------
    model : Sequential
        For images of (28, 28, 1) and ten digits.
    name : str
        For people.
    """

    def __init__(self, model: Sequential, name: str) -> None:
        self.model = explain.with_softmax(model)
        self.name = name

    @property
    def layers(self) -> list[Layer]:
        """The layers, the softmax included."""
        return self.model.layers

    def maps(self, drawing: np.ndarray) -> list[np.ndarray]:
        """Return the input (28, 28, 1) and every layer's output, without N, for one drawing."""
        return [out[0] for out in explain.maps(self.model, drawing[None, :, :, None])]

    @cached_property
    def dead(self) -> list[np.ndarray]:
        """Which channels of each entry of `maps` say the same whatever is drawn, as bool (C,).

        Whatever is drawn: blank paper and the pictures of ``samples/``. The input has no dead
        channel, nor has a layer that computes nothing.
        """
        entries = explain.maps(self.model, samples()[..., None])
        dead = [np.ptp(out, axis=tuple(range(out.ndim - 1))) == 0 for out in entries]
        for i, layer in enumerate([None, *self.layers]):
            if isinstance(layer, (Flatten, Dropout, type(None))):
                dead[i][...] = False
        return dead

    @cached_property
    def weighted(self) -> list[int]:
        """Where the layers with weights are: the convolutions and the dense ones."""
        return [i for i, layer in enumerate(self.layers) if isinstance(layer, (Conv2D, Dense))]

    def title(self, layer: int) -> str:
        """Return what people call a layer: its number and kind; -1 is the input."""
        return "input" if layer < 0 else f"layer {layer} {type(self.layers[layer]).__name__}"

    def input_shape(self, layer: int) -> tuple[int, ...]:
        """Return the shape of one input of a layer, as it was before any Flatten."""
        while layer > 0 and isinstance(self.layers[layer - 1], (Flatten, Dropout)):
            layer -= 1
        shape = (28, 28, 1)
        for before in self.layers[:layer]:
            shape = before.output_shape(shape)
        return shape


@cache
def samples() -> np.ndarray:
    """Return blank paper and the readable pictures of ``samples/``, float32 (N, 28, 28)."""
    found = [np.zeros((28, 28), np.float32)]
    for path in sorted(weights.SAMPLES.glob("*.png")):
        try:
            with canvas.open_image(path) as picture:
                found.append(canvas.from_image(picture))
        except DataError:
            continue  # somebody's own file among them
    return np.stack(found)


@cache
def known_images() -> tuple[np.ndarray, str]:
    """Return images to look through, (N, 28, 28), and what they are called.

    MNIST's test set, uint8, if it is on this machine, else ``samples/``; nothing is downloaded.
    """
    folder = mnist.find_local()
    if folder is not None:
        try:
            images, _ = mnist.load("test", folder)
            return images, "MNIST's test images"
        except (DataError, OSError):
            pass  # a damaged file; the samples will do
    return samples()[1:], "the pictures of samples/"
