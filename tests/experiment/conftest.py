"""A run whose notes can be read and drawn."""

import pytest

from experiment.recorder import Recorder
from tests.runs import EPOCHS, STEPS, Simulation, digits, epoch_batches


@pytest.fixture
def noted(tmp_path, monkeypatch):
    """The folder of a recorded run of two epochs; three digits are followed: each has charts."""
    monkeypatch.setattr("experiment.recorder.EVERY", 2)
    images, labels = digits(40)
    images, labels = images[labels < 3], labels[labels < 3]
    with (simulation := Simulation(tmp_path)).trainer:
        run = simulation.run
        recorder = Recorder(run, simulation.ema.model, images, labels, (STEPS,) * EPOCHS)
        for epoch in (1, 2):
            for _ in recorder.record(run.steps(epoch_batches(epoch))):
                pass
            run.end_epoch(val_loss=0.5, val_accuracy=0.75)
        recorder.record_filters()
    return tmp_path
