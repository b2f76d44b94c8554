"""Choose fast or plain layers: fast ones need numba."""

import time
from collections.abc import Callable
from functools import partial

import numpy as np

import weights
from data.batches import BatchMix, batches
from nn import Sequential
from nn.fast import unavailable


def prepare(model: Sequential, mix: BatchMix | None = None) -> Callable[..., Sequential]:
    """Compile the fast layers' kernels, if that is possible here; print which layers are used.

    Parameters
    ----------
    model : Sequential
        The network that will be run.
    mix : BatchMix, optional
        The mix of the training batches, if there are any: its kernels are compiled as well.

    Returns
    -------
    callable
        ``engine(model, threads=None)`` returns a network that shares the model's parameters: fused
        (`nn.fuse`) or, without compiled kernels, the model itself.
    """
    if reason := unavailable():
        print(f"using the plain layers, which are slow: {reason}")
        return lambda model, threads=None: model
    from nn.fast import fuse, warm_up

    print("preparing the fast kernels ... ", end="", flush=True)
    start = time.perf_counter()
    compiled = warm_up(model, weights.SHAPE)
    if mix is not None:
        next(batches(np.zeros((1, *weights.SHAPE[:2]), np.uint8), np.zeros(1, int), 8, (0, 0), mix))
    how = "compiled, and cached for the next start" if compiled else "ready"
    print(f"{how}: {time.perf_counter() - start:.1f} s")
    return partial(fuse, input_gradient=False)
