"""The panel of layers: a number is named, written out and followed while the pen moves."""

import pytest

from nn import Softmax, explain
from nn.explain import breakdown
from tests.windows import SEVEN, choose, draw, network_input

PLACES = {  # one in each layer; the input is -1
    -1: (3, 4, 0), 0: (5, 6, 1), 1: (5, 6, 1), 2: (2, 3, 2), 3: (1, 2, 0), 4: (3, 3, 3),
    5: (3, 3, 3), 6: (1, 0, 2), 7: (0, 0, 9), 8: (0, 0, 9), 9: (0, 0, 7), 10: (0, 0, 7),
}  # fmt: skip


def maps_of(app):
    """The input and every layer's output for the drawing, (1, ...)."""
    return explain.maps(explain.with_softmax(app.model), network_input(app))


def test_pointing_names_a_number_clicking_explains_it(start_layers):
    app, inspector = start_layers()
    draw(app, *SEVEN)
    maps, outputs = inspector.layers.maps, maps_of(app)
    layers = [*app.model.layers, Softmax()]
    for layer, at in PLACES.items():
        x, y = maps.centre_of((layer, *at))
        array = outputs[layer + 1][0]
        kind = "input" if layer < 0 else type(layers[layer]).__name__
        index = at if array.ndim == 3 else at[2:]

        maps.canvas.event_generate("<Motion>", x=x, y=y)
        text, _, number = inspector.status["text"].partition(" (")[0].rpartition(": ")
        assert kind in text
        assert f" {at[2]}" in text
        assert float(number) == pytest.approx(array[index], abs=1e-4)

        maps.canvas.event_generate("<ButtonPress-1>", x=x, y=y)
        assert maps.selected == (layer, *at)
        written = inspector.layers.arithmetic.text
        assert kind.lower() in written.lower()
        if layer >= 0:
            said = breakdown.break_down(layers[layer], outputs[layer][0], array, index)
            assert str(abs(said.shown)) in written
            for term in said.total.terms if said.total else ():
                assert f"{term.shown:+}" in written


def test_the_arithmetic_follows_the_pen(start_layers):
    app, inspector = start_layers()
    inspector.layers.maps.select((9, 0, 0, 7))
    before = inspector.layers.arithmetic.text
    draw(app, *SEVEN)
    after = inspector.layers.arithmetic.text
    assert before != after
    shown = float(after.splitlines()[-1].split()[-1])
    assert shown == pytest.approx(maps_of(app)[10][0, 7], abs=1e-4)


def test_the_user_chooses_the_grids_input_channel(start_layers):
    app, inspector = start_layers()
    draw(app, *SEVEN)
    inspector.layers.maps.select((4, 3, 3, 1))
    arithmetic = inspector.layers.arithmetic
    for channel in (0, 2):
        choose(app, arithmetic.channel, 1 + channel)  # below "the largest"
        assert f"patch, channel {channel}" in arithmetic.text
        assert arithmetic.patch == (4, (2, 2), (3, 3), channel)


def test_the_patch_is_framed_in_the_input(start_layers):
    """Convolution 0 has stride 2: the frame spans rows 10 to 14, columns 12 to 16."""
    app, inspector = start_layers()
    draw(app, *SEVEN)
    maps = inspector.layers.maps
    maps.select((0, 5, 6, 1))
    (frame,) = maps.canvas.find_withtag("patch")
    x0, y0, x1, y1 = maps.canvas.coords(frame)
    left, top = maps.centre_of((-1, 10, 12, 0))
    right, bottom = maps.centre_of((-1, 14, 16, 0))
    zoom = (right - left) // 4
    x, y = maps.canvas.canvasx(0), maps.canvas.canvasy(0)
    assert 0 < left + x - x0 <= zoom
    assert 0 < top + y - y0 <= zoom
    assert 0 < x1 - right - x <= zoom
    assert 0 < y1 - bottom - y <= zoom


def test_the_grids_show_patch_kernel_and_products(start_layers):
    """The texts on the canvas, row by row, are those of the breakdown."""
    app, inspector = start_layers()
    draw(app, *SEVEN)
    inspector.layers.maps.select((0, 5, 6, 1))
    outputs = maps_of(app)
    said = breakdown.break_down(app.model.layers[0], outputs[0][0], outputs[1][0], (5, 6, 1))
    arrays = [said.patch[..., 0], said.kernel[..., 0]]
    grids = [f"{value:.{said.decimals}f}" for array in arrays for value in array.ravel()]
    products = [str(term.shown) for term in said.products(0).terms]
    canvas = inspector.layers.arithmetic.sheet.canvas
    texts = [canvas.itemcget(item, "text") for item in canvas.find_withtag("cell")]
    numbers = [text for text in texts if text.strip("-").replace(".", "", 1).isdigit()]
    assert numbers == [*(text.replace("-0.00000", "0.00000") for text in grids), *products]


def test_rows_columns_and_padding_are_named(start_layers):
    """Convolution 4 pads "same": at row 0, column 1 its patch starts at row -1, column 0."""
    app, inspector = start_layers()
    draw(app, *SEVEN)
    inspector.layers.maps.select((4, 0, 1, 2))
    canvas = inspector.layers.arithmetic.sheet.canvas
    names = [canvas.itemcget(item, "text") for item in canvas.find_withtag("name")]
    assert names == ["0", "1", "2", "-1", "0", "1"]
    cells = [canvas.itemcget(item, "text") for item in canvas.find_withtag("cell")]
    assert cells[:3] == ["padding"] * 3
    assert cells.count("padding") == 3
    assert "channel 2, row 0, column 1" in inspector.layers.arithmetic.text
    inspector.layers.maps.select((9, 0, 0, 7))
    assert "Dense, digit 7" in inspector.layers.arithmetic.text
