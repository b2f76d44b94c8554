"""ONNX models out, judged by ONNX Runtime; and in, from graphs as PyTorch and others make them."""

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

import weights
from data import mnist
from nn import Conv2D, Dense, Flatten, ModelFileError, Rescaling, Sequential, Softmax, convert
from nn.convert import onnx as converter
from nn.convert.onnx.__main__ import main
from tests import naive

RNG = np.random.default_rng(3)


def save(path, nodes, shape, arrays, *, opset=13, **more):
    """Write a graph from ``images`` to ``out``."""
    images = helper.make_tensor_value_info("images", TensorProto.FLOAT, shape)
    out = helper.make_tensor_value_info("out", TensorProto.FLOAT, None)
    stored = [numpy_helper.from_array(np.asarray(a), name) for name, a in arrays.items()]
    graph = helper.make_graph(nodes, "graph", [images], [out], stored, **more)
    opsets = [helper.make_opsetid("", opset)]
    proto = helper.make_model(graph, opset_imports=opsets, ir_version=7)
    path.write_bytes(proto.SerializeToString())
    return path


def node(kind, *names, **attributes):
    """A node whose last name is that of its output."""
    return helper.make_node(kind, names[:-1], names[-1:], **attributes)


def floats(*shape):
    return RNG.uniform(-1, 1, shape).astype(np.float32)


def ort(path, x):
    """What ONNX Runtime says."""
    session = onnxruntime.InferenceSession(path.read_bytes())
    return session.run(None, {session.get_inputs()[0].name: x})[0]


def refusal(path):
    with pytest.raises(ModelFileError) as caught:
        convert.load(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert message.isprintable()
    return message


# Out


def test_the_shipped_network_agrees_with_onnx_runtime_on_1000_images(mnist_dir, tmp_path):
    path = tmp_path / "mnist.onnx"
    assert main([str(weights.SHIPPED), str(path)]) == 0
    onnx.checker.check_model(str(path), full_check=True)
    images, _ = mnist.load("test", mnist_dir)
    images = images[:1000]
    x = (images[..., None] / 255).astype(np.float32)
    expected = Sequential.load(weights.SHIPPED).predict_proba(images)
    np.testing.assert_allclose(ort(path, x), expected, atol=1e-5)
    np.testing.assert_allclose(ort(path, x[:1]), expected[:1], atol=1e-5)  # any number at once
    again = convert.load(path)
    np.testing.assert_allclose(again.predict_proba(images[:100]), expected[:100], atol=1e-5)


def test_every_layer_agrees_with_onnx_runtime_and_comes_back(tmp_path, every_layer):
    path = tmp_path / "m.onnx"
    converter.save(every_layer, path, (13, 12, 1))
    x = RNG.random((3, 13, 12, 1), dtype=np.float32)
    expected = every_layer.forward(x)
    np.testing.assert_allclose(ort(path, x), expected, atol=1e-6)
    np.testing.assert_allclose(convert.load(path).forward(x), expected, atol=1e-6)


def test_logits_are_given_a_softmax(tmp_path):
    model = Sequential([Flatten(), Dense(4, 3, rng=RNG)])
    converter.save(model, tmp_path / "m.onnx", (2, 2, 1))
    x = floats(5, 2, 2, 1)
    np.testing.assert_allclose(ort(tmp_path / "m.onnx", x), model.predict_proba(x), atol=1e-6)


def test_what_does_not_fit_is_named_and_not_written(tmp_path):
    for model, message in (
        (Sequential([Conv2D(3, 1, 2), Flatten()]), r"layer 0 \(Conv2D\): .*\(28, 28, 1\)|Conv2D"),
        (Sequential([Conv2D(1, 1, 2)]), "ends with maps"),
    ):
        with pytest.raises(convert.ConversionError, match=message):
            converter.save(model, tmp_path / "m.onnx")
    assert list(tmp_path.iterdir()) == []


# In


def torch_like(path, last="LogSoftmax", fold=True):
    """A graph as PyTorch exports it: channels first, weights (out, in), and a view computed."""
    arrays = {
        "c.w": floats(3, 1, 3, 3), "c.b": floats(3),
        "n.w": floats(3), "n.b": floats(3), "n.m": floats(3), "n.v": floats(3) ** 2 + 0.5,
        "f.w": floats(4, 3 * 2 * 3), "f.b": floats(4),
        "m.w": floats(4), "m.b": floats(4), "m.m": floats(4), "m.v": floats(4) ** 2 + 0.5,
        "g.w": floats(4, 3), "g.b": floats(3), "zero": np.array(0), "minus": np.array([-1]),
    }  # fmt: skip
    view = [
        node("Shape", "p", "s"), node("Gather", "s", "zero", "n0", axis=0),
        helper.make_node("Constant", [], ["ax"], value_ints=[0]),
        node("Unsqueeze", "n0", "ax", "n1"), node("Concat", "n1", "minus", "shape", axis=0),
        node("Reshape", "p", "shape", "row"),
    ] if fold else [node("Flatten", "p", "row")]  # fmt: skip
    nodes = [
        node("Conv", "images", "c.w", "c.b", "a", kernel_shape=[3, 3], strides=[2, 2],
             pads=[1, 1, 1, 1]),
        node("BatchNormalization", "a", "n.w", "n.b", "n.m", "n.v", "b", epsilon=1e-3),
        node("Relu", "b", "c"),
        node("MaxPool", "c", "d", kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1),
        node("AveragePool", "d", "p", kernel_shape=[2, 2], pads=[0, 1, 0, 0],
             count_include_pad=1),
        *view,
        node("Gemm", "row", "f.w", "f.b", "e", transB=1, alpha=0.5),
        node("BatchNormalization", "e", "m.w", "m.b", "m.m", "m.v", "f"),
        node("Dropout", "f", "g"), node("Identity", "g", "h"),
        node("MatMul", "h", "g.w", "i"), node("Add", "g.b", "i", "j"),
        node(last, "j", "out", axis=1),
    ]  # fmt: skip
    return save(path, nodes, ["n", 1, 10, 12], arrays)


@pytest.mark.parametrize("fold", [True, False])
def test_reads_what_pytorch_exports(tmp_path, fold):
    path = torch_like(tmp_path / "m.onnx", "Softmax", fold)
    x = floats(5, 10, 12, 1)
    found = convert.load(path).forward(x)
    np.testing.assert_allclose(found, ort(path, x.transpose(0, 3, 1, 2)), atol=1e-6)


def test_logarithms_of_probabilities_are_read_as_probabilities(tmp_path):
    path = torch_like(tmp_path / "m.onnx", "LogSoftmax")
    x = floats(5, 10, 12, 1)
    model = convert.load(path)
    expected = np.exp(ort(path, x.transpose(0, 3, 1, 2)))
    np.testing.assert_allclose(model.predict_proba(x), expected, atol=1e-6)
    assert isinstance(model.layers[-1], Softmax)


def test_rows_in_the_order_of_channels_first(tmp_path):
    """BatchNormalization of a row that was maps: its numbers are put into our order."""
    arrays = {name: floats(12) for name in ("w", "b", "m")} | {"v": floats(12) ** 2 + 0.5}
    nodes = [
        node("Conv", "images", "k", "a"), node("Flatten", "a", "row"),
        node("BatchNormalization", "row", "w", "b", "m", "v", "c"), node("MatMul", "c", "f", "out"),
    ]  # fmt: skip
    arrays |= {"k": floats(3, 2, 2, 2), "f": floats(12, 2)}
    path = save(tmp_path / "m.onnx", nodes, ["n", 2, 3, 3], arrays)
    x = floats(4, 3, 3, 2)
    expected = ort(path, x.transpose(0, 3, 1, 2))
    np.testing.assert_allclose(convert.load(path).forward(x), expected, atol=1e-6)


@pytest.mark.parametrize("shape", [["n", 2, 3], ["n", 2, 3, 1], ["n", 1, 2, 3], ["n", 6]])
def test_images_without_a_convolution(tmp_path, shape):
    nodes = [node("Reshape", "images", "t", "row"), node("MatMul", "row", "w", "out")]
    arrays = {"t": np.array([-1, 6]), "w": floats(6, 2)}
    path = save(tmp_path / "m.onnx", nodes, shape, arrays)
    x = floats(4, 2, 3, 1)
    expected = naive.dense(x.reshape(4, 6), arrays["w"], None)
    np.testing.assert_allclose(convert.load(path).forward(x), expected, atol=1e-6)


def test_a_single_channel_may_move_by_a_reshape(tmp_path):
    nodes = [
        node("Reshape", "images", "t", "a"), node("Conv", "a", "k", "b"),
        node("Transpose", "b", "c", perm=[0, 2, 3, 1]), node("Flatten", "c", "out"),
    ]  # fmt: skip
    arrays = {"t": np.array([-1, 1, 4, 3]), "k": floats(2, 1, 3, 2)}
    path = save(tmp_path / "m.onnx", nodes, ["n", 4, 3, 1], arrays)
    x = floats(2, 4, 3, 1)
    np.testing.assert_allclose(convert.load(path).forward(x), ort(path, x), atol=1e-6)


def test_arithmetic_before_the_network_is_one_rescaling(tmp_path):
    nodes = [
        node("Div", "images", "d", "a"), node("Sub", "a", "m", "b"), node("Mul", "b", "s", "c"),
        node("Flatten", "c", "out"),
    ]  # fmt: skip
    arrays = {name: np.float32(value) for name, value in (("d", 0.5), ("m", 0.25), ("s", 3))}
    model = convert.load(save(tmp_path / "m.onnx", nodes, ["n", 2, 2, 1], arrays))
    assert [type(layer) for layer in model.layers] == [Rescaling, Flatten]
    out = model.forward(np.full((1, 2, 2, 1), 0.5, np.float32))
    assert out.tolist() == [[2.25] * 4]  # (0.5 / 0.5 - 0.25) * 3
    arrays["d"], arrays["m"], arrays["s"] = (np.float32(value) for value in (255, 0, 1))
    model = convert.load(save(tmp_path / "m.onnx", nodes, ["n", 2, 2, 1], arrays))
    assert [type(layer) for layer in model.layers] == [Flatten]  # here pixels are in [0, 1]


K = {"k": np.ones((2, 1, 2, 2), np.float32)}
FLAT = node("Flatten", "a", "out")


@pytest.mark.parametrize(
    ("nodes", "arrays", "message"),
    [
        ([node("Sigmoid", "images", "out")], {}, r"node 0 \(Sigmoid ''\): this operator is not"),
        ([node("Relu", "images", "a"), node("Loop", "a", "out")], {}, r"node 1 \(Loop ''\)"),
        ([node("Conv", "images", "k", "a", group=2), FLAT], K, r"node 0 \(Conv ''\): group=2"),
        ([node("Conv", "images", "k", "a", dilations=[2, 2]), FLAT], K, "node 0 .*dilations"),
        ([node("Conv", "images", "missing", "a"), FLAT], {}, "node 0 .*only a chain"),
        ([node("Relu", "images", "a"), node("Add", "a", "images", "out")], {}, "node 1 .*a chain"),
        ([node("MaxPool", "images", "a", kernel_shape=[2]), FLAT], {}, "node 0 .*two dimensions"),
        ([node("MaxPool", "images", "a", kernel_shape=[9, 9]), FLAT], {}, "node 0 .*not fit"),
        ([node("Conv", "images", "k", "a"), FLAT], K, "maps laid out as a row"),
        ([node("Relu", "images", "out")], {}, "it ends with maps"),
        ([node("Relu", "images", "a")], {}, "its one output"),
        ([helper.make_node("Relu", ["images"], ["out"], domain="evil")], {}, "'evil'"),
    ],
)
def test_names_the_node_that_is_not_understood(tmp_path, nodes, arrays, message):
    path = save(tmp_path / "m.onnx", nodes, ["n", 1, 4, 4], arrays)
    with pytest.raises(convert.ConversionError, match=message):
        convert.load(path)
    refusal(path)
    assert main([str(path), str(tmp_path / "out.npz")]) == 2
    assert not (tmp_path / "out.npz").exists()


def test_arrays_in_other_files_are_not_followed(tmp_path):
    path = save(tmp_path / "m.onnx", [node("Conv", "images", "k", "a"), FLAT], ["n", 1, 4, 4], K)
    proto = onnx.load(path)
    tensor = proto.graph.initializer[0]
    onnx.external_data_helper.set_external_data(tensor, "/etc/hostname")
    tensor.ClearField("raw_data")
    path.write_bytes(proto.SerializeToString())
    assert "array 'k' is kept in another file" in refusal(path)


def test_an_array_that_lies_about_its_size_is_refused(tmp_path):
    path = save(tmp_path / "m.onnx", [node("Conv", "images", "k", "a"), FLAT], ["n", 1, 4, 4], K)
    proto = onnx.load(path)
    proto.graph.initializer[0].dims[0] = 2**40
    path.write_bytes(proto.SerializeToString())
    assert "array 'k' is damaged" in refusal(path)


def test_constants_do_not_multiply(tmp_path):
    nodes = [node("Concat", *["c"] * 60, "c1", axis=0), node("Concat", *["c1"] * 60, "c2", axis=0)]
    path = save(tmp_path / "m.onnx", nodes, ["n", 4], {"c": np.zeros(1, np.int64)})
    assert "node 1 (Concat '')" in refusal(path)


@pytest.mark.parametrize("content", [b"", b"hello", bytes(3000), b"\x08\x07:\x00"])
def test_what_is_no_model_is_refused(tmp_path, content):
    (tmp_path / "m.onnx").write_bytes(content)
    refusal(tmp_path / "m.onnx")
    assert "no such file" in refusal(tmp_path / "none.onnx")


def test_damaged_files_are_refused_or_read_never_worse(tmp_path):
    whole = torch_like(tmp_path / "whole.onnx").read_bytes()
    rng = np.random.default_rng(8)
    for size in range(0, len(whole), 97):
        (tmp_path / "cut.onnx").write_bytes(whole[:size])
        refusal(tmp_path / "cut.onnx")
    for bit in rng.integers(0, 8 * len(whole), 200):
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        (tmp_path / "m.onnx").write_bytes(damaged)
        try:
            convert.load(tmp_path / "m.onnx")
        except ModelFileError:
            refusal(tmp_path / "m.onnx")
