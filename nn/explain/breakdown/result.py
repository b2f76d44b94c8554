"""One number of a layer's output as plain data: the result of `nn.explain.breakdown.break_down`."""

from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np

from ..rounding import Sum, add_up, decimals_of, round_to


@dataclass(frozen=True)
class Breakdown:
    """One number of a layer's output, and how it was computed.

    Attributes
    ----------
    kind : str
        Class of the layer.
    at : tuple of int
        Index into the layer's output: (row, column, channel) or (feature,).
    value : float
        The number as the network computed it.
    shown : Decimal
        ``value``, rounded.
    rule : str
        Equation of the layer.
    total : Sum or None
        The sum that gives the number; for Softmax, the sum in the denominator. None if there is no
        sum.
    notes : tuple of (str, Decimal)
        Other numbers in the equation, by name.
    corner : tuple of int or None
        Row and column of the window's upper left corner in the input; negative in the padding.
    patch : ndarray or None, shape (KH, KW, C)
        The input inside the window; NaN in the padding of a max-pool.
    kernel : ndarray or None, shape (KH, KW, C)
        Weights of the patch.
    winner : tuple of int or None
        (row, column) of the maximum in the patch.
    first_channel : int
        Channel of the input that is the first of the patch.
    """

    kind: str
    at: tuple[int, ...]
    value: float
    shown: Decimal
    rule: str
    total: Sum | None = None
    notes: tuple[tuple[str, Decimal], ...] = ()
    corner: tuple[int, int] | None = None
    patch: np.ndarray | None = field(default=None, compare=False)
    kernel: np.ndarray | None = field(default=None, compare=False)
    winner: tuple[int, int] | None = None
    first_channel: int = 0

    def products(self, channel: int) -> Sum:
        """Return patch times kernel in one input channel, row by row, as a sum.

        The sum is shown as the channel's term of ``total``. Only for what has a kernel.
        """
        assert self.patch is not None
        assert self.kernel is not None
        assert self.total is not None
        seen, weights = (a[..., channel].astype(np.float64) for a in (self.patch, self.kernel))
        values = (seen * weights).ravel().tolist()
        target = next((t.shown for t in self.total.terms if t.index == channel), None)
        target = round_to(sum(values), self.decimals) if target is None else target
        names = [f"{i}, {j}" for i, j in np.ndindex(seen.shape)]
        factors = list(zip(seen.ravel().tolist(), weights.ravel().tolist(), strict=True))
        return add_up(names, values, target, factors=factors)

    @property
    def decimals(self) -> int:
        """Digits shown after the point."""
        return decimals_of(self.shown)
