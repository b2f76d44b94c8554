"""What ``train.py`` refuses: one line that starts with ``train.py:``, and status 2."""

import re

import pytest

import recipes
import train
from nn import Dense, Flatten, Sequential, Softmax
from nn.training import checkpoint
from tests.train_command import run, shorten, write_digits


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A small set of synthetic digits in MNIST's own form."""
    return write_digits(tmp_path_factory.mktemp("digits"))


@pytest.fixture(autouse=True)
def short(monkeypatch):
    shorten(monkeypatch)


@pytest.mark.parametrize(
    ("layers", "says"),
    [
        ([Flatten(), Dense(784, 10), Softmax()], "must end with Dense"),
        ([Flatten(), Dense(784, 9)], "output has shape (9,), not (10,)"),
        ([Flatten(), Dense(700, 10)], "expected an array of shape"),
        ([], "must end with Dense"),
        ([Flatten(), Dense(784, 22_000), Dense(22_000, 10)], "a model file holds 67,108,864"),
    ],
)
def test_refuses_an_unfit_network_before_training(
    folder, tmp_path, monkeypatch, capsys, layers, says
):
    monkeypatch.setattr(recipes, "build", lambda recipe, seed: Sequential(layers))
    assert run(folder, tmp_path) == 2
    line = capsys.readouterr().err.strip().splitlines()[-1]
    assert line.startswith("train.py: recipes.py: not a network to train")
    assert says in line


@pytest.mark.parametrize(
    "arguments",
    [
        ["--epochs", "0"], ["--epochs", "2.5"], ["--epochs", "1000000000"],
        ["--batch-size", "1000000000"], ["--threads", "1000000000"], ["--epochs", "1" * 40],
        ["--batch-size", "-1"], ["--lr", "0"],
        ["--lr", "nan"], ["--seed", "-1"], ["--threads", "0"], ["--optimizer", "newton"],
        ["--schedule", "random"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_refuses_an_argument_out_of_range(arguments, capsys):
    with pytest.raises(SystemExit) as stop:
        train.main(arguments)
    assert stop.value.code == 2
    assert arguments[0] in capsys.readouterr().err.splitlines()[-1]


def test_bad_files_are_one_line_each(folder, tmp_path, capsys):
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


def test_refuses_fewer_than_six_images(tmp_path, capsys):
    write_digits(tmp_path, 5)
    assert train.main(["--data-dir", str(tmp_path), "--output", str(tmp_path / "run")]) == 2
    assert "5 training images are too few" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_six_images_are_enough(tmp_path):
    write_digits(tmp_path, 6)
    assert run(tmp_path, tmp_path / "run", "--batch-size", "1000") == 0


def test_diverging_stops_with_advice(folder, tmp_path, capsys):
    status = run(folder, tmp_path, "--optimizer", "sgd", "--lr", "1e30", "--schedule", "constant")
    assert status == 2
    line = capsys.readouterr().err.strip().splitlines()[-1]
    assert re.search(r"at step \d+, learning rate 1e\+30: try a lower learning rate", line)
    for path in checkpoint.find(tmp_path):  # if there is one, it is good
        checkpoint.read(path)
