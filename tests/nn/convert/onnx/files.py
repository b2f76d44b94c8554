"""ONNX files made by hand and as PyTorch exports them, and ONNX Runtime as the oracle."""

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

RNG = np.random.default_rng(3)


def save(path, nodes, shape, arrays, *, opset=13, **more):
    """Write a graph with the input ``images`` and the output ``out``; return its path."""
    images = helper.make_tensor_value_info("images", TensorProto.FLOAT, shape)
    out = helper.make_tensor_value_info("out", TensorProto.FLOAT, None)
    stored = [numpy_helper.from_array(np.asarray(a), name) for name, a in arrays.items()]
    graph = helper.make_graph(nodes, "graph", [images], [out], stored, **more)
    opsets = [helper.make_opsetid("", opset)]
    proto = helper.make_model(graph, opset_imports=opsets, ir_version=7)
    path.write_bytes(proto.SerializeToString())
    return path


def node(kind, *names, **attributes):
    """Return a node; the last of its names is that of its output."""
    return helper.make_node(kind, names[:-1], names[-1:], **attributes)


def floats(*shape):
    """Return random float32 numbers in [-1, 1)."""
    return RNG.uniform(-1, 1, shape).astype(np.float32)


def ort(path, x):
    """Return what ONNX Runtime computes for ``x``."""
    session = onnxruntime.InferenceSession(path.read_bytes())
    return session.run(None, {session.get_inputs()[0].name: x})[0]


def torch_like(path, last="LogSoftmax", fold=True):
    """Write a graph as PyTorch exports it: channels first, weights (out, in), a computed shape."""
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
