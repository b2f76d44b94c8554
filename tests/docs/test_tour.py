"""The tour tells the truth: what it names is there, and what is there it names."""

import importlib.util
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from docs.figures.__main__ import FIGURES

ROOT = Path(__file__).parents[2]
TOUR = ROOT / "docs" / "tour.md"
TEXT = TOUR.read_text(encoding="utf-8")
EXERCISES = (ROOT / "docs" / "exercises" / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"python (?:-m )?[\w.]+[^`\n|]*", re.sub(r"-m\s+", "-m ", TEXT) + EXERCISES)


def test_shows_every_picture_and_no_other():
    shown = re.findall(r"!\[.+?\]\((tour/.+?)\.png\)", TEXT)
    assert shown == [name for name in FIGURES if name.startswith("tour/")]
    assert {f"tour/{file.stem}" for file in (ROOT / "docs" / "tour").iterdir()} == set(shown)


@pytest.mark.parametrize("link", sorted({*re.findall(r"\]\((.+?)\)", TEXT)}))
def test_link_leads_somewhere(link):
    assert (TOUR.parent / link).exists()


def test_enough_commands_to_be_worth_checking():
    assert len(COMMANDS) >= 12


@pytest.mark.parametrize("command", sorted(set(COMMANDS)))
def test_command_is_there_with_its_options(command):
    _, *words = shlex.split(command)
    if words[0] == "-m":
        module = importlib.util.find_spec(words[1])
        assert module is not None
        if words[1] == "nn.gradcheck":
            from nn.gradcheck import cases

            assert all(any(title.startswith(w) for title, _ in cases()) for w in words[2:])
    else:
        asked = [sys.executable, words[0], "--help"]
        shown = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        options = [word for word in words[1:] if word.startswith("--")]
        assert all(re.search(rf"^ *{option}\b", shown, re.M) for option in options)
