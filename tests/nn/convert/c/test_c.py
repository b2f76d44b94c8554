"""C files out: compiled by the machine's compiler, each layer gives the same numbers as here."""

import ctypes
import shutil
import subprocess

import numpy as np
import pytest

import weights
from nn import Dense, Flatten, ReLU, Sequential
from nn.convert import c
from nn.convert.c.__main__ import main
from nn.convert.c.layers import NOTHING, WRITERS
from nn.convert.c.quantise import as_stored
from tests.conftest import missing
from tests.nn.convert.cases import CASES, with_classes
from tests.nn.convert.refusals import refusal


@pytest.fixture(scope="session")
def compiler():
    """Return the machine's C compiler, whose warnings are errors here."""
    found = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if found is None:
        missing("no C compiler here")
    return [found, "-std=c99", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]


@pytest.fixture
def run(compiler, tmp_path):
    """Return a function that compiles a C file and calls its ``predict`` for each image."""

    def run(path, x, classes):
        library = path.with_suffix(".so")
        subprocess.run([*compiler, str(path), "-o", str(library), "-lm"], check=True)
        predict = ctypes.CDLL(str(library)).predict
        out = np.empty((len(x), classes), np.float32)
        pointer = ctypes.POINTER(ctypes.c_float)
        for image, row in zip(np.ascontiguousarray(x), out, strict=True):
            predict(image.ctypes.data_as(pointer), row.ctypes.data_as(pointer))
        return out

    return run


@pytest.mark.parametrize("title", CASES)
def test_each_layer_in_c_agrees(title, tmp_path, run):
    shape, layer = CASES[title]
    model = with_classes(layer, shape[1:])
    x = 2 * np.random.default_rng(7).standard_normal(shape).astype(np.float32)
    c.save(model, tmp_path / "m.c", shape[1:])
    np.testing.assert_allclose(run(tmp_path / "m.c", x, 4), model.forward(x), atol=1e-5)


def test_a_network_of_every_layer_agrees(tmp_path, run, every_layer):
    x = np.random.default_rng(7).random((5, 13, 12, 1), dtype=np.float32)
    for int8, expected in ((False, every_layer), (True, as_stored(every_layer))):
        path = tmp_path / f"m{int8:d}.c"
        c.save(every_layer, path, (13, 12, 1), int8=int8)
        np.testing.assert_allclose(run(path, x, 3), expected.forward(x), atol=1e-5)


@pytest.mark.parametrize("options", [[], ["--int8"]])
def test_command_writes_the_shipped_network(tmp_path, run, capsys, options):
    path = tmp_path / "digits.c"
    assert main([str(weights.SHIPPED), str(path), *options]) == 0
    said = capsys.readouterr().out
    assert f"wrote {path}: {path.stat().st_size:,} bytes" in said
    assert ("int8 weights: 90 of 90 digits right, 90 with float32" in said) == bool(options)
    x = np.random.default_rng(8).random((3, 28, 28, 1), dtype=np.float32)
    model = weights.load()
    expected = (as_stored(model) if options else model).predict_proba(x)
    np.testing.assert_allclose(run(path, x, 10), expected, atol=1e-5)


def test_int8_cost_is_measured_on_given_digits(tmp_path, capsys):
    path, digits = tmp_path / "m.npz", tmp_path / "digits.npz"
    model = Sequential([Flatten(), Dense(784, 2)])
    model.layers[1].params["w"][...] = 0
    model.layers[1].params["w"][0] = [1, 0]  # the first pixel decides, by less than a step of 127
    model.layers[1].params["w"][1] = [0, 0.003]
    model.layers[1].params["w"][2] = [0, 1]
    model.save(path)
    images = np.zeros((4, 28, 28), np.uint8)
    images[:, 0, 1] = 255
    np.savez(digits, images=images, labels=np.array([1, 1, 1, 0]))
    assert main([str(path), str(tmp_path / "m.c"), "--int8", "--digits", str(digits)]) == 0
    assert "int8 weights: 1 of 4 digits right, 3 with float32" in capsys.readouterr().out


def test_wrong_target_or_layer_is_refused(tmp_path, capsys):
    class Unknown(ReLU):
        """A layer that the writer does not know."""

    model = Sequential([Flatten(), Unknown()])
    path = tmp_path / "m.c"
    message = refusal(lambda path: c.save(model, path), path)
    assert "layer 1 (Unknown): C has no equivalent of this layer" in message
    assert main([str(weights.SHIPPED), str(tmp_path / "m.txt")]) == 2
    assert "the name of a C file ends with .c" in capsys.readouterr().err
    assert main([str(tmp_path / "none.npz"), str(path)]) == 2
    assert "no such file" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_every_layer_has_a_writer():
    kinds = {type(layer) for _, layer in CASES.values()}
    assert kinds <= {*WRITERS, *NOTHING}
