"""``python -m weights.hand``: what was taught is listed, removed, moved in and out."""

import json

import numpy as np
import pytest

import weights
from weights.hand import __main__ as command
from weights.hand import store
from weights.hand.store import Hand

ONE = [[(150, 60), (150, 240)]]
SEVEN = [[(80, 70), (210, 70), (150, 240)]]


@pytest.fixture
def run(hand, capsys):
    """Run the command; return its status, what it prints, and its errors."""

    def call(*arguments):
        status = command.main(["--hand", str(hand.path), *map(str, arguments)])
        return status, *capsys.readouterr()

    return call


def test_drawings_are_listed_and_removed(hand, run):
    hand.add(1, 7, ONE)
    hand.add(7, 2, SEVEN + ONE)
    status, out, err = run("list")
    assert status == 0
    assert [line.split("\t")[:3] for line in out.splitlines()] == [
        ["1", "1", "read as 7"], ["2", "7", "read as 2"]
    ]  # fmt: skip
    assert out.splitlines()[1].endswith("2 strokes")
    assert err == f"{hand.path}: 2 drawings taught\n"
    assert run("remove", 1) == (0, f"{hand.path}: 1 drawing left\n", "")
    assert [drawing.number for drawing in hand.drawings()] == [2]


def test_reset_says_where_everything_is(hand, run):
    hand.add(1, 7, ONE)
    status, out, _ = run("reset")
    moved = hand.path.with_suffix(".json.old")
    assert (status, out) == (0, f"everything moved to {moved}\n")
    assert len(json.loads(moved.read_bytes())["drawings"]) == 1
    assert run("reset")[1] == f"{hand.path}: nothing was taught\n"


def test_export_and_import_carry_a_hand_over(hand, run, tmp_path):
    hand.add(1, 7, ONE)
    hand.add(7, 2, SEVEN)
    taught = hand.drawings()
    assert run("export", tmp_path / "out.json")[0] == 0
    run("reset")
    status, out, _ = run("import", tmp_path / "out.json")
    assert (status, out) == (0, f"{hand.path}: 2 new, 2 drawings taught\n")
    assert hand.drawings() == taught


def test_the_taught_network_is_exported(hand, run, tmp_path, monkeypatch, cache):
    shipped = weights.load()
    monkeypatch.setattr(weights, "load", lambda: shipped)
    hand.add(7, 1, ONE)
    assert run("export", tmp_path / "taught.npz")[0] == 0
    exported = type(shipped).load(tmp_path / "taught.npz")
    last = len(exported.layers) - 1
    for name, array in shipped.named_params().items():
        same = np.array_equal(array, exported.named_params()[name])
        assert same == (not name.startswith(f"{last}."))


def test_without_hand_the_users_own_is_listed(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(store, "user_file", lambda: tmp_path / "hand.json")
    Hand(tmp_path / "hand.json").add(4, 9, ONE)
    assert command.main(["list"]) == 0
    assert capsys.readouterr().out.startswith("1\t4\tread as 9\t")


@pytest.mark.parametrize(
    "arguments",
    [["remove", "7"], ["export", "hand.txt"], ["import", "nowhere.json"], ["list"]],
)
def test_errors_are_one_line(hand, run, arguments):
    if arguments == ["list"]:
        hand.path.parent.mkdir()
        hand.path.write_text("damaged")
    status, out, err = run(*arguments)
    assert (status, out) == (2, "")
    assert err.startswith("python -m weights.hand: ")
    assert err.count("\n") == 1
    assert any(name in err for name in (str(hand.path), "hand.txt", "nowhere.json"))
