"""A chain of ONNX's nodes under construction."""

import numpy as np

from ..errors import import_optional

TO_FIRST, TO_LAST = (0, 3, 1, 2), (0, 2, 3, 1)


class GraphWriter:
    """A chain of nodes under construction.

    Attributes
    ----------
    nodes, arrays : list
        ``onnx.NodeProto`` and ``onnx.TensorProto``.
    value : str
        Name of the last node's output.
    channels_first : bool
        Whether the feature maps in ``value`` have their channels first.
    """

    def __init__(self):
        self.onnx = import_optional("onnx")
        self.nodes, self.arrays = [], []
        self.value, self.channels_first = "images", False

    def add(self, operator: str, arrays: tuple[np.ndarray, ...] = (), **attributes) -> None:
        """Append a node whose inputs are the last output and ``arrays``."""
        self.value = self.node(operator, self.value, *arrays, **attributes)

    def node(self, operator: str, *inputs, **attributes) -> str:
        """Append a node; return the name of its output.

        Each of ``inputs`` is the name of a value, or an array or number, which is stored: integers
        as int64, all others as float32.
        """
        number, names = len(self.nodes), []
        for i, given in enumerate(inputs):
            if isinstance(given, str):
                names.append(given)
                continue
            array = np.asarray(given)
            array = np.ascontiguousarray(array, np.int64 if array.dtype.kind == "i" else np.float32)
            array = array.reshape(np.shape(given))  # ascontiguousarray makes a number an array
            names.append(f"{operator.lower()}_{number}_{i}")
            self.arrays.append(self.onnx.numpy_helper.from_array(array, names[-1]))
        out = f"{operator.lower()}_{number}"
        make = self.onnx.helper.make_node
        self.nodes.append(make(operator, names, [out], name=out, **attributes))
        return out

    def put_channels(self, first: bool) -> None:
        """Transpose the feature maps, unless their channels are first or last as asked."""
        if self.channels_first != first:
            self.add("Transpose", perm=TO_FIRST if first else TO_LAST)
            self.channels_first = first
