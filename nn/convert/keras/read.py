"""Keras's own files as a network here: the description is translated layer by layer.

Both layouts describe the layers in JSON. The legacy one keeps the weights under the layers' names,
the newer one under their classes' names, counted: ``layers/conv2d_1/vars/0``. In both, the arrays
of a layer are told apart by their order alone. `nn.convert.keras` runs this file as a program.
"""

import io
import math
import os
import sys
import zipfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...layers.activation import Flatten, ReLU, Softmax
from ...layers.batchnorm import BatchNorm
from ...layers.conv import Conv2D
from ...layers.dense import Dense
from ...layers.dropout import Dropout
from ...layers.pool import AvgPool2D, MaxPool2D
from ...model import Sequential
from ...saving.npz import MAX_ARCHIVE_BYTES, METHODS
from ..builder import Builder
from ..errors import at, naming
from . import hdf5
from .isolated import answer

WITH_ARRAYS = {
    "Conv2D": "conv2d",
    "Dense": "dense",
    "BatchNormalization": "batch_normalization",
}
"""The layers that have weights, and how the newer layout writes their classes' names."""

MAX_CONFIG_BYTES = 16 << 20
Arrays = Sequence[Any]
Config = dict[str, Any]


def read(path: str | os.PathLike) -> Sequential:
    """Read a file of either layout, in this process; see `nn.convert.keras.load`."""
    with naming(path):
        return (archive if Path(path).suffix.lower() == ".keras" else legacy)(path)


def legacy(path: str | os.PathLike) -> Sequential:
    """Read the HDF5 file of Keras 2, which Keras 3 writes as well."""
    with hdf5.opened(path) as file:
        if "model_config" not in file.attrs:
            raise ValueError("it holds weights only; save the whole model with model.save")
        described = hdf5.decoded(hdf5.text(file.attrs["model_config"]))
        weights = hdf5.within(file, "model_weights")

        def arrays_of(config: Config, _class_name: str) -> Arrays:
            group = hdf5.within(weights, config["name"])
            return [hdf5.array(group, name) for name in hdf5.texts(group, "weight_names")]

        return _network(described, arrays_of)


def archive(path: str | os.PathLike) -> Sequential:
    """Read the zip archive of Keras 3: ``config.json`` and ``model.weights.h5``."""
    with zipfile.ZipFile(path) as members:
        described = hdf5.decoded(_member(members, "config.json", MAX_CONFIG_BYTES))
        weights = io.BytesIO(_member(members, "model.weights.h5", MAX_ARCHIVE_BYTES))
    with hdf5.opened(weights) as file:
        # Keras 2.12 to 2.15 called the folder otherwise.
        root = "layers" if "layers" in file else "_layer_checkpoint_dependencies"
        seen: Counter = Counter()

        def arrays_of(_config: Config, class_name: str) -> Arrays:
            name = WITH_ARRAYS[class_name]
            number = f"_{seen[name]}" if seen[name] else ""
            seen[name] += 1
            group = hdf5.within(file, f"{root}/{name}{number}/vars")
            return [hdf5.array(group, str(i)) for i in range(len(group))]

        return _network(described, arrays_of)


def _member(members: zipfile.ZipFile, name: str, most: int) -> bytes:
    """Read one member, of ``most`` bytes at most, whatever size the archive states."""
    member = members.getinfo(name)
    if member.compress_type not in METHODS:
        raise ValueError(f"its {name} is compressed in a way that Keras does not use")
    if member.file_size > most:
        raise ValueError(f"its {name} takes {member.file_size} bytes, more than {most}")
    with members.open(member) as stream:
        return stream.read(member.file_size)


def _network(described: Config, arrays_of: Callable[[Config, str], Arrays]) -> Sequential:
    """Translate all layers; ``arrays_of`` finds the weights of one that has some."""
    if described.get("class_name") != "Sequential":
        raise ValueError(f"it is a {described.get('class_name')} model; only Sequential is known")
    config = described["config"]
    layers = config["layers"] if isinstance(config, dict) else config  # a list in Keras 2.1
    build, zeros = Builder(_input_shape(described, layers)), None
    for i, layer in enumerate(layers):
        kind, config = layer["class_name"], layer["config"]
        with at(f"layer {i} ({kind} {config.get('name', '')!r})"):
            if zeros is not None:
                config, zeros = _behind_zeros(kind, config, zeros), None
            if kind == "InputLayer":
                continue
            if kind == "ZeroPadding2D":
                zeros = tuple(tuple(side) for side in config["padding"])
                continue
            if kind not in TRANSLATORS:
                raise ValueError(f"this layer is not known; known are {', '.join(TRANSLATORS)}")
            arrays = arrays_of(config, kind) if kind in WITH_ARRAYS else []
            TRANSLATORS[kind](build, config, arrays)
    if zeros is not None:
        raise ValueError("it ends with a ZeroPadding2D")
    return build.network()


def _behind_zeros(kind: str, config: Config, zeros: tuple) -> Config:
    """Return the arguments of a layer that does the padding of a ZeroPadding2D before it."""
    _demand(config, padding="valid")
    if kind not in ("Conv2D", "AveragePooling2D"):
        raise ValueError("a ZeroPadding2D before this layer is not understood")
    return {**config, "padding": zeros}


def _input_shape(described: Config, layers: list[Config]) -> tuple[int, ...]:
    """Return the shape of one input, wherever this version of Keras wrote it down."""
    first, whole = layers[0]["config"], described["config"]
    candidates = [first.get("batch_shape"), first.get("batch_input_shape")]
    if isinstance(whole, dict):
        candidates.append(whole.get("build_input_shape"))
    candidates.append((described.get("build_config") or {}).get("input_shape"))
    for shape in candidates:
        if shape:
            return tuple(shape[1:])
    raise ValueError("it does not say the shape of its input; build the model before you save it")


def _demand(config: Config, **wanted) -> None:
    """Raise ValueError unless the arguments that matter have the only values that we know."""
    for name, value in wanted.items():
        given = config.get(name, value)
        given = tuple(given) if isinstance(given, list) else given
        if given != value:
            raise ValueError(f"{name}={given!r} is not understood, only {value!r}")


def _named(names: tuple[str, ...], arrays: Arrays) -> dict[str, Any]:
    if len(arrays) != len(names):
        raise ValueError(f"it has {len(arrays)} arrays and needs {len(names)}: {', '.join(names)}")
    return dict(zip(names, arrays, strict=True))


def _activate(build: Builder, activation: Any) -> None:
    """Add the layer that ``activation=`` stands for."""
    if isinstance(activation, dict):  # a layer or function, written out
        config = activation.get("config")
        given = config if isinstance(config, str) else activation.get("class_name")
        if isinstance(config, dict) and given in ("ReLU", "Softmax"):
            return TRANSLATORS[given](build, config, [])
        activation = given
    if activation not in (None, "linear", "relu", "softmax"):
        raise ValueError(f"activation {activation!r} is not known: relu, softmax and linear are")
    if activation == "relu":
        build.add(ReLU)
    elif activation == "softmax":
        build.add(Softmax)
    return None


def _padding(config: Config) -> int | str | tuple:
    padding = config.get("padding", "valid")
    if isinstance(padding, tuple):  # of a ZeroPadding2D; JSON has lists
        return padding
    if padding not in ("valid", "same"):
        raise ValueError(f"padding={padding!r} is not understood, only 'valid' and 'same'")
    return 0 if padding == "valid" else "same"


def _conv2d(build: Builder, config: Config, arrays: Arrays) -> None:
    _demand(config, data_format="channels_last", dilation_rate=(1, 1), groups=1)
    bias = config.get("use_bias", True)
    build.add(
        Conv2D,
        _named(("w", "b") if bias else ("w",), arrays),
        in_channels=build.shape[-1],
        out_channels=config["filters"],
        kernel_size=config["kernel_size"],
        stride=config.get("strides", 1),
        pad=_padding(config),
        bias=bias,
    )
    _activate(build, config.get("activation"))


def _dense(build: Builder, config: Config, arrays: Arrays) -> None:
    bias = config.get("use_bias", True)
    if len(build.shape) != 1:
        raise ValueError(f"a dense layer over maps of {build.shape} is not understood")
    build.add(
        Dense,
        _named(("w", "b") if bias else ("w",), arrays),
        in_features=build.shape[0],
        out_features=config["units"],
        bias=bias,
    )
    _activate(build, config.get("activation"))


def _batchnorm(build: Builder, config: Config, arrays: Arrays) -> None:
    axis = config.get("axis", -1)
    axis = axis[0] if isinstance(axis, list) and len(axis) == 1 else axis
    if axis not in (-1, len(build.shape)):
        raise ValueError(f"axis={axis!r} is not understood, only the last")
    channels = build.shape[-1]
    left_out = {"gamma": np.ones(channels, np.float32), "beta": np.zeros(channels, np.float32)}
    names = ["gamma"] * config.get("scale", True) + ["beta"] * config.get("center", True)
    build.add(
        BatchNorm,
        left_out | _named((*names, "mean", "var"), arrays),
        channels=channels,
        momentum=config.get("momentum", 0.99),
        eps=config.get("epsilon", 1e-3),
    )


def _max_pool(build: Builder, config: Config, _arrays: Arrays) -> None:
    build.add(MaxPool2D, **_pooling(config))


def _avg_pool(build: Builder, config: Config, _arrays: Arrays) -> None:
    """Zeros that a layer put there count in a mean, those of padding="same" do not."""
    found = _pooling(config)
    build.add(AvgPool2D, count_pad=isinstance(found["pad"], tuple), **found)


def _pooling(config: Config) -> dict[str, Any]:
    _demand(config, data_format="channels_last")
    size, stride = config["pool_size"], config.get("strides")
    return {"size": size, "stride": stride, "pad": _padding(config)}


def _relu(build: Builder, config: Config, _arrays: Arrays) -> None:
    _demand(config, max_value=None, negative_slope=0, threshold=0)
    build.add(ReLU)


def _softmax(build: Builder, config: Config, _arrays: Arrays) -> None:
    axis = config.get("axis", -1)
    if axis not in (-1, [-1], 1):
        raise ValueError(f"axis={axis!r} is not understood, only the last")
    build.add(Softmax)


def _flatten(build: Builder, config: Config, _arrays: Arrays) -> None:
    _demand(config, data_format="channels_last")
    if len(build.shape) != 1:
        build.add(Flatten)


def _reshape(build: Builder, config: Config, _arrays: Arrays) -> None:
    """A Reshape that only adds the axis of one channel does nothing here: it is there already."""
    target = tuple(config["target_shape"])
    if target in ((-1,), (math.prod(build.shape),)):
        _flatten(build, {}, [])
    elif target != build.shape:
        raise ValueError(f"a reshape of {build.shape} to {target} is not understood")


def _rescaling(build: Builder, config: Config, _arrays: Arrays) -> None:
    scale, offset = (_one_number(config.get(name, 0)) for name in ("scale", "offset"))
    build.rescale(scale, offset)


def _one_number(value: Any) -> float:
    numbers = set(value) if isinstance(value, list) else {value}
    if len(numbers) != 1 or not isinstance(number := numbers.pop(), (int, float)):
        raise ValueError(f"{value!r} is not understood: one number for all channels is")
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
    "Activation": lambda build, config, _arrays: _activate(build, config["activation"]),
    "ReLU": _relu,
    "Softmax": _softmax,
    "Rescaling": _rescaling,
}


if __name__ == "__main__":
    sys.exit(answer(read, *sys.argv[1:]))
