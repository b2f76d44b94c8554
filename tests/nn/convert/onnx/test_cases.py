"""The ONNX project's own test cases, run by our layers.

Every case of one supported operator, and every network of such operators that PyTorch exported for
the ONNX project, either runs and gives the expected output, or is refused for one of the `REASONS`.
At least `RUN` cases must run. docs/models.md has the table.
"""

import re
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx.backend.test.case.node import collect_testcases

from nn.convert.onnx.read import translate

OPERATORS = {
    "Conv", "MaxPool", "AveragePool", "Gemm", "MatMul", "BatchNormalization", "Softmax", "Relu",
    "Flatten",
}  # fmt: skip
EXPORTED = Path(onnx.__file__).parent / "backend/test/data/pytorch-converted"
RUN = 83
# Its expected output has four digits only.
FOUR_DIGITS = "test_averagepool_2d_ceil_last_window_starts_on_pad"
REASONS = {  # why a case is refused: pattern of the message
    "data of three dimensions": r"not data of 4 axes",
    "a product of more than a vector and a matrix": r"product of a vector and a matrix",
    "softmax over more than a vector": "softmax is supported only over a vector",
    "Flatten that mixes the images of a batch": r"Flatten .*would mix the images",
    "dilated pooling": r"dilations=.* of a pooling",
    "statistics of the batch": "training_mode=1",
    "indices of the maxima": "only its first output",
    "input transposed": "transA=1",
    "different bias for each image": "a bias of shape",
}


@pytest.fixture(scope="module")
def cases():
    """Return all cases: {name: (model, [(inputs, outputs), ...])}."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # cases of other operators divide by zero, on purpose
        found = {
            case.name: (case.model, case.data_sets)
            for case in collect_testcases(None)
            if len(case.model.graph.node) == 1 and _known(case.model)
        }
    for folder in EXPORTED.iterdir():
        model = onnx.load(folder / "model.onnx")
        if _known(model):
            found[f"exported {folder.name}"] = (model, [_data(folder / "test_data_set_0")])
    return found


def _known(model):
    return not OPERATORS.isdisjoint(node.op_type for node in model.graph.node)


def _data(folder):
    def arrays(kind):
        files = sorted(folder.glob(f"{kind}_*.pb"), key=lambda path: int(path.stem.split("_")[1]))
        return [
            onnx.numpy_helper.to_array(onnx.TensorProto.FromString(path.read_bytes()))
            for path in files
        ]

    return arrays("input"), arrays("output")


def chain_of(model, inputs):
    """Translate a case; its inputs other than the first become its weights."""
    graph = onnx.GraphProto.FromString(model.graph.SerializeToString())
    stored = {tensor.name for tensor in graph.initializer}
    names = [value.name for value in graph.input if value.name not in stored]
    for name, array in zip(names[1:], inputs[1:], strict=True):
        graph.initializer.append(onnx.numpy_helper.from_array(np.asarray(array), name))
    return translate(graph, graph.output[0].name)


def run(chain, x):
    """Run our layers on ONNX's tensor, and return ONNX's tensor."""
    x = np.asarray(x, np.float32)
    x = as_ours(x, chain.input_layout)
    for layer in chain.build.layers:
        x = layer.forward(x)
    if chain.order is not None:
        return x[:, chain.order]
    axes = [axis for axis in chain.layout if axis is not None]
    axes += [axis for axis in range(x.ndim - 1) if axis not in axes]
    return x.transpose(0, *(axis + 1 for axis in axes)).reshape(len(x), *chain.tensor_shape())


def as_ours(x, layout):
    """Return ONNX's tensor with its axes where ours are, and axes of size 1 where it has none."""
    if layout == (0,):
        return x
    sizes = [x.shape[1 + layout.index(axis)] if axis in layout else 1 for axis in range(3)]
    ours = np.empty((len(x), *sizes), np.float32)
    for index in np.ndindex(x.shape):
        place = [index[0], 0, 0, 0]
        for axis, i in zip(layout, index[1:], strict=True):
            place[axis + 1] = i
        ours[tuple(place)] = x[index]
    return ours


def refusal(model, inputs):
    """Return why a case is refused, or None if it is not."""
    try:
        chain_of(model, inputs)
    except ValueError as error:
        return str(error)
    return None


def reason(message):
    """Return the first of the `REASONS` that a message gives."""
    return next((why for why, said in REASONS.items() if re.search(said, message)), message)


def test_cases_run_or_are_refused_for_reasons(cases):
    ran, refused = [], Counter()
    for name, (model, data_sets) in cases.items():
        for inputs, outputs in data_sets:
            if message := refusal(model, inputs):
                refused[reason(message)] += 1
                continue
            found = run(chain_of(model, inputs), inputs[0])
            assert found.shape == outputs[0].shape, name
            rtol = 1e-3 if name == FOUR_DIGITS else 1e-4
            np.testing.assert_allclose(found, outputs[0], rtol=rtol, atol=1e-5, err_msg=name)
            ran.append(name)
    assert refused.keys() <= REASONS.keys()
    assert len(ran) >= RUN, refused
