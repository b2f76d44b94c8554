"""The options of ``train.py``: defaults, and the run that --resume finds."""

import os
import sys
from pathlib import Path

import pytest

from experiment import options
from nn.training import checkpoint
from recipes import RECIPES


def test_the_recipe_sets_the_epochs():
    assert options.parse(["--recipe", "best"]).epochs == RECIPES["best"].epochs
    assert options.parse(["--recipe", "best", "--epochs", "3"]).epochs == 3


def test_quick_is_two_epochs_unless_given():
    assert options.parse(["--quick"]).epochs == 2
    assert options.parse(["--quick", "--epochs", "9"]).epochs == 9


def test_never_writes_to_the_shipped_weights():
    assert options.parse([]).output.parent == Path("runs")


def test_resume_takes_the_newest_run(tmp_path, monkeypatch):
    monkeypatch.setattr(options, "RUNS", tmp_path)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        checkpoint.write(tmp_path / name, 3, {}, {})
    os.utime(checkpoint.find(tmp_path / "two")[0], (0, 0))
    assert options.parse(["--resume"]).output == tmp_path / "one"
    given = options.parse(["--resume", "--output", str(tmp_path / "two")])
    assert given.output == tmp_path / "two"


def test_resume_without_a_run_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(options, "RUNS", tmp_path / "runs")
    with pytest.raises(SystemExit):
        options.parse(["--resume"])
    assert "there is no checkpoint in" in capsys.readouterr().err


@pytest.mark.parametrize("given", [["--resume"], ["--output", "here"], ["--output=here"], []])
def test_the_resume_command_keeps_other_options(tmp_path, given):
    checkpoint.write(tmp_path, 3, {}, {})
    argv = ["--seed", "4", *given, "--watch"]
    args = options.parse(["--output", str(tmp_path)])
    command = options.resume_command(args, argv)
    assert command == f"python train.py --resume --output {tmp_path} --seed 4 --watch"


def test_an_installed_training_resumes_as_installed(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["/usr/bin/digits-train"])
    args = options.parse(["--output", str(tmp_path)])
    command = options.resume_command(args, ["--seed", "4"])
    assert command == f"digits-train --resume --output {tmp_path} --seed 4"


def begun(folder, **settings):
    """Write a checkpoint of a run with these settings."""
    saved = {"recipe": "short", "epochs": 7, "batch_size": 64, "lr": 0.01, "optimizer": "sgd",
             "schedule": "constant", "seed": 5, "quick": True,
             "random numbers": "by counter"}  # fmt: skip
    checkpoint.write(folder, 3, {"settings": saved | settings}, {})
    return saved


def test_resume_takes_the_runs_settings(tmp_path):
    recipe, schedule = list(RECIPES)[-1], list(options.SCHEDULES)[-1]
    saved = begun(tmp_path, recipe=recipe, schedule=schedule)
    args = vars(options.parse(["--resume", "--output", str(tmp_path)]))
    expected = saved | {"recipe": recipe, "schedule": schedule}
    del expected["random numbers"]
    assert {name: args[name] for name in expected} == expected


def test_what_is_given_overrides_the_runs_settings(tmp_path):
    begun(tmp_path, recipe="default", schedule="one-cycle")
    args = options.parse(["--resume", "--output", str(tmp_path), "--seed", "9"])
    assert (args.seed, args.batch_size) == (9, 64)


def test_resume_of_a_lost_recipe_says_so(tmp_path, capsys):
    begun(tmp_path, recipe="gone")
    with pytest.raises(SystemExit):
        options.parse(["--resume", "--output", str(tmp_path)])
    assert "the recipe 'gone', which recipes.py lacks" in capsys.readouterr().err
