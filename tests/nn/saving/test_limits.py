"""Sizes are known before memory is taken for them."""

import tracemalloc

import numpy as np
import pytest

from nn import AvgPool2D, Conv2D, Dense, Flatten, MaxPool2D, ReLU
from nn.layers.base import Layer
from nn.saving.limits import build, cost, floats
from tests.layers import LAYERS, made


@pytest.mark.parametrize("name", LAYERS)
def test_builds_every_layer_with_placeholders(name):
    layer, _, _ = made(name)
    arrays = layer.params | layer.state
    built = build(type(layer), layer.config, arrays)
    assert built.config == layer.config
    placeholders = built.params | built.state
    assert placeholders.keys() == arrays.keys()
    for key, array in placeholders.items():
        assert (array.shape, array.dtype) == (arrays[key].shape, arrays[key].dtype)
        assert not any(array.strides), "they take no memory"
        assert not array.flags.writeable


def test_other_layers_are_built_with_numbers_again():
    with pytest.raises(ValueError, match=r"array 3\.w is missing"):
        build(Dense, {"in_features": 2, "out_features": 3}, {}, "3.")
    Dense(2, 3).params["w"][...] = 1  # writable


def test_a_claimed_size_takes_no_memory():
    config = {"in_channels": 1 << 20, "out_channels": 1 << 20, "kernel_size": 64}
    tracemalloc.start()
    try:
        with pytest.raises(
            ValueError, match=r"w has shape \(1,\), not \(64, 64, 1048576, 1048576\)"
        ):
            build(Conv2D, config, {"w": np.zeros(1, np.float32)})
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_an_unknown_argument_is_a_type_error():
    with pytest.raises(TypeError):
        build(ReLU, {"slope": 0.1}, {})


@pytest.mark.parametrize(
    ("layer", "shape", "expected"),
    [
        (Dense(6, 4), (6,), 4),
        (ReLU(), (2, 3, 4), 24),
        (Conv2D(2, 3, 3), (5, 4, 2), 6 * 9 * 2),  # 3 x 2 positions of 3 x 3 x 2
        (Conv2D(1, 99, 1), (4, 4, 1), 16 * 99),  # the output
        (MaxPool2D(2, stride=5, pad=1), (6, 6, 1), 64),  # the padded map
        (AvgPool2D(2), (4, 4, 3), 48),
    ],
)
def test_floats_are_the_largest_of_three(layer: Layer, shape, expected):
    assert floats(layer, shape) == expected


def test_cost_adds_up_over_layers():
    layers = [Conv2D(1, 2, 3), ReLU(), Flatten(), Dense(8, 3)]
    # 4 positions of 9 floats, then 8, 8 and 8; 4 * 9 * 2 and 24 products
    assert cost(layers, (4, 4, 1)) == (36, 8 * (36 + 8 + 8 + 8) + (72 + 24) / 4)
    with pytest.raises(ValueError, match="Dense: expected"):
        cost(layers, (5, 5, 1))
