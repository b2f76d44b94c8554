"""Atomic writes, and folders locked by one process."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from nn.saving import atomic
from nn.saving.atomic import atomic_write, locked
from nn.saving.npz import read_arrays

ROOT = Path(__file__).parents[3]


def test_file_appears_whole_with_its_folders(tmp_path):
    path = tmp_path / "runs" / "first" / "model.npz"
    with atomic_write(path) as file:
        file.write(b"one ")
        file.write(b"two")
        file.flush()
        assert not path.exists()  # not before all of it is written
        assert len(os.listdir(path.parent)) == 1  # the temporary file, on the same disk
    assert path.read_bytes() == b"one two"
    assert os.listdir(path.parent) == ["model.npz"]


def test_older_file_is_replaced(tmp_path):
    path = tmp_path / "model.npz"
    for content in (b"an older and longer file", b"new"):
        with atomic_write(str(path)) as file:
            file.write(content)
        assert path.read_bytes() == content
    assert os.listdir(tmp_path) == ["model.npz"]


@pytest.mark.parametrize("failure", [OSError("disk full"), KeyboardInterrupt(), MemoryError()])
def test_failure_midway_leaves_only_the_older_file(tmp_path, failure):
    path = tmp_path / "model.npz"
    path.write_bytes(b"older")
    with pytest.raises(type(failure)), atomic_write(path) as file:  # noqa: PT012
        file.write(b"half of the n")
        raise failure
    assert path.read_bytes() == b"older"
    assert os.listdir(tmp_path) == ["model.npz"]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_failure_at_the_end_leaves_the_older_file(tmp_path, monkeypatch, call):
    def refuse(*_):
        raise OSError("disk full")

    path = tmp_path / "model.npz"
    path.write_bytes(b"older")
    monkeypatch.setattr(atomic.os, call, refuse)
    with pytest.raises(OSError, match="disk full"), atomic_write(path) as file:
        file.write(b"newer")
    assert path.read_bytes() == b"older"
    assert os.listdir(tmp_path) == ["model.npz"]


def test_data_is_flushed_before_the_rename(tmp_path, monkeypatch):
    calls = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)
        monkeypatch.setattr(
            atomic.os, name, lambda *a, name=name, real=real: (calls.append(name), real(*a))[1]
        )
    with atomic_write(tmp_path / "model.npz") as file:
        file.write(b"new")
    assert calls == ["fsync", "replace", "fsync"], "the file, the rename, the folder"


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's")
@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_permissions_are_those_of_a_new_file(tmp_path, umask, mode):
    before = os.umask(umask)
    try:
        with atomic_write(tmp_path / "model.npz") as file:
            file.write(b"new")
        assert os.umask(umask) == umask  # reading it has not changed it
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "model.npz").stat().st_mode) == mode


def test_an_error_names_the_file_itself(tmp_path):
    (tmp_path / "model.npz").mkdir()
    with (
        pytest.raises(OSError, match=r"model\.npz'$") as caught,
        atomic_write(tmp_path / "model.npz") as file,
    ):
        file.write(b"new")
    assert caught.value.filename == str(tmp_path / "model.npz")
    assert os.listdir(tmp_path) == ["model.npz"]


FILL = """
import resource, signal, sys
import numpy as np
from nn.saving.npz import write_arrays
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
try:
    write_arrays(sys.argv[1], {"a": np.ones(int(sys.argv[2]))})
except OSError as error:
    print(error)
"""


@pytest.mark.skipif(os.name != "posix", reason="such limits are POSIX's")
def test_full_disk_leaves_the_older_file(tmp_path):
    """The system refuses more than 5,000 bytes of a file, as a full disk would."""
    path = tmp_path / "a.npz"
    for size in (500, 5000):
        done = subprocess.run(
            [sys.executable, "-c", FILL, path, str(size)],
            cwd=ROOT, capture_output=True, text=True, check=True,
        )  # fmt: skip
    (line,) = done.stdout.splitlines()
    assert "make room, or write to another disk" in line
    assert str(path) in line
    assert len(read_arrays(path)["a"]) == 500
    assert os.listdir(tmp_path) == ["a.npz"]


HOLD = """
import sys
from nn.saving.atomic import locked
with locked(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows locks no folders")
def test_lock_keeps_others_out_until_owner_ends(tmp_path):
    folder = tmp_path / "new"
    command = [sys.executable, "-c", HOLD, folder]
    owner = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert owner.stdout.readline() == b"held\n"
        with pytest.raises(BlockingIOError, match="another run is training here"), locked(folder):
            pass
    finally:
        owner.kill()
        owner.communicate()
    with locked(folder):
        pass
