"""The network in use, and what each layer gives."""

import numpy as np

from ..layers.activation import ReLU, Softmax
from ..layers.base import Layer
from ..layers.batchnorm import BatchNorm
from ..layers.conv import Conv2D
from ..layers.dropout import Dropout
from ..model import Sequential


class FrozenBatchNorm(BatchNorm):
    """BatchNorm in use: its statistics are constants, so its slope is gamma / std and no more."""

    def _forward(self, x, train):
        return super()._forward(x, train=False)

    def _backward(self, dout, _cache):
        std = np.sqrt(self.state["var"] + dout.dtype.type(self.config["eps"]))
        return dout * (self.params["gamma"] / std)


def in_use(model: Sequential) -> Sequential:
    """Return a twin whose training forward and backward are those of ``model`` in use.

    It shares the parameters and running statistics, its layers have the same places in the list,
    and it ends with logits: a `Softmax` at the end is left out.
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
    """Return ``model`` itself if it ends with a `Softmax`, else its layers and one more."""
    if isinstance(model.layers[-1], Softmax):
        return model
    return Sequential([*model.layers, Softmax()])


def maps(model: Sequential, x: np.ndarray) -> list[np.ndarray]:
    """Return ``x``, (N, H, W, C), and every layer's output for it: layer i's input is entry i."""
    outputs = [x]
    for layer in model.layers:
        outputs.append(layer.forward(outputs[-1]))
    return outputs


def map_layers(model: Sequential) -> list[int]:
    """Return the layer where each convolution's maps are ready: its ReLU, if one follows."""
    followers = [*model.layers[1:], None]
    return [
        i + isinstance(follower, ReLU)
        for i, (layer, follower) in enumerate(zip(model.layers, followers, strict=True))
        if isinstance(layer, Conv2D)
    ]
