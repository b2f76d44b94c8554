"""The twin at inference, and the outputs of all layers."""

import numpy as np

from nn import BatchNorm, Conv2D, Dense, Flatten, ReLU, Sequential, Softmax, explain
from tests.nn.explain.networks import logits


def test_twin_matches_bitwise_and_shares_arrays(network):
    model, x = network
    twin = explain.inference_twin(model)
    np.testing.assert_array_equal(twin.forward(x, train=True), logits(model, x))
    shared = twin.named_params() | twin.named_state()
    for name, array in (model.named_params() | model.named_state()).items():
        assert shared[name] is array


def test_maps_are_the_outputs_of_every_layer(network):
    model, x = network
    outputs = explain.maps(model, x)
    assert outputs[0] is x
    assert len(outputs) == len(model.layers) + 1
    np.testing.assert_array_equal(outputs[-1], model.forward(x))
    np.testing.assert_array_equal(
        outputs[2], model.layers[1].forward(model.layers[0].forward(x))
    )  # fmt: skip


def test_map_layers_are_convolutions_or_their_relus():
    model = Sequential([Conv2D(1, 2, 3), ReLU(), Conv2D(2, 2, 3), BatchNorm(2), Conv2D(2, 1, 1)])
    assert explain.map_layers(model) == [1, 2, 4]


def test_with_softmax_adds_one_only_if_missing():
    logits_only = Sequential([Flatten(), Dense(4, 3)])
    whole = explain.with_softmax(logits_only)
    assert [type(layer) for layer in whole.layers] == [Flatten, Dense, Softmax]
    assert len(logits_only.layers) == 2
    assert explain.with_softmax(whole) is whole
