"""One image forward and backward through a network, with every value and gradient kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ...layers.activation import Softmax, softmax
from ...layers.base import Layer
from ...layers.dropout import Dropout
from ...loss import SoftmaxCrossEntropy
from ...model import Sequential
from ..inference import inference_twin, with_softmax

DROPOUT_SEED = 7
"""Every pass in training mode drops the same values, so that two passes can be compared."""


@dataclass(frozen=True)
class BackwardPass:
    """The values and gradients of one image; all arrays are without N.

    Attributes
    ----------
    layers : list of Layer
        The network's layers as they ran, without a final softmax; ``grads`` has the gradients of
        their parameters.
    label : int
        The right class.
    train : bool
        Whether BatchNorm and Dropout ran as in training.
    masks : dict of int to ndarray
        Of each entry some channels of which are switched off: 1 for on and 0 for off, (C,).
    loss : float
        Cross-entropy, -log(probability of the label).
    values : list of ndarray
        The image, every layer's output, and last the probabilities: the entries of
        `nn.explain.maps`. A number that is switched off is 0.
    gradients : list of ndarray
        Gradient of the loss for each entry of ``values``, in its shape.
    """

    layers: list[Layer]
    label: int
    train: bool
    masks: Mapping[int, np.ndarray]
    loss: float
    values: list[np.ndarray] = field(repr=False)
    gradients: list[np.ndarray] = field(repr=False)

    def arriving(self, layer: int) -> np.ndarray:
        """Return the gradient that a layer's ``backward`` received: 0 where it is switched off."""
        entry = layer + 1
        dout = self.gradients[entry]
        return dout * self.masks[entry] if entry in self.masks else dout

    def forward_from(self, layer: int, x: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
        """Run the layers from ``layer`` on again; return the logits, and the choices on the way.

        ``x`` is the input of ``layer``, without N. What the layers cached is overwritten.
        """
        out, choices = x[None], []
        for i, each in enumerate(self.layers[layer:], layer):
            out = run(each, out, self.masks.get(i + 1))
            if (made := each.choices()) is not None:
                choices.append(made)
        return out[0], choices


def exact(model: Sequential) -> Sequential:
    """Return a float64 copy of a network, with a softmax at its end."""
    twin = with_softmax(model).copy()
    for layer in twin.layers:
        for arrays in (layer.params, layer.state):
            for name, array in arrays.items():
                arrays[name] = array.astype(np.float64)
    return twin


def backward_pass(
    model: Sequential,
    image: np.ndarray,
    label: int,
    *,
    train: bool = False,
    masks: Mapping[int, np.ndarray] | None = None,
) -> BackwardPass:
    """Run an image forward and backward; the network itself does not change.

    Parameters
    ----------
    model : Sequential
        A classifier. With float64 parameters and image all numbers are float64; see `exact`.
    image : ndarray, shape (H, W, C)
        In [0, 1].
    label : int
        The right class.
    train : bool
        Whether BatchNorm takes the mean and variance of this image, and Dropout drops values, as
        in training with a batch of one. Otherwise both are as at inference.
    masks : mapping of int to ndarray, optional
        See `BackwardPass`.

    Raises
    ------
    ValueError
        If ``label`` is not a class, or the image does not fit the network.
    """
    twin, masks = (_training_twin if train else inference_twin)(model), dict(masks or {})
    out = image[None]
    values = [image]
    for i, layer in enumerate(twin.layers):
        out = run(layer, out, masks.get(i + 1))
        values.append(out[0])
    criterion = SoftmaxCrossEntropy()
    loss = criterion.forward(out, np.array([label]))
    p = softmax(out)[0]
    dout = criterion.backward()
    gradients = [_gradient_for_probabilities(p, label), dout[0]]
    for i in reversed(range(len(twin.layers))):
        if i + 1 in masks:
            dout = dout * masks[i + 1]
        dout = twin.layers[i].backward(dout)
        gradients.append(dout[0])
    return BackwardPass(twin.layers, label, train, masks, loss, [*values, p], gradients[::-1])


def run(layer: Layer, x: np.ndarray, mask: np.ndarray | None) -> np.ndarray:
    """Run a layer on a batch in training mode, always with the same random numbers."""
    if isinstance(layer, Dropout):
        layer.rng = np.random.default_rng(DROPOUT_SEED)
    out = layer.forward(x, train=True)
    return out if mask is None else out * mask


def _training_twin(model):
    """Return a twin that shares the parameters and has statistics of its own."""
    layers = [layer.replica() for layer in model.layers]
    if layers and isinstance(layers[-1], Softmax):
        layers.pop()
    return Sequential(layers)


def _gradient_for_probabilities(p, label):
    """Return the gradient of -log(p[label]) for p; infinite if the probability is 0."""
    gradient = np.zeros_like(p)
    with np.errstate(divide="ignore"):
        gradient[label] = -1 / p[label]
    return gradient
