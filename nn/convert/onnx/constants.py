"""The constants of an ONNX graph: stored, or computed from others as exporters like to do."""

from typing import Any

import numpy as np

from ..errors import library

SMALL = 64
"""More numbers than that are no shape, and are not put together."""


def numbers(tensor) -> np.ndarray:
    """Return a stored array; one that is kept in another file is refused."""
    onnx = library("onnx")
    if tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.external_data:
        raise ValueError(f"array {tensor.name!r} is kept in another file, which is not followed")
    try:
        return onnx.numpy_helper.to_array(tensor)
    except Exception as error:  # TypeError, ValueError and others: what does not fit its shape
        raise ValueError(f"array {tensor.name!r} is damaged: {error}") from error


def shape_of_value(sizes: tuple[int, ...], given: dict[str, Any]) -> np.ndarray:
    """Return a value's shape; N, which is not known, is the 0 that Reshape copies."""
    return np.array([0, *sizes])[given.get("start", 0) : given.get("end")]


def _constant(_inputs, given):
    if "value" in given:
        return numbers(given["value"])
    for name in ("value_int", "value_ints", "value_float", "value_floats"):
        if name in given:
            return np.array(given[name])
    raise ValueError("a constant of this kind is not understood")


def _small(inputs):
    if sum(array.size for array in inputs) > SMALL:
        raise ValueError("this is computed from constants for shapes only")
    return inputs


def _gather(inputs, given):
    data, indices = _small(inputs)
    return np.take(data, indices, axis=given.get("axis", 0))


def _axes(inputs, given):
    return tuple(given["axes"] if "axes" in given else inputs[1].tolist())


FOLDED = {
    "Constant": _constant,
    "Identity": lambda inputs, _given: inputs[0],
    "Transpose": lambda inputs, given: inputs[0].transpose(given.get("perm")),
    "Reshape": lambda inputs, _given: inputs[0].reshape(inputs[1].tolist()),
    "Concat": lambda inputs, given: np.concatenate(_small(inputs), given["axis"]),
    "Gather": _gather,
    "Unsqueeze": lambda inputs, given: np.expand_dims(_small(inputs)[0], _axes(inputs, given)),
}
