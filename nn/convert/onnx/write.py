"""Write a network as an ONNX graph."""

from ...model import Sequential
from ..builder import layers_to_write
from ..errors import errors_at
from .nodes import GraphWriter
from .write_layers import WRITERS

OPSET, IR_VERSION = 13, 7
"""Versions from 2020, which today's runtimes accept."""


def model_proto(model: Sequential, input_shape: tuple[int, ...]):
    """Return the network as an ``onnx.ModelProto``.

    Raises
    ------
    ValueError
        If a layer has no equivalent or does not fit its input; the message names the layer.
    """
    graph, shape = GraphWriter(), tuple(input_shape)
    for i, layer in enumerate(layers_to_write(model, shape)):
        with errors_at(f"layer {i} ({type(layer).__name__})"):
            if type(layer) not in WRITERS:
                raise ValueError("ONNX has no equivalent of this layer")
            after = layer.output_shape(shape)
            WRITERS[type(layer)](graph, layer, shape)
            shape = after
    graph.nodes[-1].output[0] = "probabilities"

    helper, kind = graph.onnx.helper, graph.onnx.TensorProto.FLOAT
    images = helper.make_tensor_value_info("images", kind, ["N", *input_shape])
    out = helper.make_tensor_value_info("probabilities", kind, ["N", *shape])
    whole = helper.make_graph(graph.nodes, "digits", [images], [out], graph.arrays)
    opset = [helper.make_opsetid("", OPSET)]
    return helper.make_model(
        whole, opset_imports=opset, ir_version=IR_VERSION, producer_name="handmade-digits"
    )
