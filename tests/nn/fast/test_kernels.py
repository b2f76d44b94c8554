"""Compiled code on disk: never stale, never needed. What it computes is tested in test_fuse.py."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import compiled, need

need("numba")
pytestmark = compiled

NN = Path(__file__).parents[3] / "nn"
USE = """
import numpy as np
from nn import kernels
winner, one, db = np.zeros((1, 1, 1, 1), np.uint8), np.ones((1, 1, 1, 1), np.float32), np.zeros(1)
kernels.bias_gradient(winner, one, db)
print(db.item(), kernels.compiled())
"""


def use(folder, **environment):
    """Run one kernel in a process of its own; return what it gave, and how many were compiled."""
    done = subprocess.run(
        [sys.executable, "-c", USE],
        cwd=folder, env=os.environ | environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    value, compiled = done.stdout.split()
    return float(value), int(compiled)


@pytest.fixture
def folder(tmp_path):
    """A folder whose ``nn`` is the kernels alone."""
    package = tmp_path / "nn"
    package.mkdir()
    (package / "__init__.py").touch()
    shutil.copy(NN / "fast" / "kernels.py", package)
    return tmp_path


def test_is_compiled_once_and_again_when_it_changes(folder):
    assert use(folder) == (1, 1)
    assert use(folder) == (1, 0)
    file = folder / "nn" / "kernels.py"
    before = file.read_text()
    after = before.replace("db[o] += g[o] if", "db[o] += 5.00 if")  # as long as before
    assert len(after) == len(before)
    file.write_text(after)
    assert use(folder) == (5, 1)


def test_works_where_nothing_can_be_written(folder):
    """A file in place of each folder numba would like: it cannot be written even by root."""
    (folder / "nn" / "__pycache__").write_text("in the way")
    (folder / "home").write_text("in the way")
    nowhere = {"HOME": str(folder / "home"), "XDG_CACHE_HOME": str(folder / "home")}
    assert use(folder, **nowhere, NUMBA_CACHE_DIR="") == (1, 1)
    assert use(folder, **nowhere, NUMBA_CACHE_DIR="") == (1, 1)


def test_datas_kernels_import_where_nothing_can_be_written(tmp_path):
    for folder in ("__pycache__", "home"):
        (tmp_path / folder).write_text("in the way")
    shutil.copy(NN.parent / "data" / "kernels.py", tmp_path)
    home = str(tmp_path / "home")
    nowhere = {"HOME": home, "XDG_CACHE_HOME": home, "NUMBA_CACHE_DIR": ""}
    subprocess.run(
        [sys.executable, "-c", "import kernels"], cwd=tmp_path, env=os.environ | nowhere, check=True
    )
