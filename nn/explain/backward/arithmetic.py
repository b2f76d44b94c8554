"""Find the arithmetic of one gradient."""

from decimal import InvalidOperation

from ..breakdown.result import Breakdown
from .loss import for_logits, for_probabilities
from .more import GRADIENTS as MORE_GRADIENTS
from .passes import BackwardPass
from .student import GRADIENTS


def break_down_gradient(passed: BackwardPass, entry: int, at: tuple[int, ...]) -> Breakdown:
    """Return the arithmetic behind ``passed.gradients[entry][at]``.

    It is that of the layer that takes the entry as its input, or of the loss.

    Raises
    ------
    ValueError
        If ``at`` is not an index into the entry, the layer's class is unknown, or a number is
        infinite, NaN or too large to be written out.
    """
    at = _index(at, passed.gradients[entry])
    value = float(passed.gradients[entry][at])
    logits = len(passed.layers)
    if entry >= logits:
        function = for_logits if entry == logits else for_probabilities
        return _written(value, function, passed, at, value)
    layer, x, dout = passed.layers[entry], passed.values[entry], passed.arriving(entry)
    function, _ = _functions(layer)
    return _written(value, function, layer, x, dout, at, value, passed.train)


def break_down_parameter(
    passed: BackwardPass, layer: int, name: str, at: tuple[int, ...]
) -> Breakdown:
    """Return the arithmetic behind ``passed.layers[layer].grads[name][at]``; raise as above."""
    each = passed.layers[layer]
    at = _index(at, each.grads[name])
    value = float(each.grads[name][at])
    x, dout = passed.values[layer], passed.arriving(layer)
    _, function = _functions(each)
    return _written(value, function, each, name, x, dout, at, value, passed.train)


def _index(at, array):
    at = tuple(int(i) for i in at)
    if len(at) != array.ndim or not all(0 <= i < n for i, n in zip(at, array.shape, strict=True)):
        raise ValueError(f"{at} is not an index into a gradient of shape {array.shape}")
    return at


def _functions(layer):
    for kinds, *functions in (*GRADIENTS, *MORE_GRADIENTS):
        if isinstance(layer, kinds):
            return functions
    raise ValueError(f"the gradient of {type(layer).__name__} cannot be written out")


def _written(value, function, *arguments):
    try:
        return function(*arguments)
    except (InvalidOperation, OverflowError):
        raise ValueError(f"{value} is too large to be written out") from None
