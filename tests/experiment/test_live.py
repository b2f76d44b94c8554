"""A training and the process that draws it: what one tells the other."""

import threading
import time
from types import SimpleNamespace

import pytest

from experiment import live, watch
from experiment.live import watching
from nn.training.run import StoppedError
from tests.runs import EPOCHS, STEPS, Simulation, digits


class Drawing:
    """Stands for the drawing process: opens late, and keeps what it is told."""

    opens_after = 0.3  # seconds, if it is not let open before
    opens = threading.Event()

    def __init__(self, *arguments, **pipes):
        self.told, self.closed = b"", False
        self.stdin = self
        self.stdout = SimpleNamespace(readline=self.readline)
        type(self).last = self

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.closed = True

    def readline(self):
        self.opens.wait(self.opens_after)
        self.opened = time.monotonic()
        return watch.READY

    def write(self, content):
        self.told += content


@pytest.fixture
def simulation(tmp_path, monkeypatch):
    monkeypatch.setattr("subprocess.Popen", Drawing)
    monkeypatch.setattr(watch, "no_display", lambda: None)
    with (made := Simulation(tmp_path)).trainer:
        yield made


def watched(simulation, **more):
    images, labels = digits(40)
    return watching(simulation.run, simulation.ema.model, images, labels, (STEPS,) * EPOCHS, **more)


def test_training_waits_for_the_window(simulation):
    with watched(simulation):
        assert Drawing.last.opened <= time.monotonic()
        assert not Drawing.last.closed
    assert Drawing.last.closed
    assert Drawing.last.told == watch.DONE, "after a whole run the window stays"


def test_window_that_never_opens_is_not_awaited(simulation, monkeypatch):
    monkeypatch.setattr(live, "OPENING_TIMEOUT", 0.05)
    monkeypatch.setattr(Drawing, "opens_after", 60)
    monkeypatch.setattr(Drawing, "opens", threading.Event())
    with watched(simulation):
        assert not hasattr(Drawing.last, "opened")
        Drawing.opens.set()


@pytest.mark.parametrize("stay", [False, True], ids=["closes", "asked to stay"])
@pytest.mark.parametrize("error", [KeyboardInterrupt, StoppedError], ids=["Ctrl-C", "SIGTERM"])
def test_a_stopped_run_closes_its_window(simulation, tmp_path, stay, error):
    problem = error(2, tmp_path) if error is StoppedError else error()
    with pytest.raises(error), watched(simulation, stay=stay):
        raise problem
    assert Drawing.last.told == (watch.DONE if stay else b"")
    assert Drawing.last.closed


def test_no_thread_is_left(simulation):
    before = threading.active_count()
    with watched(simulation):
        pass
    assert threading.active_count() <= before
