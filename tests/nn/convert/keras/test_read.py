"""Keras's files in: made by hand, saved by real Keras, and damaged or hostile."""

import json
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
    CONV,
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
def test_models_of_real_keras_agree(keras_dir, mnist_dir, name, ending):
    images, _ = mnist.load("test", mnist_dir)
    with np.load(keras_dir / f"{name}.npz") as file:
        expected = file["probabilities"]
    found = convert.load(keras_dir / f"{name}.{ending}").predict_proba(images[: len(expected)])
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("suffix", [":0", ""])
def test_the_legacy_file_is_read(tmp_path, suffix):
    described = sequential(small_layers())
    path = legacy(tmp_path / "m.h5", described, SMALL_WEIGHTS, suffix)
    np.testing.assert_allclose(read(path).forward(IMAGE), [[ANSWER, 1 - ANSWER]], rtol=1e-6)


@pytest.mark.parametrize("folder", ["layers", "_layer_checkpoint_dependencies"])
@pytest.mark.parametrize("separator", ["/", "\\"])
def test_the_archive_is_read(tmp_path, folder, separator):
    weights = {"conv2d": SMALL_WEIGHTS["conv"], "dense": SMALL_WEIGHTS["dense"]}
    described = sequential(small_layers())
    path = archive(tmp_path / "m.keras", described, weights, folder, separator)
    np.testing.assert_allclose(read(path).forward(IMAGE), [[ANSWER, 1 - ANSWER]], rtol=1e-6)


@pytest.mark.parametrize("second", ["dense_1", "dense_2", "dense_11"])
def test_archive_counts_layers_of_a_class(tmp_path, second):
    """Keras 2.13 counts each layer twice; only the order of the numbers is the same."""
    layers = [
        layer("InputLayer", batch_shape=[None, 2]),
        layer("Dense", "a", units=1, use_bias=False),
        layer("Dense", "b", units=1, use_bias=False),
    ]
    one, two = (np.full(shape, w, np.float32) for shape, w in (((2, 1), 3), ((1, 1), 5)))
    weights = {"dense": [("", one)], second: [("", two)]}
    path = archive(tmp_path / "m.keras", sequential(layers), weights)
    assert read(path).forward(np.float32([[1, 1]])).tolist() == [[30]]


@pytest.mark.parametrize(
    ("where", "key"),
    [("first", "batch_input_shape"), ("model", "build_input_shape"), ("top", "build_config")],
)
def test_input_shape_is_found_wherever_keras_writes_it(tmp_path, where, key):
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


def test_vectors_and_images_without_channels_are_read(tmp_path):
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


def graph(layers, output, keras=2):
    """Describe a Functional model: each layer is (layer, names of its inputs)."""
    described = []
    for one, inputs in layers:
        if keras == 2:
            nodes = [[[name, 0, 0, {}] for name in inputs]] if inputs else []
        else:
            tensors = [
                {"class_name": "__keras_tensor__", "config": {"keras_history": [name, 0, 0]}}
                for name in inputs
            ]
            nodes = [{"args": [tensors] if len(tensors) > 1 else tensors, "kwargs": {}}]
            nodes = nodes if inputs else []
        described.append({**one, "name": one["config"]["name"], "inbound_nodes": nodes})
    config = {"name": "g", "layers": described, "output_layers": [[output, 0, 0]]}
    return {"class_name": "Functional", "config": config}


@pytest.mark.parametrize("keras", [2, 3])
def test_a_functional_chain_is_read(tmp_path, keras):
    layers = small_layers()
    names = [one["config"]["name"] for one in layers]
    chain = [(one, names[max(i - 1, 0) : i]) for i, one in enumerate(layers)]
    chain.insert(2, (layer("Dense", "aside", units=3), ["flatten"]))
    path = legacy(tmp_path / "m.h5", graph(chain[::-1], "dense", keras), SMALL_WEIGHTS)
    np.testing.assert_allclose(read(path).forward(IMAGE), [[ANSWER, 1 - ANSWER]], rtol=1e-6)


def test_of_several_outputs_the_digits_are_read(tmp_path):
    """Ten units are digits; the first output says something else."""
    heads = {"parity": 1, "digits": 10, "size": 2}
    layers = [(layer("InputLayer", "in", batch_shape=[None, 2]), [])]
    layers += [(layer("Dense", name, units=n, use_bias=False), ["in"]) for name, n in heads.items()]
    described = graph(layers, "parity")
    described["config"]["output_layers"] = [[name, 0, 0] for name in heads]
    w = np.arange(20, dtype=np.float32).reshape(2, 10)
    path = legacy(tmp_path / "m.h5", described, {"digits": [("kernel", w)]})
    np.testing.assert_array_equal(read(path).forward(np.float32([[1, 2]])), [w[0] + 2 * w[1]])


def test_functional_model_that_branches_is_refused(tmp_path):
    layers = [
        (layer("InputLayer", "in", batch_shape=[None, 4, 4, 1]), []),
        (layer("Flatten", "a"), ["in"]),
        (layer("Flatten", "b"), ["in"]),
        (layer("Concatenate", "join"), ["a", "b"]),
    ]
    path = legacy(tmp_path / "m.h5", graph(layers, "join"), {})
    assert "layer 'join' (Concatenate): it joins 2 inputs" in refusal(read, path)
    layers = [(layer("Flatten", "a"), ["b"]), (layer("Flatten", "b"), ["a"])]
    path = legacy(tmp_path / "m.h5", graph(layers, "a"), {})
    assert "it is part of a circle" in refusal(read, path)


def test_division_in_a_graph_is_a_rescaling(tmp_path):
    layers = [
        (layer("InputLayer", "in", batch_shape=[None, 2]), []),
        (layer("TFOpLambda", "tf.math.truediv", function="math.truediv"), ["in"]),
    ]
    described = graph(layers, "tf.math.truediv")
    described["config"]["layers"][1]["inbound_nodes"] = [["in", 0, 0, {"y": 4.0, "name": None}]]
    model = read(legacy(tmp_path / "m.h5", described, {}))
    assert model.forward(np.float32([[8, 2]])).tolist() == [[2, 0.5]]


def nested():
    """Return the layers of `small_layers` with the convolution and all after it in models."""
    first, conv, *rest, dense = small_layers()
    outer = sequential([sequential([conv, *rest]), dense])
    outer["config"]["name"], outer["config"]["layers"][0]["config"]["name"] = "outer", "inner"
    return sequential([first, outer])


def test_models_in_models_are_read(tmp_path):
    together = [("conv/kernel:0", CONV), *((f"dense/{n}:0", a) for n, a in SMALL_WEIGHTS["dense"])]
    with h5py.File(tmp_path / "m.h5", "w") as file:
        file.attrs["model_config"] = json.dumps(nested())
        group = file.create_group("model_weights/outer")
        group.attrs["weight_names"] = np.array([name for name, _ in together], "S")
        for name, array in together:
            group[name] = array
    np.testing.assert_allclose(
        read(tmp_path / "m.h5").forward(IMAGE), [[ANSWER, 1 - ANSWER]], rtol=1e-6
    )
    weights = {
        "sequential/layers/sequential/layers/conv2d": SMALL_WEIGHTS["conv"],
        "sequential/layers/dense": SMALL_WEIGHTS["dense"],
    }
    path = archive(tmp_path / "m.keras", nested(), weights)
    np.testing.assert_allclose(read(path).forward(IMAGE), [[ANSWER, 1 - ANSWER]], rtol=1e-6)


def test_missing_input_shape_is_guessed(tmp_path):
    dense = layer("Dense", "dense", units=2)
    arrays = [("kernel", np.ones((784, 2), np.float32)), ("bias", np.zeros(2, "f4"))]
    for layers in ([dense], [layer("Flatten"), dense]):
        model = read(small(tmp_path / "m.h5", layers, {"dense": arrays}))
        out = model.forward(np.ones((1, 28, 28, 1), np.float32))
        assert out.tolist() == [[784, 784]]
    arrays[0] = ("kernel", np.ones((5, 2), np.float32))
    path = small(tmp_path / "m.h5", [dense], {"dense": arrays})
    assert "its input shape is missing, and it is not (28, 28, 1): layer 0" in refusal(read, path)


def test_vectors_that_become_images_take_images(tmp_path):
    layers = small_layers()
    layers[0]["config"]["batch_shape"] = [None, 16]
    layers.insert(1, layer("Reshape", target_shape=[4, 4, 1]))
    model = read(small(tmp_path / "m.h5", layers))
    np.testing.assert_allclose(model.forward(IMAGE), [[ANSWER, 1 - ANSWER]], rtol=1e-6)


def test_subclassed_model_is_refused(tmp_path):
    path = legacy(tmp_path / "m.h5", {"class_name": "MyNet", "config": {"layers": []}}, {})
    assert "it is a 'MyNet' model, whose layers only its own Python code" in refusal(read, path)


def test_weights_without_a_model_are_refused(tmp_path):
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file["layers/conv2d/vars/0"] = np.zeros(1)
    assert "weights only; build the model in Python, then" in refusal(read, tmp_path / "w.h5")


def test_claimed_size_is_not_allocated(tmp_path):
    layers = [
        layer("InputLayer", batch_shape=[None, 500_000_000]), layer("BatchNormalization", "b")
    ]  # fmt: skip
    path = archive(tmp_path / "m.keras", sequential(layers), {})
    assert "one image would take 2000000000 bytes" in refusal(read, path)


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
