"""The commands for training and inference on this project alone, with tiny settings."""

import json
from contextlib import ExitStack

import numpy as np
import pytest

from benchmarks import inference, training
from benchmarks.speed import common
from benchmarks.speed.worker import BenchmarkError, Candidate, SystemFailedError


@pytest.fixture(autouse=True)
def small(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MNIST_DIR", str(tmp_path))
    monkeypatch.setattr(common, "IMAGES", 64)
    monkeypatch.setattr(training, "FIRST_STEPS", 2)
    monkeypatch.setattr(inference, "MANY", 20)


TINY = ["--rounds", "1", "--seconds", "0.02", "--threads", "1", "--systems", "ours"]


def test_training(tmp_path, capsys):
    assert training.main([*TINY, "--batch", "32", "--json", "figures.json"]) == 0
    figures = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    (ours,) = figures["results"]
    assert (ours["system"], ours["unit"]) == ("ours", "images/s")
    assert 0 < ours["low"] <= ours["median"] <= ours["high"]
    assert figures["ratio_to_best_peer"] is None
    assert (tmp_path / "runs" / "benchmark-training.png").exists()
    assert "random noise" in capsys.readouterr().out


def test_inference(tmp_path, capsys):
    assert inference.main([*TINY, "--json", "figures.json", "--chart", "chart.png"]) == 0
    figures = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    for part in (figures, figures["one_image"]):
        assert [row["system"] for row in part["results"]] == ["ours"]
    assert (tmp_path / "chart.png").exists()


def test_too_few_images_are_refused_in_one_line(monkeypatch, tmp_path, capsys):
    few = np.zeros((63, 28, 28), np.uint8), np.zeros(63, np.uint8)
    monkeypatch.setattr(common.mnist, "find_local", lambda: tmp_path)
    monkeypatch.setattr(common.mnist, "load", lambda split, folder: few)
    assert training.main([*TINY, "--batch", "32"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("63 images; the benchmark takes 64")


def test_a_missing_peer_is_reported_in_one_line(capsys):
    peer = Candidate("nowhere:Nothing", ("no_such_package",))
    with ExitStack() as stack:
        assert common.start(stack, {"peer": peer}, None, []) == ({}, {})
    line = "not installed: peer needs no_such_package (pip install -e '.[bench]')\n"
    assert capsys.readouterr().out == line


def test_only_a_peer_may_fail(monkeypatch, capsys):
    def fail(candidate, job):
        raise SystemFailedError("no compiler")

    monkeypatch.setattr(common, "Worker", fail)
    with ExitStack() as stack:
        assert common.start(stack, {"peer": Candidate("a:B")}, None, []) == ({}, {})
        assert capsys.readouterr().out == "starting peer ... failed: no compiler\n"
        with pytest.raises(SystemFailedError, match="no compiler"):
            common.start(stack, {"ours": Candidate("a:B")}, None, [])


@pytest.mark.parametrize(
    "arguments",
    [["--rounds", "0"], ["--seconds", "nan"], ["--threads", "-1"], ["--systems", "none"],
     ["--systems", "ours, plain layers"]],
)  # fmt: skip
@pytest.mark.parametrize("command", [training, inference])
def test_a_bad_argument_is_reported(command, arguments, capsys):
    with pytest.raises(SystemExit) as exit_:
        command.main(arguments)
    assert exit_.value.code == 2
    assert arguments[0] in capsys.readouterr().err


def test_different_probabilities_stop_the_benchmark():
    ours = np.full((2, 10), 0.1, np.float32)
    inference.check({"ours": [ours], "peer": [ours + 5e-5]})
    for wrong in (ours + 2e-4, ours[:1], ours * np.nan):
        with pytest.raises(BenchmarkError, match="peer does not compute the same"):
            inference.check({"ours": [ours], "peer": [wrong]})


def test_a_different_loss_stops_the_benchmark():
    training.check({"ours": 2.0, "peer": 2.1})
    for wrong in (1.0, 3.0, float("nan")):
        with pytest.raises(BenchmarkError, match="peer does not learn the same"):
            training.check({"ours": 2.0, "peer": wrong})


def test_a_batch_beyond_all_images_is_refused(capsys):
    with pytest.raises(SystemExit):
        training.main(["--batch", "65"])
    assert "must be at most 64 images" in capsys.readouterr().err
