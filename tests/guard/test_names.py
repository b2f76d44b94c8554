"""What a command is called in messages: as it was typed."""

import sys

import pytest

from guard.arguments import Parser
from guard.names import typed_command, typed_name
from guard.terminal import say

SCRIPTS = [
    ("gui.py", "digits"), ("recognise.py", "digits-recognise"), ("train.py", "digits-train")
]  # fmt: skip


@pytest.mark.parametrize(("script", "installed"), SCRIPTS)
def test_messages_name_what_was_typed(script, installed, monkeypatch, capsys):
    for typed, name in ((f"/home/{script}", script), (f"/usr/bin/{installed}", installed)):
        monkeypatch.setattr(sys, "argv", [typed])
        say(script, "no such file")
        with pytest.raises(SystemExit):
            Parser(script).parse_args(["--nonsense"])
        said, usage, error = capsys.readouterr().err.splitlines()
        assert said == f"{name}: no such file"
        assert usage.startswith(f"usage: {name} ")
        assert error.startswith(f"{name}: error: ")


def test_another_commands_name_is_of_its_kind(monkeypatch):
    for typed, name, command in (
        ("train.py", "gui.py", "python gui.py"), ("/usr/bin/digits-train", "digits", "digits")
    ):  # fmt: skip
        monkeypatch.setattr(sys, "argv", [typed])
        assert (typed_name("gui.py"), typed_command("gui.py")) == (name, command)
        assert typed_name("experiment.watch") == "experiment.watch"
