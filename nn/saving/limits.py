"""What a file may ask for: sizes are known and compared before any memory is taken for them."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ..layers.base import Layer, Shape
from ..layers.init import PLACEHOLDERS
from ..layers.window import Window


def build(kind: type[Layer], config: Mapping[str, Any], arrays: Mapping, prefix: str = "") -> Layer:
    """Return a layer without numbers, once ``arrays`` is seen to have all that it needs.

    Parameters
    ----------
    kind : type
        The layer's class.
    config : dict
        The constructor's arguments.
    arrays : dict
        Whatever has a ``shape``, under each name.
    prefix : str
        Of the names of this layer's arrays.

    Returns
    -------
    Layer
        Its ``params`` and ``state`` are placeholders of the right shape and dtype, to be replaced.

    Raises
    ------
    ValueError
        If an array is missing or has another shape, or the constructor refuses an argument.
    TypeError
        If the constructor does not know an argument.
    """
    token = PLACEHOLDERS.set(True)
    try:
        layer = kind(**config)
    finally:
        PLACEHOLDERS.reset(token)
    for name, like in (layer.params | layer.state).items():
        check_shape(prefix + name, arrays, like.shape)
    return layer


def check_shape(name: str, arrays: Mapping, shape: Shape) -> None:
    """Raise ValueError unless there is an array of this name and shape."""
    if name not in arrays:
        raise ValueError(f"array {name} is missing")
    if tuple(arrays[name].shape) != tuple(shape):
        raise ValueError(f"array {name} has shape {tuple(arrays[name].shape)}, not {tuple(shape)}")


def check_numbers(name: str, array: np.ndarray) -> None:
    """Raise ValueError unless all are finite floats, and a variance, ``var``, has none below 0."""
    if array.dtype.kind != "f":
        raise ValueError(f"array {name} holds {array.dtype}, not floats")
    if not np.isfinite(array).all():
        raise ValueError(f"array {name} holds NaN or infinity")
    if name.rpartition(".")[2] == "var" and (array < 0).any():
        raise ValueError(f"array {name} holds a negative variance")


def floats(layer: Layer, shape: Shape) -> int:
    """Return the most floats that a layer takes at a time for one input of ``shape``, without N.

    They are those of its output or, for a layer with a window, of the padded maps or the windows
    as rows, whichever are more.
    """
    most = math.prod(layer.output_shape(shape))
    window = getattr(layer, "window", None)
    if isinstance(window, Window):
        H, W, C = shape
        padded = math.prod(window.padded_size(H, W))
        rows = math.prod(window.output_size(H, W)) * math.prod(window.kernel)
        most = max(most, padded * C, rows * C)
    return most


def cost(layers: Iterable[Layer], shape: Shape) -> tuple[int, int]:
    """Return what one image takes on its way through the layers, before anything is computed.

    Parameters
    ----------
    layers : iterable of Layer
    shape : tuple of int
        Of one image, without N.

    Returns
    -------
    floats : int
        Of the layer that needs the most at a time.
    work : int
        The floats of all layers, and their multiply-adds.

    Raises
    ------
    ValueError
        If a layer expects another shape.
    """
    most, work = 0, 0
    for layer in layers:
        needed = floats(layer, shape)
        most, work = max(most, needed), work + needed + layer.multiply_adds(shape)
        shape = layer.output_shape(shape)
    return most, work
