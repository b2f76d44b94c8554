"""The arithmetic behind one number of a layer's output, down to single products.

`break_down` takes a layer, its input and output for one image, and an index into the output. It
returns the arithmetic as plain data, for a window to draw. The rounded numbers add up, to the last
digit shown (see `nn.explain.rounding`).

- `result`: the data;
- `student`, `more`: a function for each class of `nn.layers` and of `nn.layers.more`;
- `sums`: what these functions share.
"""

from decimal import InvalidOperation

import numpy as np

from ...layers.base import Layer
from .more import BREAKDOWNS as MORE_BREAKDOWNS
from .result import Breakdown
from .student import BREAKDOWNS

__all__ = ["Breakdown", "break_down"]


def break_down(layer: Layer, x: np.ndarray, out: np.ndarray, at: tuple[int, ...]) -> Breakdown:
    """Return the arithmetic behind ``out[at]``.

    Parameters
    ----------
    layer : Layer
        Of any class that `nn` exports.
    x, out : ndarray
        The layer's input and output for one image, without N.
    at : tuple of int
        Index into ``out``.

    Raises
    ------
    ValueError
        If ``at`` is not an index into ``out``, the layer's class is unknown, or a number is
        infinite, NaN or too large to be written out.
    """
    at = tuple(int(i) for i in at)
    if len(at) != out.ndim or not all(0 <= i < n for i, n in zip(at, out.shape, strict=True)):
        raise ValueError(f"{at} is not an index into an output of shape {out.shape}")
    for kinds, function in (*BREAKDOWNS, *MORE_BREAKDOWNS):
        if isinstance(layer, kinds):
            try:
                return function(layer, x, at, float(out[at]))
            except (InvalidOperation, OverflowError):
                raise ValueError(f"{out[at]} is too large to be written out") from None
    raise ValueError(f"the arithmetic of {type(layer).__name__} cannot be written out")
