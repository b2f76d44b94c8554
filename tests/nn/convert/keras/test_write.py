"""Keras's files out: their layout, and what they hold when read again."""

import json

import h5py
import numpy as np
import pytest

from nn import (
    GELU,
    Dense,
    DepthwiseConv2D,
    Flatten,
    GroupedConv2D,
    MaxPool2D,
    ReLU,
    Sequential,
    convert,
)
from nn.convert import keras
from nn.convert.keras.read import read
from tests.nn.convert.cases import CASES, with_softmax
from tests.nn.convert.refusals import refusal


@pytest.mark.parametrize("ending", ["h5", "keras"])
def test_every_layer_round_trips(tmp_path, every_layer, ending):
    path = tmp_path / f"m.{ending}"
    keras.save(every_layer, path, (13, 12, 1))
    again = read(path)
    x = np.random.default_rng(7).random((3, 13, 12, 1), dtype=np.float32)
    np.testing.assert_allclose(again.forward(x), every_layer.forward(x), atol=1e-6)


def test_legacy_file_has_keras_layout(tmp_path, every_layer):
    keras.save(every_layer, tmp_path / "m.h5", (13, 12, 1))
    with h5py.File(tmp_path / "m.h5") as file:
        described = json.loads(file.attrs["model_config"])
        kinds = [one["class_name"] for one in described["config"]["layers"]]
        root = file["model_weights"]
        assert list(root.attrs["layer_names"])[1] in ("conv2d_1", b"conv2d_1")
        names = root["batchnormalization_1"].attrs["weight_names"].tolist()
        assert [name.decode().split("/")[-1] for name in names] == [
            "gamma:0", "beta:0", "moving_mean:0", "moving_variance:0",
        ]  # fmt: skip
        w = root["conv2d_1"]["conv2d_1/kernel:0"][...]
    np.testing.assert_array_equal(w, every_layer.layers[1].params["w"])
    assert kinds == [
        "InputLayer", "Rescaling", "Conv2D", "BatchNormalization", "ReLU", "MaxPooling2D",
        "ZeroPadding2D", "Conv2D", "AveragePooling2D", "ZeroPadding2D", "AveragePooling2D",
        "Flatten", "Dropout", "Dense", "BatchNormalization", "ReLU", "Dense", "Softmax",
    ]  # fmt: skip


def test_weights_file_has_keras_3_layout(tmp_path, every_layer):
    keras.save(every_layer, tmp_path / "m.weights.h5", (13, 12, 1))
    with h5py.File(tmp_path / "m.weights.h5") as file:
        assert list(file["layers"]) == [
            "batch_normalization", "batch_normalization_1", "conv2d", "conv2d_1", "dense",
            "dense_1",
        ]  # fmt: skip
        var = file["layers/batch_normalization_1/vars/3"][...]
        np.testing.assert_array_equal(var, every_layer.layers[11].state["var"])
        np.testing.assert_array_equal(
            file["layers/dense/vars/1"], every_layer.layers[10].params["b"]
        )


def test_logits_get_a_softmax(tmp_path):
    model = Sequential([Flatten(), Dense(4, 3)])
    keras.save(model, tmp_path / "m.keras", (2, 2, 1))
    x = np.random.default_rng(7).random((2, 2, 2, 1), dtype=np.float32)
    found = read(tmp_path / "m.keras").forward(x)
    np.testing.assert_allclose(found, model.predict_proba(x), atol=1e-6)


def test_unsupported_padding_is_named_and_nothing_written(tmp_path):
    model = Sequential([MaxPool2D(3, stride=2, pad=1), Flatten()])
    path = tmp_path / "m.h5"
    message = refusal(lambda path: keras.save(model, path), path)
    assert (
        "layer 0 (MaxPool2D): Keras cannot pad this pooling by (1, 1), only 'valid' or 'same'"
        in message
    )
    assert list(tmp_path.iterdir()) == []


def test_layer_without_equivalent_is_refused(tmp_path):
    class Swish(ReLU):
        """A layer that Keras's writer does not know."""

    model, path = Sequential([Flatten(), Swish()]), tmp_path / "m.h5"
    message = refusal(lambda path: keras.save(model, path), path)
    assert "layer 1 (Swish): Keras has no equivalent of this layer" in message
    assert list(tmp_path.iterdir()) == []


NOT_IN_KERAS = "GELU approximate"


@pytest.mark.parametrize("title", [title for title in CASES if title != NOT_IN_KERAS])
@pytest.mark.parametrize("ending", ["h5", "keras"])
def test_further_layer_round_trips(tmp_path, title, ending):
    shape, layer = CASES[title]
    model, path = with_softmax(layer, shape[1:]), tmp_path / f"m.{ending}"
    keras.save(model, path, shape[1:])
    x = np.random.default_rng(7).standard_normal(shape).astype(np.float32)
    np.testing.assert_allclose(read(path).forward(x), model.forward(x), atol=1e-6)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (GELU(approximate=True), "Keras has only the exact GELU"),
        (DepthwiseConv2D(4, 3, stride=(2, 1)), "different strides in rows and columns"),
        (GroupedConv2D(4, 4, 2, stride=2, dilation=2), r"the stride \(2, 2\) with the dilation"),
    ],
)
def test_what_keras_lacks_is_named(tmp_path, layer, message):
    with pytest.raises(convert.ConversionError, match=message):
        keras.save(Sequential([layer, Flatten()]), tmp_path / "m.keras", (6, 6, 4))
    assert list(tmp_path.iterdir()) == []
