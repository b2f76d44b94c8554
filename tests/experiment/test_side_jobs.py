"""Side jobs of a training: whatever fails in them, the training ends as without them."""

import pytest

import train
from experiment import notes
from experiment.recorder import Recorder
from experiment.side_jobs import SideJobs
from tests.train_command import record_without_drawing, run, shorten, weights_of, write_digits


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A small set of synthetic digits in MNIST's own form."""
    return write_digits(tmp_path_factory.mktemp("digits"))


@pytest.fixture
def whole(folder, tmp_path, monkeypatch):
    """The weights of a run without side jobs."""
    shorten(monkeypatch)
    assert run(folder, tmp_path / "whole") == 0
    return weights_of(tmp_path / "whole")


def fails(*_given, **_named):
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize(
    ("place", "name", "says"),
    [
        (train.charts, "curves", "no curves.png"),
        (train.report, "write_history", "no history.csv"),
        (notes, "write", "no notes"),
        (Recorder, "_note", "no notes"),
        (Recorder, "__init__", "nothing is shown"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_side_job_that_fails_is_a_line(
    folder, tmp_path, monkeypatch, capsys, whole, place, name, says
):
    record_without_drawing(monkeypatch)
    monkeypatch.setattr(place, name, fails)
    assert run(folder, tmp_path / "run", "--watch") == 0
    lines = [line for line in capsys.readouterr().err.splitlines() if says in line]
    assert len(lines) == 1
    assert "No space left on device" in lines[0]
    weights = weights_of(tmp_path / "run")
    assert all((weights[key] == w).all() for key, w in whole.items())


def test_a_drawing_that_cannot_start_is_a_line(folder, tmp_path, monkeypatch, capsys, whole):
    record_without_drawing(monkeypatch)
    monkeypatch.setattr("subprocess.Popen", fails)
    assert run(folder, tmp_path / "run", "--watch") == 0
    assert "watch: nothing is shown, but the training goes on" in capsys.readouterr().err


def test_the_same_error_is_said_once(capsys):
    jobs = SideJobs("test")
    assert [jobs.attempt("no x", fails) for _ in range(3)] == [False] * 3
    assert jobs.attempt("no y", lambda: None)
    assert len(capsys.readouterr().err.splitlines()) == 1
