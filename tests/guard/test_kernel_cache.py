"""The cache of compiled kernels: whatever happens to its files, a kernel gives its answer."""

import os
import stat
import subprocess
import sys

import pytest

CODE = (
    "from numba import njit\n"
    "from guard.kernel_cache import robust\n"
    "import kernels_of_this_test as k\n"
    "f = robust(njit(cache=True)(k.square))\n"
    "print(f(7), sum(f.stats.cache_hits.values()))"
)


@pytest.fixture
def call(tmp_path):
    """Return a function that calls a kernel in a new process: its answer and its cache hits."""
    (tmp_path / "kernels_of_this_test.py").write_text("def square(x):\n    return x * x\n")

    def call():
        places = os.pathsep.join([str(tmp_path), os.getcwd()])
        done = subprocess.run(
            [sys.executable, "-c", CODE], capture_output=True, text=True, cwd=os.getcwd(),
            env=os.environ | {"PYTHONPATH": places, "NUMBA_CACHE_DIR": str(tmp_path / "cache"),
                              "NUMBA_DISABLE_JIT": "0"},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        answer, hits = map(int, done.stdout.split())
        assert answer == 49
        return hits, done.stderr

    return call


def test_a_kernel_is_compiled_once(call):
    assert [call()[0] for _ in range(2)] == [0, 1]


DAMAGES = (
    lambda content: b"",
    lambda content: content[: len(content) // 2],
    lambda content: bytes(len(content)),
    lambda content: content[:-40] + bytes([content[-40] ^ 1]) + content[-39:],
)


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["nbi", "nbc"])
def test_a_damaged_file_is_made_anew(call, tmp_path, suffix):
    call()
    for damage in DAMAGES:
        (path,) = (tmp_path / "cache").rglob(f"*.{suffix}")
        path.write_bytes(damage(path.read_bytes()))
        call()
    assert call()[0] == 1


def test_a_full_disk_is_one_line(call, tmp_path, monkeypatch):
    (tmp_path / "sitecustomize.py").write_text(
        "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "import signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    )
    hits, said = call()
    assert hits == 0
    (line,) = said.splitlines()
    assert "compiled kernels cannot be written" in line


def test_a_folder_made_unwritable_is_one_line(call, tmp_path):
    if os.geteuid() == 0:
        pytest.skip("the superuser writes anywhere")
    call()
    for path in (tmp_path / "cache").rglob("*.nb?"):
        path.unlink()
    for path in (tmp_path / "cache").iterdir():
        path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    assert call()[0] == 0
