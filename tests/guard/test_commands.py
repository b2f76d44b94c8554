"""Commands as programs: closed and full streams, Ctrl-C at any moment, exit statuses."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(os.name == "nt", reason="a POSIX shell and signals")


def shell(line):
    """Run a line of the shell in the project's folder, with $PYTHON."""
    return subprocess.run(
        ["bash", "-c", line], cwd=ROOT, env=os.environ | {"PYTHON": sys.executable},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("line", "status", "out"),
    [
        ("recognise.py samples/1.png 2>&-", 0, "samples/1.png\t1"),
        ("recognise.py samples/1.png nosuch.png 2>/dev/full", 1, "samples/1.png\t1"),
        ("recognise.py samples/1.png >&-", 2, ""),
        ("recognise.py samples/1.png >/dev/full", 2, ""),
        ("recognise.py --json samples/1.png >/dev/full", 2, ""),
        ("recognise.py --help >/dev/full", 2, ""),
        ("recognise.py samples <&-", 0, "samples/0.png\t0"),
        ("recognise.py samples | head -n 1", 0, "samples/0.png\t0"),
        ("recognise.py samples/1.png <&- >&- 2>&-", 2, ""),
        ("train.py --evaluate nosuch.npz >&-", 2, ""),
        ("train.py --evaluate nosuch.npz >&- 2>&-", 2, ""),
        ("-m experiment.watch nosuch >&-", 2, ""),
    ],
)
def test_streams_may_be_closed_or_full(line, status, out):
    done = shell(f"set -o pipefail; $PYTHON {line}")
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr
    assert len(done.stderr.splitlines()) <= 1
    assert (done.returncode, done.stdout.startswith(out)) == (status, True)


def test_a_librarys_warning_is_one_line():
    """numba's holds a traceback if it cannot read a variable."""
    done = shell("NUMBA_NUM_THREADS=many $PYTHON train.py --evaluate nosuch.npz")
    first, *others = done.stderr.splitlines()
    assert first.startswith("warning: Environment variable 'NUMBA_NUM_THREADS'")
    assert others == ["train.py: nosuch.npz: no such file"]


@pytest.mark.parametrize("script", ["recognise.py", "train.py", "gui.py"])
@pytest.mark.parametrize("wait", [0.1, 0.5])
def test_interrupted_imports_end_with_130(script, wait):
    """A process that has installed its handler, as /proc tells, is in its imports."""
    child = subprocess.Popen(
        [sys.executable, script, "--weights", "nosuch.npz", "--no-such-option"], cwd=ROOT,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    begun = time.monotonic()
    while child.poll() is None and not handles_interrupts_itself(child.pid):
        time.sleep(0.001)
    time.sleep(max(0, wait - (time.monotonic() - begun)))
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=60)
    assert b"Traceback" not in err
    assert child.returncode in (130, 2)  # 2: it has seen its arguments already
    assert out == b""


def handles_interrupts_itself(process):
    """Return whether a process has imported our module that sets the handler."""
    try:
        maps = Path(f"/proc/{process}/maps").read_text()
    except OSError:
        return True
    return "numpy" in maps
