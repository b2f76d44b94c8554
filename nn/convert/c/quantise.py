"""Weights as int8: a quarter of the memory, and a little of the accuracy.

Each output channel has a scale of its own, so that its largest weight is 127: w = scale * q. The
sums are float32, and each is multiplied by its scale once at the end. Biases, and what is neither a
convolution nor a dense layer, stay float32.
"""

import numpy as np

from ...layers.base import Layer
from ...layers.conv import Conv2D
from ...layers.dense import Dense
from ...layers.more import DepthwiseConv2D, GroupedConv2D
from ...model import Sequential

WEIGHTED = (Conv2D, GroupedConv2D, DepthwiseConv2D, Dense)
"""Layers whose weights become int8."""


def quantised(layer: Layer) -> tuple[np.ndarray, np.ndarray]:
    """Return the weights of a layer as int8, in their own shape, and the scale of each output.

    Returns
    -------
    q : ndarray of int8
    scale : ndarray of float32, shape (OC,)
        For a DepthwiseConv2D, (C * M,).
    """
    w = layer.params["w"]
    kept = 2 if isinstance(layer, DepthwiseConv2D) else 1  # last axes that make one output each
    axes = tuple(range(w.ndim - kept))
    scale = np.abs(w).max(axis=axes, initial=0) / 127
    scale = np.where(scale > 0, scale, 1).astype(np.float32)
    return np.rint(w / scale).astype(np.int8), scale.ravel()


def as_stored(model: Sequential) -> Sequential:
    """Return a copy of a network whose weights are those that an int8 file stores."""
    copy = model.copy()
    for layer in copy.layers:
        if isinstance(layer, WEIGHTED):
            w = layer.params["w"]
            q, scale = quantised(layer)
            w[...] = (q.reshape(-1, scale.size) * scale).reshape(w.shape)
    return copy
