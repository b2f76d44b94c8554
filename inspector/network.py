"""A trained network as the panels use it: layers, titles, feature maps and dead channels."""

from functools import cache, cached_property

import numpy as np

import weights
from data import canvas, mnist
from data.errors import DataError
from nn import Conv2D, Dense, Dropout, Flatten, Sequential, explain
from nn.layers.base import Layer


class Network:
    """A trained network that ends with a softmax; it takes one drawing at a time.

    Parameters
    ----------
    model : Sequential
        Input (28, 28, 1), ten classes; a softmax is appended if it ends with logits.
    name : str
        Shown in the window.
    """

    def __init__(self, model: Sequential, name: str) -> None:
        self.model = explain.with_softmax(model)
        self.name = name

    @property
    def layers(self) -> list[Layer]:
        """The layers, including the softmax."""
        return self.model.layers

    def maps(self, drawing: np.ndarray) -> list[np.ndarray]:
        """Return the input (28, 28, 1) and every layer's output, without N.

        Entry ``i + 1`` is the output of layer ``i``.

        Parameters
        ----------
        drawing : ndarray, float32, (28, 28)
            Ink in [0, 1].
        """
        return [out[0] for out in explain.maps(self.model, drawing[None, :, :, None])]

    @cached_property
    def dead(self) -> list[np.ndarray]:
        """For each entry of `maps`, which channels are constant, bool (C,).

        A channel is constant if all its numbers are equal over blank paper and the pictures of
        ``samples/``. The input, Flatten and Dropout have no dead channels.
        """
        entries = explain.maps(self.model, samples()[..., None])
        dead = [np.ptp(out, axis=tuple(range(out.ndim - 1))) == 0 for out in entries]
        for i, layer in enumerate([None, *self.layers]):
            if isinstance(layer, (Flatten, Dropout, type(None))):
                dead[i][...] = False
        return dead

    @cached_property
    def weight_layers(self) -> list[int]:
        """Indices of the layers with weights: convolutions and dense layers."""
        return [i for i, layer in enumerate(self.layers) if isinstance(layer, (Conv2D, Dense))]

    def title(self, layer: int) -> str:
        """Return a layer's index and class as text; -1 is the input."""
        return "input" if layer < 0 else f"layer {layer} {type(self.layers[layer]).__name__}"

    def input_shape(self, layer: int) -> tuple[int, ...]:
        """Return the shape of a layer's input without N, before a Flatten or Dropout."""
        while layer > 0 and isinstance(self.layers[layer - 1], (Flatten, Dropout)):
            layer -= 1
        shape = (28, 28, 1)
        for before in self.layers[:layer]:
            shape = before.output_shape(shape)
        return shape


@cache
def samples() -> np.ndarray:
    """Return blank paper and the pictures of ``samples/``, float32 (N, 28, 28) in [0, 1]."""
    drawings = [np.zeros((28, 28), np.float32)]
    for path in sorted(weights.SAMPLES.glob("*.png")):
        try:
            with canvas.open_image(path) as picture:
                drawings.append(canvas.from_image(picture))
        except DataError:
            continue  # users may put files of their own there
    return np.stack(drawings)


@cache
def reference_images() -> tuple[np.ndarray, str]:
    """Return images to search, (N, 28, 28), and their name in the window.

    MNIST's test set, uint8, if it is on this machine, else the pictures of ``samples/``, float32.
    Nothing is downloaded.
    """
    folder = mnist.find_local()
    if folder is not None:
        try:
            images, _ = mnist.load("test", folder)
            return images, "MNIST's test images"
        except (DataError, OSError):
            pass  # damaged files: use the samples
    return samples()[1:], "the pictures of samples/"
