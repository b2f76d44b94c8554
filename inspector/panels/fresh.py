"""Networks to compare with: one from a file, an untrained one, and one that is an epoch old."""

import threading
from inspect import signature

import numpy as np

import weights
from data import mnist
from data.errors import DataError
from guard.terminal import one_line
from nn import Adam, Sequential, Softmax
from nn.fit import fit

DIGITS = 10_000  # training images of the epoch
PART = 100  # images between two looks at whether to stop
BATCH = 50  # images in a step
RATE = 1e-3
SEED = 0


class NetworkReader(threading.Thread):
    """A thread that reads a network from a file.

    Parameters
    ----------
    path : str

    Attributes
    ----------
    model : Sequential or None
        The network; None if it cannot be read.
    error : str
        Why it cannot be read, one line; "" if it can.
    """

    def __init__(self, path: str) -> None:
        super().__init__(daemon=True)
        self.path = path
        self.model: Sequential | None = None
        self.error = ""
        self.start()

    def run(self) -> None:
        """Read the file."""
        try:
            self.model = weights.load(self.path)
        except Exception as error:  # nobody else would see it
            self.error = one_line(" ".join(str(error).split()) or type(error).__name__)


def untrained(model: Sequential) -> Sequential:
    """Return a network with the layers of ``model`` and fresh weights, always the same ones."""
    rng = np.random.default_rng(SEED)
    layers = []
    for layer in model.layers:
        more = {"rng": rng} if "rng" in signature(type(layer)).parameters else {}
        layers.append(type(layer)(**layer.config, **more))
    return Sequential(layers)


def training_digits() -> tuple[np.ndarray, np.ndarray]:
    """Return images, uint8 (N, 28, 28), and labels: MNIST's if they are here, else synthetic ones.

    Nothing is downloaded.
    """
    folder = mnist.find_local()
    if folder is not None:
        try:
            images, labels = mnist.load("train", folder)
            return images[:DIGITS], labels[:DIGITS]
        except (DataError, OSError):
            pass  # damaged files: use synthetic digits
    from data.synthetic import handwriting  # imported late: it brings numba

    return handwriting.batch(DIGITS, np.random.default_rng(SEED))


class FirstEpoch:
    """Trains a network for one epoch, in a thread.

    Parameters
    ----------
    model : Sequential
        A network with the same layers and fresh weights is trained.

    Attributes
    ----------
    model : Sequential
        The network in training; complete once ``done``.
    share : float
        Share of the epoch that is over, in [0, 1].
    loss : float
        Mean over the last images; NaN at first.
    error : str
        Why the training failed; empty if it did not.
    """

    def __init__(self, model: Sequential) -> None:
        self.model = untrained(model)
        self.share, self.loss, self.error = 0.0, float("nan"), ""
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._train, daemon=True)
        self._thread.start()

    @property
    def done(self) -> bool:
        """Whether the thread has ended."""
        return not self._thread.is_alive()

    def stop(self) -> None:
        """Have the training end after the current part, without waiting for that."""
        self._stopped.set()

    def join(self) -> None:
        """Stop, and wait until the thread has ended."""
        self.stop()
        self._thread.join()

    def _train(self):
        layers = self.model.layers
        logits = Sequential(layers[:-1] if isinstance(layers[-1], Softmax) else layers)
        optimizer, rng = Adam(RATE), np.random.default_rng(SEED)
        try:
            images, labels = training_digits()
            for start in range(0, len(labels), PART):
                if self._stopped.is_set():
                    return
                part = slice(start, start + PART)
                with np.errstate(all="ignore"):  # NumPy reports in the terminal, not here
                    (self.loss,) = fit(
                        logits, images[part], labels[part],
                        optimizer=optimizer, batch_size=BATCH, rng=rng,
                    )  # fmt: skip
                self.share = min(1.0, (start + PART) / len(labels))
        except (ArithmeticError, MemoryError, ValueError) as error:
            self.error = str(error) or type(error).__name__
