"""The file of taught drawings: it round-trips, and anything else is refused."""

import json

import pytest

from weights.hand import drawings
from weights.hand.drawings import Drawing

STROKES = [[(80, 70), (210, 70), (150.5, 240)], [(0, 300)]]
SEVEN = Drawing(3, 7, 2, "2026-11-28", STROKES)


def written(**changes):
    """The content of a file with one drawing that is changed."""
    item = {**SEVEN._asdict(), **changes}
    return json.dumps({"format": 1, "drawings": [item]}).encode()


def test_drawings_are_read_as_written():
    many = [SEVEN, SEVEN._replace(number=4, label=0)]
    assert drawings.from_json(drawings.as_json(many)) == many
    assert drawings.from_json(drawings.as_json([])) == []
    assert len(drawings.as_json(many).splitlines()) == 4, "a line for each"


def test_the_format_is_the_one_described():
    assert drawings.from_json(written()) == [SEVEN]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"a": 1', "not JSON"),
        (b"[]", "no drawings"),
        (b'{"drawings": {}}', "no drawings"),
        (b'{"drawings": []}', "format is None"),
        (b'{"format": 2, "drawings": []}', "format is 2"),
        (b'{"format": 1, "drawings": [7]}', "drawing 1 .* must have"),
        (b'{"format": 1, "drawings": [{}]}', "drawing 1 .* must have"),
        (json.dumps({"format": 1, "drawings": [0] * 301}).encode(), "301 drawings; at most 300"),
    ],
)
def test_other_content_is_refused(content, reason):
    with pytest.raises(ValueError, match=reason):
        drawings.from_json(content)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"label": 10}, "out of range"),
        ({"label": -1}, "out of range"),
        ({"label": True}, "not whole"),
        ({"label": "7"}, "not whole"),
        ({"number": 0}, "out of range"),
        ({"read": 7.5}, "not whole"),
        ({"taught": "\x1b[2J"}, "day"),
        ({"taught": "x" * 11}, "day"),
        ({"taught": 7}, "day"),
        ({"strokes": []}, "between 1 and 200 strokes"),
        ({"strokes": [[[1, 2]]] * 201}, "between 1 and 200 strokes"),
        ({"strokes": [[]]}, "list of points"),
        ({"strokes": "1"}, "between 1 and"),
        ({"strokes": [[[1, 2]] * 20_001]}, "at most 20000 points"),
        ({"strokes": [[[1, 2, 3]]]}, "cannot be used"),
        ({"strokes": [[7]]}, "cannot be used"),
        ({"strokes": [[[1, 1e999]]]}, "outside"),
        ({"strokes": [[[1, float("nan")]]]}, "outside"),
        ({"strokes": [[[1, None]]]}, "two numbers"),
        ({"strokes": [[[1, 301]]]}, "outside the canvas"),
        ({"strokes": [[[-1, 3]]]}, "outside the canvas"),
        ({"strokes": [[[10**400, 3]]]}, "outside"),
        ({"more": 1}, "must have"),
    ],
)
def test_a_bad_drawing_is_named(changes, reason):
    with pytest.raises(ValueError, match=reason) as caught:
        drawings.from_json(written(**changes))
    assert "drawing 1" in str(caught.value)
    assert len(str(caught.value)) < 200


def test_a_number_occurs_once():
    with pytest.raises(ValueError, match="same number"):
        drawings.from_json(drawings.as_json([SEVEN, SEVEN]))
