"""The overview: columns from the drawing to the answer, the lit path, clicks and hovering."""

import numpy as np
import pytest

from inspector.network import Network
from inspector.panels.overview.panel import BLANK, HINT
from inspector.panels.overview.stages import stages
from inspector.parts.input import BEFORE
from inspector.theme.palette import Palette, hex_colour
from inspector.tracing.path import most_probable, trace
from nn import Conv2D, Dense, Flatten, Sequential
from tests.windows import SEVEN, draw, network_input, press, settle, small_network, turn_to


@pytest.fixture
def opened(start):
    """The overview with a 7 in it."""
    app, inspector = start()
    draw(app, *SEVEN)
    turn_to(app, inspector.overview)
    return app, inspector


def maps_of(app, inspector):
    return inspector.network.maps(network_input(app)[0, ..., 0])


def test_it_is_the_first_panel(start):
    _, inspector = start()
    assert inspector.panel is inspector.overview


def test_stages_are_layers_that_mix_numbers():
    found = stages(Network(small_network(), "small"))
    assert [stage.layers for stage in found] == [(), (0, 1), (2, 3), (4, 5), (6,), (7, 8, 9, 10)]
    assert [stage.entry for stage in found] == [0, 2, 4, 6, 7, 11]
    plain = Network(Sequential([Flatten(), Dense(784, 10)]), "plain")
    assert [stage.layers for stage in stages(plain)] == [(), (0, 1, 2)]


def test_each_column_shows_its_numbers_in_colour(opened):
    app, inspector = opened
    columns, maps = inspector.overview.columns, maps_of(app, inspector)
    palette = Palette.of(inspector)
    for column in columns.columns:
        entry = column.stage.entry
        array = maps[entry] if maps[entry].ndim == 3 else maps[entry][None, None]
        assert len(set(column.channels)) == len(column.channels) > 0
        for channel in column.channels:
            x, y = columns.centre_of((entry - 1, 0, 0, channel))
            assert columns.place_at(x, y) == (entry - 1, 0, 0, channel)
        left, top = column.x, column.y
        corner = column.channels[0]
        shown = tuple(map(int, app.tk.splitlist(app.tk.call(column.photo, "get", 0, 0))))
        share = array[0, 0, corner] / np.abs(array).max()
        end = palette.positive if share > 0 else palette.negative
        expected = [(1 - abs(share)) * p + abs(share) * e
                    for p, e in zip(palette.paper, end, strict=True)]  # fmt: skip
        np.testing.assert_allclose(shown, expected, atol=2)
        assert min(left, top) >= 0
        assert column.right <= columns.canvas.winfo_width()


def test_path_of_the_answer_is_lit_and_framed(opened):
    app, inspector = opened
    columns, maps = inspector.overview.columns, maps_of(app, inspector)
    path = trace(inspector.network, maps, *most_probable(maps))
    assert inspector.overview.path.at == path.at
    canvas, mark = columns.canvas, hex_colour(Palette.of(inspector).mark)
    boxes = [item for item in canvas.find_withtag("now") if canvas.type(item) == "rectangle"]
    frames = [item for item in boxes if canvas.itemcget(item, "outline") == mark]
    assert len(frames) == len(columns.columns)
    for frame, column in zip(frames, columns.columns, strict=True):
        at = path.at[column.stage.entry]
        place = (column.stage.entry - 1, *(at if len(at) == 3 else (0, 0, *at)))
        x0, y0, x1, y1 = canvas.coords(frame)
        x, y = columns.centre_of(place)
        assert x0 < x < x1
        assert y0 < y < y1


def test_lit_lines_are_as_thick_as_shares(opened):
    """The thickest line into the second convolution comes from the largest share."""
    _, inspector = opened
    overview, columns = inspector.overview, inspector.overview.columns
    canvas, palette = columns.canvas, Palette.of(inspector)
    left = columns.columns[2]
    shares = overview.path.shares[left.stage.entry]
    lit = [item for item in canvas.find_withtag("lit") if canvas.coords(item)[0] == left.right]
    by_channel = {
        channel: item
        for item in lit
        for channel in left.channels
        if canvas.coords(item)[1] == left.middle(channel)
    }
    widths = {c: float(canvas.itemcget(item, "width")) for c, item in by_channel.items()}
    strongest = max(left.channels, key=lambda c: abs(shares[c]))
    assert widths[strongest] == max(widths.values()) > 1
    thick = canvas.itemcget(by_channel[strongest], "fill")
    assert thick == hex_colour(palette.positive if shares[strongest] > 0 else palette.negative)


def test_a_click_lights_a_numbers_own_path(opened):
    app, inspector = opened
    overview, columns = inspector.overview, inspector.overview.columns
    column = columns.columns[3]
    maps = maps_of(app, inspector)
    active = np.abs(maps[column.stage.entry][..., column.channels[0]])
    row, across = map(int, np.unravel_index(active.argmax(), active.shape))
    place = column.stage.entry - 1, row, across, column.channels[0]
    x, y = columns.centre_of(place)
    columns.canvas.event_generate("<ButtonPress-1>", x=x, y=y)
    settle(app)
    assert overview.chosen == place
    assert overview.path.at[column.stage.entry] == place[1:]
    assert f"row {row}, column {across}" in overview.hint["text"]
    assert inspector.layers.maps.selected == place, "its arithmetic waits in the next panel"
    press(app, columns.canvas, "<Escape>", until=lambda: overview.chosen is None)
    assert overview.path.at[-1] == (int(maps[-1].argmax()),)
    assert inspector.input.titles[2]["text"] == BEFORE, "nothing is framed any more"


def test_an_empty_canvas_has_no_answer(start):
    app, inspector = start()
    overview = inspector.overview
    canvas = overview.columns.canvas

    def said():
        texts = [i for i in canvas.find_withtag("now") if canvas.type(i) == "text"]
        return [text for i in texts if "%" in (text := canvas.itemcget(i, "text"))]

    for _ in range(2):
        assert overview.hint["text"] == BLANK
        assert said() == []
        assert canvas.find_withtag("lit") == ()
        overview.choose((0, 5, 6, 1))
        assert overview.hint["text"].startswith(f"{BLANK} Lit: the path of layer 0 Conv2D")
        overview.choose(None)
        draw(app, *SEVEN)
        assert overview.hint["text"] == HINT
        assert len(said()) == 10
        assert canvas.find_withtag("lit")
        app.clear_all()
        settle(app)


def test_a_layers_name_opens_its_maps(opened):
    app, inspector = opened
    canvas = inspector.overview.columns.canvas
    (item,) = [item for item in canvas.find_withtag("open4") if canvas.itemcget(item, "text")[:1]
               == "4"]  # fmt: skip
    x, y = map(int, canvas.coords(item))
    canvas.event_generate("<Motion>", x=x, y=y + 4)
    canvas.event_generate("<ButtonPress-1>", x=x, y=y + 4)
    settle(app)
    assert inspector.panel is inspector.layers
    maps = inspector.layers.maps.canvas
    texts = [item for item in maps.find_all() if maps.type(item) == "text"]
    (heading,) = [item for item in texts if maps.itemcget(item, "text").startswith("layer 4")]
    top = maps.coords(heading)[1] - maps.canvasy(0)
    at_the_end = maps.yview()[1] == 1.0
    assert 0 <= top < maps.winfo_height()
    assert top < 40 or at_the_end


def test_pointing_frames_every_earlier_patch(opened):
    _, inspector = opened
    columns, canvas = inspector.overview.columns, inspector.overview.columns.canvas
    column = columns.columns[3]
    channel = column.channels[0]
    x, y = columns.centre_of((5, 3, 3, channel))
    canvas.event_generate("<Motion>", x=x, y=y)
    assert inspector.status["text"].startswith(f"layer 5 ReLU, channel {channel}, row 3, column 3")
    frames = [canvas.coords(item) for item in canvas.find_withtag("hover")]
    framed = 1  # itself
    for before in columns.columns[:3]:
        framed += len(before.channels)
    assert len(frames) == framed
    assert inspector.input.titles[2]["text"].startswith("layer 3, channel")
    canvas.event_generate("<Leave>")
    assert not canvas.find_withtag("hover")


def test_channels_stay_in_place_while_drawing(opened):
    app, inspector = opened
    columns = inspector.overview.columns.columns
    before = [list(column.channels) for column in columns]
    draw(app, (150, 240), (152, 250))
    for column, old in zip(columns, before, strict=True):
        for at, channel in enumerate(column.channels):
            assert channel not in old or old.index(channel) == at


@pytest.mark.parametrize("size", ["smallest", "1180x860"])
def test_it_fits_the_window(opened, size):
    """Its smallest size depends on the display's resolution."""
    app, inspector = opened
    if size == "smallest":
        size = "{}x{}".format(*inspector.minsize())
    inspector.geometry(size)
    app.update()
    settle(app, lambda: inspector.winfo_width() == int(size.split("x")[0]))
    settle(app)
    canvas = inspector.overview.columns.canvas
    width, height = canvas.winfo_width(), canvas.winfo_height()
    for item in canvas.find_all():
        x0, y0, x1, y1 = canvas.bbox(item)
        assert x0 >= -2, (canvas.type(item), canvas.coords(item))
        assert y0 >= -2
        assert x1 <= width + 2, (canvas.type(item), canvas.coords(item))
        assert y1 <= height + 2


def test_a_network_of_one_layer_has_columns(start):
    app, inspector = start(Sequential([Conv2D(1, 10, 28), Flatten()]))
    draw(app, *SEVEN)
    assert [c.stage.entry for c in inspector.overview.columns.columns] == [0, 1, 3]
