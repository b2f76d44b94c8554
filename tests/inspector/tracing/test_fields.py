"""Receptive fields: a number changes with what is inside its field, and with nothing else."""

import numpy as np
import pytest

from inspector.network import Network
from inspector.tracing.fields import fields
from nn import AvgPool2D, Conv2D, Dense, Flatten, MaxPool2D, ReLU, Sequential
from tests.windows import small_network

RNG = np.random.default_rng(0)
LINEAR = Sequential(
    [
        Conv2D(1, 2, (3, 5), stride=(2, 1), pad=((1, 0), 2), rng=RNG),
        AvgPool2D((2, 3), stride=(1, 2)),
        Conv2D(2, 3, 3, pad="same", rng=RNG),
        Flatten(),
        Dense(13 * 13 * 3, 10, rng=RNG),
    ]
)  # without a kink: every pixel of the field moves the number


def depends_on(model, layers, at):
    """Which pixels change an output of the first layers when they are nudged, bool (28, 28)."""
    changed = np.zeros((28, 28), bool)
    images = np.zeros((28 * 28 + 1, 28, 28, 1))
    images[1:].reshape(28 * 28, 28 * 28)[:] = np.eye(28 * 28)
    out = images
    for layer in model.layers[:layers]:
        out = layer.forward(out)
    out = out[(slice(None), *at)]
    changed.ravel()[:] = out[1:] != out[0]
    return changed


@pytest.mark.parametrize(
    ("entry", "at"), [(1, (0, 0, 1)), (1, (13, 27, 0)), (2, (5, 6, 1)), (3, (0, 12, 2)),
                      (3, (6, 6, 0)), (4, (200,)), (5, (3,))]
)  # fmt: skip
def test_field_in_the_input_is_exact(entry, at):
    network = Network(LINEAR, "linear")
    maps = network.maps(np.zeros((28, 28), np.float32))
    field = fields(network, maps, entry, at)[0]
    inside = np.zeros((28, 28), bool)
    rows = slice(max(field.row, 0), field.row + field.height)
    inside[rows, max(field.column, 0) : field.column + field.width] = True
    np.testing.assert_array_equal(inside, depends_on(LINEAR, entry, at))


def test_pool_keeps_its_channel():
    model = Sequential([Conv2D(1, 4, 3), ReLU(), MaxPool2D(2), Flatten(), Dense(676, 10)])
    network = Network(model, "pool")
    maps = network.maps(np.zeros((28, 28), np.float32))
    image, conv, relu, pool = fields(network, maps, 3, (2, 3, 1))
    assert pool == (2, 3, 1, 1, 1)
    assert relu == conv == (4, 6, 2, 2, 1)
    assert image == (4, 6, 4, 4, None)


def test_any_layer_has_a_field_in_each_entry():
    network = Network(small_network(), "small")
    maps = network.maps(np.zeros((28, 28), np.float32))
    for entry, array in enumerate(maps):
        found = fields(network, maps, entry, (0,) * array.ndim)
        assert len(found) == entry + 1
