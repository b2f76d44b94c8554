"""Workers: a process each, answers in order, failures in one line."""

import os

import numpy as np
import pytest

from benchmarks.speed.system import Job, Timed
from benchmarks.speed.worker import Answer, Candidate, SystemFailedError, Worker, _times, alternate

FAKE = Candidate("tests.benchmarks.fake:Fake")
JOB = Job(None, np.zeros((2, 28, 28), np.uint8), np.zeros(2, np.uint8), batch=1, threads=1)


@pytest.fixture(scope="module")
def worker():
    parents = np.ones(50_000_000)  # 400 MB, which are not the worker's
    with Worker(FAKE, JOB) as worker:
        del parents
        yield worker


def test_an_answer_has_its_value_and_the_memory(worker):
    answer = worker.ask("work", 10, 3)
    assert answer.value == (10, 3, 1)
    assert np.isnan(answer.megabytes) or 5 < answer.megabytes < 400


def test_threads_are_set_in_the_worker_only(worker):
    before = os.environ.get("OMP_NUM_THREADS")
    assert worker.ask("threads_in_environment").value == "1"
    assert os.environ.get("OMP_NUM_THREADS") == before


def test_output_of_a_worker_is_hidden(worker, capfd):
    worker.ask("work", 1, 1)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("method", "message"), [("fail", "ValueError: asked to fail"), ("vanish", "status 7")]
)
def test_a_failure_is_reported_in_one_line(method, message):
    with Worker(FAKE, JOB) as worker:
        with pytest.raises(SystemFailedError, match=message) as failure:
            worker.ask(method)
        assert "\n" not in str(failure.value)
        with pytest.raises(SystemFailedError):
            worker.ask("work", 1, 1)


def test_a_failing_constructor_is_reported_in_one_line():
    with pytest.raises(SystemFailedError, match=r"^RuntimeError: no such processor$"):
        Worker(Candidate(FAKE.target, options={"start_fails": True}), JOB)


def test_a_candidate_lists_missing_packages():
    candidate = Candidate(FAKE.target, ("numpy", "no_such_package"))
    assert candidate.missing() == ["no_such_package"]


class Scripted:
    """Stands in for a worker: every fifth time takes five times as long as said."""

    def __init__(self, name, log, seconds):
        self.name, self.log, self.seconds = name, log, seconds

    def ask(self, method, *args):
        self.log.append((self.name, method, *args))
        seconds = [self.seconds * (1 if k % 5 else 5) for k in range(1, args[-1] + 1)]
        return Answer(Timed(None, seconds), 0.0)


def test_a_round_is_as_long_as_asked_for():
    log = []
    assert _times(Scripted("a", log, 0.01), ("read", 5), 1.0) == 58  # 16 take 0.28 s
    assert {request[:3] for request in log} == {("a", "read", 5)}
    assert _times(Scripted("a", log, 9.0), ("read", 5), 1.0) == 1


def test_systems_take_turns_and_the_fastest_time_counts(monkeypatch):
    monkeypatch.setattr("benchmarks.speed.worker.PAUSE", 0)
    log = []
    workers = {"a": Scripted("a", log, 0.5), "b": Scripted("b", log, 0.25)}
    taken = alternate(workers, ("train",), rounds=3, seconds=1.0)
    assert taken == {"a": [0.5] * 3, "b": [0.25] * 3}
    assert log[-6:] == [("a", "train", 2), ("b", "train", 4)] * 3
