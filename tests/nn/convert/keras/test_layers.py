"""Keras's layers in: arguments worked by hand, and refusals that name the layer."""

import re

import numpy as np
import pytest

from nn.convert.keras.__main__ import main
from nn.convert.keras.read import read
from tests.nn.convert.keras.files import layer, small, small_layers
from tests.nn.convert.refusals import refusal


@pytest.mark.parametrize(
    ("arguments", "arrays", "expected"),
    [  # x is 3, the mean 1, the variance 3, epsilon 1: x_hat is 1
        ({}, [5, 7, 1, 3], 5 + 7),
        ({"scale": False}, [7, 1, 3], 1 + 7),
        ({"center": False}, [5, 1, 3], 5),
        ({"scale": False, "center": False}, [1, 3], 1),
    ],
)
def test_batchnorm_by_hand(tmp_path, arguments, arrays, expected):
    layers = [
        layer("InputLayer", batch_shape=[None, 1]),
        layer("BatchNormalization", "bn", axis=[-1], epsilon=1.0, **arguments),
    ]
    weights = {"bn": [(f"w{i}", np.float32([value])) for i, value in enumerate(arrays)]}
    model = read(small(tmp_path / "m.h5", layers, weights))
    assert model.forward(np.float32([[3]])).tolist() == [[expected]]


@pytest.mark.parametrize(
    ("arguments", "pixel", "expected"),
    [
        ({"scale": 2, "offset": -1}, 1.0, 1),
        ({"scale": 1 / 255}, 1.0, 1),  # for pixels of 0 to 255
        ({"scale": 1 / 127.5, "offset": -1}, 1.0, 1),
        ({"scale": 1 / 127.5, "offset": -1}, 0.0, -1),
        ({"scale": [3.0], "offset": 0}, 0.5, 1.5),
    ],
)
def test_rescaling_by_hand(tmp_path, arguments, pixel, expected):
    layers = [layer("InputLayer", batch_shape=[None, 1, 1, 1]), layer("Rescaling", **arguments)]
    model = read(small(tmp_path / "m.h5", [*layers, layer("Flatten")], {}))
    out = model.forward(np.full((1, 1, 1, 1), pixel, np.float32))
    np.testing.assert_allclose(out, [[expected]], rtol=1e-6)


@pytest.mark.parametrize(
    ("place", "change", "message"),
    [
        (2, layer("LSTM"), r"layer 2 \(LSTM 'lstm'\): unsupported layer; supported are Conv2D"),
        (2, layer("Lambda", function="print"), r"layer 2 \(Lambda 'lambda'\): unsupported layer"),
        (4, layer("Activation", activation="exp"), r"layer 4 .*'exp' is not supported"),
        (1, {"groups": 2}, r"layer 1 \(Conv2D 'conv'\): 1 and 1 channels cannot be cut into 2"),
        (1, {"data_format": "channels_first"}, "layer 1 .*: data_format='channels_first'"),
        (1, {"padding": "causal"}, "layer 1 .*: padding='causal'"),
        (1, {"filters": 10**9}, r"layer 1 .*array w has shape \(3, 3, 1, 1\)"),
        (1, {"filters": "1"}, "layer 1 "),
        (1, {"kernel_size": None}, "layer 1 .*kernel_size must be an int"),
        (1, {"use_bias": True}, "layer 1 .*it has 1 arrays and needs 2: w, b"),
        (2, {"pool_size": [10**9, 1]}, "layer 2 .*one image would take"),
        (4, {"rate": 1.0}, r"layer 4 .*rate must be in \[0, 1\)"),
        (
            5,
            {"activation": "sine"},
            "layer 5 .*'sine' is not supported; supported are linear, relu",
        ),
        (4, layer("ReLU", max_value=6.0, negative_slope=0.1), "max_value with negative_slope"),
        (4, layer("LeakyReLU", alpha="a"), "layer 4 .*'a' is not a number"),
        (3, layer("Reshape", target_shape=[3]), r"layer 3 .*a reshape of \(1, 1, 1\) to \(3,\)"),
        (3, layer("Permute", dims=[2, 1]), "layer 3 .*it permutes 2 axes"),
        (3, layer("Cropping2D", cropping=[[1, 1], [1, 1]]), "layer 3 .*no pixels left"),
    ],
)
def test_refusal_names_the_unsupported_layer(tmp_path, place, change, message):
    layers = small_layers()
    if "class_name" in change:
        layers[place] = change
    else:
        layers[place]["config"].update(change)
    path = small(tmp_path / "m.h5", layers)
    assert re.search(message, refusal(read, path))


def test_refused_file_is_not_converted(tmp_path, capsys):
    path = small(tmp_path / "m.h5", [*small_layers(), layer("LSTM")])
    assert main([str(path), str(tmp_path / "out.npz")]) == 2
    assert "layer 6 (LSTM 'lstm'): unsupported layer" in capsys.readouterr().err
    assert not (tmp_path / "out.npz").exists()


def one_layer(tmp_path, given, shape, weights=()):
    """Read a network of one layer and a Flatten."""
    layers = [layer("InputLayer", batch_shape=[None, *shape]), given, layer("Flatten")]
    arrays = [(f"w{i}", np.asarray(array, np.float32)) for i, array in enumerate(weights)]
    return read(small(tmp_path / "m.h5", layers, {given["config"]["name"]: arrays}))


@pytest.mark.parametrize(
    ("given", "x", "expected"),
    [
        (layer("Activation", activation="sigmoid"), 2, 1 / (1 + np.exp(-2))),
        (layer("Activation", activation="tanh"), 2, np.tanh(2)),
        (layer("Activation", activation="selu"), -1, 1.0507 * 1.67326 * (np.exp(-1) - 1)),
        (layer("Activation", activation="leaky_relu"), -1, -0.2),
        (layer("Activation", activation="hard_sigmoid"), 1, 0.7),  # Keras 2: 0.2 x + 0.5
        (layer("Activation", activation="swish"), 1, 1 / (1 + np.exp(-1))),
        (layer("Activation", activation={"class_name": "ELU", "config": {"alpha": 2}}), -1,
         2 * (np.exp(-1) - 1)),
        (layer("LeakyReLU"), -1, -0.3),
        (layer("LeakyReLU", alpha=0.1), -1, -0.1),
        (layer("LeakyReLU", alpha={"type": "ndarray", "value": 0.4}), -1, -0.4),
        (layer("LeakyReLU", negative_slope=0.5), -1, -0.5),
        (layer("ReLU", max_value=6.0), 7, 6),
        (layer("ReLU", negative_slope=0.5), -1, -0.5),
        (layer("ELU", alpha=0.5), -1, 0.5 * (np.exp(-1) - 1)),
        (layer("SpatialDropout2D", rate=0.5), 3, 3),
        (layer("GaussianNoise", stddev=0.5), 3, 3),
        (layer("RandomRotation", factor=0.1), 3, 3),
        (layer("Normalization", mean=[1.0], variance=[4.0]), 3, 1),
    ],
)  # fmt: skip
def test_layer_of_one_number_by_hand(tmp_path, given, x, expected):
    given = dict(given, config={**given["config"]})
    layers = [layer("InputLayer", batch_shape=[None, 1, 1, 1]), given, layer("Flatten")]
    layers.insert(1, layer("Conv2D", "c", filters=1, kernel_size=[1, 1], use_bias=False))
    model = read(small(tmp_path / "m.h5", layers, {"c": [("k", np.ones((1, 1, 1, 1), "f4"))]}))
    found = model.forward(np.full((1, 1, 1, 1), x, np.float32))
    if given["config"].get("activation") == "sigmoid":  # at the end: sigmoids that sum to 1
        expected = 1
    np.testing.assert_allclose(found, [[expected]], rtol=1e-4)


def test_final_sigmoids_are_made_to_sum_to_one(tmp_path):
    given = layer("Activation", activation="sigmoid")
    proba = one_layer(tmp_path, given, (1, 1, 2)).predict_proba(np.float32([[[[0, 3]]]]))
    half, most = 0.5, 1 / (1 + np.exp(-3))
    np.testing.assert_allclose(proba, [[half / (half + most), most / (half + most)]], rtol=1e-6)


def test_separable_convolution_is_two(tmp_path):
    depth, point = np.float32([[[[2], [3]]]]), np.float32([[[[1], [10]]]])
    given = layer("SeparableConv2D", "s", filters=1, kernel_size=[1, 1], activation="relu")
    model = one_layer(tmp_path, given, (1, 1, 2), [depth, point, [0.5]])
    assert model.forward(np.float32([[[[1, 1]]]])).tolist() == [[2 * 1 + 3 * 10 + 0.5]]


def test_prelu_and_depthwise_take_their_arrays(tmp_path):
    given = layer("PReLU", "p", shared_axes=[1, 2])
    model = one_layer(tmp_path, given, (1, 1, 2), [[[[0.5, 2]]]])
    assert model.forward(np.float32([[[[-1, -1]]]])).tolist() == [[-0.5, -2]]
    given = layer("DepthwiseConv2D", "d", kernel_size=[1, 1], depth_multiplier=2)
    model = one_layer(tmp_path, given, (1, 1, 2), [[[[[1, 2], [3, 4]]]], np.zeros(4)])
    assert model.forward(np.float32([[[[1, 10]]]])).tolist() == [[1, 2, 30, 40]]


def test_padding_before_a_convolution_becomes_its_own(tmp_path):
    layers = small_layers()
    layers[1]["config"].update(padding="valid")
    layers.insert(1, layer("ZeroPadding2D", padding=[[0, 1], [0, 1]]))
    found = read(small(tmp_path / "m.h5", layers))
    assert type(found.layers[0]).__name__ == "Conv2D"
    expected = read(small(tmp_path / "n.h5"))
    x = np.random.default_rng(0).random((2, 4, 4, 1), dtype=np.float32)
    np.testing.assert_array_equal(found.forward(x), expected.forward(x))


def test_dense_layer_on_maps_is_a_convolution(tmp_path):
    given = layer("Dense", "d", units=2)
    model = one_layer(tmp_path, given, (2, 1, 3), [[[1, 0], [0, 1], [1, 1]], [0.5, 0]])
    x = np.float32([[[[1, 2, 3]], [[4, 5, 6]]]])
    assert model.forward(x).tolist() == [[4.5, 5, 10.5, 11]]
