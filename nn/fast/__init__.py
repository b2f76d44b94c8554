"""The same network, fast: fused layers on compiled kernels, bit for bit the same on any threads.

::

    from nn.fast import fuse, unavailable, warm_up

    if unavailable() is None:
        warm_up(model, (28, 28, 1))     # compiles what is not on disk yet
        model = fuse(model)             # shares the parameters; everything else works as before

What is where:

- `fused`: ``fuse(model)`` and the network that it returns, `Fused`;
- `layers`: the fused layers, forward and backward, for training;
- `program`: all layers as a list of operations that one compiled call carries out, for reading;
- `tape`: a training pass as a list of calls, noted once and played for every batch;
- `plan`: what a kernel is told of a convolution, and which algorithm it takes;
- `kernels`: the compiled loops, the only file of `nn` that imports numba;
- `workers`: threads that each have a network of their own.

The plain layers in `nn.layers` define what is right: every fast layer is tested equal to its plain
twin. This package needs numba only when ``fuse`` or ``warm_up`` is asked for. docs/fast.md explains
how the kernels work. The environment variable NN_VECTOR_BITS (256 or 512) sets the width of the
vector registers that they are compiled for, instead of the processor's own.
"""

from typing import Any

__all__ = ["fuse", "unavailable", "warm_up"]


def unavailable() -> str | None:
    """Return why fast layers cannot be used here, None if they can."""
    try:
        from .kernels import COMPILING
    except ImportError as error:
        return f"{error}; install numba"
    return None if COMPILING else "NUMBA_DISABLE_JIT is set"


def __getattr__(name: str) -> Any:
    """Import ``fuse`` and ``warm_up``, and numba with them, when they are asked for."""
    if name in ("fuse", "warm_up"):
        from . import fused

        return getattr(fused, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
