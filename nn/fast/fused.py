"""The same network, fused: fewer, larger steps, compiled, in buffers that are used again.

``fuse(model)`` replaces each run of Conv2D, ReLU and perhaps MaxPool2D by one block, and BatchNorm,
Dense, Dropout and every other ReLU by twins with buffers of their own (`nn.fast.layers`). What is
not fused stays the plain layer. All of them share their parameters with the model, and their
gradients are the model's too: read them, save them and step them there.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np

from ..layers.activation import ReLU
from ..layers.base import Layer
from ..layers.batchnorm import BatchNorm
from ..layers.conv import Conv2D
from ..layers.dense import Dense
from ..layers.dropout import Dropout
from ..layers.pool import MaxPool2D
from ..model import Sequential, as_input
from . import kernels
from .layers import ConvReLUPool, FastBatchNorm, FastDense, FastDropout, FastReLU
from .plan import is_tiling
from .program import Program, UnknownLayerError
from .tape import NotOnTapeError, Tape
from .workers import Workers, parts

FEW_IMAGES = 32
"""As many images as this, or fewer, are predicted by the calling thread alone."""

TASKS_PER_THREAD = 2
"""Many images are cut into this many tasks per thread, so that all threads end together."""

MAX_PROGRAMS = 8
"""Most shapes of images for which a network keeps a program; likewise tapes."""

TWINS: dict[type, Callable[[Any], Layer]] = {
    BatchNorm: FastBatchNorm,
    Dense: FastDense,
    Dropout: FastDropout,
    ReLU: FastReLU,
}


class Fused(Sequential):
    """A network made of a model's layers, fused; its parameters are the model's own.

    Its layers' outputs are buffers that the next forward overwrites; what `forward` and `backward`
    return is the caller's to keep.

    Parameters
    ----------
    model : Sequential
    layers : list of Layer
        The fused ones.
    options
        Of `fuse`.
    """

    def __init__(self, model: Sequential, layers: list[Layer], **options: Any):
        super().__init__(layers)
        self.model = model
        self.options = options
        self._workers: Workers | None = None
        self._programs: dict[tuple[int, ...], Program | None] = {}
        self._tapes: dict[tuple[int, ...], Tape | None] = {}

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        """Return the output of the last layer for ``x``, usually (N, H, W, C), float32."""
        return super().forward(np.asarray(x, np.float32), train).copy()

    def backward(self, dout: np.ndarray) -> np.ndarray | None:  # type: ignore[override]
        """Return the gradient for the input, if asked for; fill the model's ``grads``."""
        dx = super().backward(np.asarray(dout, np.float32))
        return None if dx is None else dx.copy()

    def predict_proba(self, images: np.ndarray) -> np.ndarray:
        """Return the probability of each class for each image, on all cores when there are many.

        See `Sequential.predict_proba`. All layers are one call, if `Program` knows them.
        """
        images = np.asarray(images)
        if images.dtype not in (np.uint8, np.float32):
            images = as_input(images)
        if images.ndim not in (3, 4) or not len(images):
            return super().predict_proba(images)
        try:
            program = self._program(images.shape[1:])
        except ValueError:  # which the layers say of all these images
            return super().predict_proba(images)
        if len(images) > FEW_IMAGES:
            return self._predict_on_all_cores(images)
        return self._read(program, images)

    def _read(self, program, images):
        """Return the probabilities, by the program if there is one and all of them are finite."""
        out = None if program is None else program(images)
        return super().predict_proba(images) if out is None else out

    def _predict_on_all_cores(self, images):
        if self._workers is None:
            self._workers = Workers(self.replica, self.options["threads"])

        def predict(replica, part):
            replica.adopt_state(self.model)
            return replica._read(replica._program(images.shape[1:]), images[part])

        tasks = TASKS_PER_THREAD * self._workers.threads
        cut = parts(len(images), max(FEW_IMAGES, -(-len(images) // tasks)))
        return np.concatenate(self._workers.map(predict, cut))

    def _program(self, shape):
        """Return the program for images of this shape, None if it must be layer by layer."""
        whole = (*shape, 1) if len(shape) == 2 else shape
        return _made(self._programs, shape, lambda: Program(self.model.layers, whole))

    def learn(
        self,
        images: np.ndarray,
        labels: np.ndarray,
        label_smoothing: float,
        share: float,
        ready: Callable[[int], None] = lambda layer: None,
    ) -> tuple[float, np.ndarray] | None:
        """Pass a batch forward and backward in one go; fill the model's ``grads``.

        The same as `forward`, `nn.SoftmaxCrossEntropy` and `backward`, without what Python does in
        between.

        Parameters
        ----------
        images : ndarray
            See `predict_proba`.
        labels : ndarray of int, (N,)
            `nn.loss.NO_CLASS` for an image of no class.
        label_smoothing : float
            See `nn.SoftmaxCrossEntropy`.
        share : float
            The loss counts this many times.
        ready : callable
            Called with the index in `layers` of each layer, from the last, as soon as it has its
            gradients.

        Returns
        -------
        tuple of float and ndarray, float32, (N, K), optional
            Mean cross-entropy, times ``share``; and the logits, overwritten by the next call. None
            if nothing was done: the network, or an unusual input, must go layer by layer.
        """
        tape = self._tape(images)
        if tape is None or labels.max() >= tape.classes:
            return None
        return tape.play(images, labels, label_smoothing, share, ready)

    def _tape(self, images):
        """Return the tape for images of this shape, None if there can be none."""
        usual = images.dtype in (np.uint8, np.float32) and images.ndim in (3, 4) and images.size
        if not usual:
            return None
        shape = images.shape if images.ndim == 4 else (*images.shape, 1)
        try:
            return _made(self._tapes, shape, lambda: Tape(self.layers, shape))
        except ValueError:  # the layers say what is wrong with the shape
            return None

    # The parameters, and what is made of them, are the model's.

    def named_params(self) -> dict[str, np.ndarray]:
        """Return the model's parameters."""
        return self.model.named_params()

    def named_grads(self) -> dict[str, np.ndarray]:
        """Return the gradients of the last backward, which are the model's."""
        return self.model.named_grads()

    def named_state(self) -> dict[str, np.ndarray]:
        """Return the model's running statistics."""
        return self.model.named_state()

    def dropouts(self) -> list[Dropout]:
        """Return the model's layers that draw random numbers."""
        return self.model.dropouts()

    def replica(self) -> Sequential:
        """Return a fused network that shares the parameters and has all else to itself."""
        return fuse(self.model.replica(), **self.options)

    def copy(self) -> Sequential:
        """Return a fused network with copies of the parameters."""
        return fuse(self.model.copy(), **self.options)

    def summary(self, input_shape: tuple[int, ...] = (28, 28, 1)) -> str:
        """Return the model's table."""
        return self.model.summary(input_shape)

    def save(self, path) -> None:
        """Write the model to ``path``; it loads as a plain one."""
        self.model.save(path)


def _made(kept, shape, make):
    """Return what ``make`` makes for images of a shape; keep it until a parameter is replaced.

    None if the network must go layer by layer.
    """
    found = kept.get(shape)
    if found is not None and found.is_current():
        return found
    if found is None and shape in kept:
        return None
    if len(kept) >= MAX_PROGRAMS:
        kept.clear()
    try:
        found = make()
    except (UnknownLayerError, NotOnTapeError):
        found = None
    kept[shape] = found
    return found


def fuse(
    model: Sequential, *, input_gradient: bool = True, threads: int | None = None
) -> Sequential:
    """Return the same network on compiled kernels, sharing the model's parameter arrays.

    Parameters
    ----------
    model : Sequential
        A float32 network; one of float64 is returned as it is.
    input_gradient : bool
        Whether `backward` returns the gradient for the input. Training does not need it.
    threads : int, optional
        How many `predict_proba` uses: as many as there are cores, if not given.

    Returns
    -------
    Sequential
        Its forward agrees with the model's to 1e-5, its gradients to 1e-4 of the largest. Training
        it trains the model.
    """
    if any(w.dtype != np.float32 for w in model.named_params().values()):
        return model
    layers: list[Layer] = []
    rest = list(model.layers)
    while rest:
        taken, layer = _next_block(rest)
        layers.append(layer)
        del rest[:taken]
    if layers and isinstance(layers[0], ConvReLUPool):
        layers[0].input_gradient = input_gradient
    return Fused(model, layers, input_gradient=input_gradient, threads=threads)


def warm_up(model: Sequential, input_shape: tuple[int, ...]) -> bool:
    """Run one image through the fused model and back, so that its kernels are ready.

    Parameters
    ----------
    model : Sequential
    input_shape : tuple of int
        Of one image, without N.

    Returns
    -------
    bool
        Whether something had to be compiled, because it was not on disk.
    """
    before = kernels.compiled()
    network = fuse(model.replica())
    image = np.zeros((1, *input_shape), np.float32)
    label = np.zeros(1, np.intp)
    if not isinstance(network, Fused) or network.learn(image, label, 0.0, 1.0) is None:
        network.backward(np.zeros_like(network.forward(image, train=True)))
    with suppress(FloatingPointError):  # the weights are not looked at here
        network.predict_proba(image)
    return kernels.compiled() > before


def _next_block(layers: list[Layer]) -> tuple[int, Layer]:
    """Return how many of ``layers`` the next block stands for, and the block."""
    first = layers[0]
    if type(first) is Conv2D and len(layers) > 1 and type(layers[1]) is ReLU:
        pool = layers[2] if len(layers) > 2 else None
        if type(pool) is MaxPool2D and is_tiling(pool):
            return 3, ConvReLUPool(first, pool)
        return 2, ConvReLUPool(first)
    fast = TWINS.get(type(first))
    return 1, first if fast is None else fast(first)
