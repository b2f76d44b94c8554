"""Translate Keras's layers: each function appends what a layer's configuration describes.

An argument that matters and has an unsupported value is an error, never ignored.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...layers.activation import Flatten, ReLU, Softmax
from ...layers.batchnorm import BatchNorm
from ...layers.conv import Conv2D
from ...layers.dense import Dense
from ...layers.dropout import Dropout
from ...layers.pool import AvgPool2D, MaxPool2D
from ..builder import Builder

WITH_ARRAYS = {
    "Conv2D": "conv2d",
    "Dense": "dense",
    "BatchNormalization": "batch_normalization",
}
"""Classes of layers that have weights, and their folders' names in the archive of Keras 3."""

Arrays = Sequence[Any]
"""Arrays of a layer in Keras's order: each has a shape and is read by ``array[...]``."""

Config = dict[str, Any]
"""JSON object that describes a layer or a model."""


def absorb_zero_padding(kind: str, config: Config, zeros: tuple) -> Config:
    """Return the configuration of a layer that also does the padding of a ZeroPadding2D before it.

    ``zeros`` is ((top, bottom), (left, right)), in pixels.
    """
    _require(config, padding="valid")
    if kind not in ("Conv2D", "AveragePooling2D"):
        raise ValueError("a ZeroPadding2D before this layer is not supported")
    return {**config, "padding": zeros}


def _require(config: Config, **supported) -> None:
    """Raise ValueError unless each argument is missing or has the one supported value."""
    for name, value in supported.items():
        given = config.get(name, value)
        given = tuple(given) if isinstance(given, list) else given
        if given != value:
            raise ValueError(f"{name}={given!r} is not supported, only {value!r}")


def _by_name(names: tuple[str, ...], arrays: Arrays) -> dict[str, Any]:
    if len(arrays) != len(names):
        raise ValueError(f"it has {len(arrays)} arrays and needs {len(names)}: {', '.join(names)}")
    return dict(zip(names, arrays, strict=True))


def _add_activation(build: Builder, activation: Any) -> None:
    """Append the layer that ``activation=`` stands for."""
    if isinstance(activation, dict):  # a serialised layer or function
        config = activation.get("config")
        name = config if isinstance(config, str) else activation.get("class_name")
        if isinstance(config, dict) and name in ("ReLU", "Softmax"):
            return TRANSLATORS[name](build, config, [])
        activation = name
    if activation not in (None, "linear", "relu", "softmax"):
        raise ValueError(
            f"activation {activation!r} is not supported; supported are relu, softmax and linear"
        )
    if activation == "relu":
        build.add(ReLU)
    elif activation == "softmax":
        build.add(Softmax)
    return None


def _padding(config: Config) -> int | str | tuple:
    padding = config.get("padding", "valid")
    if isinstance(padding, tuple):  # from a ZeroPadding2D; JSON has lists only
        return padding
    if padding not in ("valid", "same"):
        raise ValueError(f"padding={padding!r} is not supported, only 'valid' and 'same'")
    return 0 if padding == "valid" else "same"


def _conv2d(build: Builder, config: Config, arrays: Arrays) -> None:
    _require(config, data_format="channels_last", dilation_rate=(1, 1), groups=1)
    bias = config.get("use_bias", True)
    build.add(
        Conv2D,
        _by_name(("w", "b") if bias else ("w",), arrays),
        in_channels=build.shape[-1],
        out_channels=config["filters"],
        kernel_size=config["kernel_size"],
        stride=config.get("strides", 1),
        pad=_padding(config),
        bias=bias,
    )
    _add_activation(build, config.get("activation"))


def _dense(build: Builder, config: Config, arrays: Arrays) -> None:
    bias = config.get("use_bias", True)
    if len(build.shape) != 1:
        raise ValueError(f"a dense layer on an input of shape {build.shape} is not supported")
    build.add(
        Dense,
        _by_name(("w", "b") if bias else ("w",), arrays),
        in_features=build.shape[0],
        out_features=config["units"],
        bias=bias,
    )
    _add_activation(build, config.get("activation"))


def _batchnorm(build: Builder, config: Config, arrays: Arrays) -> None:
    axis = config.get("axis", -1)
    axis = axis[0] if isinstance(axis, list) and len(axis) == 1 else axis
    if axis not in (-1, len(build.shape)):
        raise ValueError(f"axis={axis!r} is not supported, only the last")
    channels = build.shape[-1]
    defaults = {"gamma": np.ones(channels, np.float32), "beta": np.zeros(channels, np.float32)}
    names = ["gamma"] * config.get("scale", True) + ["beta"] * config.get("center", True)
    build.add(
        BatchNorm,
        defaults | _by_name((*names, "mean", "var"), arrays),
        channels=channels,
        momentum=config.get("momentum", 0.99),
        eps=config.get("epsilon", 1e-3),
    )


def _max_pool(build: Builder, config: Config, _arrays: Arrays) -> None:
    build.add(MaxPool2D, **_pooling(config))


def _avg_pool(build: Builder, config: Config, _arrays: Arrays) -> None:
    """Zeros of a ZeroPadding2D count in the mean; those of padding="same" do not."""
    arguments = _pooling(config)
    build.add(AvgPool2D, count_pad=isinstance(arguments["pad"], tuple), **arguments)


def _pooling(config: Config) -> dict[str, Any]:
    _require(config, data_format="channels_last")
    size, stride = config["pool_size"], config.get("strides")
    return {"size": size, "stride": stride, "pad": _padding(config)}


def _relu(build: Builder, config: Config, _arrays: Arrays) -> None:
    _require(config, max_value=None, negative_slope=0, threshold=0)
    build.add(ReLU)


def _softmax(build: Builder, config: Config, _arrays: Arrays) -> None:
    axis = config.get("axis", -1)
    if axis not in (-1, [-1], 1):
        raise ValueError(f"axis={axis!r} is not supported, only the last")
    build.add(Softmax)


def _flatten(build: Builder, config: Config, _arrays: Arrays) -> None:
    _require(config, data_format="channels_last")
    if len(build.shape) != 1:
        build.add(Flatten)


def _reshape(build: Builder, config: Config, _arrays: Arrays) -> None:
    """Support flattening, and adding a channel axis, which `Builder` has added already."""
    target = tuple(config["target_shape"])
    if target in ((-1,), (math.prod(build.shape),)):
        _flatten(build, {}, [])
    elif target != build.shape:
        raise ValueError(f"a reshape of {build.shape} to {target} is not supported")


def _rescaling(build: Builder, config: Config, _arrays: Arrays) -> None:
    scale, offset = (_single_number(config.get(name, 0)) for name in ("scale", "offset"))
    build.rescale(scale, offset)


def _single_number(value: Any) -> float:
    numbers = set(value) if isinstance(value, list) else {value}
    if len(numbers) != 1 or not isinstance(number := numbers.pop(), (int, float)):
        raise ValueError(f"{value!r} is not supported, only one number for all channels")
    return float(number)


TRANSLATORS: dict[str, Callable[[Builder, Config, Arrays], None]] = {
    "Conv2D": _conv2d,
    "MaxPooling2D": _max_pool,
    "AveragePooling2D": _avg_pool,
    "BatchNormalization": _batchnorm,
    "Dense": _dense,
    "Flatten": _flatten,
    "Reshape": _reshape,
    "Dropout": lambda build, config, _arrays: build.add(Dropout, rate=config["rate"]),
    "Activation": lambda build, config, _arrays: _add_activation(build, config["activation"]),
    "ReLU": _relu,
    "Softmax": _softmax,
    "Rescaling": _rescaling,
}
"""Each appends a layer to a network, given its configuration and arrays."""
