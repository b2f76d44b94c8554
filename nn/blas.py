"""Where NumPy keeps its matrix product, so that a kernel can call it without Python in between.

A kernel that came back to Python for each product would have to wait for the interpreter's lock
each time: two threads then hold each other up, and are hardly faster than one.
"""

import ctypes

from threadpoolctl import threadpool_info

NAMES = ("scipy_cblas_sgemm64_", "cblas_sgemm64_")
"""Of ``cblas_sgemm`` with 64-bit sizes, as NumPy's own packages bring it."""


def sgemm_address() -> int | None:
    """Return the address of ``cblas_sgemm`` with 64-bit sizes; None if this NumPy has none."""
    for library in threadpool_info():
        if library["user_api"] == "blas":
            functions = ctypes.CDLL(library["filepath"])
            for name in NAMES:
                if hasattr(functions, name):
                    return ctypes.cast(functions[name], ctypes.c_void_p).value
    return None
