"""Gradient check: compare the gradients of ``backward`` with measured derivatives of ``forward``.

To measure a derivative, step one number a little to each side and see how far the result moves.
That is slow, but it does not use the chain rule, so it is an independent check.
``python -m nn.gradcheck`` checks the input and every parameter of every layer and of a whole
network (``python -m nn.gradcheck Dense``: only the cases whose titles begin with Dense), with

    f(x)       = sum(out * dout)                                  with one element of x stepped
    numeric(x) = (f(x-2h) - 8 f(x-h) + 8 f(x+h) - f(x+2h)) / 12h

a central difference with an error of order h^4, in float64. ``dout`` is random: with all ones a
wrongly transposed gradient could pass. The error of each element is relative to the larger of the
two values, but at least to a thousandth of the array's largest gradient: closer to zero, rounding
leaves no digits to compare.

At the kink of a ReLU, or where a max-pool's winner changes, there is no derivative. An element
whose steps change any such choice (`Layer.choices`) is skipped and counted.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from guard.commands import run

from .layers.activation import Flatten, ReLU, Softmax
from .layers.batchnorm import BatchNorm
from .layers.conv import Conv2D
from .layers.dense import Dense
from .layers.dropout import Dropout
from .layers.more.cases import cases as more_cases
from .layers.pool import AvgPool2D, MaxPool2D
from .layers.rescaling import Rescaling
from .loss import SoftmaxCrossEntropy
from .model import Sequential

STEP = 1e-4
TOLERANCE = 1e-7
FLOOR = 1e-3


class Row(NamedTuple):
    """The verdict on one array."""

    name: str  # "x" for the input, or a parameter's: "w", "2.gamma" ...
    error: float  # the worst relative error; infinite if the gradient is missing or misshapen
    where: tuple[int, ...]  # the index of that element
    compared: int  # elements
    skipped: int  # elements, because a choice changed
    pair: tuple[float, float] = (np.nan, np.nan)  # measured and computed, of the worst element

    @property
    def passed(self) -> bool:
        """Whether something was compared, and no error reached `TOLERANCE`."""
        return self.compared > 0 and self.error < TOLERANCE


def check(model: Sequential, x: np.ndarray, rng: np.random.Generator) -> list[Row]:
    """Check a network, perhaps of one layer: return a row for the input and every parameter.

    Parameters
    ----------
    model : Sequential
        With float64 parameters; it runs in training mode.
    x : ndarray, float64
        Its input; changed in place, and restored.
    rng : numpy.random.Generator
        Draws ``dout``.
    """
    out = _forward(model, x).copy()  # the output of Flatten is a view of x
    dout = rng.standard_normal(out.shape)
    analytic = {"x": model.backward(dout), **model.named_grads()}

    def measure():
        # The difference is taken before the sum, which would round it away.
        return float(((_forward(model, x) - out) * dout).sum()), _choices(model)

    arrays = {"x": x, **model.named_params()}
    return [_compare(name, array, analytic.get(name), measure) for name, array in arrays.items()]


def check_loss(loss: SoftmaxCrossEntropy, logits: np.ndarray, labels: np.ndarray) -> list[Row]:
    """Check the loss's gradient for its logits, float64 of shape (N, K)."""
    start = loss.forward(logits, labels)
    analytic = loss.backward()
    return [_compare("x", logits, analytic, lambda: (loss.forward(logits, labels) - start, []))]


def _forward(model, x):
    """Run a training forward in which every Dropout drops the same values each time."""
    for layer in model.dropouts():
        layer.rng = np.random.default_rng(7)
    return model.forward(x, train=True)


def _choices(model):
    """Return every choice that the layers made in the last forward."""
    made = (layer.choices() for layer in model.layers)
    return [choice.copy() for choice in made if choice is not None]


def _compare(name: str, array: np.ndarray, analytic: np.ndarray | None, measure) -> Row:
    """Compare the analytic gradient for ``array`` with the measured one, element by element.

    ``measure`` returns how far the result has moved, and the choices that were made.
    """
    if analytic is None or analytic.shape != array.shape:
        return Row(name, np.inf, (), array.size, 0)
    _, choices = measure()
    numeric = np.array([slope(array, at, measure, choices) for at in np.ndindex(array.shape)])
    numeric = numeric.reshape(array.shape)
    smooth = ~np.isnan(numeric)
    largest = np.maximum(np.abs(numeric), np.abs(analytic))
    floor = FLOOR * np.max(largest, where=smooth, initial=np.finfo(float).tiny)
    error = np.where(smooth, np.abs(numeric - analytic) / np.maximum(largest, floor), 0.0)
    error[np.isnan(analytic)] = np.inf
    where = tuple(map(int, np.unravel_index(error.argmax(), error.shape)))
    pair = float(numeric[where]), float(analytic[where])
    return Row(name, float(error[where]), where, int(smooth.sum()), int((~smooth).sum()), pair)


def slope(array, at, measure, choices, step=STEP):
    """Return the derivative for one element, or NaN where a step changes a choice."""
    before, change = array[at], 0.0
    try:
        for steps, weight in ((-2, 1), (-1, -8), (1, 8), (2, -1)):
            array[at] = before + steps * step
            moved, made = measure()
            if not all(map(np.array_equal, made, choices)):
                return np.nan
            change += weight * moved
    finally:
        array[at] = before
    return change / (12 * step)


def cases() -> Iterator[tuple[str, Callable[[], list[Row]]]]:
    """Yield, for every layer, the loss and a whole network, a title and the check to run."""
    rng = np.random.default_rng(0)
    exact: dict[str, Any] = {"rng": rng, "dtype": np.float64}

    def layers(title, shape, *stack, x=None):
        x = rng.standard_normal(shape) if x is None else x
        model = Sequential(list(stack))
        for w in model.named_params().values():
            w += 0.1 * rng.standard_normal(w.shape)  # a bias of 0 and a gamma of 1 hide faults
        return title, partial(check, model, x, rng)

    image = (2, 6, 5, 2)
    yield layers("Conv2D", image, Conv2D(2, 3, (3, 2), **exact))
    yield layers("Conv2D stride 2", image, Conv2D(2, 3, 3, stride=(2, 1), pad=1, **exact))
    yield layers("Conv2D same", image, Conv2D(2, 3, (2, 3), stride=2, pad="same", **exact))
    yield layers("Conv2D uneven pad", image, Conv2D(2, 3, 3, pad=((0, 2), (1, 0)), **exact))
    yield layers("Conv2D no bias", image, Conv2D(2, 3, 3, pad=(0, 2), bias=False, **exact))
    yield layers("MaxPool2D", image, MaxPool2D(2))
    yield layers("MaxPool2D overlap", image, MaxPool2D(3, stride=(2, 1), pad=1))
    # A window of equal values stays equal when the weights before the pool change: it has a
    # derivative, and only one of the equal values may receive the gradient.
    tied = rng.standard_normal((2, 4, 4, 1))
    tied[:, :2, :2] = 0.5
    yield layers("MaxPool2D ties", None, Conv2D(1, 2, 1, **exact), MaxPool2D(2), x=tied)
    yield layers("AvgPool2D", image, AvgPool2D(2))
    yield layers("AvgPool2D overlap", image, AvgPool2D(3, stride=(2, 1), pad=1))
    yield layers("AvgPool2D no pad", image, AvgPool2D(3, stride=2, pad="same", count_pad=False))
    yield layers("Dense", (3, 5), Dense(5, 4, **exact))
    yield layers("Dense no bias", (3, 5), Dense(5, 4, bias=False, **exact))
    yield layers("BatchNorm image", image, BatchNorm(2, dtype=np.float64))
    yield layers("BatchNorm dense", (6, 4), BatchNorm(4, dtype=np.float64))
    yield layers("ReLU", image, ReLU())
    yield layers("Rescaling", image, Rescaling(-1.5, 0.25))
    yield layers("Softmax", (3, 6), Softmax())
    yield layers("Flatten", image, Flatten())
    yield layers("Dropout", (4, 10), Dropout(0.4))
    logits, labels = rng.standard_normal((4, 5)), np.array([1, 0, 3, 3])
    yield "Loss", partial(check_loss, SoftmaxCrossEntropy(), logits, labels)
    yield "Loss smoothed", partial(check_loss, SoftmaxCrossEntropy(0.2), logits, labels)
    yield layers(
        "Whole network", (3, 8, 8, 1),
        Conv2D(1, 3, 3, **exact), ReLU(), MaxPool2D(2), BatchNorm(3, dtype=np.float64),
        Conv2D(3, 4, 3, pad="same", **exact), ReLU(), AvgPool2D(2), Flatten(),
        Dropout(0.25), Dense(4, 6, **exact), ReLU(), Dense(6, 5, **exact), Softmax(),
    )  # fmt: skip
    for title, shape, layer in more_cases(rng):
        yield layers(title, shape, layer)


def main(names: Sequence[str] = ()) -> int:
    """Print the table of the cases whose titles begin with one of ``names``; all without names.

    Return the exit status: 0, 1 if a row failed, 2 if there is no such case.
    """
    chosen = [case for case in cases() if case[0].startswith(tuple(names) or "")]
    if not chosen:
        print(f"no title begins with {' or '.join(names)}; titles: {', '.join(dict(cases()))}")
        return 2
    print(f"{'layer':<25}{'array':<9}{'worst error':>12}  {'at':<16}{'compared':>9}{'skipped':>9}")
    failed = 0
    for title, checked in chosen:
        for row in checked():
            failed += not row.passed
            print(
                f"{title:<25}{row.name:<9}{row.error:>12.1e}  {row.where!s:<16}"
                f"{row.compared:>9}{row.skipped:>9}  "
                f"{'ok' if row.passed else 'FAILED measured {:g}, computed {:g}'.format(*row.pair)}"
            )
    print(f"{failed} failed" if failed else f"all below {TOLERANCE:.0e}")
    return 1 if failed else 0


if __name__ == "__main__":
    run(lambda: main(sys.argv[1:]), "nn.gradcheck", lossy=True)
