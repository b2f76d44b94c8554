"""The rows of a pass: every number of a pass is in one cell, and the cell names it."""

import numpy as np
import pytest

from inspector.network import Network
from inspector.panels.learning.rows import Spot, rows_of
from nn.explain.backward import backward_pass, exact
from tests.windows import small_network

CHANNELS = {0: 1, 4: 2, 9: 7}


@pytest.fixture(scope="module")
def rows():
    network = Network(small_network(), "a network")
    image = np.random.default_rng(0).uniform(0, 1, (28, 28, 1))
    return rows_of(network, backward_pass(exact(network.model), image, 3), CHANNELS)


def test_rows_run_from_image_to_probabilities(rows):
    assert rows[0].title == "input"
    assert rows[-1].title == "layer 10 Softmax"
    assert [row.name for row in rows if row.layer == 0] == ["w", "b", ""]
    assert len([row for row in rows if not row.name]) == 12


def test_each_cell_shows_the_number_it_names(rows):
    rng = np.random.default_rng(1)
    for row in rows:
        for _ in range(20):
            cell = tuple(int(rng.integers(n)) for n in row.indices.shape)
            spot = row.spot(cell)
            assert (spot.layer, spot.name) == (row.layer, row.name)
            assert row.values[cell] == row.array[spot.at]
            assert row.gradients[cell] == row.gradient[spot.at]
            assert row.cell(spot.at) == cell


def test_kernels_of_one_output_channel_are_shown(rows):
    (row,) = (row for row in rows if (row.layer, row.name) == (4, "w"))
    assert row.title == "layer 4 w of output channel 2"
    np.testing.assert_array_equal(row.values, row.array[..., 2])
    assert row.cell((0, 1, 2, 3)) is None, "another output channel"


def test_dense_weights_stand_like_their_inputs(rows):
    """The input of layer 9 is the output of layer 6, flattened."""
    (row,) = (row for row in rows if (row.layer, row.name) == (9, "w"))
    assert row.indices.shape == (2, 2, 4)
    assert row.spot((1, 0, 3)) == Spot(9, "w", (2 * 4 + 3, 7))
