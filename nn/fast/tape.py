"""A training pass as a list of calls, noted once and played again for every batch.

A pass through the layers in Python checks shapes, looks up buffers and makes views, each time the
same. With kernels this short that is a third of a small batch's time, and threads wait for one
another in it. A `Tape` lets a network's layers go forward and backward once and notes which
functions they called on which buffers (`nn.fast.layers`). To play it, the same functions are called
with the same buffers, which hold other numbers then.
"""

from collections.abc import Callable

import numpy as np

from ..layers.activation import Flatten
from ..layers.base import Layer
from ..loss import targets
from . import kernels
from .layers import FastLayer
from .plan import are_current


class NotOnTapeError(Exception):
    """The network has a layer that does not note its calls; it must go layer by layer."""


class Tape:
    """A network's training pass for batches of one shape.

    Parameters
    ----------
    layers : list of Layer
        Fused, float32.
    shape : tuple of int
        Of the batch, (N, H, W, C).

    Attributes
    ----------
    classes : int

    Raises
    ------
    NotOnTapeError
        If a layer cannot note its calls.
    ValueError
        If a layer does not take its input.
    """

    def __init__(self, layers: list[Layer], shape: tuple[int, ...]):
        noting = [layer for layer in layers if isinstance(layer, FastLayer)]
        if len(noting) + sum(type(layer) is Flatten for layer in layers) < len(layers):
            raise NotOnTapeError
        self._params = [(layer.params, name, w) for layer in layers
                        for name, w in layer.params.items()]  # fmt: skip
        self._images = np.zeros(shape, np.float32)
        self._forward: list[tuple] = []
        self._backward: list[list[tuple]] = []  # of each layer, from the last
        try:
            x = self._images
            _note(noting, self._forward)
            for layer in layers:
                x = layer.forward(x, train=True)
            self._logits, self._dlogits = x, np.zeros_like(x)
            self.classes = x.shape[-1]
            dout = self._dlogits
            for layer in reversed(layers):
                self._backward.append([])
                _note(noting, self._backward[-1])
                dout = layer.backward(dout)
        finally:
            _note(noting, None)
        self._grads = [layer.grads.copy() for layer in layers]
        self._layers = layers

    def is_current(self) -> bool:
        """Return whether the layers still have the same arrays as parameters."""
        return are_current(self._params)

    def play(
        self,
        images: np.ndarray,
        labels: np.ndarray,
        label_smoothing: float,
        share: float,
        ready: Callable[[int], None],
    ) -> tuple[float, np.ndarray]:
        """Pass a batch forward and backward; see `nn.fast.fused.Fused.learn`."""
        factor = np.float32(1 / 255 if images.dtype == np.uint8 else 1)
        np.multiply(images.reshape(self._images.shape), factor, out=self._images)
        target = (1 - label_smoothing) * targets(labels, self.classes)
        target += np.float32(label_smoothing / self.classes)
        for function, args in self._forward:
            function(*args)
        loss = kernels.cross_entropy(self._logits, target, share / len(target), self._dlogits)
        for i, calls in zip(reversed(range(len(self._layers))), self._backward, strict=True):
            for function, args in calls:
                function(*args)
            self._layers[i].grads.update(self._grads[i])
            ready(i)
        return loss, self._logits


def _note(layers: list[FastLayer], calls: list | None) -> None:
    """Let layers note their calls in a list instead of computing; None ends that."""
    for layer in layers:
        layer.calls = calls
