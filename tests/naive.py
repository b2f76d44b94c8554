"""Slow, obvious oracles for the network: loops, and only NumPy.

Everything is float64 and follows the definition, element by element. Nothing uses im2col, matrix
products or the chain rule: gradients are measured by finite differences.
"""

import numpy as np

SAME = "same"


def starts(padded, kernel, stride):
    """Where a window starts, along one axis: as long as all of it fits in."""
    return [start for start in range(0, padded, stride) if start + kernel <= padded]


def edges(size, kernel, stride, pad):
    """The pixels added (before, after) along one axis; "same" adds one by one, first after."""
    if pad != SAME:
        return pad if isinstance(pad, tuple) else (pad, pad)
    before = after = 0
    while len(starts(before + size + after, kernel, stride)) < len(range(0, size, stride)):
        if before < after:
            before += 1
        else:
            after += 1
    return before, after


def windows(x, kernel, stride, pad, fill=0.0):
    """The pixels in the window at every position, (N, OH, OW, KH, KW, C), one by one."""
    N, H, W, C = x.shape
    (above, below), (left, right) = (
        edges(size, k, s, p)
        for size, k, s, p in zip((H, W), kernel, stride, _both(pad), strict=True)
    )
    tops = starts(above + H + below, kernel[0], stride[0])
    lefts = starts(left + W + right, kernel[1], stride[1])
    seen = np.full((N, len(tops), len(lefts), *kernel, C), fill, x.dtype)
    for n, p, q, i, j, c in np.ndindex(seen.shape):
        row, column = tops[p] + i - above, lefts[q] + j - left
        if 0 <= row < H and 0 <= column < W:
            seen[n, p, q, i, j, c] = x[n, row, column, c]
    return seen


def conv2d(x, w, b, stride, pad):
    """Multiply what each window sees with the weights and add up; ``b`` may be None."""
    seen = windows(x, w.shape[:2], stride, pad)
    N, OH, OW = seen.shape[:3]
    out = np.zeros((N, OH, OW, w.shape[3]))
    for n, p, q, o in np.ndindex(out.shape):
        for i, j, c in np.ndindex(w.shape[:3]):
            out[n, p, q, o] += seen[n, p, q, i, j, c] * w[i, j, c, o]
        out[n, p, q, o] += 0 if b is None else b[o]
    return out


def max_pool(x, kernel, stride, pad):
    """The largest that each window sees of each channel; padding is smaller than anything."""
    return _pool(windows(x, kernel, stride, pad, fill=-np.inf), max)


def avg_pool(x, kernel, stride, pad, count_pad=True):
    """The mean of what each window sees of each channel; padding counts as zeros, or not at all."""

    def mean(values):
        seen = [value for value in values if not np.isnan(value)]
        return sum(seen) / (len(values) if count_pad else len(seen))

    return _pool(windows(x, kernel, stride, pad, fill=np.nan), mean)


def dense(x, w, b):
    """Each output: a weighted sum of all inputs, plus ``b`` if it is not None."""
    out = np.zeros((len(x), w.shape[1]))
    for n, o in np.ndindex(out.shape):
        out[n, o] = sum(x[n, i] * w[i, o] for i in range(len(w))) + (0 if b is None else b[o])
    return out


def batchnorm(x, gamma, beta, eps):
    """Normalise each channel, the last axis, by the mean and variance of its own values."""
    out = np.empty_like(x)
    for c in range(x.shape[-1]):
        values = x[..., c].ravel().tolist()
        mean = sum(values) / len(values)
        var = sum((value - mean) ** 2 for value in values) / len(values)
        out[..., c] = gamma[c] * (x[..., c] - mean) / np.sqrt(var + eps) + beta[c]
    return out


def softmax(x):
    """exp(x) over the sum of exp(x), row by row; for logits of modest size."""
    out = np.empty_like(x)
    for n, k in np.ndindex(x.shape):
        out[n, k] = np.exp(x[n, k]) / sum(np.exp(value) for value in x[n])
    return out


def cross_entropy(logits, labels, smoothing):
    """The mean of -sum(target * log(softmax)); a share ``smoothing`` is spread over all classes."""
    N, K = logits.shape
    probability, loss = softmax(logits), 0.0
    for n, k in np.ndindex(N, K):
        target = smoothing / K + (1 - smoothing if k == labels[n] else 0)
        loss -= target * np.log(probability[n, k]) / N
    return loss


def slope(f, array, step=1e-5):
    """The derivative of ``f()`` for each element of ``array``, by stepping to either side."""
    slopes = np.empty_like(array)
    for index in np.ndindex(array.shape):
        here = array[index]
        array[index] = here + step
        above = f()
        array[index] = here - step
        below = f()
        array[index] = here
        slopes[index] = (above - below) / (2 * step)
    return slopes


def assert_gradients(layer, x, rng):
    """Demand that backward gives the measured slope for every element of x and of each parameter.

    The layer, and x, must be float64 and have no kink within a step.
    """
    dout = rng.standard_normal(layer.forward(x, train=True).shape)
    analytic = {"x": layer.backward(dout), **layer.grads}
    arrays = {"x": x, **layer.params}
    assert analytic.keys() == arrays.keys()
    for name, array in arrays.items():
        measured = slope(lambda: (layer.forward(x, train=True) * dout).sum(), array)
        assert analytic[name].shape == array.shape, name
        np.testing.assert_allclose(analytic[name], measured, rtol=1e-6, atol=1e-8, err_msg=name)


def spread_out(shape, rng):
    """Values in random order, no two closer than 0.05, none closer to zero than 0.02: no kinks."""
    size = int(np.prod(shape))
    return (0.05 * (rng.permutation(size) - size // 2) + 0.02).reshape(shape)


def _pool(seen, summary):
    N, OH, OW, KH, KW, C = seen.shape
    out = np.empty((N, OH, OW, C))
    for n, p, q, c in np.ndindex(out.shape):
        out[n, p, q, c] = summary([seen[n, p, q, i, j, c] for i in range(KH) for j in range(KW)])
    return out


def _both(pad):
    return (pad, pad) if isinstance(pad, str) else pad
