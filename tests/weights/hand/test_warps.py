"""Variations of a drawing: the drawing itself first, then others much like it."""

import numpy as np

from data.canvas import from_strokes
from weights.hand import warps

SEVEN = [[(80, 70), (210, 70), (150, 240)], [(110, 160), (180, 160)]]


def varied(count=20, seed=0, strokes=SEVEN):
    return warps.variations(strokes, count, np.random.default_rng(seed))


def test_the_first_is_the_drawing_itself():
    found = varied()
    assert len(found) == 20
    for stroke, given in zip(found[0], SEVEN, strict=True):
        np.testing.assert_array_equal(stroke, given)


def test_the_others_differ_a_little():
    original, *others = (from_strokes(strokes) for strokes in varied())
    changes = [np.abs(other - original).mean() for other in others]
    assert min(changes) > 0.003
    assert max(changes) < np.abs(from_strokes([[(150, 60), (150, 240)]]) - original).mean()
    assert len({change.tobytes() for change in others}) == 19


def test_seeds_decide_the_variations():
    assert all((a == b).all() for a, b in zip(varied()[5], varied()[5], strict=True))
    assert not (varied()[5][0] == varied(seed=1)[5][0]).all()


def test_size_and_place_do_not_matter():
    """A drawing twice as large, elsewhere, is varied to twice as large ones."""
    larger = [[(2 * x + 5, 2 * y - 9) for x, y in stroke] for stroke in SEVEN]
    for small, large in zip(varied(), varied(strokes=larger), strict=True):
        for a, b in zip(small, large, strict=True):
            np.testing.assert_allclose(2 * a + (5, -9), b, atol=1e-6)


def test_a_dot_stays_finite():
    assert all(np.isfinite(strokes[0]).all() for strokes in varied(strokes=[[(5, 5)]]))
