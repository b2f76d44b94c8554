"""What an ONNX file makes of few bytes: the budget holds, whatever the graph claims and repeats."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nn.convert import ConversionError, onnx
from tests import memory
from tests.nn.convert.onnx import files
from tests.nn.convert.onnx.files import node

QUICK = settings(max_examples=40, derandomize=True, deadline=None, database=None)
SECONDS, MEMORY = 5, 1 << 30


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("budget") / "x.onnx"


def load(path):
    """Read a file within the budget; return the error, or None."""
    start, refused = time.process_time(), None
    before = memory.forget_peak()
    try:
        onnx.load(path)
    except ConversionError as error:
        refused = str(error)
        assert len(refused.splitlines()) == 1
    assert time.process_time() - start < SECONDS
    assert memory.peak() - before < MEMORY
    return refused


@given(
    shape=st.lists(st.integers(1, 1 << 40) | st.integers(1, 5000), min_size=1, max_size=4),
    kind=st.sampled_from(
        ["Flatten", "Relu", "MaxPool", "GlobalAveragePool", "Softmax", "Transpose"]
    ),
)
@QUICK
def test_any_claimed_input_is_read_or_refused(path, shape, kind):
    more = {"kernel_shape": [2, 2]} if kind == "MaxPool" else {}
    files.save(path, [node(kind, "images", "out", **more)], ["N", *shape], {})
    load(path)


FOLDS = {
    "Transpose": lambda i: node("Transpose", f"v{i}", f"v{i + 1}"),
    "Reshape": lambda i: node("Reshape", f"v{i}", "shape", f"v{i + 1}"),
    "Cast": lambda i: node("Cast", f"v{i}", f"v{i + 1}", to=11 if i % 2 else 1),
    "Dequantize": lambda i: node("DequantizeLinear", f"v{i}", "scale", f"v{i + 1}"),
    "Identity": lambda i: node("Identity", f"v{i}", f"v{i + 1}"),
}


@given(kinds=st.lists(st.sampled_from(sorted(FOLDS)), min_size=1, max_size=6),
       times=st.integers(1, 200), side=st.integers(1, 1500))  # fmt: skip
@settings(parent=QUICK, max_examples=15)
def test_any_chain_of_constants_is_read_or_refused(path, kinds, times, side):
    chain = kinds * times
    nodes = [FOLDS[kind](i) for i, kind in enumerate(chain)]
    nodes += [node("MatMul", "images", f"v{len(chain)}", "out")]
    arrays = {"v0": np.zeros((side, side), np.float32), "shape": np.array([side, side]),
              "scale": np.float32(2)}  # fmt: skip
    files.save(path, nodes, ["N", side], arrays)
    load(path)


@given(layers=st.integers(1, 900), side=st.integers(1, 2000), bias=st.booleans())
@settings(parent=QUICK, max_examples=10)
def test_a_shared_array_counts_each_time(path, layers, side, bias):
    names = ["images", *(f"x{i}" for i in range(layers - 1)), "out"]
    more = ["b"] if bias else []
    nodes = [node("Gemm", names[i], "w", *more, names[i + 1], alpha=0.5) for i in range(layers)]
    arrays = {"w": np.zeros((side, side), np.float32), "b": np.zeros(side, np.float32)}
    files.save(path, nodes, ["N", side], arrays)
    refused = load(path)
    if refused is None:
        assert 4 * layers * side * side <= onnx.MAX_BYTES


@given(
    dtype=st.sampled_from(["int8", "uint8", "bool", "float16", "int64", "float64"]),
    size=st.integers(1, 20_000_000),
    kind=st.sampled_from(["Add", "Mul", "Div", "Sub"]),
)
@settings(parent=QUICK, max_examples=12)
def test_conversions_to_wider_numbers_are_counted(path, dtype, size, kind):
    arrays = {"w": np.ones(size, dtype)}
    files.save(path, [node(kind, "images", "w", "out")], ["N", size], arrays)
    load(path)


def test_outputs_that_are_tried_share_one_budget(path):
    nodes = [node("Relu", "images" if i == 0 else f"x{i - 1}", f"x{i}") for i in range(20_000)]
    nodes += [node("Unknown", f"x{19_999}", "out")]
    files.save(path, nodes, ["N", 4], {})
    assert load(path) is not None
