"""What the arithmetic of all gradients shares.

A gradient is returned as a `nn.explain.breakdown.Breakdown`. Its ``kind`` is the layer's class and
the gradient's name, such as "Conv2D dw". Where it has a patch, that is of ``dout`` (with ``kernel``
the layer's weights, turned round) or of a max-pool's input (with the winner).
"""

import numpy as np

from ...layers.base import Layer
from ...layers.batchnorm import BatchNorm
from ..breakdown.result import Breakdown
from ..breakdown.sums import weighted_sum
from ..rounding import Sum, add_up, decimals_for, round_to
from .passes import run


def kind_of(layer: Layer, name: str) -> str:
    """Return a layer's class and the name of one of its gradients as text."""
    # At inference, the pass runs on FrozenBatchNorm; readers know it as BatchNorm.
    kind = "BatchNorm" if isinstance(layer, BatchNorm) else type(layer).__name__
    return f"{kind} {name}"


def summed(
    name: str, layer: Layer, at: tuple[int, ...], value: float, rule: str, total: Sum | None
) -> Breakdown:
    """Return the breakdown of a gradient that is a sum; 0 without a sum: nothing adds to it."""
    shown = round_to(value, decimals_for(value)) if total is None else total.shown
    return Breakdown(kind_of(layer, name), at, value, shown, rule, total)


def product(
    name: str, layer: Layer, at, value: float, rule: str, factors: dict[str, float], notes=()
) -> Breakdown:
    """Return the breakdown of a gradient that is a product of two named factors."""
    (first, a), (second, b) = factors.items()
    shown = round_to(value, decimals_for(value, a, b))
    total = add_up((f"{first} x {second}",), (a * b,), shown, factors=((a, b),))
    return Breakdown(kind_of(layer, name), at, value, shown, rule, total, tuple(notes))


def copied(name: str, layer: Layer, at, value: float, rule: str, notes=()) -> Breakdown:
    """Return the breakdown of a gradient that is another number, unchanged, or 0."""
    shown = round_to(value, decimals_for(value))
    return Breakdown(kind_of(layer, name), at, value, shown, rule, notes=tuple(notes))


def over_positions(
    name: str, layer: Layer, at, value: float, rule: str, seen: np.ndarray | None,
    dout: np.ndarray, kind: str = "position",
) -> Breakdown:  # fmt: skip
    """Return the breakdown of a sum of ``dout``, or of ``seen * dout``, over the positions.

    Parameters
    ----------
    seen : ndarray or None
        What each position multiplies its gradient with.
    dout : ndarray
        Gradient of each position, in the shape of ``seen``. Positions with 0 are only counted.
    kind : str
        What a position is called.
    """
    used = np.argwhere(dout)
    names = [" ".join([kind, ", ".join(map(str, place))]) for place in used.tolist()]
    values = dout[dout != 0].astype(np.float64)
    factors = None
    if seen is not None:
        factors = list(zip(seen[dout != 0].tolist(), values.tolist(), strict=True))
        values = seen[dout != 0] * values
    if len(used) < dout.size:
        rule += f" ({dout.size - len(used)} of {dout.size} had none)"
    total = None
    if names:
        total = weighted_sum(value, names, values, others=f"{{}} other {kind}s", factors=factors)
    return summed(name, layer, at, value, rule, total)


def local_slope(layer: Layer, x: np.ndarray, at: tuple[int, ...]) -> float:
    """Return d out[at] / d x[at] of an element-wise layer, from its own ``backward``."""
    twin = layer.replica()
    out = run(twin, x[None], None)
    dout = np.zeros_like(out)
    dout[0, *at] = 1
    return float(twin.backward(dout)[0, *at])
