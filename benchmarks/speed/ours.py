"""This project as a system to measure."""

from functools import cached_property, partial

import numpy as np

from nn import Adam, fuse
from nn.schedule import constant
from nn.training.trainer import Trainer

from .system import LEARNING_RATE, Job, System


class Ours(System):
    """Fast layers, or plain ones if not ``fused``."""

    def __init__(self, job: Job, fused: bool = True):
        super().__init__(job)
        self.network = fuse(job.model) if fused else job.model
        self.engine = partial(fuse, input_gradient=False) if fused else lambda model: model

    @cached_property
    def trainer(self) -> Trainer:
        """The trainer, created at the first use."""
        return Trainer(
            self.job.model,
            Adam(LEARNING_RATE),
            constant(LEARNING_RATE),
            threads=self.job.threads,
            engine=self.engine,
        )

    def step(self, x: np.ndarray, labels: np.ndarray) -> float:
        """Take one step; see `System.step`."""
        return self.trainer.step(x, labels).loss

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return the probabilities; see `System.predict`."""
        return self.network.predict_proba(x)
