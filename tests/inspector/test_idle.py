"""Work in small steps: results in order, the newest work only, an end with the widget."""

import pytest

from inspector.idle import IdleWork, Later
from tests.conftest import need

tk = need("tkinter")


@pytest.fixture
def root(display):
    root, errors = tk.Tk(), []
    root.tk.createcommand("bgerror", errors.append)
    yield root
    root.destroy()
    assert errors == []


def run(root, work):
    while work.busy:
        root.update()


def test_results_come_in_order(root):
    work, results = IdleWork(root), []
    work.start(iter(range(5)), results.append)
    assert work.busy
    assert results == []
    run(root, work)
    assert results == [0, 1, 2, 3, 4]


def test_new_work_replaces_the_old(root):
    work, results = IdleWork(root), []
    work.start(iter(range(100)), results.append)
    while not results:
        root.update()
    work.start(iter("ab"), results.append)
    seen = len(results)
    run(root, work)
    assert results[seen:] == ["a", "b"]
    assert seen < 100


def test_stopped_work_gives_no_more_results(root):
    work, results = IdleWork(root), []
    work.start(iter(range(5)), results.append)
    work.stop()
    assert not work.busy
    root.after(20, lambda: results.append("later"))
    while not results:
        root.update()
    assert results == ["later"]


def test_destroying_the_widget_stops_the_work(root):
    frame = tk.Frame(root)
    work, results = IdleWork(frame), []
    work.start(iter(range(5)), results.append)
    frame.destroy()
    assert not work.busy


def test_a_call_is_dropped_with_its_widget(root):
    frame, calls = tk.Frame(root), []
    kept, dropped = Later(root), Later(frame)
    dropped.start(1, calls.append, "dropped")
    kept.start(1, calls.append, "replaced")
    kept.start(20, calls.append, "kept")
    frame.destroy()
    assert (kept.waits, dropped.waits) == (True, False)
    while kept.waits:
        root.update()
    assert calls == ["kept"]
