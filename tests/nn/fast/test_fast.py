"""Whether fast layers can be used here, and what importing them costs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import nn.fast
from nn.fast.kernels import COMPILING

ROOT = Path(__file__).parents[3]


def run(code, **environment):
    """Run code in a process of its own, and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.strip()


ASK = "from nn.fast import unavailable; print(unavailable())"


def test_compiled_kernels_are_available():
    assert (nn.fast.unavailable() is None) == COMPILING


def test_without_numba_says_so():
    printed = run(f"import sys; sys.modules['numba'] = None; {ASK}")
    assert "numba" in printed
    assert printed.endswith("; install numba")


def test_without_compilation_says_so():
    assert run(ASK, NUMBA_DISABLE_JIT="1") == "NUMBA_DISABLE_JIT is set"


def test_vectors_of_an_odd_width_are_refused():
    assert "NN_VECTOR_BITS must be 256 or 512, not '300'" in run(ASK, NN_VECTOR_BITS="300")


@pytest.mark.parametrize(("bits", "floats"), [("256", "16"), ("512", "32")])
def test_width_of_vectors_can_be_chosen(bits, floats):
    code = "from nn.fast.kernels import BLOCK; print(BLOCK)"
    assert run(code, NN_VECTOR_BITS=bits) == floats


def test_import_brings_no_numba_until_asked():
    code = (
        "import sys, nn, nn.fast, nn.fast.workers; assert 'numba' not in sys.modules;"
        "nn.fuse; assert 'numba' in sys.modules;"
        "assert nn.fuse is nn.fast.fuse; nn.fast.warm_up"
    )
    run(code)


def test_other_names_are_not_there():
    with pytest.raises(AttributeError, match="no attribute 'melt'"):
        nn.fast.melt  # noqa: B018
