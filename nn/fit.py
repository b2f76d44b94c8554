"""The training loop: batch, forward, loss, backward, step.

`nn.training` has the same loop for long runs: on all cores, and with checkpoints.
"""

from collections.abc import Iterator

import numpy as np

from .loss import SoftmaxCrossEntropy
from .model import Sequential, as_input
from .optim import Optimizer


def fit(
    model: Sequential,
    images: np.ndarray,
    labels: np.ndarray,
    *,
    optimizer: Optimizer,
    epochs: int = 1,
    batch_size: int = 32,
    rng: np.random.Generator | None = None,
) -> Iterator[float]:
    """Train a classifier whose output is logits; yield the mean loss of each epoch after it.

    Parameters
    ----------
    model : Sequential, trained in place
    images : ndarray, shape (N, H, W) or (N, H, W, C)
        uint8, or float in [0, 1].
    labels : ndarray of int, shape (N,)
    rng : numpy.random.Generator, optional
        Shuffles the images before each epoch.
    """
    rng = np.random.default_rng() if rng is None else rng
    loss = SoftmaxCrossEntropy()
    for _ in range(epochs):
        total = 0.0
        order = rng.permutation(len(labels))
        for start in range(0, len(labels), batch_size):
            batch = order[start : start + batch_size]
            logits = model.forward(as_input(images[batch]), train=True)
            total += loss.forward(logits, labels[batch]) * len(batch)
            model.backward(loss.backward())
            optimizer.step(model.named_params(), model.named_grads())
        yield total / len(labels)
