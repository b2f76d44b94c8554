"""Translate ONNX's operators: each function appends the layer of a node to a chain.

An attribute that matters and has an unsupported value is an error, never ignored.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ...layers.activation import ReLU, Softmax
from ...layers.batchnorm import BatchNorm
from ...layers.conv import Conv2D
from ...layers.dense import Dense
from ...layers.dropout import Dropout
from ...layers.pool import AvgPool2D, MaxPool2D
from .chain import AXES, Chain
from .window import pool_window, window


def _conv(chain: Chain, node, attrs: dict[str, Any]) -> None:
    size = chain.map_size()
    w, b = chain.weights(node, 1), chain.constant(node, 2)
    if w.ndim != 4:
        raise ValueError("only convolution in two dimensions is supported")
    if attrs.get("group", 1) != 1:
        raise ValueError(f"group={attrs['group']} is not supported, only 1")
    OC, C, *kernel = w.shape
    arrays = {"w": w.transpose(2, 3, 1, 0)} | ({} if b is None else {"b": b})
    chain.build.add(
        Conv2D, arrays, in_channels=C, out_channels=OC, kernel_size=tuple(kernel),
        bias=b is not None, **window(attrs, kernel, size),
    )  # fmt: skip


def _max_pool(chain: Chain, node, attrs: dict[str, Any]) -> None:
    _require_one_output(node)
    chain.build.add(MaxPool2D, **pool_window(attrs, chain.map_size()))


def _avg_pool(chain: Chain, _node, attrs: dict[str, Any]) -> None:
    counted = bool(attrs.get("count_include_pad", 0))
    window_arguments = pool_window(attrs, chain.map_size(), padding_counts=counted)
    chain.build.add(AvgPool2D, count_pad=counted, **window_arguments)


def _batchnorm(chain: Chain, node, attrs: dict[str, Any]) -> None:
    if attrs.get("training_mode"):
        raise ValueError("training_mode=1 is not supported")
    _require_one_output(node)
    if chain.layout != "F":
        chain.map_size()
    names = ("gamma", "beta", "mean", "var")
    arrays = {name: chain.permute(chain.weights(node, i)) for i, name in enumerate(names, 1)}
    chain.build.add(
        BatchNorm, arrays, channels=chain.build.shape[-1],
        momentum=attrs.get("momentum", 0.9), eps=attrs.get("epsilon", 1e-5),
    )  # fmt: skip


def _require_one_output(node):
    if any(node.output[1:]):
        raise ValueError("only its first output is supported")


def _gemm(chain: Chain, node, attrs: dict[str, Any]) -> None:
    if attrs.get("transA"):
        raise ValueError("transA=1 is not supported")
    w, b = chain.weights(node, 1), chain.constant(node, 2)
    w = attrs.get("alpha", 1.0) * (w.T if attrs.get("transB") else w)
    _dense(chain, w, None if b is None else attrs.get("beta", 1.0) * b)


def _matmul(chain: Chain, node, _attrs: dict[str, Any]) -> None:
    if node.input[0] != chain.value:
        raise ValueError("weights on the left are not supported")
    _dense(chain, chain.weights(node, 1), None)


def _dense(chain, w, b):
    if chain.layout != "F" or w.ndim != 2:
        raise ValueError("only the product of a vector and a matrix is supported")
    arrays = {"w": chain.permute(w)}
    if b is not None:
        if b.size not in (1, w.shape[1]) or b.shape[:-1] not in ((), (1,)):
            raise ValueError(f"a bias of shape {b.shape} is not supported")
        arrays["b"] = np.broadcast_to(b.reshape(-1), w.shape[1])
    chain.order = None
    IN, OUT = w.shape
    chain.build.add(Dense, arrays, in_features=IN, out_features=OUT, bias=b is not None)


def _affine(chain: Chain, node, _attrs: dict[str, Any]) -> None:
    """Add, subtract, multiply or divide by one number; Add may also be a bias."""
    (other,) = (i for i in (0, 1) if node.input[i] != chain.value)
    value, operator = chain.constants[node.input[other]], node.op_type
    if value.size != 1:
        channels = chain.build.shape[-1]
        trailing = 2 if chain.layout == "CHW" else 0  # axes after the channels
        is_bias = value.size == channels and value.shape[value.ndim - 1 - trailing :] == (
            channels, *[1] * trailing,
        )  # fmt: skip
        if operator != "Add" or not is_bias:
            raise ValueError(f"only one number or a bias is supported, not shape {value.shape}")
        chain.build.add_bias(value.reshape(-1))
        return
    if other == 0 and operator in ("Sub", "Div"):
        raise ValueError("a number on the left is not supported")
    number = float(value.reshape(()))
    if operator in ("Add", "Sub"):
        chain.build.rescale(1, number if operator == "Add" else -number)
    else:
        chain.build.rescale(number if operator == "Mul" else 1 / number, 0)


def _softmax(chain: Chain, node, attrs: dict[str, Any]) -> None:
    if chain.layout != "F" or attrs.get("axis", -1) not in (1, -1):
        raise ValueError("a softmax is supported only over a vector")
    if node.op_type == "LogSoftmax" and node.output[0] != chain.output:
        raise ValueError("it is supported only as the last node")
    chain.build.add(Softmax)


def _flatten(chain: Chain, _node, attrs: dict[str, Any]) -> None:
    if attrs.get("axis", 1) not in (1, -len(chain.tensor_shape())):
        raise ValueError(f"axis={attrs['axis']} is not supported, only 1")
    chain.flatten()


def _reshape(chain: Chain, node, attrs: dict[str, Any]) -> None:
    """Support flattening, and moving the axis of a single channel: both keep the order."""
    target = attrs.get("shape") or chain.weights(node, 1).tolist()
    H, W, C = chain.build.shape if len(chain.build.shape) == 3 else (0, 0, 0)
    wanted, size = tuple(target[1:]), math.prod(chain.build.shape)
    if wanted in ((-1,), (size,)):
        chain.flatten()
        return
    for layout, axes in AXES.items():
        sizes = tuple((H, W, C)[axis] for axis in axes)
        known = tuple(got if want == -1 else want for want, got in zip(wanted, sizes, strict=False))
        if C == 1 and len(wanted) == len(sizes) and known == sizes:
            chain.layout = layout
            return
    raise ValueError(f"a reshape of {chain.tensor_shape()} to {wanted} is not supported")


def _transpose(chain: Chain, _node, attrs: dict[str, Any]) -> None:
    layouts = {("HWC", (0, 3, 1, 2)): "CHW", ("CHW", (0, 2, 3, 1)): "HWC"}
    perm = tuple(attrs.get("perm", ()))
    if (chain.layout, perm) not in layouts:
        raise ValueError(f"perm={perm} of {chain.layout} is not supported")
    chain.layout = layouts[chain.layout, perm]


def _dropout(chain: Chain, node, attrs: dict[str, Any]) -> None:
    ratio, training = chain.constant(node, 1), chain.constant(node, 2)
    if training is not None and training.any():
        raise ValueError("training_mode is not supported")
    rate = attrs.get("ratio", 0.5) if ratio is None else float(ratio)
    chain.build.add(Dropout, rate=rate)


def _global_average(chain: Chain, _node, _attrs: dict[str, Any]) -> None:
    chain.build.add(AvgPool2D, size=chain.map_size())


OPERATORS: dict[str, Callable[[Chain, Any, dict[str, Any]], None]] = {
    "Conv": _conv,
    "MaxPool": _max_pool,
    "AveragePool": _avg_pool,
    "GlobalAveragePool": _global_average,
    "BatchNormalization": _batchnorm,
    "Gemm": _gemm,
    "MatMul": _matmul,
    "Add": _affine,
    "Sub": _affine,
    "Mul": _affine,
    "Div": _affine,
    "Relu": lambda chain, _node, _attrs: chain.build.add(ReLU),
    "Softmax": _softmax,
    "LogSoftmax": _softmax,
    "Flatten": _flatten,
    "Reshape": _reshape,
    "Transpose": _transpose,
    "Dropout": _dropout,
    "Identity": lambda _chain, _node, _attrs: None,
}
"""Each appends a layer to a chain, given a node and its attributes."""
