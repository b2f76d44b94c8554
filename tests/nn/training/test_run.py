"""Runs: stopped anywhere, resumed, and the same bits in the end."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nn.training import checkpoint
from nn.training.checkpoint import CheckpointError
from nn.training.run import StoppedError
from nn.training.trainer import DivergedError
from tests.runs import EPOCHS, STEPS, Simulation


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The outcome of a run that nobody stopped."""
    return Simulation(tmp_path_factory.mktemp("whole")).go().outcome()


def assert_same(outcome, whole):
    (arrays, history), (expected, expected_history) = outcome, whole
    assert history == expected_history
    assert arrays.keys() == expected.keys()
    for name, array in expected.items():
        np.testing.assert_array_equal(arrays[name], array)


@pytest.mark.parametrize("steps", [1, 3, 4, 5, 11])
def test_stopped_and_resumed_gives_the_same_bits(tmp_path, whole, steps):
    with pytest.raises(StoppedError, match="checkpoint-") as stop:
        Simulation(tmp_path).go(steps)
    assert stop.value.signal == signal.SIGTERM
    again = Simulation(tmp_path)
    assert again.resumed
    assert again.run.progress.epoch - 1 == steps // STEPS
    assert_same(again.go().outcome(), whole)


def test_stopped_three_times_gives_the_same_bits(tmp_path, whole):
    for _ in range(3):
        with pytest.raises(StoppedError):
            Simulation(tmp_path).go(2)
    assert_same(Simulation(tmp_path).go().outcome(), whole)


def test_killed_it_resumes_from_the_last_epoch(tmp_path, whole):
    Simulation(tmp_path).go(2 * STEPS + 3, kill=True)
    again = Simulation(tmp_path)
    assert (again.run.progress.epoch, again.run.progress.step) == (3, 0)
    assert_same(again.go().outcome(), whole)


def test_saves_as_often_as_asked(tmp_path, whole):
    simulation = Simulation(tmp_path)
    simulation.run.save_every = 0
    simulation.go(2 * STEPS + 3, kill=True)
    again = Simulation(tmp_path)
    assert (again.run.progress.epoch, again.run.progress.step) == (3, 3)
    assert_same(again.go().outcome(), whole)


def test_a_finished_run_stays_as_it_is(tmp_path, whole):
    Simulation(tmp_path).go()
    again = Simulation(tmp_path)
    assert again.run.progress.epoch == EPOCHS + 1
    assert_same(again.go().outcome(), whole)


def test_a_damaged_checkpoint_is_skipped_with_a_line(tmp_path, whole):
    Simulation(tmp_path).go(2 * STEPS + 1, kill=True)
    newest, before = checkpoint.find(tmp_path)
    newest.write_bytes(newest.read_bytes()[:-30])
    again = Simulation(tmp_path)
    (line,) = again.told
    assert newest.name in line
    assert f"using {before.name}" in line
    assert before.exists()
    assert newest.with_suffix(".damaged").exists()
    assert_same(again.go().outcome(), whole)


def test_damaged_checkpoints_alone_are_refused_and_left(tmp_path):
    """A fresh start would write over what may still be repaired."""
    Simulation(tmp_path).go(2 * STEPS + 1, kill=True)
    paths = checkpoint.find(tmp_path)
    for path in paths:
        path.write_bytes(b"damaged")
    with pytest.raises(CheckpointError, match=r"no other checkpoint in .* is good; nothing was"):
        Simulation(tmp_path)
    assert checkpoint.find(tmp_path) == paths
    assert {path.read_bytes() for path in paths} == {b"damaged"}


def test_another_format_is_refused_and_left_alone(tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "FORMAT", 99)
        Simulation(tmp_path).go(STEPS + 1, kill=True)
    (path,) = checkpoint.find(tmp_path)
    with pytest.raises(CheckpointError, match="its format is 99 and this program reads 1: use"):
        Simulation(tmp_path)
    assert path.exists()


def test_without_a_checkpoint_nothing_is_resumed(tmp_path):
    assert not Simulation(tmp_path).resumed


def test_other_settings_are_refused_by_name(tmp_path):
    Simulation(tmp_path).go(5, kill=True)
    with pytest.raises(CheckpointError, match="started with seed 0, not 1"):
        Simulation(tmp_path, seed=1)


def test_settings_are_translated_before_they_are_compared(tmp_path):
    Simulation(tmp_path, former=3).go(5, kill=True)
    run = Simulation(tmp_path / "elsewhere", latter=3).run
    run.folder = tmp_path
    with pytest.raises(CheckpointError, match="started with latter None, not 3"):
        run.resume(print)
    assert run.resume(print, lambda saved: {**saved, "latter": saved["former"]})


def test_a_signal_stops_the_run_once(tmp_path):
    before = signal.getsignal(signal.SIGTERM)
    simulation = Simulation(tmp_path)
    with simulation.run.stopping_on_signals():
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(StoppedError) as stop:
            simulation.go()
        assert signal.getsignal(signal.SIGTERM) is before, "a second one is not caught"
    assert stop.value.signal == signal.SIGTERM
    assert checkpoint.find(tmp_path)


HOSTILE = [
    ("epoch", "1"), ("epoch", 0), ("epoch", 2.0), ("step", -1), ("images", None), ("loss", "much"),
    ("loss", float("nan")), ("history", {}), ("history", [3]), ("history", [{}] * 9),
    ("history", [{"epoch": []}]), ("settings", None), ("settings", [1]), ("steps", "4"),
    ("steps", -4), ("updates", None), ("seconds", 10**400), ("step", 10**30),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), HOSTILE, ids=str)
def test_invalid_progress_is_refused_by_name(tmp_path, name, value):
    """Its checksum is sound: somebody made it so."""
    Simulation(tmp_path).go(STEPS + 1, kill=True)
    (path,) = checkpoint.find(tmp_path)
    kept, arrays = checkpoint.read(path)
    checkpoint.write(tmp_path, STEPS, kept | {name: value}, arrays)
    with pytest.raises(CheckpointError) as refused:
        Simulation(tmp_path)
    assert f"{path}: not a complete checkpoint" in str(refused.value)


def test_infinite_weights_are_not_saved(tmp_path):
    """The loss of a step may be finite and its gradient infinite: only the next loss would say."""
    simulation = Simulation(tmp_path)
    simulation.go(STEPS + 1, kill=True)
    (good,) = checkpoint.find(tmp_path)
    simulation.model.named_params()["0.w"].flat[0] = np.inf
    with pytest.raises(DivergedError, match=r"0\.w .* step 4, learning rate .*: try a lower"):
        simulation.run.save()
    assert checkpoint.find(tmp_path) == [good]
    assert Simulation(tmp_path).resumed


NURSERY = """
import os, pathlib, signal, sys, time
import nn.saving.npz
from tests import runs

def die_at(calls):  # of those that make a name, flush, rename or tidy up
    for name in ("open", "fsync", "chmod", "replace", "unlink"):
        def counted(*arguments, real=getattr(os, name), **more):
            nonlocal calls
            calls -= 1
            if calls == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*arguments, **more)
        setattr(os, name, counted)

for line in sys.stdin:
    calls, seconds, folder = line.rstrip().split(" ", 2)
    victim = os.fork()
    if victim == 0:
        simulation = runs.Simulation(pathlib.Path(folder))
        simulation.run.save_every = 0
        if int(calls):
            die_at(int(calls))
        simulation.go()
        os._exit(0)
    if not int(calls):
        time.sleep(float(seconds))
        os.kill(victim, signal.SIGKILL)
    print(os.waitstatus_to_exitcode(os.waitpid(victim, 0)[1]), flush=True)
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="victims are forked, to start at once")
def test_survives_thirty_kills(tmp_path, whole):
    """SIGKILL by the clock, and inside of saves; each time the run is resumed."""
    rng = np.random.default_rng(0)
    kills, runs = {"by the clock": 0, "in a save": 0}, 0
    with subprocess.Popen(
        [sys.executable, "-c", NURSERY], cwd=Path(__file__).parents[3], text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as nursery:  # fmt: skip
        while sum(kills.values()) < 30:
            folder, runs, ended = tmp_path / str(runs), runs + 1, None
            while ended != 0:
                how = "in a save" if rng.random() < 0.5 else "by the clock"
                calls = int(rng.integers(1, 25)) if how == "in a save" else 0
                print(calls, rng.uniform(0, 0.5), folder, file=nursery.stdin, flush=True)
                ended = int(nursery.stdout.readline())
                assert ended in (0, -signal.SIGKILL), "it resumes from what the last one left"
                kills[how] += ended != 0
            assert_same(Simulation(folder).go().outcome(), whole)
        nursery.stdin.close()
    print(f"\nkills survived: {kills}, in {runs} runs that ended with the same bits")
    assert min(kills.values()) > 5
