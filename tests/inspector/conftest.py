"""Both windows, opened for a test, and images for the panel of filters."""

import numpy as np
import pytest

import gui
from inspector.panels import filters
from tests.windows import settle, small_network, turn_to


@pytest.fixture
def start(display):
    """Return a function that opens both windows; errors in callbacks fail the test."""
    opened, errors = [], []

    def begin(model=None):
        app = gui.App(model=model or small_network())
        opened.append(app)
        app.report_callback_exception = lambda *error: errors.append(error[1])
        app.tk.createcommand("bgerror", lambda text: errors.append(AssertionError(text)))
        app.update()
        app.inspect()
        settle(app)
        return app, app.inspector

    yield begin
    for app in opened:
        app.destroy()
    if errors:
        raise errors[0]


@pytest.fixture
def start_layers(start):
    """Return a function that opens both windows, with the panel of layers."""

    def begin(*model):
        app, inspector = start(*model)
        turn_to(app, inspector.layers)
        return app, inspector

    return begin


@pytest.fixture
def forty_images(monkeypatch):
    """Let the panel of filters search forty random images."""
    images = np.random.default_rng(1).integers(0, 256, (40, 28, 28)).astype(np.uint8)
    monkeypatch.setattr(filters, "reference_images", lambda: (images, "forty images"))
    return images
