"""Both packages of kernels are compiled for the same processor, whichever comes first."""

import subprocess
import sys

import pytest

from tests.conftest import need

need("numba")

COMPILES_FOR = """
import importlib, sys
from numba.core.registry import cpu_target
importlib.import_module(sys.argv[1])
made = cpu_target.target_context.codegen().magic_tuple()  # numba keeps what it reads here
importlib.import_module(sys.argv[2])
import numba
assert made[1:] == (numba.config.CPU_NAME, numba.config.CPU_FEATURES), made
print(*made)
"""


@pytest.fixture(scope="module")
def compiles_for():
    """Return a function that gives what is compiled for where kernels are imported in an order."""

    def ask(*modules):
        return subprocess.run(
            [sys.executable, "-c", COMPILES_FOR, *modules],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip

    return ask


def test_order_of_imports_changes_no_compiled_code(compiles_for):
    data, nn = "data.kernels", "nn.fast.kernels"
    assert compiles_for(data, nn) == compiles_for(nn, data)
