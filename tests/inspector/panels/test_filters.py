"""The panel of filters: top-activating images, gradient ascent, the choice of a channel."""

import numpy as np

from inspector.panels import filters
from nn import explain
from tests.windows import choose, picture_of, press, settle, turn_to


def test_it_shows_top_activations_and_gradient_ascent(start, forty_images):
    app, inspector = start()
    panel = inspector.filters
    turn_to(app, panel)
    settle(app, lambda: not panel.busy)
    x = forty_images[..., None] * np.float32(1 / 255)
    peaks = app.model.layers[0].forward(x).max(axis=(1, 2))
    best = np.argsort(-peaks, axis=0, kind="stable")[:8]
    np.testing.assert_array_equal(panel.top_activations[0], best)
    assert "all 40" in panel.top_label["text"]
    assert "forty images" in panel.top_label["text"]
    *_, (image, _) = explain.maximise_activation(app.model, 0, 0)
    np.testing.assert_array_equal(panel.ascent_image, image[..., 0])
    panel.channel.set("2")
    first = f"{peaks[best[0, 2], 2]:.3f}"
    press(app, panel.channel, "<Return>", until=lambda: panel.top.labels[0]["text"] == first)
    settle(app, lambda: not panel.busy)
    shown = [label["text"] for label in panel.top.labels]
    assert shown == [f"{peaks[i, 2]:.3f}" for i in best[:, 2]]
    panel.channel.set("nonsense")
    press(app, panel.channel, "<Return>", until=lambda: panel.channel.get() == "0")


def test_results_stay_with_their_layer(start, forty_images):
    """Back at a layer that was searched, while the search of the next one goes on."""
    app, inspector = start()
    panel = inspector.filters
    turn_to(app, panel)
    settle(app, lambda: not panel.busy)
    indices, _ = panel.top_activations
    panel.layer.current(len(panel.layer["values"]) - 1)
    panel.select(0)
    panel.layer.current(0)
    panel.select(app.model.layers[0].params["w"].shape[-1] - 1)
    settle(app, lambda: not panel.busy)
    np.testing.assert_array_equal(panel.top_activations[0], indices)


def test_hidden_it_pauses_and_then_continues(start, forty_images, monkeypatch):
    monkeypatch.setattr(filters, "BATCH", 1)  # forty steps: time enough to hide it
    app, inspector = start()
    panel = inspector.filters
    turn_to(app, panel)
    panel.layer.current(1)
    panel.layer.event_generate("<<ComboboxSelected>>")  # no waiting: the search goes on
    panel.select(1)
    assert panel.busy
    turn_to(app, inspector.layers)
    assert not panel.busy
    assert "all 40" not in panel.top_label["text"]
    turn_to(app, panel)
    settle(app, lambda: not panel.busy)
    assert "all 40" in panel.top_label["text"]
    assert panel.channel.get() == "1"


def test_the_last_layers_filters_are_digits(start, forty_images):
    app, inspector = start()
    panel = inspector.filters
    turn_to(app, panel)
    assert panel.unit["text"] == "channel"
    choose(app, panel.layer, 2)
    panel.select(7)
    settle(app, lambda: not panel.busy)
    assert panel.unit["text"] == "digit"
    assert "digit 7" in panel.kernels.about["text"]
    assert "activate digit 7 most" in panel.top_label["text"]


def test_what_the_channel_saw_is_framed(start, forty_images):
    """Convolution 0 has 5x5 kernels and stride 2."""
    app, inspector = start()
    panel = inspector.filters
    turn_to(app, panel)
    settle(app, lambda: not panel.busy)
    indices, _ = panel.top_activations
    best = forty_images[indices[0, 0]][None, ..., None] / np.float32(255)
    out = app.model.layers[0].forward(best)[0, ..., 0]
    row, column = np.unravel_index(out.argmax(), out.shape)
    picture = picture_of(panel.top.labels[0])
    zoom = len(picture) // 28
    marked = (picture == inspector._palette.mark).all(axis=-1)
    rows, columns = (np.flatnonzero(marked.any(axis=axis)) for axis in (1, 0))
    assert (rows[0], rows[-1]) == (2 * row * zoom, (2 * row + 5) * zoom - 1)
    assert (columns[0], columns[-1]) == (2 * column * zoom, (2 * column + 5) * zoom - 1)


def test_a_low_window_scrolls_to_the_last_picture(start, forty_images):
    app, inspector = start()
    panel, scrolled = inspector.filters, inspector.filters._scrolled
    turn_to(app, panel)
    settle(app, lambda: not panel.busy)
    assert scrolled.canvas.yview() == (0, 1), "no need to scroll"
    least = inspector.minsize()
    inspector.geometry("{}x{}".format(*least))
    settle(app, lambda: inspector.winfo_height() == least[1] and scrolled.canvas.yview()[1] < 1)

    def in_view(label):
        low = label.winfo_rooty() + label.winfo_height()
        return low <= scrolled.canvas.winfo_rooty() + scrolled.canvas.winfo_height()

    assert all(map(in_view, panel.top.labels)), "what activates the channel needs no scrolling"
    (last,) = panel.ascent.labels
    assert not in_view(last)
    for _ in range(20):
        last.event_generate("<Button-5>")
    settle(app, lambda: in_view(last))
    last.event_generate("<Button-4>")
    inspector.geometry("1180x860")
    settle(app, lambda: scrolled.canvas.yview() == (0, 1))
