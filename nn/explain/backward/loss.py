"""The arithmetic of the loss, -log(probability of the label), and of its gradient."""

from decimal import InvalidOperation

import numpy as np

from ..breakdown.result import Breakdown
from ..rounding import add_up, decimals_for, round_to
from .passes import BackwardPass


def break_down_loss(passed: BackwardPass) -> Breakdown:
    """Return the arithmetic behind the loss: the logarithm of a sum, minus the label's logit.

    Raises
    ------
    ValueError
        If a number is infinite, NaN or too large to be written out.
    """
    logits, label = passed.values[-2], passed.label
    top = float(logits.max())
    log_sum = float(np.log(np.exp(logits - top).sum()))
    names = "log(sum of exp(x - max))", "max", f"-x[{label}]"
    values = log_sum, top, -float(logits[label])
    try:
        shown = round_to(passed.loss, decimals_for(passed.loss, *values))
        notes = ((f"p[{label}]", round_to(float(passed.values[-1][label]), 5)),)
        rule = f"loss = -log(p[{label}]) = log(sum of all exp(x)) - x[{label}]"
        total = add_up(names, values, shown)
    except (InvalidOperation, OverflowError):
        raise ValueError(f"{passed.loss} is too large to be written out") from None
    return Breakdown("loss", (), passed.loss, shown, rule, total, notes)


def for_logits(passed: BackwardPass, at: tuple[int, ...], value: float) -> Breakdown:
    """Break down the gradient of a logit: probability minus target."""
    (k,) = at
    p, target = float(passed.values[-1][k]), float(k == passed.label)
    shown = round_to(value, decimals_for(value, p, target))
    total = add_up((f"p[{k}]", f"-y[{k}]"), (p, -target), shown)
    is_label = "the label" if target else f"not the label, {passed.label}"
    rule = f"dx = p - y, where y is 1 for the label and 0 elsewhere; {k} is {is_label}"
    return Breakdown("loss dx", at, value, shown, rule, total)


def for_probabilities(passed: BackwardPass, at: tuple[int, ...], value: float) -> Breakdown:
    """Break down the gradient of a probability: the derivative of -log(p[label])."""
    (k,) = at
    p = float(passed.values[-1][k])
    shown = round_to(value, decimals_for(value, p))
    if k == passed.label:
        rule = f"dp = -1 / p[{k}]: the derivative of the loss, -log(p[{k}])"
    else:
        rule = f"dp = 0: only p[{passed.label}] is in the loss, -log(p[{passed.label}])"
    notes = ((f"p[{k}]", round_to(p, max(decimals_for(p), 5))),)
    return Breakdown("loss dp", at, value, shown, rule, notes=notes)
