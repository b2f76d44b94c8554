"""ONNX graphs in: as PyTorch and others make them, and damaged or hostile files."""

import numpy as np
import onnx
import pytest

from nn import Softmax
from nn.convert import load
from tests import naive
from tests.nn.convert.onnx.files import floats, node, ort, save, torch_like
from tests.nn.convert.refusals import read_or_refuse_damaged, refusal

CONV = {"k": np.ones((2, 1, 2, 2), np.float32)}
NODES = [node("Conv", "images", "k", "a"), node("Flatten", "a", "out")]


@pytest.mark.parametrize("fold", [True, False])
def test_reads_what_pytorch_exports(tmp_path, fold):
    path = torch_like(tmp_path / "m.onnx", "Softmax", fold)
    x = floats(5, 10, 12, 1)
    found = load(path).forward(x)
    np.testing.assert_allclose(found, ort(path, x.transpose(0, 3, 1, 2)), atol=1e-6)


def test_log_softmax_is_read_as_softmax(tmp_path):
    path = torch_like(tmp_path / "m.onnx", "LogSoftmax")
    x = floats(5, 10, 12, 1)
    model = load(path)
    expected = np.exp(ort(path, x.transpose(0, 3, 1, 2)))
    np.testing.assert_allclose(model.predict_proba(x), expected, atol=1e-6)
    assert isinstance(model.layers[-1], Softmax)


def test_features_flattened_with_channels_first(tmp_path):
    """BatchNormalization after a Flatten: its parameters are permuted."""
    arrays = {name: floats(12) for name in ("w", "b", "m")} | {"v": floats(12) ** 2 + 0.5}
    nodes = [
        node("Conv", "images", "k", "a"), node("Flatten", "a", "row"),
        node("BatchNormalization", "row", "w", "b", "m", "v", "c"), node("MatMul", "c", "f", "out"),
    ]  # fmt: skip
    arrays |= {"k": floats(3, 2, 2, 2), "f": floats(12, 2)}
    path = save(tmp_path / "m.onnx", nodes, ["n", 2, 3, 3], arrays)
    x = floats(4, 3, 3, 2)
    expected = ort(path, x.transpose(0, 3, 1, 2))
    np.testing.assert_allclose(load(path).forward(x), expected, atol=1e-6)


@pytest.mark.parametrize("shape", [["n", 2, 3], ["n", 2, 3, 1], ["n", 1, 2, 3], ["n", 6]])
def test_images_without_a_convolution(tmp_path, shape):
    nodes = [node("Reshape", "images", "t", "row"), node("MatMul", "row", "w", "out")]
    arrays = {"t": np.array([-1, 6]), "w": floats(6, 2)}
    path = save(tmp_path / "m.onnx", nodes, shape, arrays)
    x = floats(4, 2, 3, 1)
    expected = naive.dense(x.reshape(4, 6), arrays["w"], None)
    np.testing.assert_allclose(load(path).forward(x), expected, atol=1e-6)


def test_arrays_in_other_files_are_not_read(tmp_path):
    path = save(tmp_path / "m.onnx", NODES, ["n", 1, 4, 4], CONV)
    proto = onnx.load(path)
    tensor = proto.graph.initializer[0]
    onnx.external_data_helper.set_external_data(tensor, "/etc/hostname")
    tensor.ClearField("raw_data")
    path.write_bytes(proto.SerializeToString())
    assert "array 'k' is stored in another file" in refusal(load, path)


def test_array_of_wrong_size_is_refused(tmp_path):
    path = save(tmp_path / "m.onnx", NODES, ["n", 1, 4, 4], CONV)
    proto = onnx.load(path)
    proto.graph.initializer[0].dims[0] = 2**40
    path.write_bytes(proto.SerializeToString())
    assert "array 'k' is damaged" in refusal(load, path)


def test_constants_cannot_grow(tmp_path):
    nodes = [node("Concat", *["c"] * 60, "c1", axis=0), node("Concat", *["c1"] * 60, "c2", axis=0)]
    path = save(tmp_path / "m.onnx", nodes, ["n", 4], {"c": np.zeros(1, np.int64)})
    assert "node 1 (Concat '')" in refusal(load, path)


@pytest.mark.parametrize("content", [b"", b"hello", bytes(3000), b"\x08\x07:\x00"])
def test_invalid_or_missing_file_is_refused(tmp_path, content):
    (tmp_path / "m.onnx").write_bytes(content)
    refusal(load, tmp_path / "m.onnx")
    assert "no such file" in refusal(load, tmp_path / "none.onnx")


def test_damaged_file_is_read_or_refused(tmp_path):
    whole = torch_like(tmp_path / "whole.onnx").read_bytes()
    read_or_refuse_damaged(load, tmp_path / "m.onnx", whole, step=97, flips=200)
