"""Checks of untrusted files: sizes are compared before memory is allocated for them."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ..layers.base import Layer, Shape
from ..layers.init import PLACEHOLDERS
from ..layers.window import Window

NANOSECONDS = {"GELU": 160.0, "Mish": 24.0, "Softplus": 24.0, "Swish": 10.0}
"""Approximate time per number in these layers, in nanoseconds."""

OTHERS = 8.0
"""The same in all other layers."""

SLOW_PRODUCTS = {"DepthwiseConv2D": 4.0, "GroupedConv2D": 4.0}
"""Approximate time per multiply-add in these layers, in nanoseconds: they use `np.einsum`."""

PRODUCT = 0.25
"""The same in all other layers, which use matrix products."""


def build(kind: type[Layer], config: Mapping[str, Any], arrays: Mapping, prefix: str = "") -> Layer:
    """Return a layer of placeholders, after checking that ``arrays`` has all its arrays.

    Parameters
    ----------
    kind : type
        The layer's class.
    config : dict
        The constructor's arguments.
    arrays : dict
        Objects with a ``shape``, by name.
    prefix : str
        Prefix of this layer's names in ``arrays``.

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
    """Raise ValueError unless all are finite floats, and not negative if the name is ``var``."""
    if array.dtype.kind != "f":
        raise ValueError(f"array {name} holds {array.dtype}, not floats")
    if not np.isfinite(array).all():
        raise ValueError(f"array {name} holds NaN or infinity")
    if name.rpartition(".")[2] == "var" and (array < 0).any():
        raise ValueError(f"array {name} holds a negative variance")


def floats(layer: Layer, shape: Shape) -> int:
    """Return the size, in floats, of a layer's largest array for one input of ``shape``, without N.

    This is its output or, for a layer with a window, the padded maps or the rows of im2col.
    """
    most = math.prod(layer.output_shape(shape))
    window = getattr(layer, "window", None)
    if isinstance(window, Window):
        H, W, C = shape
        padded = math.prod(window.padded_size(H, W))
        rows = math.prod(window.output_size(H, W)) * math.prod(window.kernel)
        most = max(most, padded * C, rows * C)
    return most


def cost(layers: Iterable[Layer], shape: Shape) -> tuple[int, float]:
    """Return the memory and the work that one image needs; nothing is computed.

    Parameters
    ----------
    layers : iterable of Layer
    shape : tuple of int
        Shape of one image, without N.

    Returns
    -------
    floats : int
        Size of the largest array.
    work : float
        Estimated upper bound of the plain layers' time, in nanoseconds.

    Raises
    ------
    ValueError
        If a layer expects another shape.
    """
    most, work = 0, 0.0
    for layer in layers:
        kind, needed = type(layer).__name__, floats(layer, shape)
        work += NANOSECONDS.get(kind, OTHERS) * max(needed, math.prod(shape))
        work += SLOW_PRODUCTS.get(kind, PRODUCT) * layer.multiply_adds(shape)
        most, shape = max(most, needed), layer.output_shape(shape)
    return most, work
