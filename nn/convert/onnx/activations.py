"""ONNX's activations: operators of their own, and those that exporters spell out.

An exporter writes an activation that its opset lacks as several nodes: GELU as Div, Erf, Add, Mul,
Mul, Swish as Sigmoid and Mul. There are many spellings, so none is listed here. A group of
element-wise nodes is computed for numbers of `PROBES`, and compared with each layer of `SPELLED`.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ...layers.activation import ReLU
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
    PReLU,
    Sigmoid,
    Softplus,
    Softsign,
    Swish,
    Tanh,
)
from ...layers.more.gelu import erf
from .chain import Chain

PROBES = np.linspace(-9, 9, 181)
"""Numbers on which a spelled-out activation is compared."""

TOLERANCE = 1e-4
"""Largest difference; constants in files are float32, and some are rounded to five digits."""

FLOATS = (1, 10, 11, 16)
"""ONNX's numbers for float32, float16, float64 and bfloat16."""

MAX_NODES = 16
"""Nodes that one activation may be spelled out with."""

SPELLED: tuple[Layer, ...] = (
    Swish(), Mish(), GELU(), GELU(approximate=True), HardSwish(), Softsign(), Softplus(), Sigmoid(),
    Tanh(), ReLU(), SELU(), ELU(), HardSigmoid(1 / 6), HardSigmoid(), Clip(0, 6),
)  # fmt: skip
"""Activations that are recognised when they are spelled out, and any LeakyReLU."""


def _clip_function(x, low=-np.inf, high=np.inf, *, min=-np.inf, max=np.inf):
    return np.clip(x, np.maximum(low, min), np.minimum(high, max))


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "Add": np.add, "Sub": np.subtract, "Mul": np.multiply, "Div": np.divide, "Pow": np.power,
    "Max": np.maximum, "Min": np.minimum, "Neg": np.negative, "Abs": np.abs, "Exp": np.exp,
    "Log": np.log, "Sqrt": np.sqrt, "Erf": erf, "Tanh": np.tanh, "Reciprocal": np.reciprocal,
    "Sigmoid": lambda x: 1 / (1 + np.exp(-x)), "Relu": lambda x: np.maximum(x, 0),
    "Softplus": lambda x: np.logaddexp(0, x), "Clip": _clip_function, "Identity": lambda x: x,
    "HardSigmoid": lambda x, alpha=0.2, beta=0.5: np.clip(alpha * x + beta, 0, 1),
    "Cast": lambda x, to: x if to in FLOATS else np.trunc(x),
}  # fmt: skip
"""Element-wise operators of which a spelled-out activation may consist."""


def spelled_out(chain: Chain, nodes: list, attributes: Callable, constants) -> None:
    """Append the activation that a group of nodes computes from the last value.

    Parameters
    ----------
    chain : Chain
    nodes : list of onnx.NodeProto
        In order; the last gives the result.
    attributes : callable
        Returns a node's attributes.
    constants : Constants

    Raises
    ------
    ValueError
        If it is not a supported activation.
    """
    names = ", ".join(node.op_type for node in nodes[:MAX_NODES])
    result = _computed(chain.value, nodes, attributes, constants, names)
    slope = -float(np.interp(-1, PROBES, result))
    for layer in (*SPELLED, *([LeakyReLU(slope)] if math.isfinite(slope) else [])):
        out = layer.forward(PROBES)
        factor = float(result[-1] / out[-1])  # the last nodes may still have to halve it
        if 0 < factor < 100 and np.abs(factor * out - result).max() < TOLERANCE * factor:
            chain.build.add(type(layer), **layer.config)
            chain.build.rescale(round(factor, 4), 0)
            return
    raise ValueError(f"the nodes {names} compute no activation that is known here")


def _computed(value: str, nodes: list, attributes, constants, names: str) -> np.ndarray:
    """Return what a group of nodes makes of `PROBES`; raise ValueError as `spelled_out` does."""
    values = {value: PROBES}
    for node in nodes:
        if node.op_type not in FUNCTIONS or len(nodes) > MAX_NODES:
            raise ValueError(
                f"the nodes {names} branch; only a chain of layers is supported, or an activation "
                "spelled out"
            )
        constant = {name for name in node.input if name and name not in values}
        if any(constants[name].size != 1 for name in constant):
            raise ValueError(f"the nodes {names} are not an activation: a constant is an array")
        inputs = [
            constants[name].astype(float).reshape(()) if name in constant else values[name]
            for name in filter(None, node.input)
        ]
        with np.errstate(all="ignore"):
            values[node.output[0]] = FUNCTIONS[node.op_type](*inputs, **attributes(node))
    return np.broadcast_to(values[nodes[-1].output[0]], PROBES.shape)


def _clip(chain: Chain, node, attrs: dict[str, Any]) -> None:
    limits = []
    for i, name in ((1, "min"), (2, "max")):
        given = chain.constant(node, i)
        limit = attrs.get(name) if given is None else float(given.reshape(()))
        limits.append(None if limit is None or abs(limit) > 1e38 else limit)
    if limits == [0, None]:
        chain.build.add(ReLU)
    elif limits != [None, None]:
        chain.build.add(Clip, low=limits[0], high=limits[1])


def _prelu(chain: Chain, node, _attrs: dict[str, Any]) -> None:
    slope = chain.weights(node, 1)
    if slope.size == 1:
        chain.build.add(LeakyReLU, slope=float(slope.reshape(())))
        return
    if len(chain.layout) == 3 and slope.ndim <= 3:
        chain.maps()
        alpha = slope.reshape((1,) * (3 - slope.ndim) + slope.shape).transpose(1, 2, 0)
        alpha = alpha[0, 0] if alpha.shape[:2] == (1, 1) else alpha
    else:
        found = chain.channels(slope)
        if found is None:
            raise ValueError(f"a slope of shape {slope.shape} is not supported")
        alpha = found
    chain.build.add(PReLU, {"alpha": alpha}, shape=alpha.shape)


def _selu(chain: Chain, _node, attrs: dict[str, Any]) -> None:
    alpha, gamma = attrs.get("alpha", 1.6733), attrs.get("gamma", 1.0507)
    if abs(alpha - 1.6733) > 1e-3 or abs(gamma - 1.0507) > 1e-3:
        raise ValueError("other constants than those of the paper are not supported")
    chain.build.add(SELU)


def _simple(kind: type[Layer], **names: str) -> Callable[[Chain, Any, dict[str, Any]], None]:
    """Return the translator to a layer whose arguments are attributes, given their names."""

    def add(chain, _node, attrs):
        given = {ours: attrs[name] for ours, name in names.items() if name in attrs}
        chain.build.add(kind, **given)

    return add


ACTIVATIONS: dict[str, Callable[[Chain, Any, dict[str, Any]], None]] = {
    "Relu": _simple(ReLU),
    "Sigmoid": _simple(Sigmoid),
    "Tanh": _simple(Tanh),
    "LeakyRelu": _simple(LeakyReLU, slope="alpha"),
    "PRelu": _prelu,
    "Elu": _simple(ELU, alpha="alpha"),
    "Selu": _selu,
    "Gelu": lambda chain, _node, attrs: chain.build.add(
        GELU, approximate=attrs.get("approximate") == b"tanh"
    ),
    "Swish": _simple(Swish),
    "Mish": _simple(Mish),
    "Softplus": _simple(Softplus),
    "Softsign": _simple(Softsign),
    "HardSigmoid": _simple(HardSigmoid, slope="alpha", offset="beta"),
    "HardSwish": _simple(HardSwish),
    "Clip": _clip,
}
"""Each appends an activation to a chain, given a node and its attributes."""
