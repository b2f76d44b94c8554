"""Watching a run: pictures come, the window follows the notes, no run is one line."""

import os
import subprocess
import sys
import threading

import numpy as np
import pytest
from PIL import Image

from experiment import notes, watch
from experiment.live_charts import Learning


def test_draws_a_picture_of_each_epoch(noted):
    ended = threading.Event()
    ended.set()
    watch.draw_epochs(noted, ended)
    pictures = sorted(noted.glob("watch-*.png"))
    assert [file.name for file in pictures] == ["watch-01.png", "watch-02.png"]
    first, second = (np.asarray(Image.open(file)) for file in pictures)
    assert len(np.unique(first)) > 10
    assert (first != second).any()


def test_the_drawing_process_ends_with_the_run(noted):
    done = subprocess.run(
        [sys.executable, "-m", "experiment.watch", noted, "--pictures"],
        input=b"", capture_output=True, check=True, timeout=600,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == (b"", b"")
    assert len(list(noted.glob("watch-*.png"))) == 2


def test_the_window_redraws_changed_notes(noted, display, monkeypatch):
    shown = []
    show = Learning.show
    monkeypatch.setattr(Learning, "show", lambda self, seen: (shown.append(seen), show(self, seen)))
    monkeypatch.setattr(watch, "REST", 0)
    root = watch.show(noted)
    try:
        root.update()
        assert root.title() == f"{noted} learns"
        assert len(shown) == 1
        os.utime(noted / notes.FILE, (0, 0))
        while len(shown) < 2:
            root.update()
        content = (noted / notes.FILE).read_bytes()
        (noted / notes.FILE).unlink()
        while notes.FILE not in root.title():  # says so, and keeps looking
            root.update()
        (noted / notes.FILE).write_bytes(content)
        while len(shown) < 3:
            root.update()
    finally:
        root.destroy()


@pytest.mark.parametrize("content", [None, b"no notes"])
def test_no_run_is_one_line(tmp_path, content, capsys):
    if content is not None:
        (tmp_path / notes.FILE).write_bytes(content)
    assert watch.main([str(tmp_path)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("experiment.watch: ")
    assert notes.FILE in line
