"""Archives that are whole and lie: about arrays, layers, versions and sizes."""

import json
import struct
import time
import tracemalloc
import zipfile

import numpy as np
import pytest

from nn import ReLU, Sequential
from tests.nn.saving.files import refusal

DENSE = {"type": "Dense", "in_features": 2, "out_features": 3}
NORM = {"type": "BatchNorm", "channels": 2}
WEIGHTS = {"0.w": np.ones((2, 3), np.float32), "0.b": np.ones(3, np.float32)}
STATISTICS = {f"0.{name}": np.ones(2, np.float32) for name in ("gamma", "beta", "mean", "var")}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.npz"


def write(path, layers, arrays=None, version=1, **more):
    architecture = np.array(json.dumps({"format": version, "layers": layers}))
    arrays = {"architecture": architecture, **(WEIGHTS if arrays is None else arrays), **more}
    np.savez(path, allow_pickle=True, **arrays)


def test_truthful_files_of_these_layers_load(path):
    write(path, [DENSE])
    assert Sequential.load(path).forward(np.ones((1, 2), np.float32)).tolist() == [[3, 3, 3]]
    write(path, [NORM], STATISTICS)
    Sequential.load(path)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"0.w": np.ones((3, 2), np.float32)}, "0.w has shape (3, 2), not (2, 3)"),
        ({"0.b": np.ones((1, 3), np.float32)}, "0.b has shape (1, 3), not (3,)"),
        ({"0.b": np.float32(1)}, "0.b has shape (), not (3,)"),
        ({"0.w": np.ones((2, 3))}, "0.w is float64, not float32"),
        ({"0.b": np.ones(3, np.int32)}, "0.b is int32, not float32"),
        ({"0.b": np.ones(3, ">f4")}, "0.b is >f4, not float32"),
        ({"0.b": np.array([1, np.nan, 1], np.float32)}, "0.b holds NaN"),
        ({"0.w": np.full((2, 3), -np.inf, np.float32)}, "0.w holds NaN or infinity"),
        ({"0.c": np.ones(1)}, "no layer has an array"),
        ({"1.w": np.ones(1)}, "no layer has an array"),
        ({"0.\x1b[2Jw": np.ones(1)}, "no layer has an array"),
        ({"x" * 50_000: np.ones(1)}, "no layer has an array"),
        ({"architecture": np.array(b"{}")}, "no architecture"),
        ({"architecture": np.array(["{}"])}, "no architecture"),
        ({"architecture": np.array("{]")}, "not the JSON of a model"),
        ({"architecture": np.array("[" * 100_000)}, "not the JSON of a model"),
        ({"architecture": np.array("[]")}, "not the JSON of a model"),
        ({"architecture": np.array('{"format": 1}')}, "not the JSON of a model"),
    ],
)
def test_an_array_that_does_not_belong_is_refused(path, changed, message):
    write(path, [DENSE], WEIGHTS | changed)
    assert message in refusal(path)


@pytest.mark.parametrize("name", ["architecture", *WEIGHTS])
def test_a_missing_array_is_refused(path, name):
    write(path, [DENSE])
    with np.load(path) as file:
        arrays = {key: file[key] for key in file.files if key != name}
    np.savez(path, **arrays)
    expected = "no architecture" if name == "architecture" else f"{name} is missing"
    assert expected in refusal(path)


@pytest.mark.parametrize("name", ["0.mean", "0.var"])
def test_missing_or_impossible_statistics_are_refused(path, name):
    write(path, [NORM], {key: array for key, array in STATISTICS.items() if key != name})
    assert f"{name} is missing" in refusal(path)
    write(path, [NORM], STATISTICS | {name: np.array([1, np.inf], np.float32)})
    assert f"{name} holds NaN or infinity" in refusal(path)


def test_a_negative_variance_is_refused(path):
    write(path, [NORM], STATISTICS | {"0.var": np.array([1, -1], np.float32)})
    assert "0.var" in refusal(path)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([], "between 1 and 1000 layers"),
        ([{"type": "ReLU"}] * 1001, "between 1 and 1000 layers"),
        ({"0": DENSE}, "between 1 and 1000 layers"),
        (["Dense"], "layer 0"),
        ([None], "layer 0"),
        ([{}], "layer 0: there is no such layer as None"),
        ([DENSE, {"type": "Sequential"}], "layer 1: there is no such layer as 'Sequential'"),
        ([{"type": "Layer"}], "no such layer"),
        ([{"type": ["Dense"]}], "no such layer"),
        ([{"type": "x" * 50_000}], "no such layer"),
        ([{**DENSE, "rng": None}], "layer 0"),
        ([{"type": "Dropout", "rate": 0.5, "rng": 3}], "Dropout takes no 'rng' from a file"),
        ([{**DENSE, "units": 3}], "layer 0"),
        ([{**DENSE, "self": 3}], "layer 0"),
        ([{"type": "Dense", "in_features": 2}], "layer 0"),
        ([{**DENSE, "in_features": -2}], "layer 0"),
        ([{**DENSE, "in_features": "2"}], "layer 0"),
        ([{**DENSE, "in_features": 10**4000}], "layer 0"),
        ([{**NORM, "eps": 10**400}], "layer 0"),
        ([{**NORM, "eps": float("inf")}], "layer 0"),
        ([{"type": "Rescaling", "scale": 10**400}], "layer 0"),
        ([{**DENSE, "dtype": "float16"}], "dtype must be float32 or float64, not 'float16'"),
        ([{**DENSE, "dtype": "O"}], "dtype must be float32 or float64"),
        ([{**DENSE, "dtype": "f4,(9,f4"}], "dtype must be float32 or float64"),
        ([{"type": "Dropout", "rate": 1.5}], "rate must be in [0, 1)"),
        ([{"type": "Dropout", "rate": "half"}], "layer 0"),
        ([{"type": "MaxPool2D", "size": [2]}], "pair of ints"),
        ([{"type": "MaxPool2D", "size": 2, "pad": "valid"}], "pad must be"),
        ([{**NORM, "momentum": float("nan")}], "layer 0"),
    ],
    ids=range(29),
)
def test_an_architecture_that_makes_no_sense_is_refused(path, layers, message):
    write(path, layers)
    assert message in refusal(path)


@pytest.mark.parametrize("version", [0, 2, "1", None, float("nan"), ["x" * 1000] * 1000])
def test_another_format_is_refused(path, version):
    write(path, [DENSE], version=version)
    assert "its format is" in refusal(path)


@pytest.mark.parametrize(
    ("layer", "name"),
    [
        ({"type": "AvgPool2D", "size": 10**6, "pad": 10**6 - 1}, "size"),
        ({"type": "MaxPool2D", "size": [1, 65]}, "size"),
        ({"type": "MaxPool2D", "size": 2, "stride": 10**18}, "stride"),
        ({"type": "MaxPool2D", "size": 2, "stride": 10**30}, "stride"),
    ],
)
def test_a_window_that_no_image_needs_is_refused(path, layer, name):
    write(path, [layer], {})
    assert f"{name} must be at most 64 pixels" in refusal_at_once(path)


def test_padding_that_no_image_needs_is_refused(path):
    conv = {"type": "Conv2D", "in_channels": 1, "out_channels": 1, "kernel_size": 1, "pad": 10**6}
    write(path, [conv], {"0.w": np.ones((1, 1, 1, 1), np.float32), "0.b": np.ones(1, np.float32)})
    assert "pad must be at most 64 pixels" in refusal_at_once(path)


def test_a_huge_architecture_is_refused_at_once(path):
    write(path, [{"type": "x" * 2_000_000}])
    assert "more than 1048576 characters" in refusal_at_once(path, memory=100e6)


@pytest.mark.parametrize(
    "text",
    ['{"format": 1, "format": 1, "layers": [{"type": "ReLU"}]}',
     '{"format": 1, "layers": [{"type": "ReLU", "type": "ReLU"}]}'],
)  # fmt: skip
def test_a_name_that_stands_twice_is_refused(path, text):
    np.savez(path, architecture=np.array(text))
    assert "not the JSON of a model" in refusal(path)


def test_ten_thousand_layers_are_refused_at_once(path):
    write(path, [{"type": "ReLU"}] * 10_000, {})
    assert "between 1 and 1000 layers" in refusal_at_once(path, memory=100e6)


def test_what_would_be_refused_is_not_saved(path):
    with pytest.raises(ValueError, match="1001 layers; at most 1000 can be read back"):
        Sequential([ReLU()] * 1001).save(path)
    assert not path.exists()


# Absurd sizes: refused at once, without the memory


def refusal_at_once(path, memory=20e6):
    """A refusal that takes little time and, as Python and NumPy count it, little memory."""
    start = time.process_time()
    tracemalloc.start()
    try:
        message = refusal(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < memory
    assert time.process_time() - start < 5
    return message


@pytest.mark.parametrize(
    "layer",
    [
        {**DENSE, "in_features": 10**9, "out_features": 10**9},
        {**DENSE, "out_features": 10**30},
        {**NORM, "channels": 10**12},
        {"type": "Conv2D", "in_channels": 2, "out_channels": 3, "kernel_size": 10**9},
    ],
)
def test_a_layer_of_absurd_size_is_refused(path, layer):
    write(path, [layer])
    refusal_at_once(path)


def npy(header, body=b""):
    """An array as a file: these are the bytes that NumPy would write."""
    text = header.encode("latin1")
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + body


def with_header(shape, descr="'<f4'"):
    return f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n"


@pytest.mark.parametrize(
    "header",
    [
        with_header("(200000000,)"),
        with_header("(100000000000,)"),
        with_header("(4611686018427387904, 4)"),
        with_header("(99999999999999999999999,)"),
        with_header("(-3,)"),
        with_header("(), ", "'<U2000000000'"),
        with_header("(3,)", "()"),
        with_header("(3,)", "'f4,(9,f4'"),
        with_header("(3,)", "'|O'"),
        with_header("(3,"),
        "{",
        "{[]: 1}",
        "  1\n 2",
        "-" * 5000 + "1",
        "[1]\n",
        "",
    ],
    ids=range(16),
)
def test_an_array_with_a_lying_header_is_refused(path, header):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("architecture.npy", npy(header, b"abc"))
    refusal_at_once(path)


def test_text_of_impossible_characters_is_refused(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("architecture.npy", npy(with_header("()", "'<U1'"), b"\xff" * 4))
    refusal(path)


def test_a_bomb_of_zeros_is_refused_at_once(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("architecture.npy", bytes(1000))
    whole = path.read_bytes()
    central = whole.index(b"PK\x01\x02")
    claim = struct.pack("<I", 3 << 30)  # bytes once unpacked
    path.write_bytes(whole[: central + 24] + claim + whole[central + 28 :])
    assert "more than" in refusal_at_once(path)
