"""Watching a run: pictures come, the window follows the notes, no run is one line."""

import os
import re
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
    monkeypatch.setattr(
        Learning, "show", lambda self, seen: (shown.append(seen), show(self, seen))[1]
    )
    monkeypatch.setattr(watch, "REST", 0)
    monkeypatch.setattr(watch, "LATER", 0)
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


def pixels(screen):
    return np.asarray(screen.charts.figure.canvas.buffer_rgba()).copy()


@pytest.fixture
def root(display):
    root = watch.tk.Tk()
    yield root
    root.destroy()


def test_a_frame_equals_a_drawing_from_scratch(noted, root):
    """Most frames move curves over a picture that was kept; the pixels are the same."""
    whole = notes.read(noted)
    screen, other = watch.Screen(root), watch.Screen(root)
    pictures = []
    screen._canvas.mpl_connect("draw_event", lambda event: pictures.append(1))
    for count in range(1, len(whole["epoch"]) + 1):
        screen.draw(notes.first(whole, count))
    other.draw(whole)
    np.testing.assert_array_equal(pixels(screen), pixels(other))
    assert len(pictures) < screen.frames == len(whole["epoch"])


def test_a_short_run_is_shown_again(noted, root, monkeypatch):
    whole = notes.read(noted)
    shown = []
    draw = watch.Screen.draw
    monkeypatch.setattr(
        watch.Screen, "draw",
        lambda self, seen: (shown.append(len(seen["epoch"])), draw(self, seen)),
    )  # fmt: skip
    screen = watch.Screen(root)
    screen.show_again(whole)
    assert shown == list(range(1, len(whole["epoch"]) + 1))
    shown.clear()
    screen.frames = watch.FRAMES
    screen.show_again(whole)
    assert shown == []


def test_a_resized_window_keeps_its_curves(noted, root):
    whole = notes.read(noted)
    screen = watch.Screen(root)
    screen.draw(whole)
    root.geometry("700x500")
    for _ in range(50):
        root.update()
        if root.winfo_width() == 700:
            break
    screen.charts.figure.canvas.draw()
    blue = (pixels(screen)[..., :3] == (31, 119, 180)).all(axis=-1)
    assert blue.any()


def test_end_of_the_run_is_drawn_at_once(noted, display, monkeypatch):
    monkeypatch.setattr(watch, "LONGEST", 1e9)
    monkeypatch.setattr(watch, "REST", 1e9)  # only the end makes it draw again
    ended = threading.Event()
    root = watch.show(noted, ended)
    try:
        root.update()
        os.utime(noted / notes.FILE, (0, 0))
        shown = []
        draw = watch.Screen.draw
        monkeypatch.setattr(
            watch.Screen, "draw", lambda self, seen: (shown.append(1), draw(self, seen))
        )
        for _ in range(20):
            root.update()
        assert shown == []
        ended.set()
        while "has learned" not in root.title():
            root.update()
        assert len(shown) > 1, "the end, and the run again: it was too short for its window"
    finally:
        root.destroy()


def test_a_run_is_shown_in_ten_frames(noted, display, monkeypatch):
    """Though the training left the window no time before its end."""
    whole = notes.read(noted)
    count = 2 * watch.FRAMES
    many = {
        name: np.repeat(whole[name], count, axis=0)[:count] if name in notes.PER_NOTE else each
        for name, each in whole.items()
    }
    notes.write(noted, notes.first(many, 0))
    ended = threading.Event()
    root = watch.show(noted, ended)
    try:
        root.update()
        notes.write(noted, many)
        ended.set()
        while "has learned" not in root.title():
            root.update()
        shown = int(re.search(r"in (\d+) frames", root.title())[1])
        assert shown >= 10, "the empty picture does not count"
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
