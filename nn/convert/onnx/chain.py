"""The chain of layers that an ONNX graph becomes, and how ONNX lays out the value at its end.

ONNX's tensors are followed by the order of their axes: maps are ``CHW`` (channels first) or
``HWC``, a single map may lack its channel axis (``HW``), a row of numbers is ``F``. Where maps with
channels first were flattened, ``order`` gives the feature here of each of ONNX's features, and the
next layer's weights are put into the order used here.
"""

import math

import numpy as np

from ...layers.activation import Flatten
from ..builder import Builder

AXES = {"CHW": (2, 0, 1), "HWC": (0, 1, 2), "HW": (0, 1)}
"""Which of the axes here, (H, W, C), each axis of ONNX's tensor is."""


class Chain:
    """The layers translated so far, and the value that the last one gives.

    Parameters
    ----------
    value : str
        Name of the graph's input.
    output : str
        Name of the graph's output.
    layout : str
        Order of the input's axes: ``CHW``, ``HWC``, ``HW`` or ``F``.
    shape : tuple of int
        Of one input, without N, as `Builder` takes it.
    constants : dict of str to ndarray
        The arrays that are known without running the network.

    Attributes
    ----------
    build : Builder
        The layers so far.
    value, layout : str
        Of the last value.
    input_layout : str
        Of the graph's input.
    order : ndarray or None
        For ``F``: feature j of ONNX is feature ``order[j]`` here; None if they are the same.
    sizes : dict of str to tuple of int
        Shapes of the values so far, as ONNX has them, without N.
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
        """Go on to the value that the layer just added gives."""
        self.value = value
        self.sizes[value] = self.tensor_shape()

    def tensor_shape(self):
        """Return the shape of ONNX's tensor, without N."""
        if self.layout == "F":
            return (math.prod(self.build.shape),)
        return tuple(self.build.shape[axis] for axis in AXES[self.layout])

    def constant(self, node, i: int) -> np.ndarray | None:
        """Return the i-th input, or None if it is left out."""
        name = node.input[i] if i < len(node.input) else ""
        return self.constants[name] if name else None

    def weights(self, node, i: int) -> np.ndarray:
        """Return the i-th input; ValueError if it is left out."""
        array = self.constant(node, i)
        if array is None:
            raise ValueError(f"its input {i} is missing")
        return array

    def maps(self) -> tuple[int, int]:
        """Return (H, W); ValueError unless the value is maps with their channels first."""
        if self.layout != "CHW":
            raise ValueError(f"it takes maps with channels first, and is given {self.layout}")
        H, W, _ = self.build.shape
        return H, W

    def in_order(self, array: np.ndarray) -> np.ndarray:
        """Return an array with a row for each feature in our order."""
        if self.order is None:
            return array
        ours = np.empty_like(array)
        ours[self.order] = array
        return ours

    def lay_out(self) -> None:
        """Make a row of what there is."""
        if self.layout == "F":
            return
        ours = np.arange(math.prod(self.build.shape)).reshape(self.build.shape)
        if self.layout == "CHW":
            order = ours.transpose(AXES["CHW"]).ravel()
            self.order = None if np.array_equal(order, ours.ravel()) else order
        self.build.add(Flatten)
        self.layout = "F"
