"""The feature maps of all layers: keys, dead channels, colour scales, layout."""

import numpy as np
import pytest

from inspector.theme.palette import Palette
from tests.windows import SEVEN, draw, find, pixel, settle, small_network


def test_keys_move_the_selection(start_layers):
    app, inspector = start_layers()
    maps = inspector.layers.maps
    maps.select((0, 2, 2, 0))
    inspector.focus_force()
    maps.canvas.focus_force()
    app.update()
    for key, place in [
        ("<Right>", (0, 2, 3, 0)), ("<Down>", (0, 3, 3, 0)), ("<Left>", (0, 3, 2, 0)),
        ("<Up>", (0, 2, 2, 0)), ("<Control-Right>", (0, 2, 2, 1)), ("<Next>", (1, 2, 2, 1)),
        ("<Control-Left>", (1, 2, 2, 0)), ("<Prior>", (0, 2, 2, 0)), ("<Prior>", (-1, 5, 5, 0)),
        ("<Prior>", (-1, 5, 5, 0)),
    ]:  # fmt: skip
        maps.canvas.event_generate(key)
        assert maps.selected == place, key
        title = "input" if place[0] < 0 else f"layer {place[0]}"
        assert inspector.status["text"].startswith(title)


def test_dead_channels_are_named_and_crossed_out(start_layers):
    model = small_network()
    model.layers[0].params["b"][1] = -100
    app, inspector = start_layers(model)
    draw(app, *SEVEN)
    assert [dead.tolist() for dead in inspector.network.dead[1:3]] == [
        [False] * 3, [False, True, False]
    ]  # fmt: skip
    maps = inspector.layers.maps
    mark = Palette.of(inspector).mark
    for channel in range(3):
        corner = (1, 0, 0, channel)
        assert ("dead" in maps.describe(corner)) == (channel == 1)
        assert (pixel(maps.canvas, *maps.centre_of(corner)) == mark) == (channel == 1)


def test_each_channel_may_have_its_own_scale(start_layers):
    model = small_network()
    model.layers[0].params["w"][..., 1] *= 1e-3
    app, inspector = start_layers(model)
    draw(app, *SEVEN)
    maps = inspector.layers.maps

    def strongest(channel):
        places = ((0, row, column, channel) for row in range(12) for column in range(12))
        colours = [pixel(maps.canvas, *maps.centre_of(place)) for place in places]
        return np.abs(np.array(colours) - Palette.of(inspector).paper).max()

    assert strongest(1) < 5 < strongest(0)
    find(inspector.layers, "each channel its own").invoke()
    assert strongest(1) > 150
    find(inspector.layers, "one scale for a layer").invoke()
    assert strongest(1) < 5


def test_the_maps_fit_a_resized_window(start_layers):
    app, inspector = start_layers()
    draw(app, *SEVEN)
    canvas = inspector.layers.maps.canvas
    for width in (700, 1000):
        inspector.geometry(f"{width}x600")
        app.update()  # the display answers with the new size, then the maps are laid out
        settle(app, lambda width=width: inspector.winfo_width() == width)
        app.update()
        images = [item for item in canvas.find_all() if canvas.type(item) == "image"]
        assert len(images) == len(app.model.layers) + 2  # with the input and a softmax
        for item in images:
            left, _ = canvas.coords(item)
            image_width = canvas.tk.call("image", "width", canvas.itemcget(item, "image"))
            assert left + image_width <= canvas.winfo_width()


def test_maps_can_be_enlarged(start_layers):
    """By the buttons and the keys; a number stays where it can be seen."""
    app, inspector = start_layers()
    draw(app, *SEVEN)
    maps = inspector.layers.maps
    place = (4, 3, 3, 1)
    maps.select(place)

    def side():
        x, y = maps.centre_of(place)
        below = maps.centre_of((*place[:1], 4, *place[2:]))
        return below[1] - y, x

    first = side()[0]
    find(inspector.layers, "+").invoke()
    find(inspector.layers, "+").invoke()
    assert side()[0] == pytest.approx(2 * first, abs=1)
    x, y = maps.centre_of(place)
    assert 0 < x < maps.canvas.winfo_width()
    assert 0 < y < maps.canvas.winfo_height()
    find(inspector.layers, "-").invoke()
    find(inspector.layers, "-").invoke()
    find(inspector.layers, "-").invoke()
    assert side()[0] == first


def test_tiles_are_named(start_layers):
    """Channels below maps, digits below the numbers of the last layers."""
    app, inspector = start_layers()
    draw(app, *SEVEN)
    canvas = inspector.layers.maps.canvas
    names = [canvas.itemcget(item, "text") for item in canvas.find_withtag("name")]
    channels = [3, 3, 3, 3, 4, 4, 4, 16, 16, 10, 10]
    assert names == [str(i) for count in channels for i in range(count)]
