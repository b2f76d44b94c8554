"""Training over MPI: the same bits on any number of ranks, and no rank left hanging."""

import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from nn.training import checkpoint
from nn.training.launch import SIZES
from nn.training.processes import SingleProcess
from tests.conftest import missing
from tests.nn.training import mpi_run

ROOT = Path(__file__).parents[3]
PATIENCE = 600  # seconds until a run counts as hanging; it takes a few on a quiet machine


@pytest.fixture(scope="module")
def mpiexec():
    """The launcher: the one beside this Python, or else the first on the path."""
    beside = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    found = shutil.which("mpiexec", path=beside)
    if found is None or importlib.util.find_spec("mpi4py") is None:
        missing("no mpiexec or no mpi4py: python -m pip install -e '.[mpi]'")
    return found


@pytest.fixture(scope="module")
def single(tmp_path_factory):
    """The outcome of one process with two threads."""
    folder = tmp_path_factory.mktemp("single")
    mpi_run.train(SingleProcess(), folder, threads=2)
    return outcome(folder)


@pytest.fixture(scope="module")
def single_plain(tmp_path_factory):
    """The same with plain layers."""
    folder = tmp_path_factory.mktemp("plain")
    mpi_run.train(SingleProcess(), folder, threads=2, engine=mpi_run.plain)
    return outcome(folder)


def start(mpiexec, ranks, folder, *fault):
    program = [sys.executable, "-m", "tests.nn.training.mpi_run"]
    command = [mpiexec, "-n", ranks, *program, folder, *fault]
    process = subprocess.Popen(
        [str(word) for word in command],
        cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    STARTED.append(process)
    return process


STARTED = []


@pytest.fixture(autouse=True)
def nothing_is_left():
    """End the runs that a failed test leaves."""
    yield
    while STARTED:
        with STARTED.pop() as process:
            process.kill()


def finish(process):
    """Return what a run printed, and its errors; one that hangs is ended, and fails the test."""
    try:
        return process.communicate(timeout=PATIENCE)
    finally:
        process.kill()


def outcome(folder, rank=0):
    with np.load(folder / f"outcome-{rank}.npz") as arrays:
        return dict(arrays)


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def assert_same(got, expected):
    assert got.keys() == expected.keys()
    for name, array in expected.items():
        np.testing.assert_array_equal(got[name], array, name)


def test_two_ranks_give_the_bits_of_one(mpiexec, single, tmp_path):
    process = start(mpiexec, 2, tmp_path)
    printed, errors = finish(process)
    assert process.returncode == 0, errors
    for rank in range(2):
        assert_same(outcome(tmp_path, rank), single)
    assert printed.splitlines() == ["trained on 2 ranks"], "only rank 0 prints"


def test_plain_layers_give_the_same_bits_too(mpiexec, single_plain, tmp_path):
    process = start(mpiexec, 3, tmp_path, "plain", 0, 0)
    _, errors = finish(process)
    assert process.returncode == 0, errors
    assert_same(outcome(tmp_path, 1), single_plain)


def test_a_stopped_run_resumes_on_more_ranks(mpiexec, single, tmp_path):
    process = start(mpiexec, 2, tmp_path, "ask", 20, 0)
    assert process.stdout.readline() == "taken\n"
    process.send_signal(signal.SIGTERM)
    _, errors = finish(process)
    assert process.returncode != 0
    assert errors.count("stopped; saved") == 1
    newest, *_ = checkpoint.find(tmp_path)
    assert 20 <= int(newest.stem.split("-")[1]) < mpi_run.EPOCHS * mpi_run.STEPS
    process = start(mpiexec, 4, tmp_path)
    printed, errors = finish(process)
    assert process.returncode == 0, errors
    assert "resuming at step" in printed
    for rank in range(4):
        assert_same(outcome(tmp_path, rank), single)


def test_a_signal_to_one_rank_stops_all(mpiexec, tmp_path):
    process = start(mpiexec, 2, tmp_path, "term", 7, 1)
    _, errors = finish(process)
    assert process.returncode == 128 + signal.SIGTERM
    (saved,) = checkpoint.find(tmp_path)
    assert f"stopped; saved {saved}" in errors


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("raise", "rank 1 of 2, on .*, failed: this rank has had enough"),
        ("kill", "Killed"),
        ("exit", ""),  # a process that exits by itself prints its own reason
    ],
)
def test_a_failing_rank_aborts_all_with_a_message(mpiexec, tmp_path, fault, says):
    process = start(mpiexec, 2, tmp_path, fault, 5, 1)
    printed, errors = finish(process)
    assert process.returncode != 0
    assert re.search(says, printed + errors)
    deadline = time.monotonic() + PATIENCE
    while alive(int((tmp_path / "pid-0").read_text())):
        assert time.monotonic() < deadline, "rank 0 waits forever"
        time.sleep(0.1)


@pytest.mark.parametrize("hung", [0, 2])
def test_a_hung_rank_is_named_and_ended(mpiexec, single_plain, tmp_path, hung, capsys):
    process = start(mpiexec, 3, tmp_path, "hang", 22, hung)
    _, errors = finish(process)
    assert process.returncode != 0
    assert re.search(rf"^rank {hung} of 3, on .*: no sign of life for 3 s.*all ranks", errors, re.M)
    assert errors.count("sign of life") == 1, "one rank says so"
    assert "Traceback" not in errors
    deadline = time.monotonic() + PATIENCE
    while any(alive(int((tmp_path / f"pid-{rank}").read_text())) for rank in range(3)):
        assert time.monotonic() < deadline, "a rank is left"
        time.sleep(0.1)
    newest, *_ = checkpoint.find(tmp_path)
    if hung > 0:
        assert f"saved {newest}" in errors
    assert int(newest.stem.split("-")[1]) == (16 if hung == 0 else 22)
    mpi_run.train(SingleProcess(), tmp_path, threads=2, engine=mpi_run.plain)
    assert "resuming at step" in capsys.readouterr().out
    assert_same(outcome(tmp_path), single_plain)


def test_a_failure_of_all_is_reported_once(mpiexec, tmp_path):
    process = start(mpiexec, 2, tmp_path, "raise", 5, -1)
    _, errors = finish(process)
    assert process.returncode != 0
    assert errors.count("RuntimeError: this rank has had enough") == 1


def test_a_launcher_of_another_mpi_is_refused(mpiexec, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", "from nn.training.launch import join; join()"],
        cwd=ROOT, text=True, capture_output=True, timeout=PATIENCE,
        env=os.environ | {SIZES[1]: "3"},
    )  # fmt: skip
    assert "the launcher started 3 ranks, mpi4py's MPI sees 1" in done.stderr
