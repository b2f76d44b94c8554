"""Watching a training: what is noted is right, nothing of the training changes, pictures come."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import train
from experiment import recorder as recorder_module
from experiment import watch
from experiment.charts import Learning
from experiment.recorder import Recorder, read_notes
from nn import Sequential
from tests.nn.training.test_run import EPOCHS, STEPS, Simulation, epoch_batches
from tests.nn.training.test_trainer import digits
from tests.test_train import folder, run, small_network, stop_at  # noqa: F401  (two are fixtures)

ROOT = Path(__file__).parents[2]


POPEN = subprocess.Popen


class NoProcess:
    """In place of the process that draws: tests of what is noted need no picture."""

    def __init__(self, *arguments, **pipes):
        self.stdin = self

    def close(self):
        pass

    def wait(self, patience):
        pass


@pytest.fixture
def undrawn(monkeypatch):
    monkeypatch.setattr(watch, "no_display", lambda: "no display in this test")
    monkeypatch.setattr(watch.subprocess, "Popen", NoProcess)
    monkeypatch.setattr(recorder_module, "EVERY", 2)


def recorder(simulation, steps=(STEPS,) * EPOCHS):
    """A recorder of a simulated run that follows the digits 0 to 3."""
    images, labels = digits(40)
    return Recorder(simulation.run, simulation.ema.model, images, labels, steps)


def record_epoch(simulation, notes):
    for _ in notes.follow(simulation.run.steps(epoch_batches(simulation.run.progress.epoch))):
        pass
    simulation.run.end_epoch(val_loss=0.5, val_accuracy=0.75)


def test_ratio_is_the_length_of_the_step_over_that_of_the_weights(tmp_path, undrawn):
    simulation = Simulation(tmp_path)
    notes = recorder(simulation)
    weights = {name: w for name, w in simulation.model.named_params().items() if w.ndim > 1}
    expected, losses, before = [], [], {name: w.copy() for name, w in weights.items()}
    for step in notes.follow(simulation.run.steps(epoch_batches(1))):
        losses.append(step.loss)
        moved = [((w - before[n]) ** 2).sum() / (before[n] ** 2).sum() for n, w in weights.items()]
        expected.append(np.sqrt(moved))
        before = {name: w.copy() for name, w in weights.items()}
    notes.save()
    noted = read_notes(tmp_path)
    np.testing.assert_array_equal(noted["step"], [2, 4])
    np.testing.assert_array_equal(noted["epoch"], [2 / STEPS, 4 / STEPS])
    np.testing.assert_allclose(noted["ratio"], expected[1::2], rtol=1e-5)
    np.testing.assert_allclose(noted["loss"], np.mean(np.reshape(losses, (-1, 2)), axis=1))
    read = simulation.ema.model.predict_proba(noted["digits"])
    np.testing.assert_array_equal(noted["proba"][-1], read)
    simulation.trainer.close()


def test_after_a_stop_the_notes_that_hold_are_kept(tmp_path, undrawn):
    with (first := Simulation(tmp_path)).trainer:
        notes = recorder(first)
        record_epoch(first, notes)
        for count, _ in enumerate(notes.follow(first.run.steps(epoch_batches(2))), start=1):
            if count == 1:
                first.run.save()
        notes.save()  # it noted steps 6 and 8, and the checkpoint is of step 5
    with (second := Simulation(tmp_path)).trainer:
        notes = recorder(second, (STEPS, 2 * STEPS))  # its second epoch is but half of one
        for _ in notes.follow(second.run.steps(epoch_batches(2))):
            pass
        notes.save()
    noted = read_notes(tmp_path)
    np.testing.assert_array_equal(noted["epoch"], [0.5, 1.0, 1.25, 1.5])
    np.testing.assert_array_equal(noted["step"], [2, 4, 6, 8])
    np.testing.assert_array_equal(noted["moment"], [0, 1])
    unmeasured = np.isnan(noted["ratio"]).all(axis=1)
    np.testing.assert_array_equal(unmeasured, [False, False, True, False])  # no copy before it
    np.testing.assert_array_equal(noted["validation"], [[0.5, 0.75]])


def test_the_trained_bits_are_the_same_watched_stopped_and_gone_on_with(
    folder, tmp_path, monkeypatch, capsys, undrawn  # noqa: F811
):  # fmt: skip
    run(folder, tmp_path / "alone", "--batch-size", "64")
    with monkeypatch.context() as patch:
        stop_at(patch, 7)
        status = run(folder, tmp_path / "seen", "--batch-size", "64", "--watch")
        assert status == 128 + signal.SIGTERM
    assert " --watch" in capsys.readouterr().err, "the command to go on with keeps it"
    assert run(folder, tmp_path / "seen", "--batch-size", "64", "--watch", "--resume") == 0
    printed = capsys.readouterr().out
    assert f"no display in this test; a picture after each epoch goes to {tmp_path}" in printed
    assert "of its time for it" in printed
    alone, seen = (
        Sequential.load(tmp_path / name / "model.npz").named_params() for name in ("alone", "seen")
    )
    for name, w in alone.items():
        np.testing.assert_array_equal(seen[name], w)
    noted = read_notes(tmp_path / "seen")
    assert noted["step"].tolist() == list(range(2, noted["step"][-1] + 1, 2))
    assert noted["moment"].tolist() == [0, 1, 2]
    assert noted["validation"].shape == (2, 2)
    assert noted["labels"].tolist() == list(range(10))


@pytest.fixture
def noted(tmp_path, undrawn):
    """The folder of a run of two epochs."""
    with (simulation := Simulation(tmp_path)).trainer:
        notes = recorder(simulation)
        for _ in range(2):
            record_epoch(simulation, notes)
        notes.end_epoch()
    return tmp_path


def test_until_leaves_out_what_came_later(noted):
    whole = read_notes(noted)
    early = Learning.until(whole, 1)
    assert early["step"].tolist() == [2, 4]
    assert early["moment"].tolist() == [0, 1]
    assert len(early["validation"]) == 1
    np.testing.assert_array_equal(early["now"], whole["filters"][1])


def test_epochs_that_nobody_watched_can_be_drawn(noted):
    """A run that was watched from its second epoch on has no notes of the first."""
    whole = read_notes(noted)
    late = whole | {
        name: whole[name][whole["epoch" if name in Learning.PER_NOTE else "moment"] > 1]
        for name in recorder_module.SERIES
    }
    early = Learning.until(late, 1)
    np.testing.assert_array_equal(early["now"], whole["now"])
    Learning().show(early)


def test_filters_that_look_at_no_picture_are_left_out(noted):
    """A dense layer behind a pool, say."""
    notes = read_notes(noted)
    none = {"filters": notes["filters"][:, :0], "now": notes["now"][:0]}
    charts = Learning()
    charts.show(notes | none)
    charts.figure.canvas.draw()


def test_draws_a_picture_of_each_epoch(noted):
    ended = threading.Event()
    ended.set()
    watch.draw_epochs(noted, ended)
    pictures = sorted(noted.glob("watch-*.png"))
    assert [file.name for file in pictures] == ["watch-01.png", "watch-02.png"]
    first, second = (np.asarray(Image.open(file)) for file in pictures)
    assert len(np.unique(first)) > 10
    assert (first != second).any()


def test_charts_can_be_drawn_before_there_is_anything_to_see(tmp_path, undrawn):
    with (simulation := Simulation(tmp_path)).trainer:
        recorder(simulation).save()
    charts = Learning()
    charts.show(read_notes(tmp_path))
    charts.figure.canvas.draw()


def test_the_drawing_process_ends_with_the_run(noted, monkeypatch):
    monkeypatch.setattr(subprocess, "Popen", POPEN)
    done = subprocess.run(
        [sys.executable, "-m", "experiment.watch", noted, "--pictures"],
        input=b"", capture_output=True, check=True, timeout=600,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == (b"", b"")
    assert len(list(noted.glob("watch-*.png"))) == 2


def test_window_draws_the_notes_again_when_there_are_more(noted, display, monkeypatch):
    shown = []
    show = Learning.show
    monkeypatch.setattr(
        Learning, "show", lambda self, notes: (shown.append(notes), show(self, notes))
    )
    monkeypatch.setattr(watch, "REST", 0)
    root = watch.show(noted)
    try:
        root.update()
        assert root.title() == f"{noted} learns"
        assert len(shown) == 1
        os.utime(noted / watch.NOTES, (0, 0))
        while len(shown) < 2:
            root.update()
        notes = (noted / watch.NOTES).read_bytes()
        (noted / watch.NOTES).unlink()
        while watch.NOTES not in root.title():  # says so, and goes on looking
            root.update()
        (noted / watch.NOTES).write_bytes(notes)
        while len(shown) < 3:
            root.update()
    finally:
        root.destroy()


@pytest.mark.parametrize("content", [None, b"no notes"])
def test_no_run_is_one_line_that_names_it(tmp_path, content, capsys):
    if content is not None:
        (tmp_path / watch.NOTES).write_bytes(content)
    assert watch.main([str(tmp_path)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("experiment.watch: ")


def test_not_watching_starts_no_process(folder, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.setattr(train, "watching", None)
    assert run(folder, tmp_path, "--epochs", "1") == 0
    assert not (tmp_path / watch.NOTES).exists()
