"""A trained network as the panels use it: layers, titles, feature maps and dead channels."""

from functools import cache, cached_property

import numpy as np

import weights
from data import canvas, mnist
from data.errors import DataError
from inspector.parts.tiles import as_maps
from nn import Conv2D, Dense, Dropout, Flatten, Sequential, explain
from nn.explain.rounding import as_text
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

    def taught(self, model: Sequential) -> "Network":
        """Return a network for a model that differs in its last dense layer alone."""
        network = Network(model, self.name)
        if "dead" in self.__dict__:  # computed already: the same, as all but the vote is
            network.dead = self.dead
        return network

    @property
    def layers(self) -> list[Layer]:
        """The layers, including the softmax."""
        return self.model.layers

    def maps(self, drawing: np.ndarray, last: int | None = None) -> list[np.ndarray]:
        """Return the input (28, 28, 1) and every layer's output, without N.

        Entry ``i + 1`` is the output of layer ``i``.

        Parameters
        ----------
        drawing : ndarray, float32, (28, 28)
            Ink in [0, 1].
        last : int, optional
            Index of the last layer to run (default: all).
        """
        model = self.model if last is None else Sequential(self.layers[: last + 1])
        return [out[0] for out in explain.maps(model, drawing[None, :, :, None])]

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

    def dead_for(self, array: np.ndarray, entry: int) -> np.ndarray:
        """Return which channels are dead, and constant in this output as well, bool (C,)."""
        numbers = as_maps(array)
        return self.dead[entry] & (np.ptp(numbers, axis=(0, 1)) == 0)

    @cached_property
    def weight_layers(self) -> list[int]:
        """Indices of the layers with weights: convolutions and dense layers."""
        return [i for i, layer in enumerate(self.layers) if isinstance(layer, (Conv2D, Dense))]

    def title(self, layer: int) -> str:
        """Return a layer's index and class as text; -1 is the input."""
        return "input" if layer < 0 else f"layer {layer} {type(self.layers[layer]).__name__}"

    def shape(self, entry: int) -> tuple[int, ...]:
        """Return the shape of an entry of `maps`."""
        return self._shapes[entry]

    def unit(self, layer: int) -> str:
        """Return what a number of a layer's output stands for: a channel, a number or a digit."""
        if layer >= 0 and self._speaks_of_digits(layer):
            return "digit"
        return "channel" if layer < 0 or len(self._shapes[layer + 1]) == 3 else "number"

    def _speaks_of_digits(self, layer):
        """Whether a layer's ten numbers are those of the answer: no later layer mixes them."""
        if self._shapes[layer + 1] != self._shapes[-1]:
            return False
        return not any(isinstance(each, (Conv2D, Dense)) for each in self.layers[layer + 1 :])

    @cached_property
    def _shapes(self):
        shapes = [(28, 28, 1)]
        for layer in self.layers:
            shapes.append(layer.output_shape(shapes[-1]))
        return shapes

    def input_shape(self, layer: int) -> tuple[int, ...]:
        """Return the shape of a layer's input without N, before a Flatten or Dropout."""
        while layer > 0 and isinstance(self.layers[layer - 1], (Flatten, Dropout)):
            layer -= 1
        return self._shapes[layer]


def describe(network: Network, maps: list[np.ndarray], place: tuple[int, int, int, int]) -> str:
    """Return the layer, channel, position and value of a number in one line.

    Parameters
    ----------
    network : Network
    maps : list of ndarray
        As `Network.maps` returns them.
    place : tuple of int
        Layer (-1: the input), row, column, channel.
    """
    layer, row, column, channel = place
    array = as_maps(maps[layer + 1])
    text = f"{network.title(layer)}, {network.unit(layer)} {channel}"
    if array.shape[:2] != (1, 1):
        text += f", row {row}, column {column}"
    text += f": {as_text(float(array[row, column, channel]))}"
    if network.dead_for(array, layer + 1)[channel]:
        text += " (dead: the same for this drawing and for all of samples/)"
    elif array.shape[:2] != (1, 1) and not array[..., channel].any():
        text += " (inactive: 0 everywhere for this drawing)"
    return text


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
