"""The player: forward through the layers and back, position by position."""

import numpy as np
import pytest

from inspector.network import Network
from inspector.panels.learning.frames import frames_of, spot_of
from inspector.panels.learning.layout import GRADIENTS, VALUES, first_cells
from inspector.panels.learning.rows import Spot, rows_of
from inspector.panels.learning.scene import Scene
from inspector.panels.learning.steps import Player, stages_of
from nn.explain.backward import backward_pass, exact
from tests.windows import small_network


@pytest.fixture(scope="module")
def scene():
    network = Network(small_network(), "a network")
    image = np.random.default_rng(0).uniform(0, 1, (28, 28, 1))
    passed = backward_pass(exact(network.model), image, 3)
    return rows_of(network, passed, {}), passed


@pytest.fixture
def player(scene):
    made = Player()
    made.stages = stages_of(*scene)
    return made


def index_of(player, kind, layer, name=None, rows=()):
    return next(
        i for i, stage in enumerate(player.stages)
        if (stage.kind, stage.layer) == (kind, layer)
        and (name is None or rows[stage.row].name == name)
    )  # fmt: skip


def test_stages_go_forward_then_back(player):
    order = [(stage.kind, stage.layer) for stage in player.stages]
    assert order[:11] == [("forward", i) for i in range(11)]
    assert order[11:13] == [("dx", 11), ("dx", 10)]
    assert [layer for kind, layer in order[11:] if kind == "dx"] == list(range(11, -1, -1))
    assert order[-3:] == [("dw", 0), ("dw", 0), ("dx", 0)]


def test_windows_slide_other_layers_do_not(player, scene):
    rows, _ = scene
    positions = {(s.kind, s.layer, rows[s.row].name): s.positions for s in player.stages}
    assert positions["forward", 0, ""] == 12 * 12
    assert positions["forward", 1, ""] == 1
    assert positions["forward", 2, ""] == 6 * 6
    assert positions["dx", 0, ""] == 28 * 28
    assert positions["dw", 0, "w"] == 12 * 12, "the stops add up"
    assert positions["forward", 9, ""] == positions["dx", 10, ""] == 10


def test_time_moves_the_window_at_the_speed(player):
    player.play()
    player.advance(2.5, 3)
    assert (player.stage, player.at) == (0, 7)
    assert 0.4 < player.position - player.at < 0.6, "half of the sum is built up"
    player.advance(144 / 3 - 2.5, 3)
    assert (player.stage, player.at) == (1, 0)
    player.play()
    player.advance(10, 3)
    assert player.stage == 1, "paused"


def test_after_the_last_stage_all_is_shown(player):
    player.go(len(player.stages) - 1)
    player.play()
    player.advance(1000, 300)
    assert player.stage is None
    assert not player.playing
    assert player.shown([]) == {}


def test_arrows_go_on_and_back(player):
    player.turn(1)
    assert player.stage == 0
    player.turn(1)
    player.turn(-1)
    assert player.stage == 0
    player.shift(3)
    player.shift(-1)
    assert player.at == 2
    player.shift(-9)
    assert player.at == 0
    player.turn(-1)
    assert player.stage == 0, "there is nothing before the first"


def test_what_comes_later_is_hidden(player, scene):
    rows, _ = scene
    player.go(index_of(player, "forward", 4))
    player.jump(5)
    shown = player.shown(rows)
    outputs = {row.layer: i for i, row in enumerate(rows) if not row.name}
    assert shown[outputs[3]] == (None, -1)
    assert shown[outputs[4]] == (5, -1)
    assert shown[outputs[5]] == (-1, -1)
    player.go(index_of(player, "dx", 4))
    shown = player.shown(rows)
    assert shown[outputs[9]] == (None, None)
    assert shown[outputs[3]] == (None, 0)
    assert shown[outputs[2]] == (None, -1)


def test_cells_appear_in_reading_order():
    maps = np.arange(1.0, 13).reshape(2, 3, 2)
    half = first_cells(maps, 3)
    np.testing.assert_array_equal(half[0], maps[0])
    np.testing.assert_array_equal(half[1, :, 0], [7, 0, 0])
    np.testing.assert_array_equal(first_cells(maps[:1, :1], 0)[0, 0], [1, 0])


def test_the_window_is_framed_where_it_looks(player, scene):
    """Convolution 0: 5x5, stride 2. Its stop (3, 4) sees rows 6 to 10 and columns 8 to 12."""
    rows, passed = scene
    stage = player.stages[0]
    spot, side = spot_of(rows, stage, 3 * 12 + 4, 1)
    assert (spot, side) == (Spot(0, "", (3, 4, 1)), VALUES)
    own, patch = frames_of(rows, passed, spot, side)
    assert (own.corner, own.tile, own.strong) == ((3, 4), 1, True)
    assert (patch.row, patch.corner, patch.size) == (0, (6, 8), (5, 5))


def test_a_kernels_gradient_grows_stop_by_stop(player, scene):
    """At stop (3, 4) of convolution 0 it is what 41 of 144 stops add up to."""
    rows, passed = scene
    player.go(index_of(player, "dw", 0, "w", rows))
    player.jump(3 * 12 + 4)
    view = Scene()
    network = Network(small_network(), "a network")
    view.update(network, passed, player)
    shown, _, frames = view.visible(passed, player)
    x, dout = passed.values[0], passed.gradients[1]
    expected = np.zeros((5, 5, 1, 3))
    for stop in range(3 * 12 + 5):
        p, q = divmod(stop, 12)
        patch = x[2 * p : 2 * p + 5, 2 * q : 2 * q + 5]
        expected += patch[..., None] * dout[p, q]
    (row,) = (row for row in shown if row.name == "w")
    np.testing.assert_allclose(row.gradients, expected[:, :, 0], atol=1e-12)
    stop, patch, kernel = frames
    assert (shown[stop.row].layer, stop.corner, stop.side) == (0, (3, 4), GRADIENTS)
    assert (shown[patch.row].layer, patch.corner, patch.size) == (-1, (6, 8), (5, 5))
    assert (shown[kernel.row].name, kernel.size) == ("w", (5, 5))
    player.jump(143)
    (row,) = (row for row in view.visible(passed, player)[0] if row.name == "w")
    np.testing.assert_allclose(row.gradients, passed.layers[0].grads["w"][:, :, 0], atol=1e-12)


def test_the_stops_over_a_pixel_are_framed(scene):
    """Pixel (10, 11) is under the stops whose rows are 3 to 5 and columns 4 to 5."""
    rows, passed = scene
    _, stops = frames_of(rows, passed, Spot(-1, "", (10, 11, 0)), GRADIENTS)
    assert rows[stops.row].layer == 0
    assert (stops.corner, stops.size) == ((3, 4), (3, 2))


def test_a_weights_frames_name_pixels_and_stops(scene):
    rows, passed = scene
    frames = frames_of(rows, passed, Spot(0, "w", (1, 2, 0, 1)), GRADIENTS)
    dout = passed.gradients[1][..., 1]
    stops = [frame for frame in frames[1:] if rows[frame.row].layer == 0]
    pixels = [frame for frame in frames[1:] if rows[frame.row].layer == -1]
    assert abs(dout[stops[0].corner]) == abs(dout).max()
    for stop, pixel in zip(stops, pixels, strict=True):
        assert pixel.corner == (2 * stop.corner[0] + 1, 2 * stop.corner[1] + 2)
