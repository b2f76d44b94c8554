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
def test_what_pytorch_exports_is_read(tmp_path, fold):
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


def test_features_flattened_channels_first_are_permuted(tmp_path):
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
def test_images_without_a_convolution_are_read(tmp_path, shape):
    nodes = [node("Reshape", "images", "t", "row"), node("MatMul", "row", "w", "out")]
    arrays = {"t": np.array([-1, 6]), "w": floats(6, 2)}
    path = save(tmp_path / "m.onnx", nodes, shape, arrays)
    x = floats(4, 2, 3, 1)
    expected = naive.dense(x.reshape(4, 6), arrays["w"], None)
    np.testing.assert_allclose(load(path).forward(x), expected, atol=1e-6)


def external(path, location, *, offset=0):
    """Write the graph of `NODES`, its array k in another file, ``location``."""
    proto = onnx.load(save(path, NODES, ["n", 1, 4, 4], CONV))
    tensor = proto.graph.initializer[0]
    raw = tensor.raw_data
    onnx.external_data_helper.set_external_data(tensor, location, offset, len(raw))
    tensor.ClearField("raw_data")
    path.write_bytes(proto.SerializeToString())
    return raw


def test_array_in_a_file_beside_it_is_read(tmp_path):
    path, x = tmp_path / "m.onnx", floats(2, 4, 4, 1)
    expected = load(save(path, NODES, ["n", 1, 4, 4], CONV)).forward(x)
    raw = external(path, "m.data", offset=3)
    (tmp_path / "m.data").write_bytes(b"abc" + raw)
    np.testing.assert_array_equal(load(path).forward(x), expected)


def test_array_outside_its_folder_is_not_read(tmp_path):
    path = tmp_path / "in" / "m.onnx"
    path.parent.mkdir()
    (tmp_path / "m.data").write_bytes(bytes(1000))
    (path.parent / "link").symlink_to(tmp_path / "m.data")
    (path.parent / "short").write_bytes(bytes(31))
    for location, why in (
        ("/etc/hostname", "not beside it"),
        ("../m.data", "not beside it"),
        ("link", "not there as an ordinary file"),
        ("none", "not there as an ordinary file"),
        ("short", "does not hold its 32 bytes"),
    ):
        external(path, location)
        message = refusal(load, path)
        assert f"array 'k' is stored in another file, {location!r}, which" in message
        assert why in message


def test_nodes_may_stand_in_any_order(tmp_path):
    x = floats(2, 4, 4, 1)
    expected = load(save(tmp_path / "m.onnx", NODES, ["n", 1, 4, 4], CONV)).forward(x)
    again = load(save(tmp_path / "m.onnx", NODES[::-1], ["n", 1, 4, 4], CONV))
    np.testing.assert_array_equal(again.forward(x), expected)


def test_output_of_ten_numbers_is_the_answer(tmp_path):
    nodes = [
        node("Flatten", "images", "a"), node("MatMul", "a", "v", "b"), node("Relu", "b", "out"),
        node("MatMul", "out", "w", "ten"),
    ]  # fmt: skip
    path = save(
        tmp_path / "m.onnx", nodes, ["n", 1, 4, 4], {"v": floats(16, 7), "w": floats(7, 10)}
    )
    proto = onnx.load(path)
    proto.graph.output.append(onnx.helper.make_tensor_value_info("ten", 1, ["n", 10]))
    path.write_bytes(proto.SerializeToString())
    assert load(path).forward(floats(2, 4, 4, 1)).shape == (2, 10)


def test_open_sizes_and_one_image_are_read(tmp_path):
    x = floats(2, 28, 28, 1)
    for shape in (["n", 1, "h", "w"], [1, 1, 28, 28], ["n", "c", "h", "w"]):
        path = save(tmp_path / "m.onnx", NODES, shape, CONV)
        assert load(path).forward(x).shape == (2, 27 * 27 * 2)


def test_description_is_bounded_before_it_is_parsed(tmp_path):
    path = tmp_path / "m.onnx"
    for graph in (b"\x0a\x00" * 250_000, b"\x12" + varint(5 << 20) + bytes(5 << 20)):
        path.write_bytes(b"\x08\x07\x3a" + varint(len(graph)) + graph)
        assert "its description has more than" in refusal(load, path)


def varint(number):
    """A number as protobuf writes it: seven bits a byte, the lowest first."""
    more = number >> 7
    return bytes([number & 127 | 128 * bool(more)]) + (varint(more) if more else b"")


def test_array_used_many_times_is_counted_each_time(tmp_path):
    nodes = [node("Flatten", "images", "x0")]
    nodes += [node("MatMul", f"x{i}", "w", f"x{i + 1}") for i in range(70)]
    nodes.append(node("Identity", "x70", "out"))
    arrays = {"w": np.zeros((1024, 1024), np.float32)}
    path = save(tmp_path / "m.onnx", nodes, ["n", 1, 32, 32], arrays)
    assert "its arrays take more than 67108864 bytes" in refusal(load, path)


def test_array_of_wrong_size_is_refused(tmp_path):
    path = save(tmp_path / "m.onnx", NODES, ["n", 1, 4, 4], CONV)
    proto = onnx.load(path)
    proto.graph.initializer[0].dims[0] = 2**40
    path.write_bytes(proto.SerializeToString())
    assert "array 'k' is damaged" in refusal(load, path)


def test_constants_cannot_grow(tmp_path):
    nodes = [
        node("Concat", *["c"] * 60, "c1", axis=0), node("Concat", *["c1"] * 60, "c2", axis=0),
        node("Reshape", "images", "c2", "out"),
    ]  # fmt: skip
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
