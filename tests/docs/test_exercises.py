"""Each exercise is a bug that applies to `nn` as it is, and that the gradient check sees."""

import importlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import missing
from tests.nn.bugs import EXERCISES

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "exercises"


def test_every_bug_has_diff_row_and_solution():
    assert sorted(file.stem for file in FOLDER.glob("*.diff")) == sorted(EXERCISES)
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| \[(.+?)\]\(\1\.diff\)", text, re.M) == list(EXERCISES)
    assert re.findall(r"<summary>(.+?)</summary>", text) == list(EXERCISES)


@pytest.mark.parametrize("name", EXERCISES)
def test_diff_plants_a_bug_the_check_finds(name, tmp_path, monkeypatch, capsys):
    bug = EXERCISES[name]
    if shutil.which("git") is None:
        missing("no git here")
    shutil.copytree(ROOT / "nn", tmp_path / "nn", ignore=shutil.ignore_patterns("__pycache__"))
    apply = ["git", "apply", "--verbose", str(FOLDER / f"{name}.diff")]
    done = subprocess.run(apply, cwd=tmp_path, capture_output=True, text=True, check=False)
    stale = "write the diffs again: python -m tests.nn.bugs"
    assert done.returncode == 0, f"{done.stderr}\n{stale}"
    right = (ROOT / "nn" / bug.file).read_text(encoding="utf-8")
    planted = (tmp_path / "nn" / bug.file).read_text(encoding="utf-8")
    assert planted == bug.plant(right), stale

    (tmp_path / "nn").rename(tmp_path / "exercise")  # beside the sound `nn`, not in place of it
    monkeypatch.syspath_prepend(tmp_path)
    try:
        assert importlib.import_module("exercise.gradcheck").main([bug.case]) == 1
    finally:
        for module in [module for module in sys.modules if module.split(".")[0] == "exercise"]:
            del sys.modules[module]
    assert "FAILED" in capsys.readouterr().out
