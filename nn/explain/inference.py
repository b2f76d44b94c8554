"""A network at inference: its feature maps, and a twin that takes gradients there.

Training and inference differ in two layers: at inference BatchNorm's mean and variance are
constants and Dropout does nothing. So the gradient of a network at inference is not what
`Sequential.backward` gives after a training forward. `inference_twin` returns a network for which
it is.
"""

import numpy as np

from ..layers.activation import ReLU, Softmax
from ..layers.base import Layer
from ..layers.batchnorm import BatchNorm
from ..layers.conv import Conv2D
from ..layers.dropout import Dropout
from ..layers.more import DepthwiseConv2D, GroupedConv2D
from ..model import Sequential


class FrozenBatchNorm(BatchNorm):
    """BatchNorm with constant statistics, so that d out / d x is gamma / std and no more."""

    def _forward(self, x, train):
        return super()._forward(x, train=False)

    def _backward(self, dout, cache):
        x_hat, inv_std = cache
        axes = tuple(range(dout.ndim - 1))
        self.grads["gamma"] = (dout * x_hat).sum(axes)
        self.grads["beta"] = dout.sum(axes)
        return dout * (self.params["gamma"] * inv_std)


def inference_twin(model: Sequential) -> Sequential:
    """Return a twin of ``model`` whose training passes compute ``model`` at inference.

    The twin shares the parameters and running statistics. Its layers have the same indices, and it
    ends with logits: a final `Softmax` is left out.
    """
    layers: list[Layer] = []
    for layer in model.layers:
        twin: Layer
        if isinstance(layer, BatchNorm):
            twin = FrozenBatchNorm(**layer.config)
            twin.params, twin.state = layer.params, layer.state
        elif isinstance(layer, Dropout):
            twin = Dropout(0.0)
        else:
            twin = layer.replica()
        layers.append(twin)
    if layers and isinstance(layers[-1], Softmax):
        layers.pop()
    return Sequential(layers)


def with_softmax(model: Sequential) -> Sequential:
    """Return ``model`` itself if it ends with a `Softmax`, else its layers followed by one."""
    if isinstance(model.layers[-1], Softmax):
        return model
    return Sequential([*model.layers, Softmax()])


def maps(model: Sequential, x: np.ndarray) -> list[np.ndarray]:
    """Return ``x`` and the output of every layer for it.

    Parameters
    ----------
    model : Sequential
    x : ndarray, shape (N, H, W, C)

    Returns
    -------
    list of ndarray
        Entry i is the input of layer i, entry i + 1 its output.
    """
    outputs = [x]
    for layer in model.layers:
        outputs.append(layer.forward(outputs[-1]))
    return outputs


def map_layers(model: Sequential) -> list[int]:
    """Return for each convolution the index of its ReLU, if one follows, else its own index."""
    followers = [*model.layers[1:], None]
    return [
        i + isinstance(follower, ReLU)
        for i, (layer, follower) in enumerate(zip(model.layers, followers, strict=True))
        if isinstance(layer, (Conv2D, GroupedConv2D, DepthwiseConv2D))
    ]
