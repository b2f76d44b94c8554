"""What a channel looks for."""

from collections.abc import Iterator

import numpy as np

from ..model import Sequential, as_input
from .inference import in_use


def top_activations(
    model: Sequential, images: np.ndarray, layer: int, count: int = 8, at_a_time: int = 16
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Find the images that excite each channel of a layer most, a few images at a time.

    An image's excitement is the largest value that the channel's map has anywhere.

    Parameters
    ----------
    images : ndarray
        As `Sequential.predict_proba` takes them.
    layer : int
        Its place in ``model.layers``.
    count : int
        How many images for each channel.
    at_a_time : int
        How many go through the network before each answer.

    Yields
    ------
    indices : ndarray of int, shape (up to count, channels)
        Of the most exciting images among those seen so far, best first; equals in their own order.
    values : ndarray, the same shape
        How exciting each is.
    """
    first = Sequential(model.layers[: layer + 1])
    indices = values = None
    for start in range(0, len(images), at_a_time):
        out = first.forward(as_input(images[start : start + at_a_time]))
        peaks = out.max(axis=tuple(range(1, out.ndim - 1)))
        seen = np.broadcast_to(np.arange(start, start + len(out))[:, None], peaks.shape)
        if values is not None:
            peaks, seen = np.concatenate([values, peaks]), np.concatenate([indices, seen])
        best = np.argsort(-peaks, axis=0, kind="stable")[:count]
        indices, values = (np.take_along_axis(a, best, axis=0) for a in (seen, peaks))
        yield indices, values


def maximise_activation(
    model: Sequential,
    layer: int,
    channel: int,
    image_shape: tuple[int, int, int] = (28, 28, 1),
    *,
    steps: int = 60,
    rate: float = 0.1,
    decay: float = 0.03,
    seed: int = 0,
) -> Iterator[tuple[np.ndarray, float]]:
    """Make an image that a channel answers to, by walking uphill from faint noise.

    What grows is the channel's value in the middle of its map. (Its mean would, in a first layer,
    have the same slope for every pixel, and the picture would be grey.) Pixels stay in [0, 1], and
    each step lets all of them fade a little: what does nothing for the channel goes away.

    Parameters
    ----------
    layer, channel : int
        The layer's place in ``model.layers``, and which of its channels.
    image_shape : tuple of int
        (H, W, C).
    steps : int
    rate : float
        How far the steepest pixel moves in a step.
    decay : float
        The share of every pixel that a step takes away.
    seed : int
        Of the noise.

    Yields
    ------
    image : ndarray, float32, shape (H, W, C)
        After each of `steps` steps.
    value : float
        The channel's answer to the image before that step.
    """
    climber = Sequential(in_use(model).layers[: layer + 1])
    x = np.random.default_rng(seed).uniform(0, 0.2, (1, *image_shape)).astype(np.float32)
    for _ in range(steps):
        out = climber.forward(x, train=True)
        middle = (0, *(size // 2 for size in out.shape[1:-1]), channel)
        dout = np.zeros_like(out)
        dout[middle] = 1
        slope = climber.backward(dout)
        steepest = np.abs(slope).max()
        x = np.clip((1 - decay) * x + rate * slope / (steepest if steepest else 1), 0, 1)
        yield x[0], float(out[middle])
