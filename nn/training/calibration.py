"""Confidence that means something: of all answers given with 90 %, nine in ten should be right.

Training asks for certainty, and regularisation for less of it; neither asks for honesty. One number
mends that: all logits are divided by a *temperature*, chosen so that examples the network was not
trained on get the highest likelihood. No answer changes, only how sure it is. Dividing the logits
is dividing the last dense layer's parameters, so a calibrated model is a model like any other.

References
----------
Guo et al., "On Calibration of Modern Neural Networks", 2017: section 4.2 (temperature scaling),
section 2 (expected calibration error).
"""

import math

import numpy as np

from ..layers.dense import Dense
from ..loss import SoftmaxCrossEntropy
from ..model import Sequential

RANGE = (0.2, 5.0)
"""The temperatures that are tried."""


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """Return the temperature at which the labels are likeliest.

    The loss has one minimum along the logarithm of the temperature; it is closed in on by golden
    sections.

    Parameters
    ----------
    logits : ndarray, shape (N, K)
    labels : ndarray of int, shape (N,)

    Returns
    -------
    float
        Within `RANGE`.
    """
    loss = SoftmaxCrossEntropy()
    ratio = (math.sqrt(5) - 1) / 2
    low, high = map(math.log, RANGE)
    while high - low > 1e-3:
        a, b = high - ratio * (high - low), low + ratio * (high - low)
        if loss.forward(logits / math.exp(a), labels) <= loss.forward(logits / math.exp(b), labels):
            high = b  # also where both are 0: all is right, and nothing speaks against certainty
        else:
            low = a
    return math.exp((low + high) / 2)


def calibrate(model: Sequential, proba: np.ndarray, labels: np.ndarray) -> float:
    """Divide a model's logits by the temperature that fits; return the temperature.

    Parameters
    ----------
    model : Sequential
        Its last layer is Dense. Changed in place.
    proba : ndarray, shape (N, K)
        What it gives for examples that it was not trained on.
    labels : ndarray of int, shape (N,)

    Raises
    ------
    ValueError
        If the last layer is another one.
    """
    last = model.layers[-1]
    if not isinstance(last, Dense):
        raise ValueError(f"to be calibrated a model must end with Dense, not {type(last).__name__}")
    # Logarithms of probabilities are logits, but for a constant in each row that softmax ignores.
    logits = np.log(np.maximum(proba, np.finfo(proba.dtype).tiny))
    temperature = fit_temperature(logits, labels)
    for array in last.params.values():
        array /= temperature
    return temperature


def calibration_error(proba: np.ndarray, labels: np.ndarray, bins: int = 15) -> float:
    """Return the expected calibration error: how far confidence is from accuracy, on average.

    The answers are sorted into equal bins of confidence; in each, mean confidence is compared with
    the share of right answers.

    Parameters
    ----------
    proba : ndarray, shape (N, K)
    labels : ndarray of int, shape (N,)
    bins : int

    Returns
    -------
    float
        In [0, 1].
    """
    confidence, right = proba.max(axis=1), proba.argmax(axis=1) == labels
    index = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = np.bincount(index, confidence, bins) - np.bincount(index, right, bins)
    return float(np.abs(gaps).sum() / len(labels))
