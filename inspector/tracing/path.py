"""The path of a number through the network: back to the pixels, and on to the answer.

Backwards, each step goes to the input with the largest share in the number: the largest product of
a convolution or of a dense layer, the winner of a max-pool. Forwards, each step goes to the output
through which the number moves the answer most: the largest product of its derivative and the
gradient of the answer's logit.
"""

from dataclasses import dataclass

import numpy as np

from inspector.network import Network
from nn import BatchNorm, Conv2D, Dense, Dropout, Flatten, ReLU, Softmax, explain
from nn.layers.base import Layer

Index = tuple[int, ...]  # (row, column, channel) or (feature,)

SAME_INDEX = (BatchNorm, Dropout, ReLU, Softmax)  # a number follows from that at the same index
NUDGE = 1e-3  # change of a number whose effect on a layer's output is measured


@dataclass(frozen=True)
class Path:
    """A chain of numbers from the input to the output, each with a share in the next.

    Attributes
    ----------
    at : list of tuple of int or None
        For each entry of `Network.maps`, the index of the chain's number in it. None after a number
        that does not reach the answer.
    shares : list of ndarray or None
        For each entry of `Network.maps`, what each of its channels adds to the next number of the
        chain that is a sum (a convolution's, a dense layer's), (C,). None at the last.
    """

    at: list[Index | None]
    shares: list[np.ndarray | None]


def trace(
    network: Network, maps: list[np.ndarray], entry: int, at: Index, *, onward: bool = True
) -> Path:
    """Return the path through one number.

    Parameters
    ----------
    network : Network
    maps : list of ndarray
        As `Network.maps` returns them.
    entry : int
        The number's entry in ``maps``.
    at : tuple of int
        Its index there.
    onward : bool
        Whether to follow the number to the answer as well: that takes a backward pass.
    """
    last = len(maps) - 1
    chain: list[Index | None] = [None] * len(maps)
    shares: list[np.ndarray | None] = [None] * len(maps)
    chain[entry] = at
    if onward and entry < last:
        _follow(network, maps, chain, entry)
    terms = None  # what the numbers of an entry add to the next sum of the chain
    for e in reversed(range(last)):
        if chain[e + 1] is None:
            continue
        layer = network.layers[e]
        before, own = _step_back(layer, maps[e], maps[e + 1], chain[e + 1], terms)
        terms = own
        chain[e] = before if e < entry else chain[e]
        if terms is not None:
            shares[e] = terms.sum(axis=tuple(range(terms.ndim - 1)))
    return Path(chain, shares)


def most_probable(maps: list[np.ndarray]) -> tuple[int, Index]:
    """Return the entry and the index of the answer: the largest probability."""
    return len(maps) - 1, (int(maps[-1].argmax()),)


def _step_back(layer, x, out, at, terms):
    """Return the input with the largest share in ``out[at]``, and what its channels add.

    ``terms`` are those of the layer's output; a layer that adds nothing up hands them on.
    """
    if isinstance(layer, SAME_INDEX):
        return at, terms
    if isinstance(layer, Flatten):
        before = tuple(int(i) for i in np.unravel_index(at[0], x.shape))
        return before, None if terms is None else terms.reshape(x.shape)
    if isinstance(layer, Conv2D):
        corner, products = _products(layer, x, at)
        return _inside(corner, _largest(products), x.shape), products
    if isinstance(layer, Dense):
        products = x * layer.params["w"][:, at[0]]
        return _largest(products), products
    products = x * _derivative(layer, x, out, at)
    if not products.any() and x.shape == out.shape:
        return at, products
    return _largest(products), products


def _products(layer, x, at):
    """Return the corner of a convolution's patch and its products, (KH, KW, C)."""
    (KH, KW), (SH, SW) = layer.window.kernel, layer.window.stride
    (above, below), (left, right) = layer.window.padding(*x.shape[:2])
    padded = np.pad(x, ((above, below), (left, right), (0, 0)))
    top, first = at[0] * SH, at[1] * SW
    patch = padded[top : top + KH, first : first + KW]
    return (top - above, first - left), patch * layer.params["w"][..., at[2]]


def _derivative(layer: Layer, x, out, at):
    """Return the derivative of ``out[at]`` for each number of ``x``, by the layer's backward."""
    twin = layer.replica()
    twin.forward(x[None], train=True)
    dout = np.zeros_like(out)[None]
    dout[0, *at] = 1
    return twin.backward(dout)[0]


def _largest(terms):
    """Return the index of the term that gives the sum most of its value, with its sign."""
    sign = -1 if terms.sum() < 0 else 1
    if not terms.any():  # nothing was added up: the middle
        return (*(size // 2 for size in terms.shape[:-1]), 0)
    return tuple(int(i) for i in np.unravel_index((sign * terms).argmax(), terms.shape))


def _inside(corner, at, shape):
    """Return the place in the input of a place in the patch, moved out of the padding."""
    row, column = (
        min(max(first + i, 0), size - 1) for first, i, size in zip(corner, at, shape, strict=False)
    )
    return row, column, at[2]


def _follow(network, maps, chain, entry):
    """Continue the chain from an entry to the answer, as far as it reaches."""
    k = int(maps[-1].argmax())
    gradients = explain.gradients(network.model, maps[0][None], k)  # up to the logits
    for e in range(entry, len(maps) - 1):
        layer, at = network.layers[e], chain[e]
        if isinstance(layer, Softmax):
            chain[e + 1] = at
            return
        if not gradients[e][0][at]:
            return
        chain[e + 1] = _step_on(layer, maps[e], maps[e + 1], at, gradients[e + 1][0])


def _step_on(layer, x, out, at, gradient):
    """Return the output through which ``x[at]`` moves the answer most."""
    if isinstance(layer, SAME_INDEX):
        return at
    if isinstance(layer, Flatten):
        return (int(np.ravel_multi_index(at, x.shape)),)
    if isinstance(layer, Dense):
        effect = layer.params["w"][at[0]] * gradient
    else:
        nudged = x.astype(np.float64)
        nudged[at] += NUDGE
        before, after = (layer.forward(each[None].astype(np.float64))[0] for each in (x, nudged))
        effect = (after - before) * gradient
    return tuple(int(i) for i in np.unravel_index(np.abs(effect).argmax(), effect.shape))
