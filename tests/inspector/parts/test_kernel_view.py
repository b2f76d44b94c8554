"""Kernels as pictures: which weights are in which tile, pointing and clicking."""

import numpy as np
import pytest

from inspector.network import Network
from inspector.parts.kernel_view import kernels
from inspector.theme.palette import Palette, levels
from nn import Conv2D, Dense, Flatten, Sequential
from tests.windows import choose, picture_of, settle, turn_to


@pytest.fixture
def network():
    return Network(
        Sequential([Conv2D(1, 3, 5), Conv2D(3, 4, 3), Flatten(), Dense(22 * 22 * 4, 10)]), ""
    )


def test_one_input_channel_gives_all_kernels(network):
    tiles, per_output = kernels(network, 0, 0)
    assert per_output
    np.testing.assert_array_equal(tiles, network.layers[0].params["w"][:, :, 0])


def test_several_input_channels_give_one_channels_kernels(network):
    tiles, per_output = kernels(network, 1, 2)
    assert not per_output
    np.testing.assert_array_equal(tiles, network.layers[1].params["w"][..., 2])


def test_dense_weights_lie_as_their_maps(network):
    tiles, _ = kernels(network, 3, 7)
    assert tiles.shape == (22, 22, 4)
    assert tiles[3, 5, 1] == network.layers[3].params["w"][(3 * 22 + 5) * 4 + 1, 7]


def test_pointing_names_a_weight_clicking_selects(start, forty_images):
    app, inspector = start()
    panel = inspector.filters
    turn_to(app, panel)
    choose(app, panel.layer, 0)
    settle(app, lambda: not panel.busy)
    w = app.model.layers[0].params["w"]
    colours = picture_of(panel.kernels.picture)
    palette = Palette.of(inspector)
    found = set()
    for y, x in np.ndindex(*(size // 5 for size in colours.shape[:2])):
        panel.kernels.picture.event_generate("<Motion>", x=5 * x, y=5 * y)
        text = inspector.status["text"].replace(",", "").replace(":", "")
        if text:
            _, _, channel, _, row, _, column, value = text.split()
            at = int(row), int(column), 0, int(channel)
            assert value == f"{w[at]:.5f}"
            expected = palette.numbers[levels(w[at], np.abs(w).max())]
            np.testing.assert_array_equal(colours[5 * y, 5 * x], expected)
            found.add(at)
    assert len(found) == w.size
    panel.kernels.picture.event_generate("<ButtonPress-1>", x=colours.shape[1] - 45, y=5)
    assert panel.channel.get() == "2"
    assert "channel 2 most" in panel.top_label["text"]
