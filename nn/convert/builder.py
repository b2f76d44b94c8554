"""Build a network layer by layer from untrusted arrays; shared by the converters."""

import math
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from guard.budget import charge

from ..layers.activation import Flatten, Softmax
from ..layers.base import Layer, Shape
from ..layers.conv import Conv2D
from ..layers.dense import Dense
from ..layers.dropout import Dropout
from ..layers.more import Reshape, Sigmoid, Softplus, ZeroPad2D
from ..layers.rescaling import Rescaling
from ..model import Sequential
from ..saving.limits import build, check_numbers, check_shape, floats
from ..saving.modelfile import MAX_LAYERS
from ..saving.npz import MAX_MODEL_BYTES
from .errors import errors_at

MIN_UNIT_SCALE = 1 / 16
"""A first Rescaling by less than this expects pixels of 0 to 255; see `Builder.network`."""

MAX_IMAGE_BYTES = 1 << 26
"""The most memory that one image may need in a layer."""


class Builder:
    """A network under construction. Each layer is checked against the shape that reaches it.

    Parameters
    ----------
    shape : tuple of int
        Shape of one input, without N: (H, W, C), (H, W) for a single channel, or (features,), for
        which a Flatten is put first.

    Attributes
    ----------
    shape : tuple of int
        Shape of one output of the last layer, without N.
    layers : list of Layer

    Raises
    ------
    ValueError
        If the shape is none of these, a size is unknown, or an image is too large.
    """

    def __init__(self, shape: Shape):
        if not 1 <= len(shape) <= 3 or not all(isinstance(n, int) and n > 0 for n in shape):
            raise ValueError(
                f"its input must be images (H, W, C) or vectors, of known size, not {shape}"
            )
        _check_size(math.prod(shape))
        self.shape = (*shape, 1) if len(shape) == 2 else tuple(shape)
        self.layers: list[Layer] = [Flatten()] if len(shape) == 1 else []
        self._takes_vectors = len(shape) == 1
        self._bytes = 0

    def add(self, kind: type[Layer], arrays: Mapping = MappingProxyType({}), **config) -> None:
        """Append a layer.

        Parameters
        ----------
        kind : type
            Class of the layer.
        arrays : dict
            Parameters and state by name. Each has ``shape`` and is read by ``array[...]``, after
            its shape has been checked.
        **config
            Arguments of the constructor.

        Raises
        ------
        ValueError
            If an argument, a shape or a number is wrong, or the network takes too much memory.
        """
        charge(items=1)
        layer = build(kind, config, arrays)
        self._bytes += sum(like.nbytes for like in (layer.params | layer.state).values())
        if self._bytes > MAX_MODEL_BYTES:
            raise ValueError(f"its arrays take more than {MAX_MODEL_BYTES} bytes up to here")
        for target in (layer.params, layer.state):
            for name in target:
                target[name] = _numbers(name, arrays[name])
        if len(self.layers) >= MAX_LAYERS:
            raise ValueError(f"it has more than {MAX_LAYERS} layers")
        shape = layer.output_shape(self.shape)
        if kind is Softmax and len(shape) != 1:
            raise ValueError("a softmax over feature maps is not supported, only one over a vector")
        _check_size(floats(layer, self.shape))
        self.layers.append(layer)
        self.shape = shape

    def add_bias(self, b: np.ndarray) -> bool:
        """Give a bias to the last layer; return False if that has no place for one.

        Raises ValueError if the shape is wrong.
        """
        layer = self.layers[-1] if self.layers else None
        if not isinstance(layer, (Conv2D, Dense)) or "b" in layer.params:
            return False
        check_shape("b", {"b": b}, self.shape[-1:])
        layer.params["b"] = _numbers("b", b)
        layer.config["bias"] = True
        return True

    def rescale(self, scale: float, offset: float) -> None:
        """Append ``scale * x + offset``, merged with a Rescaling before; nothing if that is x."""
        if self.layers and isinstance(self.layers[-1], Rescaling):
            before = self.layers.pop().config
            scale, offset = scale * before["scale"], scale * before["offset"] + offset
        if abs(scale - 1) > 1e-6 or offset != 0:
            self.add(Rescaling, scale=scale, offset=offset)

    def reshape(self, shape: Shape) -> None:
        """Append a Reshape, or a Flatten, unless the shape is this one already.

        A network of vectors that first makes images of them takes these images here.
        """
        if shape == self.shape:
            return
        if self._takes_vectors and len(self.layers) == 1 and len(shape) > 1:
            if math.prod(shape) != math.prod(self.shape):
                raise ValueError(f"a vector of {self.shape[0]} cannot become an image of {shape}")
            self.layers.clear()
            self.shape = shape
        elif len(shape) == 1 and shape[0] == math.prod(self.shape):
            self.add(Flatten)
        else:
            self.add(Reshape, shape=shape)

    def take_padding(self) -> tuple | None:
        """Remove a ZeroPad2D at the end; return its ((above, below), (left, right)), or None."""
        if not self.layers or not isinstance(self.layers[-1], ZeroPad2D):
            return None
        frame = self.layers.pop().window.padding(0, 0)  # type: ignore[attr-defined]
        (above, below), (left, right) = frame
        H, W, C = self.shape
        self.shape = (H - above - below, W - left - right, C)
        return frame

    def network(self) -> Sequential:
        """Return the network, without layers that have no effect at its beginning or end.

        Networks here take pixels in [0, 1]. If the first layer is a Rescaling by less than
        `MIN_UNIT_SCALE`, it expects pixels of 0 to 255, and its scale is multiplied by 255. If it
        ends with a Sigmoid, each output divided by the sum of all is its probability; this is the
        softmax of the sigmoid's logarithm.

        Raises
        ------
        ValueError
            If there are no layers, or the output is not a vector.
        """
        if not self.layers:
            raise ValueError("it has no layers")
        if len(self.shape) == 3 and self.shape[:2] == (1, 1):
            self.add(Flatten)
        if len(self.shape) != 1:
            raise ValueError(f"its output has shape {self.shape}, not one number per class")
        layers = list(self.layers)
        first = 1 if isinstance(layers[0], Flatten) else 0
        candidate = layers[min(first, len(layers) - 1)]
        if isinstance(candidate, Rescaling):
            layers[first : first + 1] = _for_unit_pixels(candidate)
        tail = []
        while layers and isinstance(layers[-1], (Dropout, Flatten)):
            tail.append(layers.pop())
        if layers and isinstance(layers[-1], Sigmoid):  # log sigmoid(x) = -softplus(-x)
            layers[-1:] = [*tail[::-1], Rescaling(-1), Softplus(), Rescaling(-1), Softmax()]
        elif not any(isinstance(layer, Softmax) for layer in layers):
            layers += tail[::-1]
        return Sequential(layers)


def _check_size(numbers: int) -> None:
    """Raise ValueError if one image of so many float32 is too large."""
    if (size := 4 * numbers) > MAX_IMAGE_BYTES:
        raise ValueError(f"one image would take {size} bytes; the limit is {MAX_IMAGE_BYTES}")


def _for_unit_pixels(layer: Rescaling) -> list[Layer]:
    """Return the Rescaling for pixels in [0, 1], or no layer if it would change nothing."""
    scale, offset = layer.config["scale"], layer.config["offset"]
    if abs(scale) < MIN_UNIT_SCALE:
        scale *= 255
    return [] if abs(scale - 1) < 1e-6 and offset == 0 else [Rescaling(scale, offset)]


def layers_to_write(model: Sequential, input_shape: tuple[int, ...]) -> list[Layer]:
    """Return the model's layers, with a softmax appended if it ends with logits.

    Raises
    ------
    ValueError
        If the model does not take ``input_shape`` (without N), or its output is not a vector.
    """
    shape = tuple(input_shape)
    for i, layer in enumerate(model.layers):
        with errors_at(f"layer {i} ({type(layer).__name__})"):
            shape = layer.output_shape(shape)
    if len(shape) != 1:
        raise ValueError(f"the network's output has shape {shape}, not one number per class")
    has_softmax = bool(model.layers) and isinstance(model.layers[-1], Softmax)
    return [*model.layers] if has_softmax else [*model.layers, Softmax()]


def _numbers(name, array):
    """Read an array as float32; it must be finite, and not negative if it is a variance."""
    if array.dtype.kind != "f":
        raise ValueError(f"array {name} holds {array.dtype}, not floats")
    charge(bytes=2 * 4 * math.prod(array.shape))  # it, and which of it is finite
    with np.errstate(over="ignore"):  # float64 beyond float32's range; refused below
        numbers = np.array(array[...], np.float32, order="C")
    check_numbers(name, numbers)
    return numbers
