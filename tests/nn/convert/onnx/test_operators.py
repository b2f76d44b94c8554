"""ONNX's operators in: what each becomes, and refusals that name the node."""

import numpy as np
import pytest
from onnx import helper

from nn import Flatten, Rescaling
from nn.convert import ConversionError, load
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
        (
            [node("Sigmoid", "images", "out")],
            {},
            r"node 0 \(Sigmoid ''\): unsupported operator; supported are Conv",
        ),
        ([node("Relu", "images", "a"), node("Loop", "a", "out")], {}, r"node 1 \(Loop ''\)"),
        ([node("Conv", "images", "k", "a", group=2), FLAT], K, r"node 0 \(Conv ''\): group=2"),
        ([node("Conv", "images", "k", "a", dilations=[2, 2]), FLAT], K, "node 0 .*dilations"),
        ([node("Conv", "images", "missing", "a"), FLAT], {}, "node 0 .*only a chain"),
        ([node("Relu", "images", "a"), node("Add", "a", "images", "out")], {}, "node 1 .*a chain"),
        ([node("MaxPool", "images", "a", kernel_shape=[2]), FLAT], {}, "node 0 .*two dimensions"),
        ([node("MaxPool", "images", "a", kernel_shape=[9, 9]), FLAT], {}, "node 0 .*not fit"),
        ([node("Conv", "images", "k", "a"), FLAT], K, "its output is flattened feature maps"),
        ([node("Relu", "images", "out")], {}, r"its output has shape \(4, 4, 1\), not one number"),
        ([node("Relu", "images", "a")], {}, "its only output"),
        ([helper.make_node("Relu", ["images"], ["out"], domain="evil")], {}, "'evil'"),
    ],
)
def test_refusal_names_the_unsupported_node(tmp_path, nodes, arrays, message):
    path = save(tmp_path / "m.onnx", nodes, ["n", 1, 4, 4], arrays)
    with pytest.raises(ConversionError, match=message):
        load(path)
    refusal(load, path)
    assert main([str(path), str(tmp_path / "out.npz")]) == 2
    assert not (tmp_path / "out.npz").exists()
