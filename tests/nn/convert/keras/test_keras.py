"""Keras models in and out: files made by hand, files of real Keras, and files that lie."""

import json
import sys
import tracemalloc
import zipfile

import h5py
import numpy as np
import pytest

from data import mnist
from nn import Dense, Flatten, MaxPool2D, ModelFileError, Sequential, convert
from nn.convert import keras
from nn.convert.keras import read as keras_read
from nn.convert.keras.__main__ import main
from tests.nn.convert.keras import keras_files
from tests.nn.convert.keras.keras_files import ANSWER, IMAGE, SMALL_WEIGHTS, layer, sequential


def small(path, layers=None, weights=SMALL_WEIGHTS):
    return keras_files.legacy(path, sequential(layers or keras_files.small_layers()), weights)


def refusal(path, read=keras_read.read):
    """The message with which a file is refused: one line that names the file."""
    with pytest.raises(ModelFileError) as caught:
        read(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert message.isprintable()
    return message


# In


@pytest.mark.parametrize("name", ["original", "simple_convnet"])
@pytest.mark.parametrize("ending", ["h5", "keras"])
def test_agrees_with_real_keras(keras_dir, mnist_dir, name, ending):
    images, _ = mnist.load("test", mnist_dir)
    with np.load(keras_dir / f"{name}.npz") as file:
        expected = file["probabilities"]
    found = convert.load(keras_dir / f"{name}.{ending}").predict_proba(images[: len(expected)])
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("suffix", [":0", ""])
def test_reads_the_hdf5_layout(tmp_path, suffix):
    described = sequential(keras_files.small_layers())
    path = keras_files.legacy(tmp_path / "m.h5", described, SMALL_WEIGHTS, suffix)
    np.testing.assert_allclose(
        keras_read.read(path).forward(IMAGE), [[ANSWER, 1 - ANSWER]], rtol=1e-6
    )


@pytest.mark.parametrize("folder", ["layers", "_layer_checkpoint_dependencies"])
def test_reads_the_archive(tmp_path, folder):
    weights = {"conv2d": SMALL_WEIGHTS["conv"], "dense": SMALL_WEIGHTS["dense"]}
    described = sequential(keras_files.small_layers())
    path = keras_files.archive(tmp_path / "m.keras", described, weights, folder)
    np.testing.assert_allclose(
        keras_read.read(path).forward(IMAGE), [[ANSWER, 1 - ANSWER]], rtol=1e-6
    )


def test_the_second_layer_of_a_kind_has_the_second_weights(tmp_path):
    layers = [
        layer("InputLayer", batch_shape=[None, 2]),
        layer("Dense", "a", units=1, use_bias=False),
        layer("Dense", "b", units=1, use_bias=False),
    ]
    one, two = (np.full(shape, w, np.float32) for shape, w in (((2, 1), 3), ((1, 1), 5)))
    weights = {"dense": [("", one)], "dense_1": [("", two)]}
    path = keras_files.archive(tmp_path / "m.keras", sequential(layers), weights)
    assert keras_read.read(path).forward(np.float32([[1, 1]])).tolist() == [[30]]


@pytest.mark.parametrize(
    ("where", "key"),
    [("first", "batch_input_shape"), ("model", "build_input_shape"), ("top", "build_config")],
)
def test_finds_the_input_shape_wherever_keras_wrote_it(tmp_path, where, key):
    layers, shape = keras_files.small_layers()[1:], [None, 4, 4, 1]
    described = sequential(layers)
    if where == "first":
        layers[0]["config"][key] = shape
    elif where == "model":
        described["config"][key] = shape
    else:
        described[key] = {"input_shape": shape}
    path = keras_files.legacy(tmp_path / "m.h5", described, SMALL_WEIGHTS)
    assert keras_read.read(path).forward(IMAGE).shape == (1, 2)


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
    model = keras_read.read(small(tmp_path / "m.h5", layers, weights))
    assert model.forward(np.float32([[3]])).tolist() == [[expected]]


@pytest.mark.parametrize(
    ("arguments", "pixel", "expected"),
    [
        ({"scale": 2, "offset": -1}, 1.0, 1),
        ({"scale": 1 / 255}, 1.0, 1),  # which Keras is given as 255
        ({"scale": 1 / 127.5, "offset": -1}, 1.0, 1),
        ({"scale": 1 / 127.5, "offset": -1}, 0.0, -1),
        ({"scale": [3.0], "offset": 0}, 0.5, 1.5),
    ],
)
def test_rescaling_by_hand(tmp_path, arguments, pixel, expected):
    layers = [layer("InputLayer", batch_shape=[None, 1, 1, 1]), layer("Rescaling", **arguments)]
    model = keras_read.read(small(tmp_path / "m.h5", [*layers, layer("Flatten")], {}))
    out = model.forward(np.full((1, 1, 1, 1), pixel, np.float32))
    np.testing.assert_allclose(out, [[expected]], rtol=1e-6)


def test_images_given_as_rows_or_without_channels(tmp_path):
    dense = layer("Dense", "dense", units=2)
    weights = {"dense": [("kernel", np.eye(4, 2, dtype=np.float32)), ("bias", np.zeros(2, "f4"))]}
    x = np.float32([0.1, 0.2, 0.3, 0.4]).reshape(1, 2, 2)
    for shape, before in (
        ([None, 4], []),
        ([None, 2, 2], [layer("Flatten")]),
        ([None, 2, 2], [layer("Reshape", target_shape=[2, 2, 1]), layer("Flatten")]),
    ):
        layers = [layer("InputLayer", batch_shape=shape), *before, dense]
        proba = keras_read.read(small(tmp_path / "m.h5", layers, weights)).predict_proba(x)
        np.testing.assert_allclose(proba[0, 1], 1 / (1 + np.exp(-0.1)), rtol=1e-6)


# In: what is not understood is named, with its place


@pytest.mark.parametrize(
    ("place", "change", "message"),
    [
        (2, layer("LSTM"), r"layer 2 \(LSTM 'lstm'\): this layer is not known; known are Conv2D"),
        (2, layer("Lambda", function="print"), r"layer 2 \(Lambda 'lambda'\): .* not known"),
        (4, layer("Activation", activation="tanh"), r"layer 4 .*'tanh' is not known"),
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
        (5, {"activation": "sigmoid"}, "layer 5 .*'sigmoid' is not known: relu, softmax"),
        (1, layer("ZeroPadding2D", padding=[[1, 1], [1, 1]]), "layer 2 .*: padding='same'"),
        (4, layer("ZeroPadding2D", padding=[[1, 1], [1, 1]]), "layer 5 .*: a ZeroPadding2D before"),
        (4, layer("ReLU", max_value=6.0), "layer 4 .*max_value=6.0 is not understood"),
    ],
)
def test_names_the_layer_that_is_not_understood(tmp_path, place, change, message):
    layers = keras_files.small_layers()
    if "class_name" in change:
        layers[place] = change
    else:
        layers[place]["config"].update(change)
    path = small(tmp_path / "m.h5", layers)
    with pytest.raises(convert.ConversionError, match=message):
        keras_read.read(path)
    refusal(path)
    assert main([str(path), str(tmp_path / "out.npz")]) == 2
    assert not (tmp_path / "out.npz").exists()


def test_a_model_that_is_not_sequential_says_so(tmp_path):
    described = {"class_name": "Functional", "config": {"layers": []}}
    path = keras_files.legacy(tmp_path / "m.h5", described, {})
    assert "it is a Functional model; only Sequential" in refusal(path)


def test_weights_alone_say_so(tmp_path):
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file["layers/conv2d/vars/0"] = np.zeros(1)
    assert "weights only; save the whole model" in refusal(tmp_path / "w.h5")


# In: files that lie


def weights_of(path):
    return h5py.File(path, "a")


def test_links_out_of_the_file_are_not_followed(tmp_path):
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["secret"] = keras_files.CONV
    kernel = "model_weights/conv/conv/kernel:0"
    for link in (h5py.ExternalLink("other.h5", "/secret"), h5py.SoftLink("/model_weights")):
        path = small(tmp_path / "m.h5")
        with weights_of(path) as file:
            del file[kernel]
            file[kernel] = link
        assert "is a link to elsewhere" in refusal(path)
    path = small(tmp_path / "m.h5")
    (tmp_path / "raw").write_bytes(keras_files.CONV.tobytes())
    with weights_of(path) as file:
        del file[kernel]
        raw = [(str(tmp_path / "raw"), 0, h5py.h5f.UNLIMITED)]
        file.create_dataset(kernel, (3, 3, 1, 1), "f4", external=raw)
    assert "stored in another file" in refusal(path)
    path = small(tmp_path / "m.h5")
    layout = h5py.VirtualLayout((3, 3, 1, 1), "f4")
    layout[...] = h5py.VirtualSource(str(tmp_path / "other.h5"), "secret", (3, 3, 1, 1))
    with weights_of(path) as file:
        del file[kernel]
        file.create_virtual_dataset(kernel, layout)
    assert "stored in another file" in refusal(path)


def test_an_array_that_is_not_in_the_file_is_not_allocated(tmp_path):
    layers = keras_files.small_layers()
    layers[1]["config"].update(filters=2**40, kernel_size=[1, 1])
    path = small(tmp_path / "m.h5", layers)
    with weights_of(path) as file:
        del file["model_weights/conv/conv/kernel:0"]
        file.create_dataset("model_weights/conv/conv/kernel:0", (1, 1, 1, 2**40), "f4", chunks=True)
    assert "not stored or too large" in refusal(path)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.full((3, 3, 1, 1), np.nan, np.float32), "NaN or infinity"),
        (np.ones((3, 3, 1, 1), np.int32), "int32, no floats"),
        (np.ones((3, 3, 1, 2), np.float32), r"has shape \(3, 3, 1, 2\), not \(3, 3, 1, 1\)"),
    ],
)
def test_odd_arrays_are_refused(tmp_path, array, message):
    path = small(tmp_path / "m.h5", weights=SMALL_WEIGHTS | {"conv": [("kernel", array)]})
    with pytest.raises(convert.ConversionError, match=message):
        keras_read.read(path)


def test_a_zip_bomb_is_refused_unread(tmp_path):
    path = tmp_path / "m.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as members:
        members.writestr("config.json", bytes(17 << 20))
        members.writestr("model.weights.h5", b"")
    assert path.stat().st_size < 1 << 20
    assert "config.json takes 17825792 bytes" in refusal(path)


def test_a_zip_bomb_that_says_it_is_small_is_unpacked_no_further(tmp_path):
    path = tmp_path / "m.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as members:
        members.writestr("config.json", bytes(64 << 20))
    claimed, real = (size.to_bytes(4, "little") for size in (100, 64 << 20))
    path.write_bytes(path.read_bytes().replace(real, claimed))
    tracemalloc.start()
    try:
        refusal(path)
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()


def test_a_member_packed_in_another_way_is_refused(tmp_path):
    path = tmp_path / "m.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as members:
        members.writestr("config.json", bytes(1000))
    assert "compressed in a way that Keras does not use" in refusal(path)


@pytest.mark.parametrize("name", ["m.h5", "m.keras"])
@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04", bytes(3000)])
def test_what_is_no_model_is_refused(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    refusal(tmp_path / name)
    assert "no such file" in refusal(tmp_path / f"no-{name}")


@pytest.mark.parametrize("config", ["[" * 100_000, "null", "[]", "{}", '{"class_name": 1}'])
def test_a_description_of_nothing_is_refused(tmp_path, config):
    with h5py.File(tmp_path / "m.h5", "w") as file:
        file.create_group("model_weights")
        file.attrs["model_config"] = config[:60_000]
    refusal(tmp_path / "m.h5")


def test_damaged_files_are_refused_or_read_never_worse(tmp_path):
    whole = small(tmp_path / "whole.h5").read_bytes()
    rng = np.random.default_rng(8)
    for size in range(0, len(whole), 501):
        (tmp_path / "cut.h5").write_bytes(whole[:size])
        refusal(tmp_path / "cut.h5")
    for bit in rng.integers(0, 8 * len(whole), 100):
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        (tmp_path / "m.h5").write_bytes(damaged)
        try:
            keras_read.read(tmp_path / "m.h5")
        except ModelFileError:
            refusal(tmp_path / "m.h5")


def test_without_h5py_says_how_to_get_it(tmp_path, monkeypatch):
    path = small(tmp_path / "m.h5")
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(convert.ConversionError, match="python -m pip install h5py"):
        convert.load(path)


# Out


@pytest.mark.parametrize("ending", ["h5", "keras"])
def test_every_layer_comes_back(tmp_path, every_layer, ending):
    path = tmp_path / f"m.{ending}"
    keras.save(every_layer, path, (13, 12, 1))
    again = convert.load(path)
    x = np.random.default_rng(7).random((3, 13, 12, 1), dtype=np.float32)
    np.testing.assert_allclose(again.forward(x), every_layer.forward(x), atol=1e-6)


def test_what_is_written_has_keras_layout(tmp_path, every_layer):
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


def test_weights_alone_are_written_as_keras_3_has_them(tmp_path, every_layer):
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


def test_logits_are_given_a_softmax(tmp_path):
    model = Sequential([Flatten(), Dense(4, 3)])
    keras.save(model, tmp_path / "m.keras", (2, 2, 1))
    x = np.random.default_rng(7).random((2, 2, 2, 1), dtype=np.float32)
    found = keras_read.read(tmp_path / "m.keras").forward(x)
    np.testing.assert_allclose(found, model.predict_proba(x), atol=1e-6)


def test_what_keras_cannot_say_is_named_and_not_written(tmp_path):
    model = Sequential([MaxPool2D(3, stride=2, pad=1), Flatten()])
    path = tmp_path / "m.h5"
    message = refusal(path, lambda path: keras.save(model, path))
    assert "layer 0 (MaxPool2D): Keras's pooling cannot pad by (1, 1) here" in message
    assert list(tmp_path.iterdir()) == []


def test_the_command_converts_both_ways(tmp_path, capsys):
    source, npz, back = small(tmp_path / "a.h5"), tmp_path / "b.npz", tmp_path / "c.txt"
    assert main([str(source), str(npz)]) == 0
    assert f"wrote {npz}: 7 layers" in capsys.readouterr().out
    assert Sequential.load(npz).forward(IMAGE).shape == (1, 2)
    assert main([str(npz), str(back)]) == 2
    assert "ends with .keras, .h5" in capsys.readouterr().err
    assert main([str(source), str(back)]) == 2
    assert "one of the two files must be an .npz" in capsys.readouterr().err
    assert not back.exists()
