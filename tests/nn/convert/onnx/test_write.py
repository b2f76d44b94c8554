"""ONNX files out, judged by ONNX Runtime."""

import numpy as np
import onnx
import pytest

import weights
from data import mnist
from nn import Conv2D, Dense, Flatten, ReLU, Sequential
from nn.convert import ConversionError, load
from nn.convert.onnx import save
from nn.convert.onnx.__main__ import main
from tests.nn.convert.cases import CASES, with_softmax
from tests.nn.convert.onnx.files import RNG, floats, ort
from tests.nn.convert.refusals import refusal


def test_shipped_network_agrees_with_onnx_runtime(mnist_dir, tmp_path):
    path = tmp_path / "mnist.onnx"
    assert main([str(weights.SHIPPED), str(path)]) == 0
    onnx.checker.check_model(str(path), full_check=True)
    images, _ = mnist.load("test", mnist_dir)
    images = images[:200]
    x = (images[..., None] / 255).astype(np.float32)
    expected = Sequential.load(weights.SHIPPED).predict_proba(images)
    np.testing.assert_allclose(ort(path, x), expected, atol=1e-5)
    np.testing.assert_allclose(ort(path, x[:1]), expected[:1], atol=1e-5)  # any number at once
    again = load(path)
    np.testing.assert_allclose(again.predict_proba(images[:100]), expected[:100], atol=1e-5)


def test_every_layer_agrees_and_round_trips(tmp_path, every_layer):
    path = tmp_path / "m.onnx"
    save(every_layer, path, (13, 12, 1))
    x = RNG.random((3, 13, 12, 1), dtype=np.float32)
    expected = every_layer.forward(x)
    np.testing.assert_allclose(ort(path, x), expected, atol=1e-6)
    np.testing.assert_allclose(load(path).forward(x), expected, atol=1e-6)


def test_logits_get_a_softmax(tmp_path):
    model = Sequential([Flatten(), Dense(4, 3, rng=RNG)])
    save(model, tmp_path / "m.onnx", (2, 2, 1))
    x = floats(5, 2, 2, 1)
    np.testing.assert_allclose(ort(tmp_path / "m.onnx", x), model.predict_proba(x), atol=1e-6)


def test_misfit_layer_is_named_and_nothing_written(tmp_path):
    for model, message in (
        (Sequential([Conv2D(3, 1, 2), Flatten()]), r"layer 0 \(Conv2D\): .*, got \(N, 28, 28, 1\)"),
        (
            Sequential([Conv2D(1, 1, 2)]),
            r"output has shape \(27, 27, 1\), not one number per class",
        ),
    ):
        with pytest.raises(ConversionError, match=message):
            save(model, tmp_path / "m.onnx")
    assert list(tmp_path.iterdir()) == []


def test_layer_without_equivalent_is_refused(tmp_path):
    class Swish(ReLU):
        """A layer that ONNX's writer does not know."""

    model, path = Sequential([Flatten(), Swish()]), tmp_path / "m.onnx"
    message = refusal(lambda path: save(model, path), path)
    assert "layer 1 (Swish): ONNX has no equivalent of this layer" in message
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("title", CASES)
def test_further_layer_agrees_and_round_trips(tmp_path, title):
    shape, layer = CASES[title]
    model = with_softmax(layer, shape[1:])
    x = RNG.standard_normal(shape).astype(np.float32)
    save(model, tmp_path / "m.onnx", shape[1:])
    expected = model.forward(x)
    np.testing.assert_allclose(ort(tmp_path / "m.onnx", x), expected, atol=1e-6)
    np.testing.assert_allclose(load(tmp_path / "m.onnx").forward(x), expected, atol=1e-6)
