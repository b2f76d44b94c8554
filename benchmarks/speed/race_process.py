"""Start a run of the race as a process, and time it from outside."""

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from nn import Sequential

from .race import MODEL, PHASES, Plan, Task, write
from .worker import ENVIRONMENT, SystemFailedError

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Finish:
    """The result of a run.

    Attributes
    ----------
    accuracy : float
        In [0, 1].
    seconds : float
        From starting the process to its printing the accuracy.
    phases : dict of str to float
        The seconds of each of `PHASES`.
    """

    accuracy: float
    seconds: float
    phases: dict[str, float]


def start(task: Task, plan: Plan, model: Sequential) -> Finish:
    """Run a task in a new process.

    Parameters
    ----------
    task : Task
    plan : Plan
    model : Sequential
        The untrained network.

    Raises
    ------
    SystemFailedError
        If the process ends without a result.
    """
    threads = {"OMP_NUM_THREADS": str(task.threads), "OPENBLAS_NUM_THREADS": str(task.threads)}
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    environment = os.environ | ENVIRONMENT | threads | {"PYTHONPATH": path}
    with tempfile.TemporaryDirectory() as name, tempfile.TemporaryFile("w+") as errors:
        write(Path(name), task, plan)
        model.save(Path(name, MODEL))
        command = [sys.executable, "-m", "benchmarks.speed.race", name]
        begin = time.perf_counter()
        with subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process:
            assert process.stdout is not None
            line = process.stdout.readline()
            seconds = time.perf_counter() - begin
        if process.returncode or not line:
            raise SystemFailedError(_reason(errors, process.returncode))
    result = json.loads(line)
    before = seconds - sum(result["seconds"].values())
    return Finish(result["accuracy"], seconds, {PHASES[0]: before} | result["seconds"])


def _reason(errors, status):
    """Return the last line that a process wrote to stderr, or else its exit status."""
    errors.seek(0)
    lines = errors.read().strip().splitlines()
    return lines[-1] if lines else f"its process ended with status {status}"
