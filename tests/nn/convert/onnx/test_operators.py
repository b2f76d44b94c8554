"""ONNX's operators in: what each becomes, and refusals that name the node."""

import re

import numpy as np
import pytest
from onnx import helper

from nn import Flatten, Rescaling
from nn.convert import load
from nn.convert.onnx.__main__ import main
from tests.nn.convert.onnx.files import floats, node, ort, save
from tests.nn.convert.refusals import refusal

K = {"k": np.ones((2, 1, 2, 2), np.float32)}
FLAT = node("Flatten", "a", "out")


def test_reshape_may_move_a_single_channel(tmp_path):
    nodes = [
        node("Reshape", "images", "t", "a"), node("Conv", "a", "k", "b"),
        node("Transpose", "b", "c", perm=[0, 2, 3, 1]), node("Flatten", "c", "out"),
    ]  # fmt: skip
    arrays = {"t": np.array([-1, 1, 4, 3]), "k": floats(2, 1, 3, 2)}
    path = save(tmp_path / "m.onnx", nodes, ["n", 4, 3, 1], arrays)
    x = floats(2, 4, 3, 1)
    np.testing.assert_allclose(load(path).forward(x), ort(path, x), atol=1e-6)


def test_arithmetic_on_images_is_one_rescaling(tmp_path):
    nodes = [
        node("Div", "images", "d", "a"), node("Sub", "a", "m", "b"), node("Mul", "b", "s", "c"),
        node("Flatten", "c", "out"),
    ]  # fmt: skip
    arrays = {name: np.float32(value) for name, value in (("d", 0.5), ("m", 0.25), ("s", 3))}
    model = load(save(tmp_path / "m.onnx", nodes, ["n", 2, 2, 1], arrays))
    assert [type(layer) for layer in model.layers] == [Rescaling, Flatten]
    out = model.forward(np.full((1, 2, 2, 1), 0.5, np.float32))
    assert out.tolist() == [[2.25] * 4]  # (0.5 / 0.5 - 0.25) * 3
    arrays["d"], arrays["m"], arrays["s"] = (np.float32(value) for value in (255, 0, 1))
    model = load(save(tmp_path / "m.onnx", nodes, ["n", 2, 2, 1], arrays))
    assert [type(layer) for layer in model.layers] == [Flatten]  # here pixels are in [0, 1]


@pytest.mark.parametrize(
    ("nodes", "arrays", "message"),
    [
        ([node("Sin", "images", "out")], {}, r"node 0 \(Sin ''\): unsupported operator; supported"),
        ([node("Relu", "images", "a"), node("Loop", "a", "out")], {}, r"node 1 \(Loop ''\)"),
        ([node("Conv", "images", "k", "a", group=3), FLAT], K, r"node 0 \(Conv ''\): .* 3 groups"),
        ([node("Conv", "images", "missing", "a"), FLAT], {}, "node 0 .*only a chain"),
        (
            [node("Relu", "images", "a"), node("Add", "a", "images", "out")],
            {},
            "node 1 .*Relu, Add compute no activation",
        ),
        (
            [node("Conv", "images", "k", "a"), node("Add", "a", "images", "out")],
            K,
            r"node 1 \(Add ''\): the nodes Conv, Add branch; only a chain of layers",
        ),
        ([node("MaxPool", "images", "a", kernel_shape=[2]), FLAT], {}, "node 0 .*two dimensions"),
        ([node("MaxPool", "images", "a", kernel_shape=[9, 9]), FLAT], {}, "node 0 .*not fit"),
        (
            [node("MaxPool", "images", "a", kernel_shape=[2, 2], dilations=[2, 2]), FLAT],
            {},
            "node 0 .*dilations=.* of a pooling",
        ),
        ([node("Pad", "images", "a", pads=[0, 0, 1, 1] * 2, mode="edge"), FLAT], {}, "with zeros"),
        ([node("Transpose", "images", "a", perm=[1, 0, 2, 3]), FLAT], {}, "N must stay first"),
        ([node("Flatten", "images", "out", axis=3)], {}, "axis=3 would mix the images"),
        ([node("Cast", "images", "a", to=7), FLAT], {}, "node 0 .*a cast to integers"),
        ([node("ReduceMean", "images", "", "out")], {}, r"node 0 .*axes=\(\) are not supported"),
        ([node("Relu", "images", "out")], {}, r"its output has shape \(4, 4, 1\), not one number"),
        ([node("Relu", "images", "a")], {}, "'out' does not depend on its input"),
        ([node("Relu", "out", "a"), node("Relu", "a", "out")], {}, "its nodes form a circle"),
        ([helper.make_node("Relu", ["images"], ["out"], domain="evil")], {}, "'evil'"),
    ],
)
def test_refusal_names_the_unsupported_node(tmp_path, nodes, arrays, message):
    path = save(tmp_path / "m.onnx", nodes, ["n", 1, 4, 4], arrays)
    assert re.search(message, refusal(load, path))
    assert main([str(path), str(tmp_path / "out.npz")]) == 2
    assert not (tmp_path / "out.npz").exists()


@pytest.mark.parametrize(
    ("nodes", "arrays"),
    [
        ([node("Conv", "images", "k", "a", group=2), FLAT], {"k": floats(6, 1, 2, 2)}),
        ([node("Conv", "images", "k", "a", group=2), FLAT], {"k": floats(2, 1, 3, 1)}),
        ([node("Conv", "images", "k", "a", dilations=[2, 1]), FLAT], {"k": floats(3, 2, 2, 2)}),
        ([node("GlobalMaxPool", "images", "a"), node("Squeeze", "a", "ax", "out")],
         {"ax": np.array([2, 3])}),
        ([node("ReduceMean", "images", "out", axes=[2, 3], keepdims=0)], {}),
        ([node("ReduceMean", "images", "a", axes=[-1, -2]), FLAT], {}),
        ([node("PRelu", "images", "s", "a"), FLAT], {"s": floats(2, 1, 1)}),
        ([node("PRelu", "images", "s", "a"), FLAT], {"s": floats(2, 6, 1)}),
        ([node("Clip", "images", "low", "high", "a"), FLAT],
         {"low": np.float32(0.1), "high": np.float32(0.4)}),
        ([node("Mul", "images", "s", "a"), node("Add", "a", "t", "b"), node("Flatten", "b", "out")],
         {"s": floats(2, 1, 1), "t": floats(1, 2, 1, 1)}),
        ([node("Sub", "one", "images", "a"), FLAT], {"one": np.float32(1)}),
        ([node("Pad", "images", "p", "a"), FLAT], {"p": np.array([0, 0, 1, 2, 0, 0, 0, 3])}),
        ([node("Pad", "images", "p", "a"), FLAT], {"p": np.array([0, 0, -1, 0, 0, 0, -2, -1])}),
        ([node("Transpose", "images", "a", perm=[0, 3, 2, 1]), FLAT], {}),
        ([node("Transpose", "images", "b", perm=[0, 1, 3, 2]), node("Conv", "b", "k", "a"), FLAT],
         {"k": floats(3, 2, 2, 3)}),
        ([node("Flatten", "images", "a"), node("Reshape", "a", "t", "b"),
          node("Conv", "b", "k", "c"), node("Flatten", "c", "out")],
         {"t": np.array([-1, 6, 2, 5]), "k": floats(3, 6, 2, 2)}),
        ([node("Flatten", "images", "a"), node("Unsqueeze", "a", "ax", "b"),
          node("BatchNormalization", "b", "g", "g", "g", "v", "c"),
          node("Squeeze", "c", "ax", "out")],
         {"ax": np.array([2]), "g": floats(60), "v": floats(60) ** 2 + 0.5}),
        ([node("Flatten", "images", "a"), node("MatMul", "a", "w", "b"),
          node("LogSoftmax", "b", "c"), node("Exp", "c", "out")], {"w": floats(60, 4)}),
        ([node("Cast", "images", "a", to=11), node("Cast", "a", "b", to=1),
          node("Identity", "b", "c"), node("Flatten", "c", "out")], {}),
        ([node("HardSigmoid", "images", "a", alpha=0.1), FLAT], {}),
        ([node("Elu", "images", "a", alpha=0.4), FLAT], {}),
    ],
)  # fmt: skip
def test_operator_agrees_with_onnx_runtime(tmp_path, nodes, arrays):
    path = save(tmp_path / "m.onnx", nodes, ["n", 2, 6, 5], arrays)
    x = floats(3, 6, 5, 2)
    found, expected = load(path).forward(x), ort(path, x.transpose(0, 3, 1, 2))
    np.testing.assert_allclose(found, expected.reshape(3, -1), atol=1e-6)


def sigmoid_times(x, out):
    return [node("Sigmoid", x, "s"), node("Mul", x, "s", out)]


@pytest.mark.parametrize(
    ("kind", "nodes"),
    [
        ("Swish", sigmoid_times("images", "a")),
        ("GELU", [node("Div", "images", "r", "d"), node("Erf", "d", "e"),
                  node("Add", "e", "one", "f"), node("Mul", "images", "f", "g"),
                  node("Mul", "g", "half", "a")]),
        ("GELU", [node("Mul", "images", "half", "h"), node("Mul", "images", "q", "d"),
                  node("Erf", "d", "e"), node("Add", "one", "e", "f"), node("Mul", "h", "f", "a")]),
        ("HardSwish", [node("HardSigmoid", "images", "h", alpha=1 / 6),
                       node("Mul", "images", "h", "a")]),
        ("Mish", [node("Softplus", "images", "p"), node("Tanh", "p", "t"),
                  node("Mul", "t", "images", "a")]),
        ("LeakyReLU", [node("Mul", "images", "half", "h"), node("Max", "h", "images", "a")]),
    ],
)  # fmt: skip
def test_spelled_out_activation_is_recognised(tmp_path, kind, nodes):
    arrays = {"r": 2**0.5, "q": 0.5**0.5, "one": 1, "half": 0.5}
    arrays = {name: np.float32(value) for name, value in arrays.items()}
    path = save(tmp_path / "m.onnx", [*nodes, FLAT], ["n", 1, 4, 3], arrays)
    model, x = load(path), 3 * floats(2, 4, 3, 1)
    assert type(model.layers[0]).__name__ == kind
    np.testing.assert_allclose(model.forward(x), ort(path, x.reshape(2, 1, 4, 3)), atol=1e-5)
