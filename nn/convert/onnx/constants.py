"""Constants of an ONNX graph: stored arrays, and nodes that exporters compute from them."""

import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from guard.budget import charge
from guard.files import open_file

from ...saving.npz import MAX_MODEL_BYTES
from ..errors import import_optional

SMALL = 64
"""The most numbers that a node is computed from: enough for shapes, too few to use up memory."""


class Constants:
    """The arrays of a graph that do not depend on its input, read when they are asked for.

    Parameters
    ----------
    graph : onnx.GraphProto
    folder : path-like or None
        Folder of the model's file, in which its external data may be. None if there is none.
    """

    def __init__(self, graph, folder: str | os.PathLike | None):
        self._stored = {tensor.name: tensor for tensor in graph.initializer}
        self._folder = folder
        self._arrays: dict[str, np.ndarray] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._stored or name in self._arrays

    def __getitem__(self, name: str) -> np.ndarray:
        """Return an array; raise ValueError if it is unknown or cannot be read."""
        if name not in self._arrays:
            if name not in self._stored:
                raise ValueError(f"its input {name!r} is missing")
            self[name] = stored_array(self._stored[name], self._folder)
        return self._arrays[name]

    def __setitem__(self, name: str, array: np.ndarray) -> None:
        """Keep an array."""
        self._arrays[name] = array

    def fold(self, node, attrs: dict[str, Any]) -> None:
        """Compute a node whose inputs are all constants; raise ValueError if it is unknown."""
        if node.op_type == "Constant":
            self[node.output[0]] = _constant(attrs, self._folder)
            return
        if node.op_type not in FOLDED:
            raise ValueError(
                f"computing this from constants is not supported, only {', '.join(FOLDED)}"
            )
        inputs = [self[name] for name in node.input if name]
        # Before it is made: a copy of the inputs, as a Reshape makes of what was transposed.
        charge(bytes=sum(array.nbytes for array in inputs))
        self[node.output[0]] = np.asarray(FOLDED[node.op_type](inputs, attrs))


def stored_array(tensor, folder: str | os.PathLike | None) -> np.ndarray:
    """Return the array of an ``onnx.TensorProto``.

    Raises
    ------
    ValueError
        If it is damaged, or in another file that is not in ``folder`` or not of the right size.
    """
    onnx = import_optional("onnx")
    try:
        if tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.external_data:
            raw = _external(tensor, folder)
            charge(bytes=len(raw))
            tensor = onnx.TensorProto(
                dims=tensor.dims, data_type=tensor.data_type, name=tensor.name, raw_data=raw
            )
        charge(bytes=_size(tensor))
        return onnx.numpy_helper.to_array(tensor)
    except Exception as error:  # TypeError, ValueError and others if the size is wrong
        if isinstance(error, _OtherFileError):
            raise
        raise ValueError(f"array {tensor.name!r} is damaged: {error}") from error


class _OtherFileError(ValueError):
    """An array in another file, which cannot be used."""


def _external(tensor, folder) -> bytes:
    """Return the bytes of an array that is stored in another file, beside the model's."""
    where = {entry.key: entry.value for entry in tensor.external_data}
    location = where.get("location", "")
    begin = f"array {tensor.name!r} is stored in another file, {location!r}"
    advice = "save the model in one file (external_data=False)"
    if folder is None or Path(location).name != location or location in ("", ".", ".."):
        raise _OtherFileError(f"{begin}, which is not beside it and not read; {advice}")
    path = Path(folder, location)
    if path.is_symlink() or not path.is_file():
        raise _OtherFileError(f"{begin}, which is not there as an ordinary file; {advice}")
    size, offset = _size(tensor), int(where.get("offset", "0"))
    if not 0 <= size <= MAX_MODEL_BYTES or not 0 <= offset <= path.stat().st_size - size:
        raise _OtherFileError(f"{begin}, which does not hold its {size} bytes; copy it again")
    charge(bytes=size)
    with open_file(path) as file:
        file.seek(offset)
        return file.read(size)


def _size(tensor) -> int:
    """Return the bytes that a tensor claims to take as an array."""
    kind = import_optional("onnx").helper.tensor_dtype_to_np_dtype(tensor.data_type)
    return np.dtype(kind).itemsize * math.prod(int(n) for n in tensor.dims)


def shape_of_value(sizes: tuple[int, ...], attrs: dict[str, Any]) -> np.ndarray:
    """Return what a Shape node gives; the unknown N is 0, which Reshape takes as "copy"."""
    return np.array([0, *sizes])[attrs.get("start", 0) : attrs.get("end")]


def _constant(attrs, folder):
    if "value" in attrs:
        return stored_array(attrs["value"], folder)
    for name in ("value_int", "value_ints", "value_float", "value_floats"):
        if name in attrs:
            return np.array(attrs[name])
    raise ValueError("this kind of constant is not supported")


def small(inputs: list[np.ndarray]) -> list[np.ndarray]:
    """Return arrays; raise ValueError if they are too large to compute with."""
    if sum(array.size for array in inputs) > SMALL:
        raise ValueError("computing this from constants is supported for shapes only")
    return inputs


def axes_of(given: np.ndarray | None, attrs: dict[str, Any]) -> tuple[int, ...] | None:
    """Return the attribute ``axes`` or, since opset 13, the input ``given``; else None."""
    if "axes" in attrs:
        return tuple(attrs["axes"])
    return None if given is None else tuple(small([given])[0].tolist())


def _folded_axes(inputs, attrs):
    return axes_of(inputs[1] if len(inputs) > 1 else None, attrs)


def _gather(inputs, attrs):
    data, indices = small(inputs)
    return np.take(data, indices, axis=attrs.get("axis", 0))


def _slice(inputs, attrs):
    data, *given = small(inputs)
    if not given:
        given = [np.array(attrs[name]) for name in ("starts", "ends")]
        given += [np.array(attrs["axes"])] if "axes" in attrs else []
    starts, ends, *more = (np.ravel(part).tolist() for part in given)
    axes = more[0] if more else list(range(len(starts)))
    steps = more[1] if len(more) > 1 else [1] * len(starts)
    where = [slice(None)] * data.ndim
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        where[axis] = slice(start, end, step)
    return data[tuple(where)]


def _cast(inputs, attrs):
    kind = np.dtype(import_optional("onnx").helper.tensor_dtype_to_np_dtype(attrs["to"]))
    charge(bytes=inputs[0].size * kind.itemsize)
    return inputs[0].astype(kind, copy=False)


def _dequantize(inputs, attrs):
    x, scale, *zero = inputs
    charge(bytes=3 * 4 * x.size)
    axis = attrs.get("axis", 1)
    shape = [-1 if i == axis % max(x.ndim, 1) else 1 for i in range(x.ndim)]
    parts = [part.reshape(shape) if part.size > 1 else part for part in (scale, *zero)]
    return (x.astype(np.float32) - (parts[1].astype(np.float32) if zero else 0)) * parts[0]


def _filled(inputs, attrs):
    shape = small(inputs)[0].tolist()
    if not 0 <= math.prod(shape) <= SMALL:
        raise ValueError(f"a constant of shape {shape} is not supported")
    value = stored_array(attrs["value"], None) if "value" in attrs else np.zeros(1, np.float32)
    return np.full(shape, value.reshape(-1)[0], value.dtype)


def _number(function):
    return lambda inputs, _attrs: function(*small(inputs))


FOLDED: dict[str, Callable[[list[np.ndarray], dict[str, Any]], Any]] = {
    "Identity": lambda inputs, _attrs: inputs[0],
    "Cast": _cast,
    "Transpose": lambda inputs, attrs: inputs[0].transpose(attrs.get("perm")),
    "Reshape": lambda inputs, _attrs: inputs[0].reshape(small(inputs[1:])[0].tolist()),
    "Squeeze": lambda inputs, attrs: np.squeeze(inputs[0], _folded_axes(inputs, attrs)),
    "Unsqueeze": lambda inputs, attrs: np.expand_dims(inputs[0], _folded_axes(inputs, attrs) or 0),
    "Flatten": lambda inputs, attrs: inputs[0].reshape(inputs[0].shape[0], -1),
    "DequantizeLinear": _dequantize,
    "Concat": lambda inputs, attrs: np.concatenate(small(inputs), attrs["axis"]),
    "ConstantOfShape": _filled,
    "Gather": _gather,
    "Slice": _slice,
    "Add": _number(np.add),
    "Sub": _number(np.subtract),
    "Mul": _number(np.multiply),
    "Div": _number(lambda a, b: a // b if a.dtype.kind == "i" else a / b),
    "Sqrt": _number(np.sqrt),
    "Neg": _number(np.negative),
    "ReduceProd": lambda inputs, attrs: np.prod(
        small(inputs[:1])[0], keepdims=bool(attrs.get("keepdims", 1))
    ),
}
"""Operators that are computed if all their inputs are constants."""
