"""A network as a list of operations, which one compiled call carries out.

Reading one image layer by layer takes longer in Python than in the kernels. A `Program` is made
once for a network and a size of images: each operation is a row of numbers (`kernels.Operation`)
that says where in the working memory its input is, where its output goes, and where in memory its
parameters are. `kernels.run` reads the rows one after the other. Parameters are read where they
lie, so that a change in place is seen.
"""

from collections.abc import Sequence

import numpy as np

from ..layers.activation import Flatten, ReLU, Softmax
from ..layers.base import Layer
from ..layers.batchnorm import BatchNorm
from ..layers.conv import Conv2D
from ..layers.dense import Dense
from ..layers.dropout import Dropout
from ..layers.pool import AvgPool2D, MaxPool2D
from ..layers.rescaling import Rescaling
from . import kernels
from .plan import (
    Parameter,
    aligned,
    are_current,
    convolution,
    is_tiling,
    kept_size,
    operation,
    round_up,
    scratch_size,
)

GROUP_FLOATS = 1 << 16
"""Floats of working memory for the images that go through the network side by side: 256 KiB, half
of a small second-level cache."""

MAX_GROUP = 32
"""Images that go through the network side by side, at most."""


class UnknownLayerError(Exception):
    """The network has something that `kernels.run` does not do; it must go layer by layer."""


class Program:
    """A network's operations for images of one size, with their working memory.

    Parameters
    ----------
    layers : sequence of Layer
        Of the plain network, float32.
    shape : tuple of int
        Of an image, (H, W, C).

    Raises
    ------
    UnknownLayerError
        If there is a layer or parameter that only the layers themselves can handle.
    ValueError
        If a layer does not take its input.
    """

    def __init__(self, layers: Sequence[Layer], shape: tuple[int, ...]):
        steps = _Steps(layers, shape)
        self.operations = steps.operations
        self._parameters = steps.parameters
        self._classes = int(self.operations[-1, kernels.F.C])
        self._group, self._memory = steps.allocate()

    def is_current(self) -> bool:
        """Return whether the layers still have the same arrays as parameters."""
        return are_current(self._parameters)

    def __call__(self, images: np.ndarray) -> np.ndarray | None:
        """Return the probabilities (N, classes) of N images, None if one is not finite.

        Parameters
        ----------
        images : ndarray
            uint8, or float32 in [0, 1]; N is at least 1.
        """
        is_bytes = images.dtype == np.uint8
        self.operations[0, kernels.F.kind] = kernels.READ_BYTES if is_bytes else kernels.READ_FLOATS
        if not (images.flags.c_contiguous and images.flags.writeable):
            images = images.copy()  # of another kind, kernels would be compiled again
        out = np.empty((len(images), self._classes), np.float32)
        flat = images.reshape(-1) if is_bytes else images.reshape(-1).view(np.uint8)
        finite = _run(self.operations, flat, self._memory, self._group, out)
        return out if finite else None


_run = kernels.run if kernels.COMPILING else np.errstate(all="ignore")(kernels.run)
"""Compiled code never warns."""


class _Steps:
    """The operations while they are put together: first what to do, then where."""

    def __init__(self, layers: Sequence[Layer], shape: tuple[int, ...]):
        self.rows: list[np.ndarray] = []
        self.padding: list[tuple[int, int, int, int]] = []  # of each input: above, left, H, W
        self.parameters: list[Parameter] = []
        self.shape = tuple(shape)
        self._add(operation(factor=_bits(1.0), **self._same_size()))
        rest = list(layers)
        if not rest:
            raise UnknownLayerError
        while rest:
            del rest[: self._take(rest)]
        if len(self.shape) != 1:
            raise UnknownLayerError
        if not isinstance(layers[-1], Softmax):
            self._add(operation(kind=kernels.SOFTMAX, **self._same_size()))
        self.operations = np.array(self.rows)

    def _same_size(self) -> dict[str, int]:
        """Return the fields of an operation whose output is as large as its input."""
        H, W, C = self.shape if len(self.shape) == 3 else (1, 1, *self.shape)
        return {"H": H, "W": W, "C": C, "OH": H, "OW": W, "OC": C}

    def _add(self, row, padding=None) -> None:
        """Append an operation; ``padding`` is stored around its input."""
        F = kernels.F
        self.rows.append(row)
        H, W = int(row[F.H]), int(row[F.W])
        self.padding.append(padding or (0, 0, H, W))

    def _take(self, layers: list[Layer]) -> int:
        """Append the operation of the first layers; return how many it stands for."""
        first, taken = layers[0], 1
        shape = first.output_shape(self.shape)
        if type(first) in (Conv2D, Dense):
            taken, shape = self._weighted(layers, shape)
        elif type(first) in (Flatten, Dropout):
            pass
        elif type(first) in (MaxPool2D, AvgPool2D):
            self._pool(first)
        else:
            self._element_wise(first)
        self.shape = shape
        return taken

    def _weighted(self, layers, shape) -> tuple[int, tuple[int, ...]]:
        """Append a convolution or dense layer with what follows it; return how many, and a shape.

        ReLU and a max-pool commute, so that they may stand in any order.
        """
        relu, pool, norm, where, taken = False, None, None, kernels.NONE, 1
        for layer in layers[1:]:
            if type(layer) is ReLU and where != kernels.AFTER:
                relu = True
            elif type(layer) is BatchNorm and norm is None:
                norm = layer
                where = kernels.AFTER if relu or pool else kernels.BEFORE
            elif (
                type(layer) is MaxPool2D
                and isinstance(layers[0], Conv2D)
                and where != kernels.AFTER
                and pool is None
                and is_tiling(layer)
            ):
                pool = layer
            elif type(layer) is not Dropout:
                break
            shape = layer.output_shape(shape)
            taken += 1
        if isinstance(layers[0], Conv2D):
            self._convolution(layers[0], pool, relu)
        else:
            fields = {"OC": shape[-1], "KH": 1, "KW": 1, "relu": relu}
            self._add(operation(kind=kernels.DENSE, **self._same_size() | fields))
        self._weights(layers[0])
        if norm is not None:
            self._statistics(norm, where)
        return taken, shape

    def _convolution(self, conv, pool, relu):
        H, W, _ = self.shape
        (above, _), (left, _) = conv.window.padding(H, W)
        self._add(convolution(conv, pool, H, W, relu=relu), (above, left, H, W))

    def _pool(self, pool):
        H, W, C = self.shape
        (top, _), (left, _) = pool.window.padding(H, W)
        (KH, KW), (SH, SW) = pool.window.kernel, pool.window.stride
        OH, OW, _ = pool.output_shape(self.shape)
        kind = kernels.MAX_POOL if isinstance(pool, MaxPool2D) else kernels.AVG_POOL
        self._add(
            operation(
                kind=kind, H=H, W=W, C=C, OH=OH, OW=OW, OC=C, KH=KH, KW=KW, SH=SH, SW=SW,
                top=top, left=left, count_pad=pool.config.get("count_pad", False),
            )
        )  # fmt: skip

    def _element_wise(self, layer):
        size = self._same_size()
        if type(layer) is ReLU:
            self._add(operation(kind=kernels.RECTIFY, **size))
        elif type(layer) is Rescaling:
            factor, offset = _bits(layer.config["scale"]), _bits(layer.config["offset"])
            self._add(operation(kind=kernels.RESCALE, factor=factor, offset=offset, **size))
        elif type(layer) is BatchNorm:
            self._add(operation(kind=kernels.NORMALISE, **size))
            self._statistics(layer, kernels.AFTER)
        elif type(layer) is Softmax and len(self.shape) == 1:
            self._add(operation(kind=kernels.SOFTMAX, **size))
        else:
            raise UnknownLayerError

    def _weights(self, layer):
        """Note where the weights and the bias of the last operation are."""
        config = layer.config
        if isinstance(layer, Conv2D):
            shape = (*layer.window.kernel, config["in_channels"], config["out_channels"])
        else:
            shape = (config["in_features"], config["out_features"])
        self._parameter("w", layer.params, "w", shape)
        if "b" in layer.params:
            self._parameter("b", layer.params, "b", shape[-1:])

    def _statistics(self, norm, where):
        """Note what the last operation normalises by, before its ReLU or after it."""
        row, C = self.rows[-1], (norm.config["channels"],)
        row[kernels.F.norm], row[kernels.F.eps] = where, _bits(norm.config["eps"])
        for arrays, names in ((norm.params, ("gamma", "beta")), (norm.state, ("mean", "var"))):
            for name in names:
                self._parameter(name, arrays, name, C)

    def _parameter(self, field, arrays, name, shape):
        """Note the address of a parameter, and keep it alive."""
        array = arrays[name]
        usable = array.flags.c_contiguous and array.flags.aligned and array.dtype == np.float32
        if not usable or array.shape != shape:
            raise UnknownLayerError
        self.rows[-1][getattr(kernels.F, field)] = array.ctypes.data
        self.parameters.append((arrays, name, array))

    def allocate(self) -> tuple[int, np.ndarray]:
        """Place inputs, outputs and working space; return the group of images, and the memory.

        Each output is the next input, inside of its padding, which stays zero: no other operation
        writes there.
        """
        F, rows = kernels.F, self.operations
        inputs = [row[F.H] * row[F.W] * row[F.C] for row in rows]
        outputs = rows[-1, F.OH] * rows[-1, F.OW] * rows[-1, F.OC]
        floats = int(sum(inputs) + outputs)
        group = max(1, min(MAX_GROUP, GROUP_FLOATS // floats))
        end = 0

        def place(size) -> int:
            nonlocal end
            start, end = end, end + round_up(int(size), kernels.HEADER)
            return start

        for row, size in zip(rows, inputs, strict=True):
            row[F.at] = place(group * size)
            row[F.row_step] = row[F.W] * row[F.C]
            row[F.image_step] = size
        for i, row in enumerate(rows):
            row[F.out_row_step] = row[F.OW] * row[F.OC]
            row[F.out_image_step] = row[F.OH] * row[F.out_row_step]
            if i + 1 == len(rows):
                row[F.out_at] = place(group * outputs)
                continue
            to, (above, left, H, W) = rows[i + 1], self.padding[i + 1]
            row[F.out_at] = to[F.at] + above * to[F.row_step] + left * to[F.C]
            if (to[F.H], to[F.W]) != (H, W):
                row[F.out_row_step], row[F.out_image_step] = to[F.row_step], to[F.image_step]
        scratch = 0
        for row in rows:
            row[F.kept_size] = kept_size(row)
            row[F.kept] = place(row[F.kept_size])
            scratch = max(scratch, scratch_size(row))
        rows[:, F.scratch] = place(scratch)
        return group, aligned((end + kernels.BLOCK,), np.dtype(np.float32))


def _bits(number: float) -> int:
    """Return the bits of a float64 as an int."""
    return int(np.float64(number).view(np.int64))
