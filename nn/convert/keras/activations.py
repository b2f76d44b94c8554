"""Keras's activations, as arguments (``activation="relu"``) and as layers."""

from typing import Any

from ...layers.activation import ReLU, Softmax
from ...layers.base import Layer
from ...layers.more import (
    ELU,
    GELU,
    SELU,
    Clip,
    HardSigmoid,
    HardSwish,
    LeakyReLU,
    Mish,
    Sigmoid,
    Softplus,
    Softsign,
    Swish,
    Tanh,
)

KERAS_3_LEAK = 0.2
"""Slope of the function ``leaky_relu``; the layer LeakyReLU has 0.3."""

ACTIVATIONS: dict[str, tuple[type[Layer], dict[str, Any]] | None] = {
    "linear": None,
    "relu": (ReLU, {}),
    "relu6": (Clip, {"low": 0, "high": 6}),
    "leaky_relu": (LeakyReLU, {"slope": KERAS_3_LEAK}),
    "elu": (ELU, {}),
    "selu": (SELU, {}),
    "gelu": (GELU, {}),
    "sigmoid": (Sigmoid, {}),
    "hard_sigmoid": (HardSigmoid, {"slope": 1 / 6}),
    "tanh": (Tanh, {}),
    "softplus": (Softplus, {}),
    "softsign": (Softsign, {}),
    "swish": (Swish, {}),
    "silu": (Swish, {}),
    "mish": (Mish, {}),
    "hard_swish": (HardSwish, {}),
    "hard_silu": (HardSwish, {}),
    "softmax": (Softmax, {}),
    "log_softmax": (Softmax, {}),
}
"""The layer that each name stands for, and its arguments; None for no layer."""


def activation(name: str, keras: int) -> tuple[type[Layer], dict[str, Any]] | None:
    """Return the layer of an activation and its arguments, None for no layer.

    Parameters
    ----------
    name : str
    keras : int
        The version of Keras that wrote the file, 2 or 3: the slope of ``hard_sigmoid`` differs.

    Raises
    ------
    ValueError
        If there is no layer for it.
    """
    if name not in ACTIVATIONS:
        raise ValueError(
            f"activation {name!r} is not supported; supported are {', '.join(ACTIVATIONS)}"
        )
    return (HardSigmoid, {}) if name == "hard_sigmoid" and keras < 3 else ACTIVATIONS[name]
