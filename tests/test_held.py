"""Commands held against strangers' input and sudden ends: memory, names, children."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.train_command import write_digits

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.skipif(os.name == "nt", reason="POSIX names, signals and /proc")
UNREAD = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
"""For a child whose output nobody reads: a pipe would fill, or stay open in a child of its own."""

FORGED = "a\nfake.png\t9\t1.0000\nb\x1b]0;title\x07.png"


def start(*command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options):
    return subprocess.Popen(
        [sys.executable, *map(str, command)], cwd=ROOT, stdin=subprocess.DEVNULL,
        stdout=stdout, stderr=stderr, **options,
    )  # fmt: skip


def run(*command):
    """Run a command; return its status, its lines, and its peak memory in bytes."""
    # Files, because a pipe that nobody reads yet fills: 100,000 errors would wait for ever.
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = start(*command, stdout=out, stderr=err)
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        return child.returncode, out.read(), err.read(), 1024 * used.ru_maxrss


def copied(path, digit=4):
    path.write_bytes((ROOT / "samples" / f"{digit}.png").read_bytes())


def test_a_forged_name_stays_one_record(tmp_path):
    copied(tmp_path / FORGED)
    status, out, _, _ = run("recognise.py", tmp_path)
    (line,) = out.decode().splitlines()
    name, digit, _ = line.split("\t")
    assert (status, digit) == (0, "4")
    assert name.endswith(r"a\nfake.png\t9\t1.0000\nb\x1b]0;title\x07.png")


def test_forged_names_in_errors_are_one_line(tmp_path):
    (tmp_path / FORGED).write_bytes(b"no picture")
    for arguments in ([tmp_path / FORGED], ["--weights", tmp_path / FORGED], [f"--no-{FORGED}"]):
        status, out, err, _ = run("recognise.py", *arguments)
        assert status in (1, 2)
        assert out == b""
        assert b"\x1b" not in err
        lines = err.decode().splitlines()
        assert [line for line in lines if "fake.png" in line] == lines[-1:]


def test_a_folder_skips_what_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "1.png")
    (tmp_path / "2.png").symlink_to("2.png")
    (tmp_path / "3.png").symlink_to("/dev/zero")
    copied(tmp_path / "4.png")
    status, out, err, _ = run("recognise.py", tmp_path)
    assert status == 1
    assert out.decode().split("\t")[:2] == [str(tmp_path / "4.png"), "4"]
    assert len(err.splitlines()) == 3


def test_folders_nested_too_deeply_for_recursion():
    """In a folder of its own: pytest's cleaning up recurses as well."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        here = os.open(folder, os.O_RDONLY)
        for _ in range(1200):
            os.mkdir("d", dir_fd=here)
            inner = os.open("d", os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = inner
        os.close(here)
        copied(Path(folder, "4.png"))
        try:
            status, out, err, _ = run("recognise.py", folder)
        finally:
            subprocess.run(["rm", "-rf", folder], check=True)
    assert b"Traceback" not in err
    assert status == 0
    assert out.count(b"\n") == 1


def damaged(folder, number):
    """Fill a folder with links to damaged pictures; a file can have some thousands."""
    folder.mkdir()
    for i in range(number):
        original = folder / f"{i - i % 1000}.png"
        if i % 1000:
            os.link(original, folder / f"{i}.png")
        else:
            original.write_bytes(b"\x89PNG\r\n\x1a\n damaged")
    return folder


@pytest.mark.slow
def test_memory_does_not_grow_with_errors(tmp_path):
    few = run("recognise.py", "--jobs", 1, damaged(tmp_path / "few", 1000))
    many = run("recognise.py", "--jobs", 1, damaged(tmp_path / "many", 100_000))
    assert few[0] == many[0] == 1
    assert many[2].count(b"\n") == 100_000
    assert many[3] < few[3] + (24 << 20)  # the names of a folder, which are sorted


def children(process):
    """Return the processes that a process has started."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == process and fields[0] not in "ZX":
            found.append(int(path.parent.name))
    return found


def is_alive(process):
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def assert_nobody_is_left(parent, number, wanted):
    """Signal a process that has so many children; they end with it."""
    try:
        deadline = time.monotonic() + 300
        while len(children(parent.pid)) < wanted and time.monotonic() < deadline:
            assert parent.poll() is None
            time.sleep(0.05)
        found = children(parent.pid)
        assert len(found) >= wanted
        parent.send_signal(number)
        parent.wait(300)
    finally:
        parent.kill()
        parent.wait()
    deadline = time.monotonic() + 30  # two seconds on a machine that is not busy
    while any(map(is_alive, found)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not list(filter(is_alive, found))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_processes_that_prepare_pictures_end_with_it(tmp_path, number):
    for i in range(3000):
        (tmp_path / f"{i:04}.png").symlink_to(ROOT / "samples" / f"{i % 10}.png")
    parent = start(
        "recognise.py", "--jobs", 2, tmp_path, **UNREAD,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),  # nohup ignores it
    )  # fmt: skip
    assert_nobody_is_left(parent, number, 3)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_drawing_process_ends_with_a_killed_training(tmp_path):
    (tmp_path / "data").mkdir()
    write_digits(tmp_path / "data")
    environment = os.environ | {"DISPLAY": ""}
    parent = start(
        "train.py", "--watch", "--data-dir", tmp_path / "data", "--output", tmp_path / "run",
        "--epochs", 1000, env=environment, **UNREAD,
    )  # fmt: skip
    assert_nobody_is_left(parent, signal.SIGKILL, 1)


def test_an_interrupted_folder_ends_with_130(tmp_path):
    """Ctrl-C while pictures are read: no traceback, and what was read is there."""
    for i in range(400):
        (tmp_path / f"{i:04}.png").symlink_to(ROOT / "samples" / f"{i % 10}.png")
    child = start(
        "recognise.py", "--jobs", 2, tmp_path, start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell may ignore it
    )  # fmt: skip
    first = child.stdout.readline()
    os.killpg(child.pid, signal.SIGINT)
    out, err = child.communicate(timeout=300)
    assert child.returncode == 130
    assert b"Traceback" not in err
    assert (first + out).endswith(b"\n")


def test_a_hostile_stack_name_is_one_record(tmp_path):
    image = np.asarray(Image.open(ROOT / "samples" / "4.png").convert("L").resize((28, 28)))
    path = tmp_path / "s.npz"
    np.savez(path, **{"x\n7\x1b[2J": image[None]})
    status, out, _, _ = run("recognise.py", path)
    assert status in (0, 1)
    assert b"\x1b" not in out
    assert len(out.splitlines()) <= 1
