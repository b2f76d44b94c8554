"""Calibration: of all answers given with 90 % confidence, nine in ten should be right.

Training pushes confidence up and regularisation pushes it down; neither makes it match the
accuracy. Temperature scaling does, with one number: all logits are divided by a *temperature* that
minimises the loss on held-out examples. The predicted class stays the same; only its probability
changes. Dividing the logits is the same as dividing the parameters of the last dense layer, so a
calibrated model needs no extra layer.

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
"""Smallest and largest temperature that is tried."""


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """Return the temperature that minimises the cross-entropy of the labels.

    The loss has a single minimum in the logarithm of the temperature; golden-section search finds
    it.

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
            high = b  # also if both are 0: every answer is right, so the lowest is best
        else:
            low = a
    return math.exp((low + high) / 2)


def calibrate(model: Sequential, proba: np.ndarray, labels: np.ndarray) -> float:
    """Fit a temperature, divide the model's logits by it, and return it.

    Parameters
    ----------
    model : Sequential
        Must end with Dense, whose parameters are changed in place.
    proba : ndarray, shape (N, K)
        The model's probabilities for examples that it was not trained on.
    labels : ndarray of int, shape (N,)

    Returns
    -------
    float
        The temperature.

    Raises
    ------
    ValueError
        If the last layer is not Dense.
    """
    last = model.layers[-1]
    if not isinstance(last, Dense):
        raise ValueError(f"to be calibrated a model must end with Dense, not {type(last).__name__}")
    # Log-probabilities are the logits minus a constant in each row, which softmax ignores.
    logits = np.log(np.maximum(proba, np.finfo(proba.dtype).tiny))
    temperature = fit_temperature(logits, labels)
    for array in last.params.values():
        array /= temperature
    return temperature


def calibration_error(proba: np.ndarray, labels: np.ndarray, bins: int = 15) -> float:
    """Return the expected calibration error (ECE).

    The answers are sorted by confidence into bins of equal width. The error is the mean over all
    answers of abs(mean confidence - accuracy) in their bin.

    Parameters
    ----------
    proba : ndarray, shape (N, K)
    labels : ndarray of int, shape (N,)
    bins : int
        Number of bins between 0 and 1.

    Returns
    -------
    float
        In [0, 1].
    """
    confidence, right = proba.max(axis=1), proba.argmax(axis=1) == labels
    index = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = np.bincount(index, confidence, bins) - np.bincount(index, right, bins)
    return float(np.abs(gaps).sum() / len(labels))
