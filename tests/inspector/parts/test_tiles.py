"""A grid of tiles: where each number is drawn, and in which colour."""

import numpy as np
import pytest

from inspector.parts.tiles import Tiling
from inspector.theme.palette import levels
from tests.windows import LIGHT


@pytest.mark.parametrize("shape", [(3, 5, 7), (1, 1, 40), (12, 12, 9), (1, 4, 1), (30, 2, 3)])
@pytest.mark.parametrize("width", [60, 400])
def test_locate_finds_the_number_drawn_there(shape, width):
    tiling = Tiling.fit(shape, width, tile=20, gap=3)
    values = np.random.default_rng(1).uniform(-1, 1, shape)
    picture = np.asarray(tiling.render(values, 1.0, LIGHT))
    assert picture.shape == (tiling.size[1], tiling.size[0], 3)
    assert tiling.size[0] <= max(width, shape[1])
    drawn = np.zeros(picture.shape[:2], bool)
    for at in np.ndindex(shape):
        x0, y0, x1, y1 = tiling.box(*at)
        assert not drawn[y0:y1, x0:x1].any()
        drawn[y0:y1, x0:x1] = True
        assert tiling.locate(x0, y0) == tiling.locate(x1 - 1, y1 - 1) == at
        expected = LIGHT.numbers[levels(values[at], 1.0)]
        assert (picture[y0:y1, x0:x1] == expected).all()
    assert (picture[~drawn] == LIGHT.background).all()
    for x, y in np.argwhere(~drawn.T)[::7].tolist():
        assert tiling.locate(x, y) is None


def test_locate_finds_nothing_outside_the_tiles():
    tiling = Tiling(2, 2, 3, zoom=4, columns=2, gap=1)
    for x, y in [(-1, 0), (0, -1), (18, 0), (9, 9), (0, 18)]:
        assert tiling.locate(x, y) is None


def test_a_patch_is_clipped_to_its_tile():
    tiling = Tiling(4, 4, 1, zoom=10, columns=1, gap=0)
    assert tiling.box(-1, -1, 0, 3, 3) == (0, 0, 20, 20)
    assert tiling.box(3, 2, 0, 3, 3) == (20, 30, 40, 40)


def test_only_crossed_tiles_are_crossed_out():
    tiling = Tiling.fit((5, 5, 3), 400, 20, 2)
    crossed = np.array([False, True, False])
    picture = np.asarray(tiling.render(np.zeros((5, 5, 3)), 1, LIGHT, crossed))
    marks = (picture == LIGHT.mark).all(axis=2)
    x0, y0, _, _ = tiling.box(0, 0, 1)
    x1, y1 = tiling.box(4, 4, 1)[2:]
    assert marks[y0, x0]
    assert marks[y1 - 1, x1 - 1]
    assert marks[y0, x1 - 1]
    marks[y0:y1, x0:x1] = False
    assert not marks.any()
