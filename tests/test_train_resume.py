"""Stopping and resuming ``train.py``: the same bits in the end, and other runs are refused."""

import json
import signal
from dataclasses import replace

import numpy as np
import pytest

import train
from experiment import notes
from nn.saving.atomic import locked
from nn.training import checkpoint
from recipes import RECIPES
from tests.conftest import compiled
from tests.train_command import (
    record_without_drawing,
    run,
    shorten,
    stop_at,
    weights_of,
    write_digits,
)

STOPPED = 128 + signal.SIGTERM


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A small set of synthetic digits in MNIST's own form."""
    return write_digits(tmp_path_factory.mktemp("digits"))


@pytest.fixture(autouse=True)
def short(monkeypatch):
    shorten(monkeypatch)


@pytest.fixture
def whole(folder, tmp_path):
    """The weights of a run that nobody stopped."""
    run(folder, tmp_path / "whole", "--batch-size", "64")
    return weights_of(tmp_path / "whole")


def stop(folder, output, monkeypatch, *arguments):
    """Train as `whole` does, up to the second epoch."""
    with monkeypatch.context() as patch:
        stop_at(patch, 7)
        assert run(folder, output, "--batch-size", "64", *arguments) == STOPPED


def assert_same(weights, expected):
    assert weights.keys() == expected.keys()
    for name, w in expected.items():
        np.testing.assert_array_equal(weights[name], w)


@pytest.mark.parametrize("how", [["--resume"], []], ids=["resume", "same output"])
def test_resumed_it_ends_with_the_same_bits(folder, tmp_path, monkeypatch, capsys, whole, how):
    stop(folder, tmp_path / "stopped", monkeypatch)
    told = capsys.readouterr().err
    assert f"resume with: python train.py --resume --output {tmp_path / 'stopped'}" in told
    assert f"--data-dir {folder} --epochs 2 --batch-size 64" in told, "other settings are refused"
    assert run(folder, tmp_path / "stopped", "--batch-size", "64", *how) == 0
    assert f"resuming {tmp_path / 'stopped'} at epoch 2" in capsys.readouterr().out
    assert_same(weights_of(tmp_path / "stopped"), whole)


def with_former_names(settings):
    """Return a run's settings as versions before the renaming wrote them."""
    recipe = settings["the recipe's values"]
    for now, before in (
        (", ema_decay=0.999,", ", average=0.999,"),
        ("=BatchMix(warp=Warp(", "=Mix(warp=Warp("),
        (", synthetic=0.", ", made_up=0."),
        (", nondigits=0.", ", scrawls=0."),
    ):
        assert now in recipe
        recipe = recipe.replace(now, before)
    former = {"optimiser" if name == "optimizer" else name: settings[name] for name in settings}
    return former | {"the recipe's values": recipe}


def test_resumes_a_checkpoint_with_former_names(folder, tmp_path, monkeypatch, capsys, whole):
    stop(folder, tmp_path / "old", monkeypatch)
    for path in checkpoint.find(tmp_path / "old"):
        progress, arrays = checkpoint.read(path)
        assert {"average/0.w", "optimiser/square/0.w"} <= arrays.keys(), "they keep their names"
        progress["settings"] = with_former_names(progress["settings"])
        path.unlink()
        checkpoint.write(path.parent, int(path.stem.split("-")[1]), progress, arrays)
        assert '"optimiser": "adam"' in json.dumps(progress)
    assert run(folder, tmp_path / "old", "--batch-size", "64") == 0
    assert f"resuming {tmp_path / 'old'} at epoch 2" in capsys.readouterr().out
    assert_same(weights_of(tmp_path / "old"), whole)


def test_refuses_other_settings_under_former_names(folder, tmp_path, monkeypatch, capsys):
    stop(folder, tmp_path, monkeypatch)
    newest, *_ = checkpoint.find(tmp_path)
    progress, arrays = checkpoint.read(newest)
    settings = with_former_names(progress["settings"]) | {"optimiser": "sgd"}
    checkpoint.write(tmp_path, 999, progress | {"settings": settings}, arrays)
    assert run(folder, tmp_path, "--batch-size", "64") == 2
    assert "started with optimizer sgd, not adam" in capsys.readouterr().err


def test_refuses_a_checkpoint_with_earlier_random_numbers(folder, tmp_path, monkeypatch, capsys):
    stop(folder, tmp_path, monkeypatch)
    newest, *_ = checkpoint.find(tmp_path)
    progress, arrays = checkpoint.read(newest)
    del progress["settings"]["random numbers"]
    old = checkpoint.write(tmp_path, 999, progress, arrays)
    capsys.readouterr()
    assert run(folder, tmp_path, "--batch-size", "64") == 2
    assert capsys.readouterr().err == (
        f"train.py: {old}: was begun with the random numbers of an earlier version and cannot be "
        "resumed bit for bit: use another folder\n"
    )
    assert old.exists(), "and it is kept"


def test_watched_stopped_and_resumed_the_bits_stay(folder, tmp_path, monkeypatch, capsys, whole):
    record_without_drawing(monkeypatch)
    stop(folder, tmp_path / "seen", monkeypatch, "--watch")
    assert " --watch" in capsys.readouterr().err, "the command that resumes keeps it"
    assert run(folder, tmp_path / "seen", "--batch-size", "64", "--watch", "--resume") == 0
    assert_same(weights_of(tmp_path / "seen"), whole)
    noted = notes.read(tmp_path / "seen")
    assert noted["step"].tolist() == list(range(2, noted["step"][-1] + 1, 2))
    assert noted["moment"].tolist() == [0, 1, 2]
    assert noted["validation"].shape == (2, 2)
    assert noted["labels"].tolist() == list(range(10))


def contents(folder):
    """Return the content of every file in a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("how", [["--resume"], []], ids=["resume", "same output"])
@pytest.mark.parametrize("keep", [0, 1000], ids=["emptied", "cut off"])
def test_damaged_checkpoints_alone_change_nothing(folder, tmp_path, capsys, how, keep):
    run(folder, tmp_path)
    for path in checkpoint.find(tmp_path):
        path.write_bytes(path.read_bytes()[:keep])
    before = contents(tmp_path)
    assert run(folder, tmp_path, *how) == 2
    assert "no other checkpoint" in capsys.readouterr().err.splitlines()[-1]
    assert contents(tmp_path) == before


def test_without_checkpoints_a_model_is_kept(folder, tmp_path, capsys):
    run(folder, tmp_path)
    for path in checkpoint.find(tmp_path):
        path.unlink()
    before = contents(tmp_path)
    for how in ([], ["--resume"]):
        try:
            status = run(folder, tmp_path, *how)
        except SystemExit as stop:  # argparse refuses --resume
            status = stop.code
        assert status == 2
        assert "no checkpoint" in capsys.readouterr().err.splitlines()[-1]
    assert contents(tmp_path) == before


def test_files_of_other_names_are_no_checkpoints(folder, tmp_path, monkeypatch):
    stop(folder, tmp_path, monkeypatch)
    newest, *_ = checkpoint.find(tmp_path)
    others = [tmp_path / f"checkpoint-{name}.npz" for name in ("99999999 copy", "best", "9")]
    for path in others:
        path.write_bytes(b"mine")
    assert checkpoint.find(tmp_path)[0] == newest
    assert run(folder, tmp_path, "--batch-size", "64", "--resume") == 0
    assert [path.read_bytes() for path in others] == [b"mine"] * 3


def test_the_latest_step_is_the_newest_checkpoint(tmp_path):
    for step in (99_999_998, 100_000_001, 99_999_999):
        (tmp_path / f"checkpoint-{step}.npz").touch()
    steps = [int(path.stem.split("-")[1]) for path in checkpoint.find(tmp_path)]
    assert steps == [100_000_001, 99_999_999, 99_999_998]


@compiled
def test_another_engine_is_refused(folder, tmp_path, monkeypatch, capsys):
    stop(folder, tmp_path, monkeypatch)
    monkeypatch.setattr("experiment.settings.unavailable", lambda: "not in this test")
    assert run(folder, tmp_path, "--batch-size", "64") == 2
    assert "started with the engine compiled kernels, not plain" in capsys.readouterr().err


def test_other_arithmetic_is_said(folder, tmp_path, monkeypatch, capsys):
    stop(folder, tmp_path, monkeypatch)
    monkeypatch.setattr("experiment.settings.arithmetic", lambda: "numpy 9, a new processor")
    assert run(folder, tmp_path, "--batch-size", "64") == 0
    assert "and here is numpy 9, a new processor: the last bits" in capsys.readouterr().out


def test_refuses_a_folder_of_other_settings(folder, tmp_path, capsys):
    run(folder, tmp_path, "--epochs", "1")
    assert run(folder, tmp_path, "--epochs", "1", "--seed", "8") == 2
    assert "started with seed 0, not 8" in capsys.readouterr().err


def test_refuses_a_folder_in_use(folder, tmp_path, capsys):
    with locked(tmp_path):
        assert run(folder, tmp_path, "--epochs", "1") == 2
    assert "another run is training here" in capsys.readouterr().err


def test_refuses_a_recipe_that_has_changed(folder, tmp_path, monkeypatch, capsys):
    run(folder, tmp_path, "--epochs", "1")
    monkeypatch.setitem(RECIPES, "default", replace(RECIPES["default"], dropout=0.1))
    assert run(folder, tmp_path, "--epochs", "1") == 2
    assert "started with the recipe's values" in capsys.readouterr().err


def test_killed_in_its_last_save_it_recovers(folder, tmp_path, capsys):
    """The checkpoint is written first; whatever was to be written after it is written again."""
    run(folder, tmp_path)
    whole = (tmp_path / "history.csv").read_text()
    (tmp_path / "history.csv").unlink()
    assert run(folder, tmp_path, "--resume") == 0
    assert (tmp_path / "history.csv").read_text() == whole


def test_a_full_disk_keeps_the_last_checkpoint(folder, tmp_path, monkeypatch, capsys):
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
    assert f"resuming {tmp_path} at epoch 2" in capsys.readouterr().out


def test_ctrl_c_is_one_line_and_status_130(folder, tmp_path, monkeypatch, capsys):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(train.Trainer, "step", interrupted)
    assert run(folder, tmp_path) == 130
    assert f"interrupted; saved files are in {tmp_path}" in capsys.readouterr().err
