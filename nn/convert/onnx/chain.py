"""The chain of layers read from an ONNX graph, and the axis order of its output in ONNX.

The axis order, or layout, is ``CHW`` (channels first) or ``HWC`` for feature maps, ``HW`` for a
single map without a channel axis, and ``F`` for a vector. Flattening ``CHW`` maps gives the
features in another order than flattening ours; ``order`` is this permutation, and the weights of
the next layer are permuted by it.
"""

import math

import numpy as np

from ...layers.activation import Flatten
from ..builder import Builder

AXES = {"CHW": (2, 0, 1), "HWC": (0, 1, 2), "HW": (0, 1)}
"""Index into our axes, (H, W, C), of each axis of ONNX's tensor."""


class Chain:
    """The layers read so far, and the value (in ONNX's sense) that the last one outputs.

    Parameters
    ----------
    value : str
        Name of the graph's input.
    output : str
        Name of the graph's output.
    layout : str
        Layout of the input: ``CHW``, ``HWC``, ``HW`` or ``F``.
    shape : tuple of int
        Shape of one input, without N, as `Builder` takes it.
    constants : dict of str to ndarray
        Arrays that do not depend on the input, by name.

    Attributes
    ----------
    build : Builder
        The layers so far.
    value, layout : str
        Name and layout of the last value.
    input_layout : str
        Layout of the graph's input.
    order : ndarray or None
        Permutation of the features of an ``F`` value: feature j of ONNX is feature ``order[j]``
        here. None if the orders are the same.
    sizes : dict of str to tuple of int
        ONNX's shape of each value so far, without N.
    """

    def __init__(
        self,
        value: str,
        output: str,
        layout: str,
        shape: tuple[int, ...],
        constants: dict[str, np.ndarray],
    ):
        self.value, self.output = value, output
        self.layout = self.input_layout = layout
        self.constants = constants
        self.build = Builder(shape)
        self.order: np.ndarray | None = None
        self.sizes = {value: self.tensor_shape()}

    def advance(self, value: str) -> None:
        """Make ``value``, the output of the layer just added, the last value."""
        self.value = value
        self.sizes[value] = self.tensor_shape()

    def tensor_shape(self):
        """Return ONNX's shape of the last value, without N."""
        if self.layout == "F":
            return (math.prod(self.build.shape),)
        return tuple(self.build.shape[axis] for axis in AXES[self.layout])

    def constant(self, node, i: int) -> np.ndarray | None:
        """Return input ``i`` of a node, or None if it is left out."""
        name = node.input[i] if i < len(node.input) else ""
        return self.constants[name] if name else None

    def weights(self, node, i: int) -> np.ndarray:
        """Return input ``i`` of a node; raise ValueError if it is left out."""
        array = self.constant(node, i)
        if array is None:
            raise ValueError(f"its input {i} is missing")
        return array

    def map_size(self) -> tuple[int, int]:
        """Return (H, W) of the last value; raise ValueError unless its layout is ``CHW``."""
        if self.layout != "CHW":
            raise ValueError(f"it needs feature maps with channels first, not {self.layout}")
        H, W, _ = self.build.shape
        return H, W

    def permute(self, array: np.ndarray) -> np.ndarray:
        """Return an array, which has a row for each feature, with its rows in our order."""
        if self.order is None:
            return array
        ours = np.empty_like(array)
        ours[self.order] = array
        return ours

    def flatten(self) -> None:
        """Append a Flatten, unless the last value is a vector already."""
        if self.layout == "F":
            return
        ours = np.arange(math.prod(self.build.shape)).reshape(self.build.shape)
        if self.layout == "CHW":
            order = ours.transpose(AXES["CHW"]).ravel()
            self.order = None if np.array_equal(order, ours.ravel()) else order
        self.build.add(Flatten)
        self.layout = "F"
