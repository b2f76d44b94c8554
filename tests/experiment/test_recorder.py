"""Recording a run: the notes are right, and those that still hold survive a stop."""

import numpy as np
import pytest

from experiment import notes
from experiment.recorder import Recorder
from tests.runs import EPOCHS, STEPS, Simulation, digits, epoch_batches


@pytest.fixture(autouse=True)
def every_second_step(monkeypatch):
    monkeypatch.setattr("experiment.recorder.EVERY", 2)


def recorder(simulation, steps=(STEPS,) * EPOCHS):
    """A recorder of a simulated run; it follows the first image of each label."""
    images, labels = digits(40)
    return Recorder(simulation.run, simulation.ema.model, images, labels, steps)


def test_ratio_is_norm_of_step_over_weights(tmp_path):
    simulation = Simulation(tmp_path)
    recording = recorder(simulation)
    weights = {name: w for name, w in simulation.model.named_params().items() if w.ndim > 1}
    expected, losses, before = [], [], {name: w.copy() for name, w in weights.items()}
    for step in recording.record(simulation.run.steps(epoch_batches(1))):
        losses.append(step.loss)
        moved = [((w - before[n]) ** 2).sum() / (before[n] ** 2).sum() for n, w in weights.items()]
        expected.append(np.sqrt(moved))
        before = {name: w.copy() for name, w in weights.items()}
    recording.save()
    noted = notes.read(tmp_path)
    np.testing.assert_array_equal(noted["step"], [2, 4])
    np.testing.assert_array_equal(noted["epoch"], [2 / STEPS, 4 / STEPS])
    np.testing.assert_allclose(noted["ratio"], expected[1::2], rtol=1e-5)
    np.testing.assert_allclose(noted["loss"], np.mean(np.reshape(losses, (-1, 2)), axis=1))
    read = simulation.ema.model.predict_proba(noted["digits"])
    np.testing.assert_array_equal(noted["proba"][-1], read)
    simulation.trainer.close()


def test_resuming_keeps_the_notes_that_hold(tmp_path):
    with (first := Simulation(tmp_path)).trainer:
        recording = recorder(first)
        for _ in recording.record(first.run.steps(epoch_batches(1))):
            pass
        first.run.end_epoch(val_loss=0.5, val_accuracy=0.75)
        for count, _ in enumerate(recording.record(first.run.steps(epoch_batches(2))), start=1):
            if count == 1:
                first.run.save()
        recording.save()  # it noted steps 6 and 8, and the checkpoint is of step 5
    with (second := Simulation(tmp_path)).trainer:
        recording = recorder(second, (STEPS, 2 * STEPS))  # so its second epoch is half done
        for _ in recording.record(second.run.steps(second.rest())):
            pass
        recording.save()
    noted = notes.read(tmp_path)
    np.testing.assert_array_equal(noted["epoch"], [0.5, 1.0, 1.25, 1.5])
    np.testing.assert_array_equal(noted["step"], [2, 4, 6, 8])
    np.testing.assert_array_equal(noted["moment"], [0, 1])
    unmeasured = np.isnan(noted["ratio"]).all(axis=1)
    np.testing.assert_array_equal(unmeasured, [False, False, True, False])  # no copy before it
    np.testing.assert_array_equal(noted["validation"], [[0.5, 0.75]])
