"""The drawing that the tour follows, and everything the shipped network computes for it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

import weights
from data.canvas import from_image, from_strokes, open_image
from inspector.opening.tour import DIGIT, four
from nn import Conv2D, Sequential, SoftmaxCrossEntropy
from nn.layers.base import Layer
from nn.model import as_input
from recipes import RECIPES

SMOOTHING = RECIPES["default"].label_smoothing
DROPOUT_SEED = 1

__all__ = ["DIGIT", "SMOOTHING", "Example", "Lesson"]


@dataclass(frozen=True)
class Example:
    """A drawing, and the values that a network computes for it.

    Attributes
    ----------
    model : Sequential
    strokes : list of ndarray, each (P, 2)
    image : ndarray, (28, 28), float32 in [0, 1]
    values : list of ndarray
        The input of each layer (not training), and last the logits; each with N = 1.
    """

    model: Sequential
    strokes: list[np.ndarray]
    image: np.ndarray
    values: list[np.ndarray]

    @classmethod
    def of(cls, model: Sequential) -> "Example":
        """Draw the tour's 4 for a network, and keep every layer's output."""
        strokes = four(model)
        image = from_strokes(strokes)
        values = [as_input(image[None])]
        for layer in model.layers:
            values.append(layer.forward(values[-1]))
        return cls(model, strokes, image, values)

    @property
    def proba(self) -> np.ndarray:
        """The ten probabilities."""
        return self.model.predict_proba(self.image[None])[0]

    def first(self, kind: type[Layer]) -> int:
        """Return the index of the first layer of a kind."""
        return next(i for i, layer in enumerate(self.model.layers) if isinstance(layer, kind))

    @cached_property
    def channel(self) -> int:
        """The channel of the first convolution with the most contrast whose kernel finds edges."""
        conv = self.first(Conv2D)
        found = np.maximum(self.values[conv + 1][0], 0).std(axis=(0, 1))
        w = self.model.layers[conv].params["w"]
        evenness = 1 - np.abs(w.sum(axis=(0, 1, 2))) / np.abs(w).sum(axis=(0, 1, 2))
        return int((found * evenness).argmax())

    @cached_property
    def place(self) -> tuple[int, int]:
        """The row and column of that channel's largest activation."""
        answer = self.values[self.first(Conv2D) + 1][0, :, :, self.channel]
        row, column = np.unravel_index(answer.argmax(), answer.shape)
        return int(row), int(column)

    @cached_property
    def lesson(self) -> "Lesson":
        """A training step on a small batch that begins with the drawing."""
        return Lesson(self.model, self.image)


class Lesson:
    """A training step's forward and backward pass, in float64.

    Parameters
    ----------
    model : Sequential
        Copied, not changed.
    image : ndarray, (28, 28)
        First of the batch; the ten digits of ``samples/`` follow, as BatchNorm needs a batch.

    Attributes
    ----------
    gradients : list of ndarray
        Gradient of the loss for the input of each layer, and last for the logits.
    """

    def __init__(self, model: Sequential, image: np.ndarray):
        self.model = model.copy()
        for layer in self.model.layers:
            layer.params = {name: w.astype(np.float64) for name, w in layer.params.items()}
        others = [from_image(open_image(weights.SAMPLES / f"{digit}.png")) for digit in range(10)]
        self.x = as_input(np.stack([image, *others])).astype(np.float64)
        self.labels = np.array([DIGIT, *range(10)])
        self.criterion = SoftmaxCrossEntropy(SMOOTHING)
        self.loss = self.measure()
        self.gradients = [self.criterion.backward()]
        for layer in reversed(self.model.layers):
            self.gradients.insert(0, layer.backward(self.gradients[0]))
        self.grads = {name: dw.copy() for name, dw in self.model.named_grads().items()}

    def measure(self) -> float:
        """Return the loss with the current parameters; dropout draws the same mask each time."""
        for layer in self.model.dropouts():
            layer.rng = np.random.default_rng(DROPOUT_SEED)
        return self.criterion.forward(self.model.forward(self.x, train=True), self.labels)
