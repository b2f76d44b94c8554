"""Translate ONNX's operators: each function appends the layer of a node to a chain.

An attribute that matters and has an unsupported value is an error, never ignored.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from guard.budget import charge

from ...layers.activation import Softmax
from ...layers.batchnorm import BatchNorm
from ...layers.conv import Conv2D
from ...layers.dense import Dense
from ...layers.dropout import Dropout
from ...layers.more import (
    DepthwiseConv2D,
    GlobalAvgPool2D,
    GlobalMaxPool2D,
    GroupedConv2D,
)
from ...layers.pool import AvgPool2D, MaxPool2D
from . import shapes
from .activations import ACTIVATIONS, FLOATS
from .chain import Chain
from .constants import axes_of
from .shapes import Attributes
from .window import in_two_dimensions, pool_window, window


def _conv(chain: Chain, node, attrs: Attributes) -> None:
    w, b = chain.weights(node, 1), chain.constant(node, 2)
    rank = len(chain.layout)
    if w.ndim != rank + 1:
        raise ValueError(f"weights of shape {w.shape} do not fit data of {rank - 1} dimensions")
    size = chain.maps()
    if w.ndim == 3:
        w, attrs = w[:, :, None], in_two_dimensions(attrs)
    OC, C, KH, KW = w.shape
    groups, dilation = attrs.get("group", 1), tuple(attrs.get("dilations", (1, 1)))
    arrays = {} if b is None else {"b": b}
    arguments: Attributes = {"kernel_size": (KH, KW), "bias": b is not None}
    arguments |= window(attrs, (KH, KW), size)
    if groups == 1 and dilation == (1, 1):
        arrays["w"] = w.transpose(2, 3, 1, 0)
        chain.build.add(Conv2D, arrays, in_channels=C, out_channels=OC, **arguments)
    elif C == 1 and groups > 0 and OC % groups == 0:
        arrays["w"] = w.transpose(2, 3, 0, 1).reshape(KH, KW, groups, OC // groups)
        chain.build.add(
            DepthwiseConv2D, arrays, channels=groups, multiplier=OC // groups, dilation=dilation,
            **arguments,
        )  # fmt: skip
    else:
        arrays["w"] = w.transpose(2, 3, 1, 0)
        chain.build.add(
            GroupedConv2D, arrays, in_channels=C * groups, out_channels=OC, groups=groups,
            dilation=dilation, **arguments,
        )  # fmt: skip
    chain.as_before(rank)


def _max_pool(chain: Chain, node, attrs: Attributes) -> None:
    _require_one_output(node)
    rank, size, attrs = _pooled_maps(chain, attrs)
    chain.build.add(MaxPool2D, **pool_window(attrs, size))
    chain.as_before(rank)


def _avg_pool(chain: Chain, _node, attrs: Attributes) -> None:
    rank, size, attrs = _pooled_maps(chain, attrs)
    counted = bool(attrs.get("count_include_pad", 0))
    window_arguments = pool_window(attrs, size, padding_counts=counted)
    chain.build.add(AvgPool2D, count_pad=counted, **window_arguments)
    chain.as_before(rank)


def _pooled_maps(chain, attrs):
    """Make maps of what is pooled; return its rank before, their size, and 2-D attributes."""
    rank, size = len(chain.layout), chain.maps()
    attrs = in_two_dimensions(attrs) if rank == 2 else attrs
    if any(step != 1 for step in attrs.get("dilations", ())):
        raise ValueError(f"dilations={attrs['dilations']} of a pooling is not supported, only 1")
    return rank, size, attrs


def _global_pool(kind) -> Callable[[Chain, Any, Attributes], None]:
    def add(chain, _node, _attrs):
        rank = len(chain.layout)
        chain.maps()
        chain.build.add(kind, keepdims=True)
        chain.as_before(rank)

    return add


def _reduce(kind) -> Callable[[Chain, Any, Attributes], None]:
    """Support the mean or maximum over rows and columns, which is global pooling."""

    def add(chain, node, attrs):
        rank, axes = len(chain.layout), axes_of(chain.constant(node, 1), attrs) or ()
        if chain.order is not None or sorted(axis % (rank + 1) for axis in axes) not in (
            [1, 2], [2, 3],
        ):  # fmt: skip
            raise ValueError(f"axes={axes} are not supported, only those of rows and columns")
        last = rank == 3 and {axis % (rank + 1) for axis in axes} == {1, 2}
        chain.arrange((0, 1, 2) if last else (1, 2, 0))
        chain.build.add(kind, keepdims=True)
        if not attrs.get("keepdims", 1):
            C = chain.build.shape[-1]
            chain.build.reshape((C,))
            chain.layout = (0,)

    return add


def _batchnorm(chain: Chain, node, attrs: Attributes) -> None:
    if attrs.get("training_mode"):
        raise ValueError("training_mode=1 is not supported")
    _require_one_output(node)
    rank = len(chain.layout)
    if len(chain.build.shape) > 1 or chain.layout[0] != 0:
        chain.maps()
    names = ("gamma", "beta", "mean", "var")
    arrays = {name: chain.permute(chain.weights(node, i)) for i, name in enumerate(names, 1)}
    chain.build.add(
        BatchNorm, arrays, channels=chain.build.shape[-1],
        momentum=min(attrs.get("momentum", 0.9), 0.999999), eps=attrs.get("epsilon", 1e-5),
    )  # fmt: skip
    if len(chain.layout) > rank:
        chain.as_before(rank)


def _require_one_output(node):
    if any(node.output[1:]):
        raise ValueError("only its first output is supported")


def _gemm(chain: Chain, node, attrs: Attributes) -> None:
    if attrs.get("transA"):
        raise ValueError("transA=1 is not supported")
    w, b = chain.weights(node, 1), chain.constant(node, 2)
    w = w.T if attrs.get("transB") else w
    alpha, beta = np.float32(attrs.get("alpha", 1)), np.float32(attrs.get("beta", 1))
    charge(bytes=8 * (w.size + (0 if b is None else b.size)))
    w = w if alpha == 1 else alpha * w
    _dense(chain, w, None if b is None else beta * b)


def _matmul(chain: Chain, node, _attrs: Attributes) -> None:
    if node.input[0] != chain.value:
        raise ValueError("weights on the left are not supported")
    _dense(chain, chain.weights(node, 1), None)


def _dense(chain, w, b):
    if w.ndim != 2 or not chain.layout:
        raise ValueError("only the product of a vector and a matrix is supported")
    if len(chain.build.shape) > 1 or chain.layout[-1] != 0:
        sizes = chain.tensor_shape()
        if math.prod(sizes) != sizes[-1]:
            raise ValueError("only the product of a vector and a matrix is supported")
        chain.vector()
    rank = len(chain.layout)
    arrays = {"w": chain.permute(w)}
    if b is not None:
        if b.size not in (1, w.shape[1]) or b.shape[:-1] not in ((), (1,)):
            raise ValueError(f"a bias of shape {b.shape} is not supported")
        arrays["b"] = np.broadcast_to(b.reshape(-1), w.shape[1])
    chain.order = None
    IN, OUT = w.shape
    chain.build.add(Dense, arrays, in_features=IN, out_features=OUT, bias=b is not None)
    chain.layout = (*[None] * (rank - 1), 0)


def _affine(chain: Chain, node, _attrs: Attributes) -> None:
    """Add, subtract, multiply or divide by a number, or by a number per channel."""
    (other,) = (i for i in (0, 1) if node.input[i] != chain.value)
    value, operator = chain.weights(node, other), node.op_type
    left = other == 0
    if left and operator == "Div":
        raise ValueError("a division by the value is not supported")
    charge(bytes=3 * 8 * value.size)
    number = np.asarray(value, np.float64)
    with np.errstate(divide="ignore"):
        factor = {"Mul": number, "Div": 1 / number}.get(operator, np.ones_like(number))
    term = {"Add": number, "Sub": number if left else -number}.get(operator, np.zeros_like(number))
    if left and operator == "Sub":
        factor = -factor
    if value.size == 1:
        chain.build.rescale(float(factor.reshape(())), float(term.reshape(())))
        return
    per_channel = chain.channels(value)
    if per_channel is None:
        raise ValueError(
            f"only one number or one per channel is supported, not an array of {value.shape}"
        )
    if operator == "Add" and chain.order is None and chain.build.add_bias(per_channel):
        return
    chain.scale_channels(chain.channels(factor), chain.channels(term))


def _softmax(chain: Chain, node, attrs: Attributes) -> None:
    axis = attrs.get("axis", -1)
    sizes = chain.tensor_shape()
    large = [t for t, n in enumerate(sizes) if n > 1]
    is_last = not sizes or axis % (len(sizes) + 1) - 1 == (large[0] if large else axis - 1)
    if len(large) > 1 or (not is_last and axis != 1):
        raise ValueError("a softmax is supported only over a vector")
    chain.vector()
    chain.restore()
    chain.build.add(Softmax)
    chain.is_log = node.op_type == "LogSoftmax"


def _exp(chain: Chain, _node, _attrs: Attributes) -> None:
    if not chain.is_log:
        raise ValueError("it is supported only after a LogSoftmax")
    chain.is_log = False


def _dropout(chain: Chain, node, attrs: Attributes) -> None:
    ratio, training = chain.constant(node, 1), chain.constant(node, 2)
    if training is not None and training.any():
        raise ValueError("training_mode is not supported")
    rate = attrs.get("ratio", 0.5) if ratio is None else float(ratio.reshape(()))
    chain.build.add(Dropout, rate=rate)


def _cast(_chain: Chain, _node, attrs: Attributes) -> None:
    if attrs.get("to") not in FLOATS:
        raise ValueError("a cast to integers is not supported")


OPERATORS: dict[str, Callable[[Chain, Any, Attributes], None]] = {
    "Conv": _conv,
    "MaxPool": _max_pool,
    "AveragePool": _avg_pool,
    "GlobalMaxPool": _global_pool(GlobalMaxPool2D),
    "GlobalAveragePool": _global_pool(GlobalAvgPool2D),
    "ReduceMax": _reduce(GlobalMaxPool2D),
    "ReduceMean": _reduce(GlobalAvgPool2D),
    "BatchNormalization": _batchnorm,
    "Gemm": _gemm,
    "MatMul": _matmul,
    "Add": _affine,
    "Sub": _affine,
    "Mul": _affine,
    "Div": _affine,
    "Neg": lambda chain, _node, _attrs: chain.build.rescale(-1, 0),
    **ACTIVATIONS,
    "Softmax": _softmax,
    "LogSoftmax": _softmax,
    "Exp": _exp,
    "Flatten": shapes.flatten,
    "Reshape": shapes.reshape,
    "Transpose": shapes.transpose,
    "Squeeze": shapes.squeeze,
    "Unsqueeze": shapes.unsqueeze,
    "Pad": shapes.pad,
    "Dropout": _dropout,
    "Cast": _cast,
    "Identity": lambda _chain, _node, _attrs: None,
}
"""Each appends a layer to a chain, given a node and its attributes."""

AFTER_LOG = ("Exp", "Identity", "Cast", "Squeeze", "Unsqueeze", "Reshape", "Flatten")
"""Operators that may follow a LogSoftmax."""
