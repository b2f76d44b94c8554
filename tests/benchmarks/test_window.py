"""The command that counts the inspector's refreshes."""

import json
import sys
import time

from benchmarks import window
from inspector.teaching import lessons
from tests.windows import small_network
from weights.hand import rehearsal

HELD = 0.3  # seconds for which the test's thread keeps the interpreter


def test_every_panel_is_measured(display, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(window, "SETTLE", 0.05)
    path, figures = tmp_path / "small.npz", tmp_path / "window.json"
    small_network().save(path)
    arguments = ["--seconds", "0.6", "--weights", str(path), "--json", str(figures)]
    assert window.main([*arguments, "--corrections", "0"]) == 0
    panels = json.loads(figures.read_text())["panels"]
    printed = capsys.readouterr().out
    assert "Learning" in panels
    for name, found in panels.items():
        assert name in printed
        assert found["lost"] == 0
        assert 0 < found["refreshes"] <= found["events"]
        assert 0 < found["median_ms"] <= found["slowest_ms"]


def test_pauses_while_it_learns_are_measured(display, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(window, "SETTLE", 0.05)
    monkeypatch.setattr(window, "run", lambda app, seconds: {})
    monkeypatch.setattr(rehearsal, "COUNT", 40)
    slept, real = 0.4, lessons.Teacher.learn

    def learn(teacher):
        """Learn for a while, and keep the interpreter to itself for a part of it."""
        time.sleep(slept)
        sys.setswitchinterval(10)
        until = time.perf_counter() + HELD
        while time.perf_counter() < until:
            pass
        return real(teacher)

    monkeypatch.setattr(lessons.Teacher, "learn", learn)
    path, figures = tmp_path / "small.npz", tmp_path / "window.json"
    small_network().save(path)
    arguments = ["--weights", str(path), "--json", str(figures), "--corrections", "1"]
    assert window.main(arguments) == 0
    printed = capsys.readouterr().out
    found = json.loads(figures.read_text())["pauses"]
    assert found.keys() == {"first window", "both windows"}
    for shown, kinds in found.items():
        assert shown in printed
        assert [kinds[kind]["times"] for kind in kinds] == [2, 1, 1]
        assert kinds["a correction"]["seconds"] > slept
        assert kinds["a correction"]["longest_ms"] >= 1000 * HELD
        assert kinds["the pen alone"]["seconds"] < slept


def test_no_display_is_reported_in_one_line(monkeypatch, tmp_path, capsys):
    path = tmp_path / "small.npz"
    small_network().save(path)
    monkeypatch.setenv("DISPLAY", ":no-such-display")
    assert window.main(["--weights", str(path)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "display" in line
