"""Files that are never half written, and archives that are never trusted."""

import os
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from nn import files
from nn.files import atomic_write, locked, read_arrays

ROOT = Path(__file__).parents[2]

# Writing


def test_the_file_is_there_whole_with_its_folders(tmp_path):
    path = tmp_path / "runs" / "first" / "model.npz"
    with atomic_write(path) as file:
        file.write(b"one ")
        file.write(b"two")
        file.flush()
        assert not path.exists()  # not before all of it is written
        assert len(os.listdir(path.parent)) == 1  # beside it: other disks cannot rename to here
    assert path.read_bytes() == b"one two"
    assert os.listdir(path.parent) == ["model.npz"]


def test_an_older_file_is_replaced(tmp_path):
    path = tmp_path / "model.npz"
    for content in (b"an older and longer file", b"new"):
        with atomic_write(str(path)) as file:
            file.write(content)
        assert path.read_bytes() == content
    assert os.listdir(tmp_path) == ["model.npz"]


@pytest.mark.parametrize("failure", [OSError("disk full"), KeyboardInterrupt(), MemoryError()])
def test_a_failure_midway_leaves_the_older_file_and_no_litter(tmp_path, failure):
    path = tmp_path / "model.npz"
    path.write_bytes(b"older")
    with pytest.raises(type(failure)), atomic_write(path) as file:  # noqa: PT012
        file.write(b"half of the n")
        raise failure
    assert path.read_bytes() == b"older"
    assert os.listdir(tmp_path) == ["model.npz"]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_failure_at_the_very_end_leaves_the_older_file_and_no_litter(tmp_path, monkeypatch, call):
    def refuse(*_):
        raise OSError("disk full")

    path = tmp_path / "model.npz"
    path.write_bytes(b"older")
    monkeypatch.setattr(files.os, call, refuse)
    with pytest.raises(OSError, match="disk full"), atomic_write(path) as file:
        file.write(b"newer")
    assert path.read_bytes() == b"older"
    assert os.listdir(tmp_path) == ["model.npz"]


def test_it_is_on_the_disk_before_it_takes_the_name(tmp_path, monkeypatch):
    calls = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)
        monkeypatch.setattr(
            files.os, name, lambda *a, name=name, real=real: (calls.append(name), real(*a))[1]
        )
    with atomic_write(tmp_path / "model.npz") as file:
        file.write(b"new")
    assert calls == ["fsync", "replace", "fsync"], "the file, its name, the folder's list of names"


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's")
@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_permissions_are_those_of_any_new_file(tmp_path, umask, mode):
    before = os.umask(umask)
    try:
        with atomic_write(tmp_path / "model.npz") as file:
            file.write(b"new")
        assert os.umask(umask) == umask  # reading it has not changed it
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "model.npz").stat().st_mode) == mode


# Reading


def test_reads_what_savez_wrote(tmp_path):
    rng = np.random.default_rng(1)
    arrays = {"0.w": rng.standard_normal((3, 2)), "n": np.array(3, np.uint8), "s": np.array("é")}
    for save in (np.savez, np.savez_compressed):
        save(tmp_path / "a.npz", **arrays)
        read = read_arrays(tmp_path / "a.npz")
        assert list(read) == list(arrays)
        for name, array in arrays.items():
            assert read[name].dtype == array.dtype
            np.testing.assert_array_equal(read[name], array)


def test_arrays_larger_than_allowed_are_refused_before_they_are_read(tmp_path, monkeypatch):
    np.savez(tmp_path / "a.npz", a=np.zeros(100, np.uint8), b=np.zeros(100, np.uint8))
    size = 2 * (128 + 100)  # each array has a header of 128 bytes
    assert read_arrays(tmp_path / "a.npz", size).keys() == {"a", "b"}
    monkeypatch.setattr(files, "_read_array", None)
    with pytest.raises(ValueError, match=f"more than {size - 1} bytes"):
        read_arrays(tmp_path / "a.npz", size - 1)


def test_bytes_left_over_are_refused(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros(3))
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("a.npy", (tmp_path / "a.npy").read_bytes() + b"\0")
    with pytest.raises(ValueError, match=r"a\.npy"):
        read_arrays(tmp_path / "a.npz")


@pytest.mark.parametrize("content", [b"", b"not an archive", b"\x80\x04]\x94."])
def test_what_is_no_archive_is_refused(tmp_path, content):
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(ValueError, match=r"not an \.npz archive"):
        read_arrays(tmp_path / "a.npz")


def test_a_missing_file_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_arrays(tmp_path / "nothing.npz")


HOLD = """
import sys
from nn.files import locked
with locked(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.mark.skipif(files.fcntl is None, reason="no fcntl here: nothing is locked")
def test_a_lock_keeps_others_out_and_dies_with_its_owner(tmp_path):
    folder = tmp_path / "new"
    command = [sys.executable, "-c", HOLD, folder]
    owner = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert owner.stdout.readline() == b"held\n"
        with pytest.raises(BlockingIOError, match="another training is at work"), locked(folder):
            pass
    finally:
        owner.kill()
        owner.communicate()
    with locked(folder):
        pass
