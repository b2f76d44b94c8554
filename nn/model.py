"""A network is a list of layers: forward runs through it in order, backward in reverse."""

import os

import numpy as np

from .layers.activation import Softmax, softmax
from .layers.base import Layer
from .layers.dropout import Dropout
from .saving.modelfile import read_model, write_model

IMAGES_AT_A_TIME = 256  # batch size of `Sequential.predict_proba`, to bound its memory


class Sequential:
    """A network in which the output of each layer is the input of the next.

    Parameters
    ----------
    layers : list of Layer
        A classifier may end with logits or with `nn.Softmax`.
    """

    def __init__(self, layers: list[Layer]):
        self.layers = list(layers)

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        """Return the output of the last layer for ``x``, usually (N, H, W, C)."""
        for layer in self.layers:
            x = layer.forward(x, train)
        return x

    def backward(self, dout: np.ndarray) -> np.ndarray:
        """Return the gradient for the input, and fill every layer's ``grads``.

        The chain rule: the gradient for a layer's input is that for the output of the layer before.
        """
        for layer in reversed(self.layers):
            dout = layer.backward(dout)
        return dout

    def named_params(self) -> dict[str, np.ndarray]:
        """Return all parameters as ``{"0.w": array, ...}``, not copied."""
        return self._named("params")

    def named_grads(self) -> dict[str, np.ndarray]:
        """Return the gradients of the last backward, under the names of their parameters."""
        return self._named("grads")

    def named_state(self) -> dict[str, np.ndarray]:
        """Return all running statistics, as ``{"3.mean": array, ...}``."""
        return self._named("state")

    def dropouts(self) -> list[Dropout]:
        """Return the layers that draw random numbers, to give them a generator each."""
        return [layer for layer in self.layers if isinstance(layer, Dropout)]

    def _named(self, kind):
        return {
            f"{i}.{name}": array
            for i, layer in enumerate(self.layers)
            for name, array in getattr(layer, kind).items()
        }

    def predict_proba(self, images: np.ndarray) -> np.ndarray:
        """Return the probability of each class for each image: (N, classes), float32.

        Parameters
        ----------
        images : ndarray
            uint8 in 0 ... 255 or float in [0, 1], of shape (N, H, W) or (N, H, W, C).

        Raises
        ------
        ValueError
            If ``images`` has another shape or dtype, or the first layer expects another one.
        FloatingPointError
            If a probability is NaN, because the images or the weights are not finite or too large.
        """
        x = as_input(images)
        with np.errstate(over="ignore", invalid="ignore"):  # checked below
            chunks = [
                self.forward(x[start : start + IMAGES_AT_A_TIME])
                for start in range(0, max(len(x), 1), IMAGES_AT_A_TIME)
            ]
            out = np.concatenate(chunks)
            if not isinstance(self.layers[-1], Softmax):
                out = softmax(out)
            out = out.astype(np.float32, copy=False)
        if not np.isfinite(out).all():
            raise FloatingPointError(
                "the network's answer is not a number: the image or the weights are not numbers, "
                "or far too large"
            )
        return out

    def replica(self) -> "Sequential":
        """Return a network that shares the parameters, with its own gradients, caches and state.

        Replicas can run in parallel; a step of an optimizer changes all of them.
        """
        return Sequential([layer.replica() for layer in self.layers])

    def copy(self) -> "Sequential":
        """Return a copy of this network that shares no array with it."""
        twin = self.replica()
        for layer in twin.layers:
            layer.params = {name: array.copy() for name, array in layer.params.items()}
        return twin

    def adopt_state(self, other: "Sequential") -> None:
        """Copy the running statistics of ``other``, a replica of this network or its origin."""
        mine = self.named_state()
        for name, running in other.named_state().items():
            mine[name][...] = running

    def summary(self, input_shape: tuple[int, ...] = (28, 28, 1)) -> str:
        """Return a table of the layers: output shape, parameters, multiply-adds for one image."""
        rows = [("layer", "output", "parameters", "multiply-adds")]
        shape, parameters, products = tuple(input_shape), 0, 0
        for layer in self.layers:
            size = sum(array.size for array in layer.params.values())
            cost = layer.multiply_adds(shape)
            shape = layer.output_shape(shape)
            parameters, products = parameters + size, products + cost
            rows.append((type(layer).__name__, str(shape), f"{size:,}", f"{cost:,}"))
        rows.append(("total", "", f"{parameters:,}", f"{products:,}"))
        return "\n".join(f"{a:<12}{b:<16}{c:>12}{d:>16}" for a, b, c, d in rows)

    def save(self, path: str | os.PathLike) -> None:
        """Write the network to ``path``, an ``.npz`` file, whole or not at all."""
        write_model(path, self.layers)

    @classmethod
    def load(cls, path: str | os.PathLike) -> "Sequential":
        """Read a network that `save` wrote; raise ModelFileError if the file is not valid."""
        return cls(read_model(path))


def as_input(images: np.ndarray) -> np.ndarray:
    """Return images as a network takes them: float32 in [0, 1], shape (N, H, W, C).

    ``images`` is what `Sequential.predict_proba` takes; ValueError if it is anything else.
    """
    images = np.asarray(images)
    if images.ndim not in (3, 4):
        raise ValueError(f"expected images of shape (N, H, W) or (N, H, W, C), got {images.shape}")
    if images.dtype == np.uint8:
        x = images * np.float32(1 / 255)
    elif images.dtype.kind == "f":
        x = images.astype(np.float32, copy=False)
    else:
        raise ValueError(f"expected images as uint8 or float in [0, 1], got {images.dtype}")
    return x if x.ndim == 4 else x[..., np.newaxis]
