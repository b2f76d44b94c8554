"""Networks made on the spot: an untrained one, and one that has seen every digit once."""

import sys
import threading

import numpy as np
import pytest

from data import mnist
from data.synthetic import handwriting
from inspector.panels import compare, fresh
from nn import BatchNorm, Conv2D, Dense, Flatten, ReLU, Sequential, Softmax
from tests.windows import SEVEN, draw, find, settle, small_network, turn_to, wait


@pytest.fixture
def few_digits(monkeypatch):
    digits = handwriting.batch(400, np.random.default_rng(3))
    monkeypatch.setattr(fresh, "training_digits", lambda: digits)
    monkeypatch.setattr(fresh, "RATE", 0.02)
    return digits


def test_untrained_has_the_same_layers_other_weights():
    model = small_network(1)
    made = fresh.untrained(model)
    assert list(map(str, made.layers)) == list(map(str, model.layers))
    for name, w in made.named_params().items():
        if w.ndim > 1:
            assert not np.array_equal(w, model.named_params()[name])
    again = fresh.untrained(model)
    for name, w in again.named_params().items():
        np.testing.assert_array_equal(w, made.named_params()[name])


@pytest.mark.parametrize("last", [[], [Softmax()]], ids=["logits", "softmax"])
def test_an_epoch_lowers_the_loss(few_digits, last):
    layers = [Conv2D(1, 6, 5, stride=2), BatchNorm(6), ReLU(), Flatten(), Dense(864, 10)]
    training = fresh.FirstEpoch(Sequential(layers + last))
    before = fresh.untrained(training.model)
    training._thread.join()
    assert (training.error, training.share, training.done) == ("", 1.0, True)
    images, labels = few_digits
    right = [
        (model.predict_proba(images).argmax(axis=1) == labels).mean()
        for model in (before, training.model)
    ]
    assert right[1] > right[0] + 0.2


def test_stopping_ends_the_thread(few_digits):
    training = fresh.FirstEpoch(small_network())
    training.join()
    assert training.done


def test_mnists_images_are_used_where_they_are(monkeypatch):
    images, labels = np.zeros((12_000, 28, 28), np.uint8), np.arange(12_000) % 10
    monkeypatch.setattr(mnist, "find_local", lambda: "folder")
    monkeypatch.setattr(mnist, "load", lambda split, folder: (images, labels))
    assert len(fresh.training_digits()[1]) == fresh.DIGITS
    monkeypatch.setattr(mnist, "find_local", lambda: None)
    monkeypatch.setattr(fresh, "DIGITS", 20)
    drawn, _ = fresh.training_digits()
    assert drawn.shape == (20, 28, 28)
    assert drawn.any(axis=(1, 2)).all()


def test_panel_compares_with_both(start, few_digits):
    app, inspector = start()
    draw(app, *SEVEN)
    panel = inspector.compare
    turn_to(app, panel)
    find(panel, "An untrained one").invoke()
    settle(app)
    assert panel.names[1]["text"].startswith("untrained: 366 parameters")
    find(panel, "One epoch old").invoke()
    assert panel.message["text"].startswith("training for one epoch")
    settle(app, lambda: panel.second.name == "one epoch old")
    trained = panel.second
    find(panel, "An untrained one").invoke()
    find(panel, "One epoch old").invoke()
    settle(app)
    assert panel.second.model is trained.model, "trained once is enough"
    assert panel.bars[1].answer["text"]


def test_training_is_cancelled_by_its_button(start, few_digits, monkeypatch):
    app, inspector = start()
    draw(app, *SEVEN)
    panel = inspector.compare
    turn_to(app, panel)
    trained, waiting = fresh.fit, threading.Event()

    def slow(*arguments, **options):
        assert waiting.wait(60)
        return trained(*arguments, **options)

    monkeypatch.setattr(fresh, "fit", slow)
    interval = sys.getswitchinterval()
    find(panel, "One epoch old").invoke()
    assert sys.getswitchinterval() < interval, "the window gets its turn sooner"
    assert panel.busy
    stop = find(panel, "Stop training")
    stop.invoke()
    waiting.set()
    settle(app, lambda: "was stopped" in panel.message["text"])
    assert panel.second is None
    assert stop["text"] == "One epoch old"
    assert sys.getswitchinterval() == interval
    stop.invoke()
    settle(app, lambda: panel.second is not None)
    assert panel.second.name == "one epoch old"


def test_closing_the_window_stops_the_training(start, few_digits, monkeypatch):
    monkeypatch.setattr(compare, "LOOK_EVERY", 1)
    app, inspector = start()
    draw(app, *SEVEN)
    turn_to(app, inspector.compare)
    find(inspector.compare, "One epoch old").invoke()
    training = inspector.compare._training
    inspector.destroy()
    wait(app)
    assert training.done
