"""The commands where something is missing: a home, a cache, a core, letters, the right to write."""

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data import mnist
from nn import Dense, Flatten, Sequential

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.skipif(os.name != "posix", reason="users and folders as POSIX has them")
NOBODY = 65534


def command(name, *arguments, root=ROOT, nobody=False, cwd=None, **environment):
    """Run a command; a variable that is None is taken away. ``nobody`` owns and may write nothing.

    The superuser may write anywhere, so where that is us the command runs as another user.
    """
    changed = {**os.environ, "NUMBA_CACHE_DIR": None, **environment}
    other = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    return subprocess.run(
        [sys.executable, "-B", root / name, *map(str, arguments)],
        env={key: value for key, value in changed.items() if value is not None},
        cwd=cwd, capture_output=True, text=True, timeout=600,
        **(other if nobody and os.geteuid() == 0 else {}),
    )  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with spaces and accents: digits in MNIST's form, a network, a picture."""
    folder = tmp_path_factory.mktemp("place") / "Café des élèves, 2 août"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for split, n in (("train", 24), ("test", 12)):
        for name, array in zip(
            mnist.SPLITS[split],
            (rng.integers(0, 256, (n, 28, 28)), np.arange(n) % 10),
            strict=True,
        ):
            header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">i4").tobytes()
            (folder / name).write_bytes(header + array.astype(np.uint8).tobytes())
    Sequential([Flatten(), Dense(784, 10)]).save(folder / "réseau.npz")
    image = Image.new("L", (60, 60), 255)
    image.paste(0, (25, 8, 32, 52))
    image.save(folder / "un.png")
    for path in (folder, *folder.parents):  # that another user may read it
        if path.is_relative_to(tmp_path_factory.getbasetemp().parent):
            path.chmod(
                path.stat().st_mode | stat.S_IRGRP | stat.S_IXGRP | stat.S_IROTH | stat.S_IXOTH
            )
    return folder


@pytest.fixture(scope="module")
def installed(place):
    """A copy of the program in a folder, with spaces and accents, that cannot be written."""
    root = place.parent / "Program Files é"
    ignore = shutil.ignore_patterns(".*", "__pycache__", "tests", "docs", "runs", "cache")
    shutil.copytree(ROOT, root, ignore=ignore)
    for path in (root, *root.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield root
    for path in (root, *root.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


def read_un(place, **how):
    return command("recognise.py", "--weights", place / "réseau.npz", place / "un.png", **how)


def test_an_install_folder_without_write_access_and_no_home(place, installed):
    """As another user, to whom all of it is read-only: reading pictures, and the window's start."""
    probe = command("-c", f"open({str(installed / 'probe')!r}, 'w')", root=Path(), nobody=True)
    assert "PermissionError" in probe.stderr, "this folder was to refuse to be written"
    done = read_un(place, root=installed, nobody=True, HOME=None, cwd="/")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{place / 'un.png'}\t")
    done = command(
        "gui.py", "--weights", place / "none.npz", root=installed, nobody=True, HOME=None
    )
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


def test_a_run_that_may_not_be_written_is_one_line(place, installed):
    done = command(
        "train.py", "--quick", "--data-dir", place, root=installed, nobody=True, HOME=None,
        cwd=installed, NUMBA_DISABLE_JIT="1", MPLCONFIGDIR=None,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("train.py: [Errno 13] Permission denied")


@pytest.mark.slow
def test_training_without_a_cache_a_home_or_a_second_core(place, installed, tmp_path):
    """Numba finds no folder for its kernels and keeps them in memory; BLAS wants eight threads."""
    tmp_path.chmod(0o777)
    for path in tmp_path.parents:
        if path.stat().st_uid == os.geteuid() and path.name.startswith("pytest-"):
            path.chmod(0o755)
    core = min(os.sched_getaffinity(0))
    once = (
        f"import os, sys, runpy; os.sched_setaffinity(0, [{core}]);"
        f"sys.path.insert(0, {str(installed)!r}); sys.argv[0] = 'train.py';"
        "runpy.run_module('train', run_name='__main__')"
    )
    done = command(
        "-c", once, "--quick", "--data-dir", place, "--output", tmp_path / "run", root=Path(),
        nobody=True, HOME=None, cwd="/", OMP_NUM_THREADS="8", NUMBA_CACHE_DIR="/proc/none",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "compiled" in done.stdout
    assert (tmp_path / "run" / "model.npz").exists()


def test_a_terminal_that_is_not_utf_8(place):
    ascii_only = {"PYTHONIOENCODING": "ascii", "LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0"}
    done = read_un(place, **ascii_only)
    assert (done.returncode, done.stderr) == (0, "")
    assert r"Caf\xe9 des \xe9l\xe8ves" in done.stdout
    done = command("recognise.py", "--weights", place / "nichts é.npz", **ascii_only)
    assert done.returncode == 2
    assert "no such file" in done.stderr


def test_training_to_a_terminal_that_is_not_utf_8(place, tmp_path):
    done = command(
        "train.py", "--quick", "--data-dir", place, "--output", tmp_path / "Prüfung",
        "--recipe", "default", PYTHONIOENCODING="ascii", LC_ALL="C", PYTHONUTF8="0",
        NUMBA_DISABLE_JIT="1", OMP_NUM_THREADS="8",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "Prüfung" / "model.npz").exists()
