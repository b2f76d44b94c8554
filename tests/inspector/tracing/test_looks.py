"""What a number looks at: the map before it, the patch, and the part of the input."""

import numpy as np

from inspector.network import Network, samples
from inspector.tracing.looks import look
from nn.explain.breakdown import break_down
from tests.windows import SEVEN, draw, picture_of, small_network

NETWORK = Network(small_network(1), "small")
MAPS = NETWORK.maps(samples()[5])


def test_a_pixel_looks_at_nothing():
    assert look(NETWORK, MAPS, None) is None
    assert look(NETWORK, MAPS, (-1, 3, 3, 0)) is None


def test_a_relu_looks_where_its_convolution_looks():
    seen = look(NETWORK, MAPS, (5, 2, 3, 1))
    said = break_down(NETWORK.layers[4], MAPS[4], MAPS[5], (2, 3, 1))
    assert (seen.patch.row, seen.patch.column) == said.corner
    assert (seen.patch.height, seen.patch.width) == (3, 3)
    assert seen.title.startswith("layer 3, channel ")
    channel = int(seen.title.split()[-1])
    np.testing.assert_array_equal(seen.map, MAPS[4][..., channel])
    assert seen.in_input.height > 5


def test_a_digit_looks_at_the_flattened_maps():
    seen = look(NETWORK, MAPS, (10, 0, 0, 7))
    assert seen.map.shape == MAPS[7].shape[:2]
    assert seen.patch[:4] == (0, 0, *MAPS[7].shape[:2])


def test_the_input_frames_the_patch(start):
    """Convolution 0 has stride 2: rows 10 to 14, columns 12 to 16."""
    app, inspector = start()
    draw(app, *SEVEN)
    inspector._point((0, 5, 6, 1))
    app.update()
    picture = picture_of(inspector.input.input)
    zoom = len(picture) // 28
    marked = (picture == inspector._palette.mark).all(axis=-1)
    rows, columns = (np.flatnonzero(marked.any(axis=axis)) for axis in (1, 0))
    assert (rows[0], rows[-1]) == (10 * zoom, 15 * zoom - 1)
    assert (columns[0], columns[-1]) == (12 * zoom, 17 * zoom - 1)
    inspector._point(None)
    app.update()
    assert not (picture_of(inspector.input.input) == inspector._palette.mark).all(axis=-1).any()
