"""The processor that numba compiles for: one choice, whichever kernels are compiled first.

numba reads its configuration once, at the first compilation of a process, and keys its cache by it.
If only some kernels set it, then the order of the calls would decide for which registers all are
compiled, and the same kernels would be compiled and cached twice.
"""

import os
from typing import Any

VECTOR_BITS = "NN_VECTOR_BITS"
"""Environment variable: 256 or 512, the width of a register. The processor's own if not set."""


def compile_for_processor(config: Any, binding: Any) -> int:
    """Have numba compile for this processor; return the width of its vector registers in bits.

    Parameters
    ----------
    config : module
        ``numba.config``. What the user has set there already stays.
    binding : module
        ``llvmlite.binding``.

    Raises
    ------
    ImportError
        If NN_VECTOR_BITS is neither 256 nor 512.
    """
    bits = _vector_bits(binding)
    if not config.CPU_NAME:
        config.CPU_NAME = binding.get_host_cpu_name()
        config.CPU_FEATURES = _features(bits, binding)
    return bits


def _vector_bits(binding):
    """Return the width of the vector registers to compile for."""
    own = "512" if binding.get_host_cpu_features().get("avx512f") else "256"
    bits = os.environ.get(VECTOR_BITS) or own
    if bits not in ("256", "512"):
        raise ImportError(f"{VECTOR_BITS} must be 256 or 512, not {bits!r}")
    return int(bits)


def _features(bits, binding):
    """Return the processor's features for LLVM, without AVX-512 if registers have 256 bits.

    numba keys its cache by this text, so it must differ between the widths.
    """
    features = binding.get_host_cpu_features().flatten().split(",")
    if bits == 512:
        # LLVM avoids 512-bit vectors because some processors lower their clock for them.
        return ",".join([*features, "-prefer-256-bit"])
    return ",".join("-" + name[1:] if "avx512" in name else name for name in features)
