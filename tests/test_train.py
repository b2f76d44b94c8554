"""The command ``train.py``: what it trains, prints and leaves behind."""

import csv
import os
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import train
from data import mnist
from data.synthetic import nondigits
from experiment import digits, live, notes
from nn import Sequential, fuse
from nn.loss import NO_CLASS
from nn.training import checkpoint
from recipes import OPTIMIZERS, SCHEDULES
from tests.train_command import record_without_drawing, run, shorten, weights_of, write_digits

ROOT = Path(__file__).parents[1]
CURVES = train.charts.curves


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A small set of synthetic digits in MNIST's own form."""
    return write_digits(tmp_path_factory.mktemp("digits"))


@pytest.fixture(autouse=True)
def short(monkeypatch):
    shorten(monkeypatch)


def test_leaves_a_model_its_history_and_chart(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(train.charts, "curves", CURVES)
    assert run(folder, tmp_path / "run") == 0
    printed = capsys.readouterr().out
    assert "epoch  2: loss" in printed
    assert "of 60 images" in printed
    model = Sequential.load(tmp_path / "run" / "model.npz")
    assert model.predict_proba(np.zeros((1, 28, 28))).shape == (1, 10)
    with open(tmp_path / "run" / "history.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    assert float(rows[1]["loss"]) < float(rows[0]["loss"])
    with Image.open(tmp_path / "run" / "curves.png") as picture:
        assert picture.format == "PNG"
        assert len(np.unique(np.asarray(picture))) > 10


def test_the_seed_decides_every_bit(folder, tmp_path):
    weights = []
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        run(folder, tmp_path / name, "--seed", seed)
        weights.append(weights_of(tmp_path / name))
    for name, w in weights[0].items():
        np.testing.assert_array_equal(w, weights[1][name])
    assert any(not np.array_equal(w, weights[2][name]) for name, w in weights[0].items())


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_every_optimizer_and_schedule_learns(folder, tmp_path, optimizer, schedule, capsys):
    run(folder, tmp_path, "--optimizer", optimizer, "--schedule", schedule, "--batch-size", "32")
    with open(tmp_path / "history.csv", newline="") as file:
        losses = [float(row["loss"]) for row in csv.DictReader(file)]
    assert losses[1] < losses[0]


def test_quick_trains_two_epochs(folder, tmp_path, capsys):
    assert train.main(["--quick", "--data-dir", str(folder), "--output", str(tmp_path)]) == 0
    with open(tmp_path / "history.csv", newline="") as file:
        assert len(list(csv.DictReader(file))) == 2


def test_evaluate_reports_each_digit_and_draws_mistakes(folder, tmp_path, capsys):
    run(folder, tmp_path)
    capsys.readouterr()
    status = train.main(
        ["--evaluate", str(tmp_path / "model.npz"), "--data-dir", str(folder),
         "--output", str(tmp_path / "seen")]
    )  # fmt: skip
    assert status == 0
    images, labels = mnist.load("test", folder)
    read = Sequential.load(tmp_path / "model.npz").predict_proba(images).argmax(axis=1)
    lines = capsys.readouterr().out.splitlines()
    lines = lines[next(i for i, line in enumerate(lines) if line.startswith("digit")) :]
    for digit in range(10):
        row = lines[1 + digit].split()
        mine = labels == digit
        assert row[:3] == [str(digit), str(mine.sum()), str((read[mine] == digit).sum())]
    assert f"accuracy {(read == labels).mean():.2%} of 60 images" in lines[11]
    for name in ("confusion.png", "mistakes.png"):
        with Image.open(tmp_path / "seen" / name) as picture:
            assert len(np.unique(np.asarray(picture))) > 10


def test_without_mnist_trains_on_synthetic_digits(tmp_path, monkeypatch, capsys):
    def nowhere(split, directory=None):
        raise mnist.NoDataError("MNIST is not here")

    monkeypatch.setattr(mnist, "load", nowhere)
    monkeypatch.setattr(digits, "SYNTHETIC", 120)
    assert train.main(["--epochs", "1", "--output", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "MNIST is not here" in printed
    assert "synthetic digits" in printed
    assert (tmp_path / "model.npz").exists()


def test_without_numba_trains_on_plain_layers(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "nn.fast.kernels", None)
    assert run(folder, tmp_path, "--quick") == 0
    assert "plain layers" in capsys.readouterr().out


def test_nondigits_have_the_label_of_no_class():
    """`data` and `nn` know nothing of each other; the command passes the label on as it is."""
    assert nondigits.NO_DIGIT == NO_CLASS


def test_saves_the_calibrated_ema(folder, tmp_path, monkeypatch, capsys):
    calls = []

    def calibrate(model, proba, labels):
        calls.append((proba, labels, fuse(model).predict_proba(validation[0])))
        model.layers[-1].params["b"][...] = 7
        return 2.0

    validation = digits.load(folder).validation
    monkeypatch.setattr(train, "calibrate", calibrate)
    run(folder, tmp_path, "--epochs", "1")
    ((proba, labels, expected),) = calls
    np.testing.assert_allclose(proba, expected, atol=1e-6)
    np.testing.assert_array_equal(labels, validation[1])
    assert (Sequential.load(tmp_path / "model.npz").layers[-1].params["b"] == 7).all()
    assert "calibrated on the validation images: temperature 2.00" in capsys.readouterr().out


def test_watch_draws_into_the_output_folder(folder, tmp_path, monkeypatch, capsys):
    record_without_drawing(monkeypatch)
    assert run(folder, tmp_path, "--epochs", "1", "--watch") == 0
    printed = capsys.readouterr().out
    assert f"no display in this test; a picture after each epoch goes to {tmp_path}" in printed
    assert f"of the time; to see it again: python -m experiment.watch {tmp_path}" in printed
    assert (tmp_path / notes.FILE).exists()


def test_without_watch_starts_no_process(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(live, "watching", None)
    assert run(folder, tmp_path, "--epochs", "1") == 0
    assert not (tmp_path / notes.FILE).exists()


def test_shipped_weights_read_mnist(mnist_dir):
    images, labels = (array[::5] for array in mnist.load("test", mnist_dir))
    proba = Sequential.load(ROOT / "weights" / "mnist.npz").predict_proba(images)
    assert (proba.argmax(axis=1) == labels).mean() >= 0.99


def test_last_line_says_how_to_use_it(folder, tmp_path, capsys):
    assert run(folder, tmp_path / "a run", "--epochs", "1") == 0
    printed = capsys.readouterr()
    *_, last = printed.out.splitlines()
    _, _, command = last.partition(": ")
    assert shlex.split(command) == [
        "python", "gui.py", "--weights", str(tmp_path / "a run" / "model.npz")
    ]  # fmt: skip
    assert printed.err == "", "no progress bar without a terminal"


def test_runs_as_a_command(folder, tmp_path):
    done = subprocess.run(
        [sys.executable, ROOT / "train.py", "--data-dir", folder, "--quick"],
        cwd=tmp_path, capture_output=True, text=True, check=True, env=os.environ,
    )  # fmt: skip
    (output,) = (tmp_path / "runs").iterdir()
    names = sorted(file.name for file in output.iterdir() if "checkpoint" not in file.name)
    assert names == ["curves.png", "history.csv", "model.npz"]
    assert len(checkpoint.find(output)) == checkpoint.KEPT
    assert str(output.relative_to(tmp_path)) in done.stdout
