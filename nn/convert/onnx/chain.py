"""The layers read from an ONNX graph so far, and how ONNX's axes lie on ours.

``layout`` has an entry for each axis of ONNX's tensor, N left out: the axis of our array that it
is, or None for an axis of size 1 that ours lacks. Feature maps with channels first are (2, 0, 1),
with channels last (0, 1, 2), a vector is (0,). An axis of ours that is in no entry has the size 1.
So transposing, squeezing and unsqueezing move no numbers: they rewrite ``layout``. Only where a
layer needs our order do `arrange` and `restore` append layers that move them.

Flattening maps with channels first gives the features in another order than flattening ours.
``order`` is this permutation, and the weights of the next layer are permuted by it.
"""

import math
from collections.abc import Callable

import numpy as np

from guard.budget import charge

from ...layers.activation import Flatten
from ...layers.batchnorm import BatchNorm
from ...layers.more import Permute, Reshape
from ..builder import Builder

Layout = tuple[int | None, ...]

FIRST: Layout = (2, 0, 1)
"""Layout of feature maps with channels first."""

EPS = 1e-5


class Chain:
    """The layers read so far, and the value (in ONNX's sense) that the last one outputs.

    Parameters
    ----------
    value : str
        Name of the graph's input.
    layout : tuple
        Layout of the input.
    shape : tuple of int
        Shape of one input, without N, as `Builder` takes it.
    constant : callable
        Returns the array of a name that does not depend on the input.

    Attributes
    ----------
    build : Builder
        The layers so far.
    value : str
        Name of the last value.
    layout, input_layout : tuple
        Layout of the last value, and of the graph's input.
    order : ndarray or None
        Permutation of the features of a flattened value: feature j of ONNX is feature ``order[j]``
        here. None if the orders are the same.
    sizes : dict of str to tuple of int
        ONNX's shape of each value so far, without N.
    is_log : bool
        Whether the value is the logarithm of what our last layer outputs, a Softmax.
    """

    def __init__(
        self,
        value: str,
        layout: Layout,
        shape: tuple[int, ...],
        constant: Callable[[str], np.ndarray],
    ):
        self.value = value
        self.layout = self.input_layout = layout
        self.build = Builder(shape)
        self.order: np.ndarray | None = None
        self.is_log = False
        self._constant = constant
        self._flattened: tuple[tuple[int, ...], tuple[int, ...]] = (), ()
        self.sizes = {value: self.tensor_shape()}

    def advance(self, value: str) -> None:
        """Make ``value``, the output of the layer just added, the last value."""
        self.value = value
        self.sizes[value] = self.tensor_shape()

    def tensor_shape(self) -> tuple[int, ...]:
        """Return ONNX's shape of the last value, without N."""
        return tuple(1 if axis is None else self.build.shape[axis] for axis in self.layout)

    def constant(self, node, i: int) -> np.ndarray | None:
        """Return input ``i`` of a node, or None if it is left out."""
        name = node.input[i] if i < len(node.input) else ""
        return self._constant(name) if name else None

    def weights(self, node, i: int) -> np.ndarray:
        """Return input ``i`` of a node; raise ValueError if it is left out."""
        array = self.constant(node, i)
        if array is None:
            raise ValueError(f"its input {i} is missing")
        return array

    def maps(self) -> tuple[int, int]:
        """Bring feature maps with channels first into our order; return (H, W).

        One spatial axis becomes W, and H is 1; `as_before` takes it away again.
        """
        if len(self.layout) == 2:
            self.layout = self.layout[0], None, self.layout[1]
        if len(self.layout) != 3:
            raise ValueError(
                f"data of {len(self.layout) - 1} dimensions is not supported, only of one or two"
            )
        self.arrange((1, 2, 0))
        H, W, _ = self.build.shape
        return H, W

    def as_before(self, rank: int) -> None:
        """Give a value back its number of axes, which `maps` may have raised."""
        if rank == 2:
            self.layout = self.layout[0], self.layout[2]

    def arrange(self, wanted: tuple[int, ...]) -> None:
        """Bring our array into the order of ONNX's axes ``wanted``; no layer if it is already."""
        self.restore()
        sizes, shape = self.tensor_shape(), self.build.shape
        target = tuple(sizes[t] for t in wanted)
        order = [axis for t in wanted if (axis := self.layout[t]) is not None and shape[axis] > 1]
        if order != sorted(order):
            rest = [axis for axis in range(len(shape)) if axis not in order]
            self.build.add(Permute, axes=tuple(axis + 1 for axis in (*order, *rest)))
        self.build.reshape(target)
        self.layout = tuple(wanted.index(t) for t in range(len(sizes)))

    def restore(self) -> None:
        """Bring flattened features into ONNX's order, with layers."""
        if self.order is None:
            return
        shape, axes = self._flattened
        self.build.add(Reshape, shape=shape)
        self.build.add(Permute, axes=tuple(axis + 1 for axis in axes))
        self.build.add(Flatten)
        self.order = None

    def vector(self) -> None:
        """Make our array a vector; ONNX's tensor stays, and may have one axis beyond size 1."""
        if len(self.build.shape) == 1:
            return
        layout = self.layout
        sizes = self.tensor_shape()
        axis = max(range(len(sizes)), key=sizes.__getitem__, default=None)
        if axis is None or math.prod(sizes) != sizes[axis]:
            raise ValueError(f"it needs a vector, not a tensor of shape (N, {_text(sizes)})")
        self.flatten()
        self.layout = tuple(0 if t == axis else None for t in range(len(layout)))

    def flatten(self) -> None:
        """Make ONNX's tensor, and our array, a vector."""
        shape = self.build.shape
        if len(shape) > 1:
            axes = tuple(axis for axis in self.layout if axis is not None)
            axes += tuple(axis for axis in range(len(shape)) if axis not in axes)
            charge(bytes=3 * 8 * math.prod(shape))  # two orders, and their differences
            ours = np.arange(math.prod(shape)).reshape(shape)
            order = ours.transpose(axes).ravel()
            self.order = None if (np.diff(order) == 1).all() else order
            self._flattened = shape, axes
            self.build.reshape((math.prod(shape),))
        self.layout = (0,)

    def reshape(self, target: tuple[int, ...]) -> None:
        """Reshape ONNX's tensor, N left out; moving axes of size 1 needs no layer."""
        sizes = self.tensor_shape()
        if [n for n in sizes if n > 1] == [n for n in target if n > 1]:
            kept = iter([axis for axis, n in zip(self.layout, sizes, strict=True) if n > 1])
            self.layout = tuple(next(kept) if n > 1 else None for n in target)
            if len(target) == 1:
                self.flatten()
            return
        self.flatten()
        if len(target) == 1:
            return
        self.restore()
        big = tuple(n for n in target if n > 1)
        if len(big) > 3:
            raise ValueError(f"a reshape to (N, {_text(target)}) is not supported")
        shape = target if len(target) == 3 else (*big, *[1] * (3 - len(big)))
        self.build.reshape(shape)
        if len(target) == 3:
            self.layout = 0, 1, 2
        else:
            count = iter(range(3))
            self.layout = tuple(next(count) if n > 1 else None for n in target)

    def permute(self, array: np.ndarray) -> np.ndarray:
        """Return an array, which has a row for each feature, with its rows in our order."""
        if self.order is None:
            return array
        if len(array) != len(self.order):
            raise ValueError(f"its weights have {len(array)} rows for {len(self.order)} features")
        charge(bytes=array.nbytes)
        ours = np.empty_like(array)
        ours[self.order] = array
        return ours

    def channels(self, array: np.ndarray) -> np.ndarray | None:
        """Return an array that is broadcast along our last axis as (C,), None if it is another.

        ``array`` is aligned with ONNX's tensor, N included, at the last axis.
        """
        rank = 1 + len(self.layout)
        if array.ndim > rank:
            return None
        sizes = (1,) * (rank - array.ndim) + array.shape
        large = [t for t, n in enumerate(sizes) if n > 1]
        if len(large) != 1 or large[0] == 0:
            return None
        axis, C = self.layout[large[0] - 1], self.build.shape[-1]
        if axis != len(self.build.shape) - 1 or array.size != C:
            return None
        return self.permute(array.reshape(-1))

    def scale_channels(self, scale, offset) -> None:
        """Append ``scale * x + offset``, both of shape (C,), as a BatchNorm."""
        C = self.build.shape[-1]
        arrays = {
            "gamma": scale.astype(np.float64), "beta": offset.astype(np.float64),
            "mean": np.zeros(C), "var": np.full(C, 1 - EPS),
        }  # fmt: skip
        self.build.add(BatchNorm, arrays, channels=C, eps=EPS)


def _text(sizes):
    return ", ".join(map(str, sizes))
