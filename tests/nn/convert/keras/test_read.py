"""Keras's files in: made by hand, saved by real Keras, and damaged or hostile."""

import tracemalloc
import zipfile

import h5py
import numpy as np
import pytest

from data import mnist
from nn import convert
from nn.convert.keras.read import read
from tests.nn.convert.keras.files import (
    ANSWER,
    IMAGE,
    SMALL_WEIGHTS,
    archive,
    layer,
    legacy,
    sequential,
    small,
    small_layers,
)
from tests.nn.convert.refusals import read_or_refuse_damaged, refusal


@pytest.mark.parametrize("name", ["original", "simple_convnet"])
@pytest.mark.parametrize("ending", ["h5", "keras"])
def test_agrees_with_real_keras(keras_dir, mnist_dir, name, ending):
    images, _ = mnist.load("test", mnist_dir)
    with np.load(keras_dir / f"{name}.npz") as file:
        expected = file["probabilities"]
    found = convert.load(keras_dir / f"{name}.{ending}").predict_proba(images[: len(expected)])
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("suffix", [":0", ""])
def test_reads_the_legacy_file(tmp_path, suffix):
    described = sequential(small_layers())
    path = legacy(tmp_path / "m.h5", described, SMALL_WEIGHTS, suffix)
    np.testing.assert_allclose(read(path).forward(IMAGE), [[ANSWER, 1 - ANSWER]], rtol=1e-6)


@pytest.mark.parametrize("folder", ["layers", "_layer_checkpoint_dependencies"])
def test_reads_the_archive(tmp_path, folder):
    weights = {"conv2d": SMALL_WEIGHTS["conv"], "dense": SMALL_WEIGHTS["dense"]}
    described = sequential(small_layers())
    path = archive(tmp_path / "m.keras", described, weights, folder)
    np.testing.assert_allclose(read(path).forward(IMAGE), [[ANSWER, 1 - ANSWER]], rtol=1e-6)


def test_archive_counts_layers_of_a_class(tmp_path):
    layers = [
        layer("InputLayer", batch_shape=[None, 2]),
        layer("Dense", "a", units=1, use_bias=False),
        layer("Dense", "b", units=1, use_bias=False),
    ]
    one, two = (np.full(shape, w, np.float32) for shape, w in (((2, 1), 3), ((1, 1), 5)))
    weights = {"dense": [("", one)], "dense_1": [("", two)]}
    path = archive(tmp_path / "m.keras", sequential(layers), weights)
    assert read(path).forward(np.float32([[1, 1]])).tolist() == [[30]]


@pytest.mark.parametrize(
    ("where", "key"),
    [("first", "batch_input_shape"), ("model", "build_input_shape"), ("top", "build_config")],
)
def test_finds_the_input_shape_wherever_keras_wrote_it(tmp_path, where, key):
    layers, shape = small_layers()[1:], [None, 4, 4, 1]
    described = sequential(layers)
    if where == "first":
        layers[0]["config"][key] = shape
    elif where == "model":
        described["config"][key] = shape
    else:
        described[key] = {"input_shape": shape}
    path = legacy(tmp_path / "m.h5", described, SMALL_WEIGHTS)
    assert read(path).forward(IMAGE).shape == (1, 2)


def test_images_as_vectors_or_without_channels(tmp_path):
    dense = layer("Dense", "dense", units=2)
    weights = {"dense": [("kernel", np.eye(4, 2, dtype=np.float32)), ("bias", np.zeros(2, "f4"))]}
    x = np.float32([0.1, 0.2, 0.3, 0.4]).reshape(1, 2, 2)
    for shape, before in (
        ([None, 4], []),
        ([None, 2, 2], [layer("Flatten")]),
        ([None, 2, 2], [layer("Reshape", target_shape=[2, 2, 1]), layer("Flatten")]),
    ):
        layers = [layer("InputLayer", batch_shape=shape), *before, dense]
        proba = read(small(tmp_path / "m.h5", layers, weights)).predict_proba(x)
        np.testing.assert_allclose(proba[0, 1], 1 / (1 + np.exp(-0.1)), rtol=1e-6)


def test_functional_model_is_refused(tmp_path):
    described = {"class_name": "Functional", "config": {"layers": []}}
    path = legacy(tmp_path / "m.h5", described, {})
    assert "it is a Functional model; only Sequential" in refusal(read, path)


def test_weights_without_a_model_are_refused(tmp_path):
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file["layers/conv2d/vars/0"] = np.zeros(1)
    assert "weights only; save the whole model" in refusal(read, tmp_path / "w.h5")


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.full((3, 3, 1, 1), np.nan, np.float32), "NaN or infinity"),
        (np.ones((3, 3, 1, 1), np.int32), "int32, not floats"),
        (np.ones((3, 3, 1, 2), np.float32), r"has shape \(3, 3, 1, 2\), not \(3, 3, 1, 1\)"),
    ],
)
def test_wrong_arrays_are_refused(tmp_path, array, message):
    path = small(tmp_path / "m.h5", weights=SMALL_WEIGHTS | {"conv": [("kernel", array)]})
    with pytest.raises(convert.ConversionError, match=message):
        read(path)


def test_zip_bomb_is_not_unpacked(tmp_path):
    path = tmp_path / "m.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as members:
        members.writestr("config.json", bytes(17 << 20))
        members.writestr("model.weights.h5", b"")
    assert path.stat().st_size < 1 << 20
    assert "config.json takes 17825792 bytes" in refusal(read, path)


def test_understated_zip_bomb_is_not_unpacked(tmp_path):
    path = tmp_path / "m.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as members:
        members.writestr("config.json", bytes(64 << 20))
    claimed, real = (size.to_bytes(4, "little") for size in (100, 64 << 20))
    path.write_bytes(path.read_bytes().replace(real, claimed))
    tracemalloc.start()
    try:
        refusal(read, path)
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()


def test_other_compression_is_refused(tmp_path):
    path = tmp_path / "m.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as members:
        members.writestr("config.json", bytes(1000))
    assert "compressed in a way that Keras does not use" in refusal(read, path)


@pytest.mark.parametrize("name", ["m.h5", "m.keras"])
@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04", bytes(3000)])
def test_invalid_or_missing_file_is_refused(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    refusal(read, tmp_path / name)
    assert "no such file" in refusal(read, tmp_path / f"no-{name}")


@pytest.mark.parametrize("config", ["[" * 100_000, "null", "[]", "{}", '{"class_name": 1}'])
def test_invalid_description_is_refused(tmp_path, config):
    with h5py.File(tmp_path / "m.h5", "w") as file:
        file.create_group("model_weights")
        file.attrs["model_config"] = config[:60_000]
    refusal(read, tmp_path / "m.h5")


def test_damaged_file_is_read_or_refused(tmp_path):
    whole = small(tmp_path / "whole.h5").read_bytes()
    read_or_refuse_damaged(read, tmp_path / "m.h5", whole, step=501, flips=100)
