"""Comparing a plain network with its fused twin."""

import numpy as np

from nn import fuse


def assert_same(model, x, *, seed=5):
    """Compare the plain network and the fused one, with and without a gradient for its input.

    Forward at inference and in training, all gradients, running statistics.
    """
    fused, trained = fuse(model), fuse(model, input_gradient=False)
    np.testing.assert_allclose(fused.forward(x), model.forward(x), atol=1e-5, rtol=1e-5)
    state = {name: array.copy() for name, array in model.named_state().items()}
    results = []
    for network in (model, fused, trained):
        for name, array in model.named_state().items():
            array[...] = state[name]
        for layer in network.dropouts():
            layer.rng = np.random.default_rng(seed)
        out = network.forward(x, train=True)
        dout = np.random.default_rng(seed).standard_normal(out.shape, dtype=np.float32)
        dx = network.backward(dout)
        grads = {name: dw.copy() for name, dw in network.named_grads().items()}
        if dx is not None:
            grads["x"] = dx
        moved = {name: array.copy() for name, array in network.named_state().items()}
        results.append((out, grads, moved))
    (plain_out, plain_grads, plain_state), *others = results
    for (fast_out, fast_grads, fast_state), without in zip(others, (set(), {"x"}), strict=True):
        np.testing.assert_allclose(fast_out, plain_out, atol=1e-5, rtol=1e-5)
        assert fast_grads.keys() | without >= plain_grads.keys() >= fast_grads.keys()
        for name, dw in fast_grads.items():
            assert dw.dtype == np.float32
            expected, largest = plain_grads[name], np.abs(plain_grads[name]).max(initial=1e-30)
            np.testing.assert_allclose(dw / largest, expected / largest, atol=1e-4)
        for name, expected in plain_state.items():
            np.testing.assert_allclose(fast_state[name], expected, rtol=1e-5, atol=1e-6)


def assert_close(fast, plain, tolerance=1e-5):
    """Compare by the largest finite value; NaN and infinity must be in the same places."""
    finite = np.isfinite(plain)
    np.testing.assert_array_equal(fast[~finite], plain[~finite])
    largest = np.abs(plain[finite]).max(initial=1e-30)
    np.testing.assert_allclose(fast[finite] / largest, plain[finite] / largest, atol=tolerance)
