"""Exponential moving average (EMA) of the weights.

Steps on small batches never settle: the weights keep moving around a minimum of the loss. Their
moving average is nearer to it than the last weights are. It costs two passes over the parameters
per step.
"""

from ..model import Sequential


class EMA:
    """Exponential moving average of a model's parameters and running statistics.

    ``ema = decay * ema + (1 - decay) * w``

    Parameters
    ----------
    model : Sequential
        The model to average; it is copied, not changed.
    decay : float
        In [0, 1). Update n (from 0) uses ``(1 + n) / (10 + n)`` if that is smaller, so that the
        untrained weights are soon forgotten.

    Attributes
    ----------
    model : Sequential
        The average, as a network of its own that can be used and saved.
    updates : int
        Number of updates so far.

    Raises
    ------
    ValueError
        If the decay is not in [0, 1).

    References
    ----------
    Polyak and Juditsky, "Acceleration of Stochastic Approximation by Averaging", 1992. The decay
    of the first updates is that of TensorFlow's ``ExponentialMovingAverage``.
    """

    def __init__(self, model: Sequential, decay: float):
        if not 0 <= decay < 1:
            raise ValueError(f"decay must be in [0, 1), not {decay!r}")
        self.decay = decay
        self.updates = 0
        self.model = model.copy()

    def update(self, model: Sequential) -> None:
        """Move the average towards the model's current weights."""
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        self.updates += 1
        ema = self.model.named_params() | self.model.named_state()
        for name, w in (model.named_params() | model.named_state()).items():
            ema[name] *= decay
            ema[name] += (1 - decay) * w
