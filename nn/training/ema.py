"""Averaged weights: the mean of where training has been, rather than where it is.

Steps on small batches never settle; they circle about the bottom of a valley. An exponential
moving average of the weights lies nearer to the bottom than the last of them, for two passes over
the parameters a step.
"""

from ..model import Sequential


class EMA:
    """The exponential moving average of a model's parameters and running statistics.

    Parameters
    ----------
    model : Sequential
        What is averaged.
    decay : float
        In [0, 1): how much of the average each update leaves in place. The first updates leave
        less, ``(1 + n) / (10 + n)`` after n of them, lest the untrained weights linger.

    Attributes
    ----------
    model : Sequential
        The average: a network of its own, ready to be used or saved.
    updates : int
        How many there have been.

    References
    ----------
    Polyak and Juditsky, "Acceleration of Stochastic Approximation by Averaging", 1992; the decay
    of the first updates is that of TensorFlow's ``ExponentialMovingAverage``.
    """

    def __init__(self, model: Sequential, decay: float):
        if not 0 <= decay < 1:
            raise ValueError(f"decay must be in [0, 1), not {decay!r}")
        self.decay = decay
        self.updates = 0
        self.model = model.copy()

    def update(self, model: Sequential) -> None:
        """Move the average towards the model as it is now."""
        keep = min(self.decay, (1 + self.updates) / (10 + self.updates))
        self.updates += 1
        mine = self.model.named_params() | self.model.named_state()
        for name, now in (model.named_params() | model.named_state()).items():
            mine[name] *= keep
            mine[name] += (1 - keep) * now
