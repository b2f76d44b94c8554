"""Ordinary files alone are opened; temporary files of killed processes are cleared."""

import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from guard.files import create_temporary, open_file, read_file

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has other kinds of files")


def fifo(path):
    os.mkfifo(path)


def unix_socket(path):
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


def loop(path):
    path.symlink_to(path)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (fifo, "named pipe"),
        (unix_socket, "socket"),
        (loop, "symbolic links"),
        (Path.mkdir, "folder"),
        (lambda path: path.symlink_to("/dev/zero"), "device"),
        (lambda path: path.symlink_to(path.with_name("gone")), "No such file"),
    ],
    ids=["fifo", "socket", "loop", "folder", "device", "missing"],
)
def test_what_is_no_file_is_refused_at_once(tmp_path, make, says):
    make(tmp_path / "x")
    with pytest.raises(OSError, match=says):
        open_file(tmp_path / "x")


def test_a_link_to_a_file_is_followed(tmp_path):
    (tmp_path / "file").write_bytes(b"content")
    (tmp_path / "link").symlink_to("file")
    with open_file(tmp_path / "link") as file:
        assert file.read() == b"content"


def test_a_growing_file_ends_where_it_ended(tmp_path):
    path = tmp_path / "log"
    path.write_bytes(b"0123456789")
    with open_file(path) as file:
        with path.open("ab") as other:
            other.write(b"more")
        assert file.seek(0, os.SEEK_END) == 10
        assert file.seek(-4, os.SEEK_END) == 6
        assert file.read() == b"6789"
        file.seek(3)
        assert file.read(100) == b"3456789"
        assert file.read(1) == b""


def test_no_more_than_the_limit_is_read(tmp_path):
    (tmp_path / "file").write_bytes(bytes(100))
    assert read_file(tmp_path / "file", 100) == bytes(100)
    with pytest.raises(ValueError, match="more than 99 bytes"):
        read_file(tmp_path / "file", 99)


def killed_while_writing(path):
    """Kill a process that has created a temporary file for ``path``."""
    code = (
        "import sys, time; from guard.files import create_temporary\n"
        "file, name = create_temporary(sys.argv[1]); file.write(b'x'); file.flush()\n"
        "print(flush=True); time.sleep(600)"
    )
    child = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE)
    child.stdout.readline()
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()


def test_leftovers_of_killed_processes_are_cleared(tmp_path):
    for _ in range(2):
        killed_while_writing(tmp_path / "model.npz")
    (tmp_path / ".model.npz.original.tmp.bak").touch()
    (tmp_path / ".other.npz.abcd1234.tmp").touch()
    file, name = create_temporary(tmp_path / "model.npz")
    with file:
        assert {path.name for path in tmp_path.iterdir()} == {
            name.name, ".model.npz.original.tmp.bak", ".other.npz.abcd1234.tmp"
        }  # fmt: skip


def test_temporary_files_in_use_stay(tmp_path):
    first, name = create_temporary(tmp_path / "model.npz")
    second, other = create_temporary(tmp_path / "model.npz")
    with first, second:
        assert name.exists()
        assert other.exists()


def test_many_writers_at_once_keep_their_files(tmp_path):
    kept = []

    def write():
        for _ in range(20):
            file, name = create_temporary(tmp_path / "x")
            with file:
                kept.append(name.exists())
                with suppress(FileNotFoundError):
                    name.unlink()

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(kept)
    assert len(kept) == 80
