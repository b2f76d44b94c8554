"""Files told by their content, whatever their names are, and what is said of those for others."""

import json
import os
import pickle
import shutil
import zipfile
from itertools import product

import numpy as np
import pytest

from nn import Dense, Flatten, Sequential
from nn.convert import keras, load, onnx
from nn.convert.keras.read import read
from tests.nn.convert.keras.files import IMAGE, small
from tests.nn.convert.refusals import refusal

NAMES = ["m.npz", "m.h5", "m.keras", "m.onnx", "m.model", "m", "m.bin"]


def test_name_does_not_matter(tmp_path, monkeypatch):
    monkeypatch.setattr(keras, "read_isolated", lambda _, path: read(path))
    rng = np.random.default_rng(0)
    model = Sequential([Flatten(), Dense(4, 3, rng=rng)])
    x = rng.random((5, 2, 2, 1), dtype=np.float32)
    expected = model.predict_proba(x)
    model.save(tmp_path / "own.npz")
    keras.save(model, tmp_path / "own.h5", (2, 2, 1))
    keras.save(model, tmp_path / "own.keras", (2, 2, 1))
    onnx.save(model, tmp_path / "own.onnx", (2, 2, 1))
    for source, name in product(("own.npz", "own.h5", "own.keras", "own.onnx"), NAMES):
        shutil.copy(tmp_path / source, tmp_path / name)
        np.testing.assert_allclose(load(tmp_path / name).predict_proba(x), expected, atol=1e-6)


def test_hdf5_named_keras_is_read(tmp_path):
    path = small(tmp_path / "m.h5").rename(tmp_path / "m.keras")
    assert load(path).forward(IMAGE).shape == (1, 2)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "run git lfs pull"),
        (b"\x1c\0\0\0TFL3" + bytes(50), "a TFLite model: python -m tf2onnx.convert --tflite m.h5"),
        (b"\n<!DOCTYPE html><html>", "a web page, not the file: download the raw file"),
        (pickle.dumps({"a": 1}, 2), "torch.onnx.export(model"),
        (pickle.dumps({"a": 1}, 4), "a Python pickle, which runs code when read"),
        (b"\x1f\x8b\x08\0", "compressed with gzip: unpack it first"),
        (b"\x93NUMPY\x01\0", "a single array, not a model"),
        (json.dumps({"class_name": "Sequential"}).encode(), "a Keras model without its weights"),
        (json.dumps({"format": "layers-model"}).encode(), "a TensorFlow.js model"),
        (b'\x10\0\0\0\0\0\0\0{"__metadata__":{}}', "a safetensors file, which has weights only"),
        (b"", "the file is empty"),
        (bytes(1000), "the file is empty"),
        (b"what is this", "not a model of any known format"),
    ],
)
@pytest.mark.parametrize("name", ["m.h5", "m"])
def test_other_files_are_named_with_a_remedy(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    assert message.replace("m.h5", name) in refusal(load, tmp_path / name)


def test_zips_of_others_are_named(tmp_path):
    for member, message in (
        ("archive/data.pkl", "a PyTorch file, which only its Python code can open"),
        ("saved_model/saved_model.pb", "a SavedModel in a zip"),
        ("package.json", "a zip that holds no model"),
    ):
        with zipfile.ZipFile(tmp_path / "m.keras", "w") as members:
            members.writestr(member, b"x")
        assert message in refusal(load, tmp_path / "m.keras")


def test_folders_are_named(tmp_path):
    (tmp_path / "saved").mkdir()
    assert "a folder; name a model's file" in refusal(load, tmp_path / "saved")
    (tmp_path / "saved" / "saved_model.pb").write_bytes(b"x")
    message = refusal(load, tmp_path / "saved")
    assert f"python -m tf2onnx.convert --saved-model {tmp_path / 'saved'} --output" in message


def test_only_ordinary_files_are_opened(tmp_path):
    os.mkfifo(tmp_path / "m.onnx")
    assert "not an ordinary file" in refusal(load, tmp_path / "m.onnx")
    (tmp_path / "zero.npz").symlink_to("/dev/zero")
    assert "not an ordinary file" in refusal(load, tmp_path / "zero.npz")
