"""Images that activate a channel most: given ones, or one made by gradient ascent.

References
----------
Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", 2014: top activations.
Simonyan, Vedaldi and Zisserman, "Deep Inside Convolutional Networks", 2014: gradient ascent.
"""

from collections.abc import Iterator

import numpy as np

from ..model import Sequential, as_input
from .inference import inference_twin


def top_activations(
    model: Sequential, images: np.ndarray, layer: int, count: int = 8, at_a_time: int = 16
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Find the images with the highest activation of each channel of a layer, batch by batch.

    The activation of an image is the maximum of the channel's feature map.

    Parameters
    ----------
    model : Sequential
    images : ndarray
        As `Sequential.predict_proba` takes them.
    layer : int
        Index in ``model.layers``.
    count : int
        How many images to find for each channel.
    at_a_time : int
        Batch size: images per forward pass, and per result yielded.

    Yields
    ------
    indices : ndarray of int, shape (up to count, channels)
        Best images so far, in descending order of activation; ties in the order of ``images``.
    values : ndarray, the same shape
        Their activations.
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
    """Make an image that activates a channel, by gradient ascent from faint noise.

    The objective is the channel's value at the centre of its feature map. (The mean of a first
    layer's map has the same gradient for every pixel, and would give a grey image.) Pixels are
    clipped to [0, 1] and decay at each step, so that those which do not contribute fade.

    Parameters
    ----------
    model : Sequential
    layer, channel : int
        Index in ``model.layers``, and index of a channel of this layer.
    image_shape : tuple of int
        (H, W, C).
    steps : int
    rate : float
        Step of the pixel with the steepest gradient.
    decay : float
        Fraction of every pixel's value that a step subtracts.
    seed : int
        Seed of the noise.

    Yields
    ------
    image : ndarray, float32, shape (H, W, C)
        The image after each step.
    value : float
        The objective before that step.
    """
    climber = Sequential(inference_twin(model).layers[: layer + 1])
    x = np.random.default_rng(seed).uniform(0, 0.2, (1, *image_shape)).astype(np.float32)
    for _ in range(steps):
        out = climber.forward(x, train=True)
        centre = (0, *(size // 2 for size in out.shape[1:-1]), channel)
        dout = np.zeros_like(out)
        dout[centre] = 1
        dx = climber.backward(dout)
        steepest = np.abs(dx).max()
        x = np.clip((1 - decay) * x + rate * dx / (steepest if steepest else 1), 0, 1)
        yield x[0], float(out[centre])
