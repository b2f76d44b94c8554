"""The command ``train.py``: what it prints, what it leaves behind, and what it refuses."""

import csv
import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import recipes
import train
from data import mnist
from data.synthetic import handwriting, nondigits
from nn import Dense, Flatten, Sequential, Softmax, fuse
from nn.loss import NO_CLASS
from nn.saving.atomic import locked
from nn.training import checkpoint

ROOT = Path(__file__).parents[1]
CURVES = train.charts.curves


def write_idx(file, array):
    """Write uint8 ``array`` as an IDX file: magic number, sizes, then the bytes."""
    header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">i4").tobytes()
    file.write_bytes(header + array.tobytes())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A small set of synthetic digits in MNIST's own form."""
    folder = tmp_path_factory.mktemp("digits")
    for split, n in (("train", 300), ("test", 60)):
        images, labels = handwriting.batch(n, np.random.default_rng(n))
        for name, array in zip(mnist.SPLITS[split], (images, labels.astype(np.uint8)), strict=True):
            write_idx(folder / name, array)
    return folder


@pytest.fixture(autouse=True)
def small_network(monkeypatch):
    """The recipes' networks are more than a test of the command needs."""
    for name, recipe in train.RECIPES.items():
        monkeypatch.setitem(train.RECIPES, name, replace(recipe, channels=(4, 6, 8)))


@pytest.fixture(autouse=True)
def no_curves(monkeypatch):
    """A picture takes as long as the training here: it is drawn where a test looks at it."""
    monkeypatch.setattr(train.charts, "curves", lambda history, path: None)


def run(folder, output, *arguments):
    return train.main(
        ["--data-dir", str(folder), "--output", str(output), "--epochs", "2", *arguments]
    )


def test_leaves_a_model_a_history_and_its_picture(folder, tmp_path, monkeypatch, capsys):
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


def test_same_seed_same_bits_and_another_seed_others(folder, tmp_path):
    weights = []
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        run(folder, tmp_path / name, "--seed", seed)
        weights.append(Sequential.load(tmp_path / name / "model.npz").named_params())
    for name, w in weights[0].items():
        np.testing.assert_array_equal(w, weights[1][name])
    assert any(not np.array_equal(w, weights[2][name]) for name, w in weights[0].items())


@pytest.mark.parametrize("optimizer", train.OPTIMIZERS)
@pytest.mark.parametrize("schedule", train.SCHEDULES)
def test_every_optimiser_and_schedule_learns(folder, tmp_path, optimizer, schedule, capsys):
    run(folder, tmp_path, "--optimizer", optimizer, "--schedule", schedule, "--batch-size", "32")
    with open(tmp_path / "history.csv", newline="") as file:
        losses = [float(row["loss"]) for row in csv.DictReader(file)]
    assert losses[1] < losses[0]


def test_quick_takes_fewer_images_and_two_epochs(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(train, "QUICK", 100)
    assert train.main(["--quick", "--data-dir", str(folder), "--output", str(tmp_path)]) == 0
    with open(tmp_path / "history.csv", newline="") as file:
        assert len(list(csv.DictReader(file))) == 2
    assert train.parse(["--quick", "--epochs", "9"]).epochs == 9
    assert len(train.load(train.parse(["--quick", "--data-dir", str(folder)]))["train"][1]) == 100


def test_evaluate_prints_a_line_per_digit_and_draws_what_went_wrong(folder, tmp_path, capsys):
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


def test_without_mnist_trains_on_made_up_digits_and_says_so(tmp_path, monkeypatch, capsys):
    def nowhere(split, directory=None):
        raise mnist.NoDataError("MNIST is not here")

    monkeypatch.setattr(mnist, "load", nowhere)
    monkeypatch.setattr(train, "SYNTHETIC", 120)
    assert train.main(["--epochs", "1", "--output", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "MNIST is not here" in printed
    assert "synthetic digits" in printed
    assert (tmp_path / "model.npz").exists()


def test_without_numba_trains_on_the_plain_layers_and_says_so(
    folder, tmp_path, monkeypatch, capsys
):
    monkeypatch.setitem(sys.modules, "nn.fast.fuse", None)
    assert run(folder, tmp_path, "--quick") == 0
    assert "plain layers" in capsys.readouterr().out


def test_what_is_no_digit_for_the_data_has_no_class_for_the_network():
    """`data` and `nn` know nothing of each other; the command hands the label on as it is."""
    assert nondigits.NO_DIGIT == NO_CLASS


def test_recipe_sets_epochs_unless_told_otherwise():
    assert train.parse(["--recipe", "best"]).epochs == train.RECIPES["best"].epochs
    assert train.parse(["--recipe", "best", "--epochs", "3"]).epochs == 3


def test_what_is_saved_is_the_calibrated_average(folder, tmp_path, monkeypatch, capsys):
    calls = []

    def calibrate(model, proba, labels):
        calls.append((proba, labels, fuse(model).predict_proba(validation[0])))
        model.layers[-1].params["b"][...] = 7
        return 2.0

    validation = train.load(train.parse(["--data-dir", str(folder)]))["validation"]
    monkeypatch.setattr(train, "calibrate", calibrate)
    run(folder, tmp_path, "--epochs", "1")
    ((proba, labels, expected),) = calls
    np.testing.assert_allclose(proba, expected, atol=1e-6)
    np.testing.assert_array_equal(labels, validation[1])
    assert (Sequential.load(tmp_path / "model.npz").layers[-1].params["b"] == 7).all()
    assert "calibrated on the validation images: temperature 2.00" in capsys.readouterr().out


def stop_at(monkeypatch, number):
    """Have the run be told to stop, as by SIGTERM, once it has taken so many steps."""
    taken, step = [], train.Trainer.step

    def counted(trainer, *batch):
        taken.append(1)
        if len(taken) == number:
            os.kill(os.getpid(), signal.SIGTERM)
        return step(trainer, *batch)

    monkeypatch.setattr(train.Trainer, "step", counted)


@pytest.mark.parametrize("how", [["--resume"], []], ids=["resume", "same output"])
def test_stopped_and_gone_on_with_it_ends_with_the_same_bits(
    folder, tmp_path, monkeypatch, capsys, how
):
    run(folder, tmp_path / "whole", "--batch-size", "64")
    with monkeypatch.context() as patch:
        stop_at(patch, 7)
        assert run(folder, tmp_path / "stopped", "--batch-size", "64") == 128 + signal.SIGTERM
    told = capsys.readouterr().err
    assert f"to go on: python train.py --resume --output {tmp_path / 'stopped'}" in told
    assert f"--data-dir {folder} --epochs 2 --batch-size 64" in told, "other settings are refused"
    assert run(folder, tmp_path / "stopped", "--batch-size", "64", *how) == 0
    assert f"going on with {tmp_path / 'stopped'} at epoch 2" in capsys.readouterr().out
    whole, resumed = (
        Sequential.load(tmp_path / name / "model.npz").named_params()
        for name in ("whole", "stopped")
    )
    for name, w in whole.items():
        np.testing.assert_array_equal(resumed[name], w)


def test_resume_takes_the_newest_run_and_says_if_there_is_none(
    folder, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(train, "RUNS", tmp_path / "runs")
    with pytest.raises(SystemExit):
        train.parse(["--resume"])
    assert "there is no checkpoint in" in capsys.readouterr().err
    for name in ("one", "two"):
        (tmp_path / "runs" / name).mkdir(parents=True)
        checkpoint.write(tmp_path / "runs" / name, 3, {}, {})
    os.utime(checkpoint.find(tmp_path / "runs" / "two")[0], (0, 0))
    assert train.parse(["--resume"]).output == tmp_path / "runs" / "one"


def test_a_folder_of_other_settings_or_in_use_is_refused(folder, tmp_path, capsys):
    run(folder, tmp_path, "--epochs", "1")
    assert run(folder, tmp_path, "--epochs", "1", "--seed", "8") == 2
    assert "begun with seed 0, not 8" in capsys.readouterr().err
    with locked(tmp_path):
        assert run(folder, tmp_path, "--epochs", "1") == 2
    assert "another training is at work here" in capsys.readouterr().err


def test_a_run_killed_in_its_last_save_still_gets_its_history(folder, tmp_path, capsys):
    """The checkpoint is written first: what comes after it may be lost, and is made again."""
    run(folder, tmp_path)
    whole = (tmp_path / "history.csv").read_text()
    (tmp_path / "history.csv").unlink()
    assert run(folder, tmp_path, "--resume") == 0
    assert (tmp_path / "history.csv").read_text() == whole


@pytest.mark.parametrize(
    ("layers", "says"),
    [
        ([Flatten(), Dense(784, 10), Softmax()], "must end with Dense"),
        ([Flatten(), Dense(784, 9)], "answers (9,), not ten"),
        ([Flatten(), Dense(700, 10)], "expected an array of shape"),
        ([], "answers (28, 28, 1)"),
        ([Flatten(), Dense(784, 22_000), Dense(22_000, 10)], "67,108,864 go into a file"),
    ],
)
def test_a_network_that_cannot_be_trained_is_one_line_before_any_training(
    folder, tmp_path, monkeypatch, capsys, layers, says
):
    monkeypatch.setattr(recipes, "build", lambda recipe, seed: Sequential(layers))
    assert run(folder, tmp_path) == 2
    line = capsys.readouterr().err.strip().splitlines()[-1]
    assert line.startswith("train.py: recipes.py: not a network to train")
    assert says in line


def test_a_recipe_changed_in_between_is_not_gone_on_with(folder, tmp_path, monkeypatch, capsys):
    run(folder, tmp_path, "--epochs", "1")
    changed = replace(train.RECIPES["default"], dropout=0.1)
    monkeypatch.setitem(train.RECIPES, "default", changed)
    assert run(folder, tmp_path, "--epochs", "1") == 2
    assert "begun with the recipe's values" in capsys.readouterr().err


def test_never_writes_to_the_shipped_weights():
    assert train.parse([]).output.parent == Path("runs")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--epochs", "0"], ["--epochs", "2.5"], ["--batch-size", "-1"], ["--lr", "0"],
        ["--lr", "nan"], ["--seed", "-1"], ["--threads", "0"], ["--optimizer", "newton"],
        ["--schedule", "random"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_argument_out_of_range_is_refused_by_name(arguments, capsys):
    with pytest.raises(SystemExit) as stop:
        train.main(arguments)
    assert stop.value.code == 2
    assert arguments[0] in capsys.readouterr().err.splitlines()[-1]


def test_bad_files_are_one_line_and_status_2(folder, tmp_path, capsys):
    (tmp_path / "bad.npz").write_bytes(b"not a model")
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("in the way")
    for arguments in (
        ["--evaluate", str(tmp_path / "bad.npz"), "--data-dir", str(folder)],
        ["--evaluate", str(tmp_path / "none.npz"), "--data-dir", str(folder)],
        ["--data-dir", str(tmp_path / "empty")],
        ["--quick", "--data-dir", str(folder), "--output", str(tmp_path / "file")],
    ):
        assert train.main(arguments) == 2
        (line,) = capsys.readouterr().err.strip().splitlines()[-1:]
        assert line.startswith("train.py: ")
        assert str(tmp_path) in line


def test_diverging_stops_with_advice(folder, tmp_path, capsys):
    status = run(folder, tmp_path, "--optimizer", "sgd", "--lr", "1e30", "--schedule", "constant")
    assert status == 2
    line = capsys.readouterr().err.strip().splitlines()[-1]
    assert re.search(r"at step \d+, learning rate 1e\+30: try a lower learning rate", line)
    for path in checkpoint.find(tmp_path):  # if there is one, it is good
        checkpoint.read(path)


def test_a_full_disk_keeps_the_last_good_checkpoint_and_is_one_line(
    folder, tmp_path, monkeypatch, capsys
):
    savez, saved = np.savez, []

    def full(file, **arrays):
        saved.append(file)
        if len(saved) > 2:  # the first epoch's checkpoint and model are written
            file.write(b"some of it")
            raise OSError(28, "No space left on device")
        savez(file, **arrays)

    with monkeypatch.context() as patch:
        patch.setattr(np, "savez", full)
        assert run(folder, tmp_path) == 2
    line = capsys.readouterr().err.strip().splitlines()[-1]
    assert "No space left on device; make room, or write to another disk" in line
    assert str(tmp_path / "checkpoint-") in line
    assert run(folder, tmp_path, "--resume") == 0
    assert f"going on with {tmp_path} at epoch 2" in capsys.readouterr().out


def test_ctrl_c_is_one_line_and_status_130(folder, tmp_path, monkeypatch, capsys):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(train.Trainer, "step", interrupted)
    assert run(folder, tmp_path) == 130
    assert f"stopped; what it saved is in {tmp_path}" in capsys.readouterr().err


def test_shipped_weights_read_mnist(mnist_dir):
    images, labels = mnist.load("test", mnist_dir)
    proba = fuse(Sequential.load(ROOT / "weights" / "mnist.npz")).predict_proba(images)
    assert (proba.argmax(axis=1) == labels).mean() >= 0.99


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
