"""The matrix product that kernels call: it is NumPy's, it multiplies, and there is another one."""

import ctypes
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nn import blas

ROOT = Path(__file__).parents[2]

WITHOUT_BLAS = """
import numpy as np
import nn.blas
nn.blas.sgemm_address = lambda: None
from nn import Conv2D, MaxPool2D, ReLU, Sequential, fuse, kernels
rng = np.random.default_rng(0)
layers = [Conv2D(1, 8, 3, rng=rng), ReLU(), MaxPool2D(2), Conv2D(8, 5, 3, rng=rng), ReLU()]
x = rng.standard_normal((7, 12, 12, 1), dtype=np.float32)
model, dout = Sequential(layers), rng.standard_normal((7, 3, 3, 5), dtype=np.float32)
expected = model.forward(x, train=True)
dx = model.backward(dout)
dw = {name: array.copy() for name, array in model.named_grads().items()}
fused = fuse(model)
np.testing.assert_allclose(fused.forward(x, train=True), expected, atol=1e-5)
np.testing.assert_allclose(fused.backward(dout), dx, atol=1e-4)
for name, array in fused.named_grads().items():
    np.testing.assert_allclose(array, dw[name], atol=1e-4)
assert hasattr(kernels, "_compiled_sgemm") or not kernels.COMPILING
"""


def test_the_address_is_of_a_matrix_product():
    address = blas.sgemm_address()
    if address is None:
        pytest.skip("this NumPy has no sgemm with 64-bit sizes")
    number, size, one = ctypes.c_float, ctypes.c_int64, ctypes.c_int
    array = ctypes.POINTER(number)
    sgemm = ctypes.CFUNCTYPE(
        None, one, one, one, size, size, size, number, array, size, array, size, number, array, size
    )(address)
    a, b = np.float32([[1, 2, 3], [4, 5, 6]]), np.float32([[1, 0], [0, 1], [10, 100]])
    out = np.full((2, 2), np.nan, np.float32)
    pointers = [x.ctypes.data_as(array) for x in (a, b, out)]
    sgemm(101, 111, 111, 2, 2, 3, 1, pointers[0], 3, pointers[1], 2, 0, pointers[2], 2)
    assert out.tolist() == [[31, 302], [64, 605]]


def test_where_no_library_has_it_there_is_no_address(monkeypatch):
    monkeypatch.setattr(blas, "threadpool_info", lambda: [{"user_api": "openmp"}])
    assert blas.sgemm_address() is None
    libc = {"user_api": "blas", "filepath": None}
    monkeypatch.setattr(blas, "threadpool_info", lambda: [libc])
    assert blas.sgemm_address() is None


def test_the_network_is_the_same_without_it():
    subprocess.run([sys.executable, "-c", WITHOUT_BLAS], cwd=ROOT, check=True)
