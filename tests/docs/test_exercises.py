"""Each exercise is a bug that applies to `nn` as it is, and that the gradient check sees."""

import importlib
import os
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
    solutions = re.findall(r"<summary>(.+?)</summary>(.+?)</details>", text, re.S)
    assert [name for name, _ in solutions] == [*EXERCISES, *(f"{part}.py" for part in TO_BUILD)]
    for name, solution in solutions:
        assert "**Answer:**" in solution, f"{name}: its question is left open"


TO_BUILD = {
    "maxout": (
        (".argmax(axis=-1)", ".argmin(axis=-1)"),
        ("np.put_along_axis(dx, winner, dout[..., None], axis=-1)", "dx += dout[..., None]"),
        ('self.config["pieces"])\n        winner', "2)\n        winner"),
        ("if C % self", "if False and C % self"),
    ),
    "rmsprop": (
        ("mean *= self.decay", "pass"),
        ("(1 - self.decay) * dw**2", "dw**2"),
        ("np.sqrt(mean)", "mean"),
        ("return lr * dw", "return self.lr * dw"),
        ("mean += (1 - self.decay)", "mean = mean + (1 - self.decay)"),
    ),
    "restarts": (
        ("length *= factor", "length *= 2"),
        ("step >= length", "step > length"),
        ("step / length", "step / (length - 1)"),
        ("final + (lr - final)", "lr"),
    ),
}
"""What there is to build, and mistakes in each that its tests must see."""


RUN_IN_EACH_FOLDER = """
import os, sys, pytest
path = list(sys.path)
for folder in sys.argv[1:]:
    part = os.path.basename(os.path.dirname(folder))
    os.chdir(folder)
    status = pytest.main(
        ["-q", "-x", "-n", "0", "-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", folder,
         f"test_{part}.py"]
    )
    print(int(status), file=sys.stderr)
    sys.path[:] = path
    for name in (part, f"test_{part}"):
        sys.modules.pop(name, None)
"""


@pytest.fixture(scope="module")
def statuses(tmp_path_factory):
    """Pytest's statuses for the tests of each part: without it, with the solution, with mistakes.

    One process runs them all.
    """
    folders = {}
    for part, mistakes in TO_BUILD.items():
        solution = solution_of(part)
        mistaken = [solution.replace(right, wrong) for right, wrong in mistakes]
        for i, text in enumerate([None, solution, *mistaken]):
            folder = tmp_path_factory.getbasetemp() / part / str(i)
            folder.mkdir(parents=True)
            shutil.copy(FOLDER / "parts" / f"test_{part}.py", folder)
            if text is not None:
                (folder / f"{part}.py").write_text(text, encoding="utf-8")
            folders[folder] = part
    paths = {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", RUN_IN_EACH_FOLDER, *map(str, folders)],
        env=os.environ | paths, capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = {part: [] for part in TO_BUILD}
    for part, line in zip(folders.values(), done.stderr.splitlines(), strict=True):
        found[part].append(int(line))
    return found


def solution_of(part):
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    return re.search(rf"<summary>{part}\.py</summary>.+?```python\n(.+?)```", text, re.S)[1]


@pytest.mark.parametrize("part", TO_BUILD)
def test_given_tests_tell_right_from_wrong(part, statuses):
    for right, _ in TO_BUILD[part]:
        assert right in solution_of(part)
    without, with_it, *found = statuses[part]
    assert without != 0, "without a solution"
    assert with_it == 0
    for (_, wrong), status in zip(TO_BUILD[part], found, strict=True):
        assert status == 1, f"{wrong!r} went unnoticed"


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
