"""Children end with their parent, however it ends, and are limited from outside."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals and limits")

ROOT = Path(__file__).parents[2]
PATIENCE = 20.0
CHILD = (
    "import os, sys; from guard.processes import end_with_parent\n"
    "{ask}end_with_parent(lambda: os.read(0, 1), int(sys.argv[1]))\n"
    "print(os.getpid(), flush=True)\n"
    "while True: pass"
)
PARENT = (
    "import os, subprocess, sys, time\n"
    "child = subprocess.Popen([sys.executable, '-c', sys.argv[1], str(os.getpid())],\n"
    "                         stdin=subprocess.PIPE)\n"
    "time.sleep(600)"
)


def is_alive(process):
    """Return whether a process still runs; one that only waits to be collected does not."""
    try:
        with open(f"/proc/{process}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


@contextmanager
def killed(process):
    """Leave no process behind, whatever the test finds."""
    try:
        yield
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def assert_ends(process):
    deadline = time.monotonic() + PATIENCE  # two seconds on a machine that is not busy
    while is_alive(process) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not is_alive(process)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
@pytest.mark.parametrize("kernel", [True, False], ids=["kernel", "pipe alone"])
def test_a_busy_child_ends_with_its_parent(number, kernel):
    ask = "" if kernel else "import guard.processes; guard.processes._ask_kernel = lambda: None\n"
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, CHILD.format(ask=ask)], stdout=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),  # nohup ignores it
    )  # fmt: skip
    with killed(parent):
        child = int(parent.stdout.readline())
        assert is_alive(child)
        parent.send_signal(number)
        parent.wait(60)
        assert_ends(child)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_child_ends_while_it_imports(tmp_path):
    (tmp_path / "slow.py").write_text(
        "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
    )
    code = (
        "import os, subprocess, sys\n"
        "subprocess.run([sys.executable, '-m', 'guard.child', str(os.getpid()), 'slow'],\n"
        "               stdin=os.pipe()[0])"
    )
    places = os.pathsep.join([str(tmp_path), str(ROOT)])
    parent = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONPATH": places},
    )  # fmt: skip
    with killed(parent):
        child = int(parent.stdout.readline())
        parent.kill()
        parent.wait(60)
        assert_ends(child)


def limited(code, memory, seconds):
    head = f"from guard.processes import limit; limit({memory}, {seconds})\n"
    return subprocess.run([sys.executable, "-c", head + code], capture_output=True, text=True)


def test_memory_beyond_the_limit_is_an_error():
    code = "try:\n    bytes(1 << 30)\nexcept MemoryError:\n    print('refused')"
    assert limited(code, 200 << 20, 60).stdout == "refused\n"


def test_computing_beyond_the_limit_is_ended():
    assert limited("while True: pass", 1 << 30, 0.1).returncode == -signal.SIGXCPU


def test_ctrl_c_waits_until_children_are_started():
    code = (
        "import os, signal, subprocess, sys, threading\n"
        "from guard.processes import interrupts_held\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # the shell may ignore it
        "ask = 'import signal; print(signal.pthread_sigmask(signal.SIG_BLOCK, ()))'\n"
        "threading.Thread(target=threading.Event().wait, daemon=True).start()\n"
        "try:\n"
        "    with interrupts_held():\n"
        "        os.kill(os.getpid(), signal.SIGINT)\n"
        "        subprocess.run([sys.executable, '-c', ask])\n"
        "        print('started', flush=True)\n"
        "except KeyboardInterrupt:\n"
        "    print('interrupted')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    first, *others = done.stdout.splitlines()
    assert "SIGINT" in first
    assert others == ["started", "interrupted"]
