"""The operators of ONNX that are known: each appends a layer here, or says why it cannot."""

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


def _conv(chain: Chain, node, given: dict[str, Any]) -> None:
    size = chain.maps()
    w, b = chain.weights(node, 1), chain.constant(node, 2)
    if w.ndim != 4:
        raise ValueError("only convolutions of two dimensions are understood")
    if given.get("group", 1) != 1:
        raise ValueError(f"group={given['group']} is not understood, only 1")
    OC, C, *kernel = w.shape
    arrays = {"w": w.transpose(2, 3, 1, 0)} | ({} if b is None else {"b": b})
    chain.build.add(
        Conv2D, arrays, in_channels=C, out_channels=OC, kernel_size=tuple(kernel),
        bias=b is not None, **window(given, kernel, size),
    )  # fmt: skip


def _max_pool(chain: Chain, node, given: dict[str, Any]) -> None:
    _no_more_outputs(node)
    chain.build.add(MaxPool2D, **pool_window(given, chain.maps()))


def _avg_pool(chain: Chain, _node, given: dict[str, Any]) -> None:
    counted = bool(given.get("count_include_pad", 0))
    chain.build.add(
        AvgPool2D, count_pad=counted, **pool_window(given, chain.maps(), padding_counts=counted)
    )


def _batchnorm(chain: Chain, node, given: dict[str, Any]) -> None:
    if given.get("training_mode"):
        raise ValueError("training_mode=1 is not understood")
    _no_more_outputs(node)
    if chain.layout != "F":
        chain.maps()
    names = ("gamma", "beta", "mean", "var")
    arrays = {name: chain.in_order(chain.weights(node, i)) for i, name in enumerate(names, 1)}
    chain.build.add(
        BatchNorm, arrays, channels=chain.build.shape[-1],
        momentum=given.get("momentum", 0.9), eps=given.get("epsilon", 1e-5),
    )  # fmt: skip


def _no_more_outputs(node):
    if any(node.output[1:]):
        raise ValueError("only its first output is understood")


def _gemm(chain: Chain, node, given: dict[str, Any]) -> None:
    if given.get("transA"):
        raise ValueError("transA=1 is not understood")
    w, b = chain.weights(node, 1), chain.constant(node, 2)
    w = given.get("alpha", 1.0) * (w.T if given.get("transB") else w)
    _dense(chain, w, None if b is None else given.get("beta", 1.0) * b)


def _matmul(chain: Chain, node, _given: dict[str, Any]) -> None:
    if node.input[0] != chain.value:
        raise ValueError("weights on the left are not understood")
    _dense(chain, chain.weights(node, 1), None)


def _dense(chain, w, b):
    if chain.layout != "F" or w.ndim != 2:
        raise ValueError("only the product of a row of numbers and a matrix is understood")
    arrays = {"w": chain.in_order(w)}
    if b is not None:
        if b.size not in (1, w.shape[1]) or b.shape[:-1] not in ((), (1,)):
            raise ValueError(f"a bias of shape {b.shape} is not understood")
        arrays["b"] = np.broadcast_to(b.reshape(-1), w.shape[1])
    chain.order = None
    IN, OUT = w.shape
    chain.build.add(Dense, arrays, in_features=IN, out_features=OUT, bias=b is not None)


def _affine(chain: Chain, node, _given: dict[str, Any]) -> None:
    """Add, Sub, Mul and Div of one number; an Add may also be the bias of the layer before."""
    (other,) = (i for i in (0, 1) if node.input[i] != chain.value)
    value, operator = chain.constants[node.input[other]], node.op_type
    if value.size != 1:
        channels = chain.build.shape[-1]
        trailing = 2 if chain.layout == "CHW" else 0  # axes of ONNX's tensor after the channel's
        is_bias = value.size == channels and value.shape[value.ndim - 1 - trailing :] == (
            channels, *[1] * trailing,
        )  # fmt: skip
        if operator != "Add" or not is_bias:
            raise ValueError(f"only one number, or a bias, is understood, not {value.shape}")
        chain.build.add_bias(value.reshape(-1))
        return
    if other == 0 and operator in ("Sub", "Div"):
        raise ValueError("a number on the left is not understood")
    number = float(value.reshape(()))
    chain.build.rescale(
        *{"Add": (1, number), "Sub": (1, -number), "Mul": (number, 0)}.get(operator)
        or (1 / number, 0)
    )


def _softmax(chain: Chain, node, given: dict[str, Any]) -> None:
    if chain.layout != "F" or given.get("axis", -1) not in (1, -1):
        raise ValueError("only a softmax over one row of numbers is understood")
    if node.op_type == "LogSoftmax" and node.output[0] != chain.output:
        raise ValueError("it is understood at the very end only")
    chain.build.add(Softmax)


def _flatten(chain: Chain, _node, given: dict[str, Any]) -> None:
    if given.get("axis", 1) not in (1, -len(chain.tensor_shape())):
        raise ValueError(f"axis={given['axis']} is not understood, only 1")
    chain.lay_out()


def _reshape(chain: Chain, node, given: dict[str, Any]) -> None:
    """Lay out as a row, or move the axis of a single channel: the numbers stay where they are."""
    target = given.get("shape") or chain.weights(node, 1).tolist()
    H, W, C = chain.build.shape if len(chain.build.shape) == 3 else (0, 0, 0)
    wanted, size = tuple(target[1:]), math.prod(chain.build.shape)
    if wanted in ((-1,), (size,)):
        chain.lay_out()
        return
    for layout, axes in AXES.items():
        sizes = tuple((H, W, C)[axis] for axis in axes)
        known = tuple(got if want == -1 else want for want, got in zip(wanted, sizes, strict=False))
        if C == 1 and len(wanted) == len(sizes) and known == sizes:
            chain.layout = layout
            return
    raise ValueError(f"a reshape of {chain.tensor_shape()} to {wanted} is not understood")


def _transpose(chain: Chain, _node, given: dict[str, Any]) -> None:
    turned = {("HWC", (0, 3, 1, 2)): "CHW", ("CHW", (0, 2, 3, 1)): "HWC"}
    perm = tuple(given.get("perm", ()))
    if (chain.layout, perm) not in turned:
        raise ValueError(f"perm={perm} of {chain.layout} is not understood")
    chain.layout = turned[chain.layout, perm]


def _dropout(chain: Chain, node, given: dict[str, Any]) -> None:
    ratio, training = chain.constant(node, 1), chain.constant(node, 2)
    if training is not None and training.any():
        raise ValueError("training_mode is not understood")
    rate = given.get("ratio", 0.5) if ratio is None else float(ratio)
    chain.build.add(Dropout, rate=rate)


def _global_average(chain: Chain, _node, _given: dict[str, Any]) -> None:
    chain.build.add(AvgPool2D, size=chain.maps())


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
    "Relu": lambda chain, _node, _given: chain.build.add(ReLU),
    "Softmax": _softmax,
    "LogSoftmax": _softmax,
    "Flatten": _flatten,
    "Reshape": _reshape,
    "Transpose": _transpose,
    "Dropout": _dropout,
    "Identity": lambda _chain, _node, _given: None,
}
