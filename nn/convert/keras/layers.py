"""Translate Keras's layers: each function appends what a layer's configuration describes.

An argument that matters and has an unsupported value is an error, never ignored.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ...layers.activation import Flatten, ReLU, Softmax
from ...layers.base import Layer
from ...layers.batchnorm import BatchNorm
from ...layers.conv import Conv2D
from ...layers.dense import Dense
from ...layers.dropout import Dropout
from ...layers.more import (
    ELU,
    Clip,
    Crop2D,
    DepthwiseConv2D,
    GaussianNoise,
    GlobalAvgPool2D,
    GlobalMaxPool2D,
    GroupedConv2D,
    LeakyReLU,
    Normalization,
    Permute,
    PReLU,
    SpatialDropout2D,
    ZeroPad2D,
)
from ...layers.pool import AvgPool2D, MaxPool2D
from .activations import activation
from .arguments import Arrays, KerasBuilder, by_name, number, padding_of, require, with_bias
from .structure import Config


def add_activation(build: KerasBuilder, given: Any) -> None:
    """Append the layer that ``activation=`` stands for: a name, or a serialised layer."""
    if isinstance(given, dict):
        config = given.get("config")
        name = config if isinstance(config, str) else given.get("class_name")
        if isinstance(config, dict) and name in TRANSLATORS:
            TRANSLATORS[name](build, config, [])
            return
        given = name
    found = None if given is None else activation(str(given), build.keras)
    if found is not None:
        kind, arguments = found
        build.add(kind, **arguments)


def _conv2d(build: KerasBuilder, config: Config, arrays: Arrays) -> None:
    require(config, data_format="channels_last")
    groups, dilation = config.get("groups", 1), config.get("dilation_rate", 1)
    more: dict[str, Any] = {}
    if groups != 1 or dilation not in (1, [1, 1]):
        more = {"groups": groups, "dilation": dilation}
    build.add(
        GroupedConv2D if more else Conv2D,
        with_bias(config, arrays, "w"),
        in_channels=build.shape[-1],
        out_channels=config["filters"],
        kernel_size=config["kernel_size"],
        stride=config.get("strides", 1),
        pad=padding_of(build, config),
        bias=config.get("use_bias", True),
        **more,
    )
    add_activation(build, config.get("activation"))


def _depthwise(build: KerasBuilder, config: Config, arrays: dict[str, Any]) -> None:
    require(config, data_format="channels_last")
    build.add(
        DepthwiseConv2D,
        arrays,
        channels=build.shape[-1],
        kernel_size=config["kernel_size"],
        multiplier=config.get("depth_multiplier", 1),
        dilation=config.get("dilation_rate", 1),
        stride=config.get("strides", 1),
        pad=padding_of(build, config),
        bias="b" in arrays,
    )


def _depthwise_conv2d(build: KerasBuilder, config: Config, arrays: Arrays) -> None:
    _depthwise(build, config, with_bias(config, arrays, "w"))
    add_activation(build, config.get("activation"))


def _separable_conv2d(build: KerasBuilder, config: Config, arrays: Arrays) -> None:
    """A depthwise convolution, then one of 1x1 that mixes the channels."""
    found = with_bias(config, arrays, "depth", "w")
    _depthwise(build, config, {"w": found.pop("depth")})
    build.add(
        Conv2D, found, in_channels=build.shape[-1], out_channels=config["filters"], kernel_size=1,
        bias="b" in found,
    )  # fmt: skip
    add_activation(build, config.get("activation"))


def _dense(build: KerasBuilder, config: Config, arrays: Arrays) -> None:
    """On maps, a dense layer is a convolution of 1x1."""
    found, units = with_bias(config, arrays, "w"), config["units"]
    if len(build.shape) == 3 and build.has_channels:
        kernel = found["w"]
        if len(kernel.shape) == 2 and kernel.shape[0] == build.shape[-1]:
            found["w"] = np.array(kernel[...])[None, None]
        build.add(
            Conv2D, found, in_channels=build.shape[-1], out_channels=units, kernel_size=1,
            bias="b" in found,
        )  # fmt: skip
    elif len(build.shape) == 1:
        build.add(Dense, found, in_features=build.shape[0], out_features=units, bias="b" in found)
    else:
        raise ValueError(f"a dense layer on an input of shape {build.shape} is not supported")
    add_activation(build, config.get("activation"))


def _batchnorm(build: KerasBuilder, config: Config, arrays: Arrays) -> None:
    axis = config.get("axis", -1)
    axis = axis[0] if isinstance(axis, list) and len(axis) == 1 else axis
    if axis not in (-1, len(build.shape)):
        raise ValueError(f"axis={axis!r} is not supported, only the last")
    channels = build.shape[-1]
    defaults = {"gamma": np.ones(channels, np.float32), "beta": np.zeros(channels, np.float32)}
    names = ["gamma"] * config.get("scale", True) + ["beta"] * config.get("center", True)
    build.add(
        BatchNorm,
        defaults | by_name((*names, "mean", "var"), arrays),
        channels=channels,
        momentum=config.get("momentum", 0.99),
        eps=config.get("epsilon", 1e-3),
    )


def _normalization(build: KerasBuilder, config: Config, arrays: Arrays) -> None:
    """Its mean and variance are arguments or, after ``adapt``, arrays; the count is not used."""
    require(config, invert=False)
    if not arrays:
        mean, var = (
            np.ravel(config.get(name) or ()).astype(float) for name in ("mean", "variance")
        )
    else:
        mean, var = (np.array(array[...]).ravel() for array in arrays[:2])
    if mean.size == var.size == 1:
        scale = 1 / max(math.sqrt(var[0]), 1e-7)
        build.rescale(scale, -float(mean[0]) * scale)
    else:
        build.add(Normalization, {"mean": mean, "var": var}, channels=build.shape[-1])


def _max_pool(build: KerasBuilder, config: Config, _arrays: Arrays) -> None:
    pad = "same" if config.get("padding") == "same" else 0
    build.add(MaxPool2D, **_pooling(config), pad=pad)


def _avg_pool(build: KerasBuilder, config: Config, _arrays: Arrays) -> None:
    """Zeros of a ZeroPadding2D count in the mean; those of padding="same" do not."""
    pad = padding_of(build, config)
    build.add(AvgPool2D, count_pad=isinstance(pad, tuple), **_pooling(config), pad=pad)


def _pooling(config: Config) -> dict[str, Any]:
    require(config, data_format="channels_last")
    if (padding := config.get("padding", "valid")) not in ("valid", "same"):
        raise ValueError(f"padding={padding!r} is not supported, only 'valid' and 'same'")
    return {"size": config["pool_size"], "stride": config.get("strides")}


def _global_pool(kind: type[Layer]) -> Callable[[KerasBuilder, Config, Arrays], None]:
    def add(build, config, _arrays):
        require(config, data_format="channels_last")
        build.add(kind, keepdims=config.get("keepdims") or False)

    return add


def _relu(build: KerasBuilder, config: Config, _arrays: Arrays) -> None:
    require(config, threshold=0)
    top, slope = config.get("max_value"), number(config.get("negative_slope") or 0)
    if top is None:
        build.add(LeakyReLU, slope=slope) if slope else build.add(ReLU)
    elif slope:
        raise ValueError("max_value with negative_slope is not supported")
    else:
        build.add(Clip, low=0, high=number(top))


def _leaky_relu(build: KerasBuilder, config: Config, _arrays: Arrays) -> None:
    build.add(LeakyReLU, slope=number(config.get("alpha", config.get("negative_slope", 0.3))))


def _prelu(build: KerasBuilder, _config: Config, arrays: Arrays) -> None:
    found = by_name(("alpha",), arrays)
    build.add(PReLU, found, shape=tuple(found["alpha"].shape))


def _softmax(build: KerasBuilder, config: Config, _arrays: Arrays) -> None:
    axis = config.get("axis", -1)
    if axis not in (-1, [-1], 1):
        raise ValueError(f"axis={axis!r} is not supported, only the last")
    build.add(Softmax)


def _flatten(build: KerasBuilder, config: Config, _arrays: Arrays) -> None:
    require(config, data_format="channels_last")
    if len(build.shape) != 1:
        build.add(Flatten)


def _reshape(build: KerasBuilder, config: Config, _arrays: Arrays) -> None:
    target, size = list(config["target_shape"]), math.prod(build.shape)
    if not 1 <= len(target) <= 3 or any(type(n) is not int for n in target):
        raise ValueError(f"target_shape={target!r} is not supported")
    if target.count(-1) == 1:
        target[target.index(-1)] = size // max(1, -math.prod(target))
    if min(target) < 1 or math.prod(target) != size:
        raise ValueError(f"a reshape of {build.shape} to {tuple(target)} is not possible")
    build.has_channels = len(target) != 2
    build.reshape((*target, 1) if len(target) == 2 else tuple(target))


def _permute(build: KerasBuilder, config: Config, _arrays: Arrays) -> None:
    axes = tuple(config["dims"])
    build.add(Permute, axes=axes if build.has_channels else (*axes, 3))


def _frame(config: Config, name: str) -> tuple:
    """Return the ((above, below), (left, right)) of a ZeroPadding2D or Cropping2D."""
    require(config, data_format="channels_last")
    frame = config[name]
    rows, columns = frame if isinstance(frame, list) else (frame, frame)
    return tuple(tuple(side) if isinstance(side, list) else side for side in (rows, columns))


def _rescaling(build: KerasBuilder, config: Config, _arrays: Arrays) -> None:
    scale, offset = (_single_number(config.get(name, 0)) for name in ("scale", "offset"))
    build.rescale(scale, offset)


def _single_number(value: Any) -> float:
    numbers = set(value) if isinstance(value, list) else {value}
    if len(numbers) != 1:
        raise ValueError(f"{value!r} is not supported, only one number for all channels")
    return number(numbers.pop())


def _nothing(_build: KerasBuilder, _config: Config, _arrays: Arrays) -> None:
    """Append nothing: the layer has an effect in training only."""


TRANSLATORS: dict[str, Callable[[KerasBuilder, Config, Arrays], None]] = {
    "Conv2D": _conv2d,
    "SeparableConv2D": _separable_conv2d,
    "DepthwiseConv2D": _depthwise_conv2d,
    "MaxPooling2D": _max_pool,
    "AveragePooling2D": _avg_pool,
    "GlobalMaxPooling2D": _global_pool(GlobalMaxPool2D),
    "GlobalAveragePooling2D": _global_pool(GlobalAvgPool2D),
    "BatchNormalization": _batchnorm,
    "Normalization": _normalization,
    "Dense": _dense,
    "Flatten": _flatten,
    "Reshape": _reshape,
    "Permute": _permute,
    "ZeroPadding2D": lambda build, config, _: build.add(ZeroPad2D, pad=_frame(config, "padding")),
    "Cropping2D": lambda build, config, _: build.add(Crop2D, crop=_frame(config, "cropping")),
    "Dropout": lambda build, config, _: build.add(Dropout, rate=config["rate"]),
    "SpatialDropout2D": lambda build, config, _: build.add(SpatialDropout2D, rate=config["rate"]),
    "GaussianNoise": lambda build, config, _: build.add(GaussianNoise, stddev=config["stddev"]),
    "Activation": lambda build, config, _: add_activation(build, config["activation"]),
    "ReLU": _relu,
    "LeakyReLU": _leaky_relu,
    "PReLU": _prelu,
    "ELU": lambda build, config, _: build.add(ELU, alpha=number(config.get("alpha", 1))),
    "Softmax": _softmax,
    "Rescaling": _rescaling,
    **dict.fromkeys(
        ("GaussianDropout", "AlphaDropout", "ActivityRegularization", "RandomRotation",
         "RandomZoom", "RandomTranslation", "RandomFlip", "RandomContrast", "RandomBrightness"),
        _nothing,
    ),
}  # fmt: skip
"""Each appends a layer to a network, given its configuration and arrays."""

WITH_ARRAYS = frozenset(
    {"Conv2D", "SeparableConv2D", "DepthwiseConv2D", "Dense", "BatchNormalization", "PReLU",
     "Normalization"}
)  # fmt: skip
"""Classes of layers that have weights."""
