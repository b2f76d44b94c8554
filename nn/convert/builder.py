"""What the converters share: a network built layer by layer out of arrays that are not trusted."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from ..layers.activation import Flatten, Softmax
from ..layers.base import Layer
from ..layers.conv import Conv2D
from ..layers.dense import Dense
from ..layers.dropout import Dropout
from ..layers.rescaling import Rescaling
from ..model import Sequential
from ..saving.limits import build, check_numbers, check_shape, floats
from ..saving.modelfile import MAX_LAYERS
from .errors import at

PIXEL_UNITS = 1 / 16
"""See `Builder.network`."""

MAX_IMAGE_BYTES = 1 << 28
"""The most that one image may take on its way through a layer."""


class Builder:
    """A network in the making: each layer is checked against the shape that reaches it.

    Parameters
    ----------
    shape : tuple of int
        Of one input, without N: (H, W, C), (H, W), which is one channel, or (features,), for which
        images are laid out as rows.

    Attributes
    ----------
    shape : tuple of int
        What leaves the last layer, without N.
    layers : list of Layer
    """

    def __init__(self, shape: tuple[int, ...]):
        if not 1 <= len(shape) <= 3 or not all(isinstance(n, int) and n > 0 for n in shape):
            raise ValueError(
                f"its input must be images (H, W, C) or rows of numbers, of known size, not {shape}"
            )
        self.shape = (*shape, 1) if len(shape) == 2 else tuple(shape)
        self.layers: list[Layer] = [Flatten()] if len(shape) == 1 else []

    def add(self, kind: type[Layer], arrays: Mapping = MappingProxyType({}), **config) -> None:
        """Append a layer.

        Parameters
        ----------
        kind : type
            Its class.
        arrays : dict
            Its parameters and state by name, each with ``shape`` and read by ``array[...]``: none
            is read before its shape is known to be right.
        **config
            The constructor's arguments.

        Raises
        ------
        ValueError
            If anything does not fit.
        """
        layer = build(kind, config, arrays)
        for target in (layer.params, layer.state):
            for name in target:
                target[name] = _numbers(name, arrays[name])
        if len(self.layers) >= MAX_LAYERS:
            raise ValueError(f"it has more than {MAX_LAYERS} layers")
        shape = layer.output_shape(self.shape)
        if kind is Softmax and len(shape) != 1:
            raise ValueError("a softmax over maps is not understood, only over one row of numbers")
        if (size := 4 * floats(layer, self.shape)) > MAX_IMAGE_BYTES:
            raise ValueError(f"one image would take {size} bytes; {MAX_IMAGE_BYTES} are the most")
        self.layers.append(layer)
        self.shape = shape

    def add_bias(self, b: np.ndarray) -> None:
        """Give the last layer, which must lack one, a bias."""
        layer = self.layers[-1] if self.layers else None
        if not isinstance(layer, (Conv2D, Dense)) or "b" in layer.params:
            raise ValueError("only what follows a product can be its bias")
        check_shape("b", {"b": b}, self.shape[-1:])
        layer.params["b"] = _numbers("b", b)
        layer.config["bias"] = True

    def rescale(self, scale: float, offset: float) -> None:
        """Append a Rescaling, or take it into the one that came just before."""
        if self.layers and isinstance(self.layers[-1], Rescaling):
            before = self.layers.pop().config
            scale, offset = scale * before["scale"], scale * before["offset"] + offset
        self.add(Rescaling, scale=scale, offset=offset)

    def network(self) -> Sequential:
        """Return the network; what does nothing at its beginning or end is left out.

        A Rescaling at the beginning that multiplies by less than `PIXEL_UNITS` is made for pixels
        of 0 ... 255; networks here take them in [0, 1], so it is made 255 times as large.

        Raises
        ------
        ValueError
            If it has no layer, or ends with maps and not with a row of numbers.
        """
        if not self.layers:
            raise ValueError("it has no layers")
        if len(self.shape) != 1:
            raise ValueError(f"it ends with maps of {self.shape}, not with a number for each class")
        layers = list(self.layers)
        first = 1 if isinstance(layers[0], Flatten) else 0
        begins = layers[min(first, len(layers) - 1)]
        if isinstance(begins, Rescaling):
            layers[first : first + 1] = _in_unit_range(begins)
        while isinstance(layers[-1], (Dropout, Flatten)) and any(
            isinstance(layer, Softmax) for layer in layers
        ):
            layers.pop()
        return Sequential(layers)


def _in_unit_range(layer: Rescaling) -> list[Layer]:
    """Return what does the same to pixels in [0, 1]; nothing if there is nothing to do."""
    scale, offset = layer.config["scale"], layer.config["offset"]
    if abs(scale) < PIXEL_UNITS:
        scale *= 255
    return [] if abs(scale - 1) < 1e-6 and offset == 0 else [Rescaling(scale, offset)]


def classifier(model: Sequential, input_shape: tuple[int, ...]) -> list[Layer]:
    """Return the layers to write down: the model's, and a softmax if it ends with logits.

    Raises
    ------
    ValueError
        If the model does not give a row of numbers for an input of this shape.
    """
    shape = tuple(input_shape)
    for i, layer in enumerate(model.layers):
        with at(f"layer {i} ({type(layer).__name__})"):
            shape = layer.output_shape(shape)
    if len(shape) != 1:
        raise ValueError(f"the network ends with maps of {shape}, not with a number for each class")
    closed = bool(model.layers) and isinstance(model.layers[-1], Softmax)
    return [*model.layers] if closed else [*model.layers, Softmax()]


def _numbers(name, array):
    """Read an array; it must hold finite numbers, and a variance none below zero."""
    if array.dtype.kind != "f":
        raise ValueError(f"array {name} holds {array.dtype}, no floats")
    numbers = np.array(array[...], np.float32, order="C")
    check_numbers(name, numbers)
    return numbers
