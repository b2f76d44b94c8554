"""ONNX Runtime, for prediction only: the network as an ONNX graph in NCHW.

ONNX defines convolutions in NCHW only; the runtime converts to the layout of its kernels.
"""

import numpy as np
import onnxruntime
from onnx import ModelProto, TensorProto, helper, numpy_helper

from benchmarks.speed.system import Job, System, nchw_weights
from nn import Sequential

OPSET, IR_VERSION = 17, 8  # from 2022; all current runtimes read them


class OnnxRuntime(System):
    """An inference session, with ``threads`` threads instead of the job's if given."""

    def __init__(self, job: Job, threads: int | None = None):
        super().__init__(job)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or job.threads
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        graph = to_onnx(job.model).SerializeToString()
        self.run = onnxruntime.InferenceSession(graph, options, ["CPUExecutionProvider"]).run

    def prepare(self, images: np.ndarray) -> np.ndarray:
        """Return an array, (N, 1, H, W)."""
        return np.ascontiguousarray(super().prepare(images).transpose(0, 3, 1, 2))

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return the probabilities; see `System.predict`."""
        return self.run(None, {"images": x})[0]


def to_onnx(model: Sequential) -> ModelProto:
    """Return the benchmark's network followed by a softmax, as an ONNX model."""
    names = ("w1", "b1", "w2", "b2", "w3", "b3")
    pool = {"kernel_shape": [2, 2], "strides": [2, 2]}
    nodes = [
        helper.make_node("Conv", ["images", "w1", "b1"], ["conv1"]),
        helper.make_node("Relu", ["conv1"], ["relu1"]),
        helper.make_node("MaxPool", ["relu1"], ["pool1"], **pool),
        helper.make_node("Conv", ["pool1", "w2", "b2"], ["conv2"]),
        helper.make_node("Relu", ["conv2"], ["relu2"]),
        helper.make_node("MaxPool", ["relu2"], ["pool2"], **pool),
        helper.make_node("Flatten", ["pool2"], ["flat"]),
        helper.make_node("Gemm", ["flat", "w3", "b3"], ["logits"], transB=1),
        helper.make_node("Softmax", ["logits"], ["proba"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "digits",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, ["N", 1, 28, 28])],
        [helper.make_tensor_value_info("proba", TensorProto.FLOAT, ["N", 10])],
        list(map(numpy_helper.from_array, nchw_weights(model), names)),
    )
    opset = helper.make_opsetid("", OPSET)
    return helper.make_model(graph, opset_imports=[opset], ir_version=IR_VERSION)
