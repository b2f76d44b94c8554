"""Constants of an ONNX graph: stored arrays, and nodes that exporters compute from them."""

from typing import Any

import numpy as np

from ..errors import import_optional

SMALL = 64
"""The most numbers that a node is computed from: enough for shapes, too few to use up memory."""


def stored_array(tensor) -> np.ndarray:
    """Return the array of an ``onnx.TensorProto``; raise ValueError if it is in another file."""
    onnx = import_optional("onnx")
    if tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.external_data:
        raise ValueError(f"array {tensor.name!r} is stored in another file, which is not read")
    try:
        return onnx.numpy_helper.to_array(tensor)
    except Exception as error:  # TypeError, ValueError and others if the size is wrong
        raise ValueError(f"array {tensor.name!r} is damaged: {error}") from error


def shape_of_value(sizes: tuple[int, ...], attrs: dict[str, Any]) -> np.ndarray:
    """Return what a Shape node gives; the unknown N is 0, which Reshape takes as "copy"."""
    return np.array([0, *sizes])[attrs.get("start", 0) : attrs.get("end")]


def _constant(_inputs, attrs):
    if "value" in attrs:
        return stored_array(attrs["value"])
    for name in ("value_int", "value_ints", "value_float", "value_floats"):
        if name in attrs:
            return np.array(attrs[name])
    raise ValueError("this kind of constant is not supported")


def _small(inputs):
    if sum(array.size for array in inputs) > SMALL:
        raise ValueError("computing this from constants is supported for shapes only")
    return inputs


def _gather(inputs, attrs):
    data, indices = _small(inputs)
    return np.take(data, indices, axis=attrs.get("axis", 0))


def _axes(inputs, attrs):
    return tuple(attrs["axes"] if "axes" in attrs else inputs[1].tolist())


FOLDED = {
    "Constant": _constant,
    "Identity": lambda inputs, _attrs: inputs[0],
    "Transpose": lambda inputs, attrs: inputs[0].transpose(attrs.get("perm")),
    "Reshape": lambda inputs, _attrs: inputs[0].reshape(inputs[1].tolist()),
    "Concat": lambda inputs, attrs: np.concatenate(_small(inputs), attrs["axis"]),
    "Gather": _gather,
    "Unsqueeze": lambda inputs, attrs: np.expand_dims(_small(inputs)[0], _axes(inputs, attrs)),
}
"""Operators that are computed if all their inputs are constants."""
