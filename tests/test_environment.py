"""The commands on a poor machine: no home, cache or write access, one core, an ASCII terminal."""

import ctypes
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

import weights
from tests.mnist_files import write_noise

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="uses Linux system calls")
DROP_FROM_BOUNDS, WRITE_ANYWHERE = 24, 1  # prctl's PR_CAPBSET_DROP, CAP_DAC_OVERRIDE


def drop_write_privilege():
    """Make file permissions apply to the superuser, too."""
    if os.geteuid() == 0 and ctypes.CDLL(None).prctl(DROP_FROM_BOUNDS, WRITE_ANYWHERE, 0, 0, 0):
        raise OSError("cannot drop CAP_DAC_OVERRIDE")


def command(*command, cwd=None, **environment):
    """Run a Python command as an ordinary user; a variable that is None is unset."""
    changed = {**os.environ, "NUMBA_CACHE_DIR": None, **environment}
    return subprocess.run(
        [sys.executable, "-B", *map(str, command)],
        env={key: value for key, value in changed.items() if value is not None},
        cwd=cwd, capture_output=True, text=True, timeout=600, preexec_fn=drop_write_privilege,
    )  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder whose name has spaces and accents: MNIST files, a network, a picture."""
    folder = tmp_path_factory.mktemp("place") / "Café des élèves, 2 août"
    folder.mkdir()
    write_noise(folder)
    shutil.copy(weights.SHIPPED, folder / "réseau.npz")
    image = Image.new("L", (60, 60), 255)
    image.paste(0, (25, 8, 32, 52))
    image.save(folder / "un.png")
    return folder


@pytest.fixture(scope="module")
def installed(place):
    """A copy of the program in a read-only folder whose name has spaces and accents."""
    root = place.parent / "Program Files é"
    ignore = shutil.ignore_patterns(".*", "__pycache__", "tests", "docs", "runs", "cache")
    shutil.copytree(ROOT, root, ignore=ignore)
    for path in (root, *root.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield root
    for path in (root, *root.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


def read_one(place, root=ROOT, **how):
    picture = place / "un.png"
    return command(root / "recognise.py", "--weights", place / "réseau.npz", picture, **how)


def test_reads_without_home_from_unwritable_folder(place, installed):
    probe = command("-c", f"open({str(installed / 'probe')!r}, 'w')")
    assert "PermissionError" in probe.stderr, "the folder is writable"
    done = read_one(place, installed, HOME=None, cwd="/")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{place / 'un.png'}\t")
    done = command(installed / "gui.py", "--weights", place / "none.npz", HOME=None)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


def test_unwritable_output_is_one_line_before_training(place, installed):
    done = command(
        installed / "train.py", "--quick", "--data-dir", place, cwd=installed,
        HOME="/proc/none", NUMBA_DISABLE_JIT="1",
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].endswith(
        ": Permission denied: change its permissions, or name another"
    )
    assert "epoch" not in done.stdout


ON_ONE_CORE = """
import os, runpy, sys
os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
sys.path.insert(0, sys.argv[1])
sys.argv[:2] = ["train.py"]
runpy.run_module("train", run_name="__main__")
"""


@pytest.mark.slow
def test_trains_without_cache_or_home_on_one_core(place, installed, tmp_path):
    """Numba finds no cache folder and compiles in memory; BLAS is told to use 8 threads."""
    done = command(
        "-c", ON_ONE_CORE, installed, "--quick", "--data-dir", place, "--output", tmp_path / "run",
        cwd="/", HOME="/proc/none", OMP_NUM_THREADS="8",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "compiled" in done.stdout
    assert (tmp_path / "run" / "model.npz").exists()


def test_recognise_prints_to_an_ascii_terminal(place):
    ascii_only = {"PYTHONIOENCODING": "ascii", "LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0"}
    done = read_one(place, **ascii_only)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.isascii()
    assert done.stdout.count("\t") == 2
    done = command(ROOT / "recognise.py", "--weights", place / "nichts é.npz", **ascii_only)
    assert done.returncode == 2
    assert "no such file" in done.stderr


def test_train_prints_to_an_ascii_terminal(place, tmp_path):
    done = command(
        ROOT / "train.py", "--quick", "--data-dir", place, "--output", tmp_path / "Prüfung",
        "--recipe", "default", PYTHONIOENCODING="ascii", LC_ALL="C", PYTHONUTF8="0",
        NUMBA_DISABLE_JIT="1", OMP_NUM_THREADS="8",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "Prüfung" / "model.npz").exists()
