"""The command that counts the inspector's refreshes."""

import json

from benchmarks import window
from tests.windows import small_network


def test_every_panel_is_measured(display, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(window, "SETTLE", 0.05)
    path, figures = tmp_path / "small.npz", tmp_path / "window.json"
    small_network().save(path)
    arguments = ["--seconds", "1.5", "--weights", str(path), "--json", str(figures)]
    assert window.main(arguments) == 0
    panels = json.loads(figures.read_text())["panels"]
    printed = capsys.readouterr().out
    assert "Learning" in panels
    for name, found in panels.items():
        assert name in printed
        assert found["lost"] == 0
        assert 0 < found["refreshes"] <= found["events"]
        assert 0 < found["median_ms"] <= found["slowest_ms"]


def test_no_display_is_reported_in_one_line(monkeypatch, tmp_path, capsys):
    path = tmp_path / "small.npz"
    small_network().save(path)
    monkeypatch.setenv("DISPLAY", ":no-such-display")
    assert window.main(["--weights", str(path)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "display" in line
