"""Keras's layers in: arguments worked by hand, and refusals that name the layer."""

import numpy as np
import pytest

from nn.convert import ConversionError
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
        (4, layer("Activation", activation="tanh"), r"layer 4 .*'tanh' is not supported"),
        (1, {"dilation_rate": [2, 2]}, r"layer 1 \(Conv2D 'conv'\): dilation_rate=\(2, 2\)"),
        (1, {"groups": 2}, "layer 1 .*: groups=2"),
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
            {"activation": "sigmoid"},
            "layer 5 .*'sigmoid' is not supported; supported are relu, softmax",
        ),
        (1, layer("ZeroPadding2D", padding=[[1, 1], [1, 1]]), "layer 2 .*: padding='same'"),
        (4, layer("ZeroPadding2D", padding=[[1, 1], [1, 1]]), "layer 5 .*: a ZeroPadding2D before"),
        (4, layer("ReLU", max_value=6.0), "layer 4 .*max_value=6.0 is not supported"),
    ],
)
def test_refusal_names_the_unsupported_layer(tmp_path, place, change, message):
    layers = small_layers()
    if "class_name" in change:
        layers[place] = change
    else:
        layers[place]["config"].update(change)
    path = small(tmp_path / "m.h5", layers)
    with pytest.raises(ConversionError, match=message):
        read(path)
    refusal(read, path)
    assert main([str(path), str(tmp_path / "out.npz")]) == 2
    assert not (tmp_path / "out.npz").exists()
