"""The loss: cross-entropy between the softmax of the logits and the labels.

Softmax and cross-entropy are computed together, which is simpler and more accurate:
``loss = logsumexp(logits) - logits[label]``, and its gradient is ``probabilities - target``.
"""

import numpy as np

from .layers.activation import softmax

NO_CLASS = -1  # label of an example of no class; its target is uniform


def targets(labels: np.ndarray, K: int) -> np.ndarray:
    """Return the target probabilities (N, K), float32, of labels that may be `NO_CLASS`."""
    rows = np.vstack([np.eye(K, dtype=np.float32), np.full((1, K), 1 / K, np.float32)])
    return rows[labels]  # NO_CLASS, -1, picks the last


class SoftmaxCrossEntropy:
    """The mean over a batch of -sum(target * log(softmax(logits))).

    Parameters
    ----------
    label_smoothing : float
        In [0, 1). Every class has the target label_smoothing / K; the right one also has
        1 - label_smoothing. A target of exactly 1 would make the weights grow without bound.

    References
    ----------
    Szegedy et al., "Rethinking the Inception Architecture", 2016, section 7 (label smoothing);
    Hendrycks, Mazeika and Dietterich, "Deep Anomaly Detection with Outlier Exposure", 2019,
    section 4.2 (the uniform target of examples of no class).
    """

    def __init__(self, label_smoothing: float = 0.0):
        if not 0 <= label_smoothing < 1:
            raise ValueError(f"label_smoothing must be in [0, 1), not {label_smoothing!r}")
        self.label_smoothing = float(label_smoothing)
        self._memory: tuple[np.ndarray, np.ndarray] | None = None

    def forward(self, logits: np.ndarray, labels: np.ndarray) -> float:
        """Return the mean loss of a batch.

        Parameters
        ----------
        logits : ndarray, shape (N, K)
        labels : ndarray
            Of int, shape (N,): the right classes. Or of float, shape (N, K): target probabilities
            (see `targets`), which are not checked.

        Raises
        ------
        ValueError
            If the shapes do not fit, the batch is empty, or a label is not in 0 ... K - 1.
        """
        labels = np.asarray(labels)
        N_K, given = logits.shape, labels.shape
        if len(N_K) != 2 or logits.size == 0 or given not in (N_K[:1], N_K):
            raise ValueError(
                "SoftmaxCrossEntropy: expected logits (N, K) and labels (N,) or (N, K) with N and "
                f"K at least 1, got {N_K} and {given}"
            )
        N, K = N_K
        if labels.ndim == 2:
            given_target = labels.astype(logits.dtype, copy=False)
            target = (1 - self.label_smoothing) * given_target + self.label_smoothing / K
        elif labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() >= K:
            raise ValueError(f"SoftmaxCrossEntropy: labels must be integers from 0 to {K - 1}")
        else:
            target = np.full((N, K), self.label_smoothing / K, logits.dtype)
            target[np.arange(N), labels] += 1 - self.label_smoothing
        self._memory = logits, target
        # log-sum-exp: with the row's maximum taken out first, exp cannot overflow.
        top = logits.max(axis=1, keepdims=True)
        log_sum = top + np.log(np.exp(logits - top).sum(axis=1, keepdims=True))
        return float((target * (log_sum - logits)).sum() / N)

    def backward(self) -> np.ndarray:
        """Return the gradient for the logits, shape (N, K).

        The log-sum-exp's derivative is the softmax, the linear term's is the target; the loss is a
        mean, so each row counts for 1 / N.
        """
        if self._memory is None:
            raise RuntimeError("SoftmaxCrossEntropy: backward without a forward")
        logits, target = self._memory
        return (softmax(logits) - target) / len(logits)
