"""A gradient measured without the chain rule: the number is nudged up and down.

The difference quotient is that of `nn.gradcheck`. Two things are added to it. Near a ReLU's kink or
between two equal values of a max-pool, shorter steps are tried. And the change of the loss is
computed from the changes of the logits, relative to the label's:

    change = log(sum of p * exp(moved - moved[label]))        p: probabilities before

The difference of two losses would lose its digits where the answer is certain.
"""

import numpy as np

from ...gradcheck import STEP, slope
from ...layers.activation import softmax
from .passes import BackwardPass

STEPS = STEP, STEP / 10, STEP / 100  # shorter ones leave too few digits


def measured_slope(
    passed: BackwardPass, layer: int, at: tuple[int, ...], name: str = ""
) -> float | None:
    """Return the measured derivative of the loss for one number.

    Parameters
    ----------
    passed : BackwardPass
        In float64. The caches of its layers are overwritten, and its values and parameters are
        changed and restored.
    layer : int
        Index of a layer: the number is in its output. -1: in the image.
    at : tuple of int
        Index into the output, or into the parameter.
    name : str
        Name of a parameter of the layer, to nudge that instead.

    Returns
    -------
    float or None
        None if the shortest step still changes the choice of a ReLU or a max-pool.
    """
    array = passed.layers[layer].params[name] if name else passed.values[layer + 1]
    if layer == len(passed.layers):
        return _slope_of_probability(array, at, passed.label)
    start = layer if name else layer + 1
    x, logits = passed.values[start], passed.values[-2].copy()
    p, label = softmax(logits[None])[0], passed.label

    def measure():
        out, choices = passed.forward_from(start, x)
        moved = out - logits
        moved -= moved[label]
        return float(np.log1p((p * np.expm1(moved)).sum())), choices

    _, choices = measure()
    for step in STEPS:
        found = slope(array, at, measure, choices, step)
        if not np.isnan(found):
            return float(found)
    return None


def _slope_of_probability(p, at, label):
    """Return the slope of -log(p[label]); the other probabilities are not in the loss."""
    before = float(p[label])
    if at[0] != label:
        return 0.0
    return float(slope(p, at, lambda: (-np.log(p[label] / before), []), [], STEP * before))
