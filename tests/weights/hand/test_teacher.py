"""A network learns the drawings of a hand, and forgets those that are removed."""

import numpy as np
import pytest

import weights
from data.canvas import from_strokes
from data.errors import DataError
from nn import Flatten, Sequential
from weights.hand import teacher as module
from weights.hand.store import Hand
from weights.hand.teacher import Teacher

ONE = [[(150, 60), (150, 240)]]
SEVEN = [[(80, 70), (210, 70), (150, 240)]]

pytestmark = pytest.mark.usefixtures("cache")


def read(model, strokes):
    return int(model.predict_proba(from_strokes(strokes)[None]).argmax())


def wrong(model, strokes):
    return (read(model, strokes) + 1) % 10


def same(model, other):
    return all((a == other.named_params()[name]).all() for name, a in model.named_params().items())


def test_a_taught_drawing_is_read_as_taught(model, hand):
    for strokes in (ONE, SEVEN):
        label = wrong(model, strokes)
        taught = Teacher(model, hand).teach(label, read(model, strokes), strokes)
        assert read(taught, strokes) == label
    assert len(hand.drawings()) == 2


def test_the_given_network_is_left_unchanged(model, hand):
    before = model.copy()
    Teacher(model, hand).teach(wrong(model, ONE), 0, ONE)
    assert same(model, before)


def test_all_but_the_vote_is_shared(model, hand):
    taught = Teacher(model, hand).teach(wrong(model, ONE), 0, ONE)
    changed = [
        name for name, array in taught.named_params().items()
        if array is not model.named_params()[name]
    ]  # fmt: skip
    assert changed == ["3.w", "3.b"]


def test_what_was_learned_is_there_after_restart(model, hand, monkeypatch):
    taught = Teacher(model, hand).teach(wrong(model, ONE), 0, ONE)
    monkeypatch.setattr(module.vote, "teach", None)
    again = Teacher(model, Hand(hand.path))
    assert same(again.recall(), taught)
    assert len(again.drawings) == 1


def test_taking_back_leaves_no_trace(model, hand):
    teacher = Teacher(model, hand)
    one = teacher.teach(wrong(model, ONE), 0, ONE)
    teacher.teach(wrong(model, SEVEN), 0, SEVEN)
    hand.remove({2})
    assert same(teacher.learn(), one)
    hand.remove({1})
    assert teacher.learn() is model


def test_another_network_is_taught_from_the_strokes(model, other_model, hand):
    label = wrong(other_model, ONE)
    Teacher(model, hand).teach(label, 0, ONE)
    successor = Teacher(other_model, hand)
    assert successor.recall() is None
    assert read(successor.learn(), ONE) == label
    assert same(Teacher(other_model, hand).recall(), successor.learn())


@pytest.mark.parametrize("content", [b"", b"damaged"])
def test_a_damaged_vote_is_trained_anew(model, hand, content):
    taught = Teacher(model, hand).teach(wrong(model, ONE), 0, ONE)
    hand.vote_path.write_bytes(content)
    assert Teacher(model, hand).recall() is None
    assert same(Teacher(model, hand).learn(), taught)


def test_a_vote_of_another_shape_is_trained_anew(model, hand):
    teacher = Teacher(model, hand)
    taught = teacher.teach(wrong(model, ONE), 0, ONE)
    hand.save_vote(teacher.network, teacher.drawings, {"w": np.zeros((3, 10), np.float32)})
    assert teacher.recall() is None
    assert same(teacher.learn(), taught)


def test_a_drawing_outlives_a_failed_training(model, hand, monkeypatch):
    def fail(*arguments):
        raise DataError("no digits to rehearse")

    monkeypatch.setattr(module.rehearsal, "load", fail)
    with pytest.raises(DataError, match="no digits"):
        Teacher(model, hand).teach(3, 0, ONE)
    assert [drawing.label for drawing in hand.drawings()] == [3]


def test_a_network_without_a_vote_keeps_nothing(hand):
    with pytest.raises(ValueError, match="dense layer"):
        Teacher(Sequential([Flatten()]), hand).teach(3, 0, ONE)
    assert not hand.path.exists()


def test_drawings_pass_through_the_network_once(model, hand, monkeypatch):
    teacher, drawn = Teacher(model, hand), []
    real = module.from_strokes
    monkeypatch.setattr(module, "from_strokes", lambda s: drawn.append(s) or real(s))
    for count in (1, 2, 3):
        teacher.teach(wrong(model, ONE), 0, [[(count, 60), (150, 240)]])
        assert len(drawn) == count * module.VARIATIONS


def test_the_shipped_network_can_be_taught():
    module.vote.vote_of(weights.load())
