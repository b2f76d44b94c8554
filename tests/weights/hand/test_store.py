"""A hand on the disk: changed whole or not at all, by several windows, and never lost."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from data.errors import DataError
from nn.saving import atomic
from nn.saving.npz import write_arrays
from weights.hand import store
from weights.hand.store import Hand, fingerprint

ROOT = Path(__file__).parents[3]
ONE = [[(150, 60), (150, 240)]]
SEVEN = [[(80, 70), (210, 70), (150, 240)]]


def labels(drawings):
    return [(drawing.number, drawing.label) for drawing in drawings]


def test_taught_drawings_are_there_again(hand):
    assert hand.drawings() == []
    hand.add(1, 7, ONE)
    returned = hand.add(7, 2, SEVEN)
    assert Hand(hand.path).drawings() == returned
    assert labels(returned) == [(1, 1), (2, 7)]
    assert [drawing.read for drawing in returned] == [7, 2]
    assert [drawing.strokes for drawing in returned] == [ONE, SEVEN]


def test_one_drawing_is_removed_by_number(hand):
    for label in range(4):
        hand.add(label, 0, ONE)
    assert labels(hand.remove({2, 3})) == [(1, 0), (4, 3)]
    assert labels(hand.add(9, 0, ONE))[-1] == (5, 9)
    with pytest.raises(DataError, match=r"hand\.json: no drawing has the number 2"):
        hand.remove({1, 2})
    assert labels(hand.drawings()) == [(1, 0), (4, 3), (5, 9)]


def test_reset_keeps_the_file_under_another_name(hand):
    assert hand.reset() is None
    for label in (1, 2):
        hand.add(label, 0, ONE)
        content = hand.path.read_bytes()
        assert hand.reset().read_bytes() == content
        assert hand.drawings() == []
    assert len(list(hand.path.parent.iterdir())) == 2


def test_import_adds_what_is_new(hand, tmp_path):
    other = Hand(tmp_path / "other.json")
    other.add(1, 7, ONE)
    other.add(7, 2, SEVEN)
    hand.add(7, 3, SEVEN)
    assert labels(hand.include(other.drawings())) == [(1, 7), (2, 1)]
    assert labels(hand.include(other.drawings())) == [(1, 7), (2, 1)]


@pytest.mark.parametrize("content", [b"", b"not JSON", b'{"format": 1, "drawings": [1]}'])
def test_a_damaged_file_is_one_line_and_stays(hand, content):
    hand.path.parent.mkdir()
    hand.path.write_bytes(content)
    for use in (hand.drawings, lambda: hand.add(1, 7, ONE), lambda: hand.remove({1})):
        with pytest.raises(DataError) as caught:
            use()
        line = str(caught.value)
        assert line.startswith(f"{hand.path}: ")
        assert "reset" in line
        assert "\n" not in line
    assert hand.path.read_bytes() == content
    assert hand.reset().read_bytes() == content


def test_a_vast_file_is_refused(hand, monkeypatch):
    hand.add(1, 7, ONE)
    monkeypatch.setattr(store.files, "MAX_BYTES", 20)
    with pytest.raises(DataError, match="more than 20 bytes"):
        hand.drawings()


def test_a_folder_in_its_place_is_refused(hand):
    hand.path.mkdir(parents=True)
    with pytest.raises(DataError, match="not a file"):
        hand.drawings()


def test_bad_strokes_are_refused_before_writing(hand):
    hand.add(1, 7, ONE)
    before = hand.path.read_bytes()
    with pytest.raises(DataError, match="outside the canvas"):
        hand.add(1, 7, [[(999, 3)]])
    assert hand.path.read_bytes() == before


def test_the_last_place_is_the_limit(hand, monkeypatch):
    monkeypatch.setattr(store.files, "MAX_DRAWINGS", 2)
    hand.add(1, 7, ONE)
    hand.add(1, 7, ONE)
    with pytest.raises(DataError, match="3 drawings; at most 2"):
        hand.add(1, 7, ONE)
    assert len(hand.drawings()) == 2


def test_a_failed_write_leaves_the_old_file(hand, monkeypatch):
    hand.add(1, 7, ONE)
    before = hand.path.read_bytes()

    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic.os, "fsync", full)
    with pytest.raises(OSError, match="make room"):
        hand.add(7, 2, SEVEN)
    assert hand.path.read_bytes() == before
    assert [path.name for path in hand.path.parent.iterdir()] == ["hand.json"]


ADD = """
import sys
from weights.hand.store import Hand
for label in range(10):
    Hand(sys.argv[1]).add(label, 0, [[(label, 1), (2, 3)]])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="nothing locks there")
def test_two_windows_at_once_lose_nothing(hand):
    command = [sys.executable, "-c", ADD, str(hand.path)]
    both = [subprocess.Popen(command, cwd=ROOT) for _ in range(2)]
    assert [process.wait(300) for process in both] == [0, 0]
    drawings = hand.drawings()
    assert sorted(drawing.label for drawing in drawings) == sorted([*range(10)] * 2)
    assert [drawing.number for drawing in drawings] == [*range(1, 21)]


@pytest.mark.skipif(sys.platform == "win32", reason="nothing locks there")
def test_waiting_for_another_window_ends(hand, monkeypatch):
    monkeypatch.setattr(store, "PATIENCE", 0.05)
    with (
        atomic.locked(hand.path.parent),
        pytest.raises(OSError, match=r"another window is changing it.*hand\.json"),
    ):
        hand.add(1, 7, ONE)


def test_only_json_files_are_hands(tmp_path):
    with pytest.raises(DataError, match="--weights"):
        Hand(tmp_path / "hand.npz")


def params(seed=0):
    return {"w": np.random.default_rng(seed).random((144, 10), np.float32)}


def test_a_vote_belongs_to_network_and_drawings(hand, model, other_model):
    drawings = hand.add(1, 7, ONE)
    hand.save_vote(fingerprint(model), drawings, params())
    found = hand.load_vote(fingerprint(model), drawings)
    np.testing.assert_array_equal(found["w"], params()["w"])
    assert hand.load_vote(fingerprint(other_model), drawings) is None
    assert hand.load_vote(fingerprint(model), hand.add(1, 7, SEVEN)) is None
    relabelled = [drawing._replace(label=2) for drawing in drawings]
    assert hand.load_vote(fingerprint(model), relabelled) is None


@pytest.mark.parametrize(
    "content", [b"", b"PK\3\4", {"w": np.full((144, 10), np.nan, np.float32)}, {"w": np.arange(3)}]
)
def test_a_damaged_vote_is_none(hand, model, content):
    drawings = hand.add(1, 7, ONE)
    if isinstance(content, bytes):
        hand.vote_path.write_bytes(content)
    else:
        hand.save_vote(fingerprint(model), drawings, content)
    assert hand.load_vote(fingerprint(model), drawings) is None


def test_a_vote_without_purpose_is_none(hand, model):
    drawings = hand.add(1, 7, ONE)
    write_arrays(hand.vote_path, params(), 1 << 20)
    assert hand.load_vote(fingerprint(model), drawings) is None


def test_fingerprint_changes_with_any_number(model, other_model):
    assert fingerprint(model) == fingerprint(model.copy())
    assert fingerprint(model) != fingerprint(other_model)
    changed = model.copy()
    changed.layers[3].params["b"][9] += 1e-6
    assert fingerprint(model) != fingerprint(changed)


def test_fits_compares_names_shapes_and_types(model):
    like = model.layers[3].params
    assert store.fits(model, {name: array.copy() for name, array in like.items()})
    assert not store.fits(model, {"w": like["w"]})
    assert not store.fits(model, {"w": like["w"], "b": like["b"][:9]})
    assert not store.fits(model, {"w": like["w"], "b": like["b"].astype(np.float64)})


def test_the_user_has_a_file_of_their_own():
    assert store.user_file().name == "hand.json"
    assert store.user_file().parent.name == store.NAME
