"""Why this answer, and what does a layer look for? Questions to a trained network, in use.

All answers come from the layers' own forward and backward. One difference between training and
use matters: in use, BatchNorm's mean and variance are constants, and Dropout does nothing. So the
way back is gone by a twin of the network (`in_use`) that computes the same numbers and shares the
parameters, but whose slopes are those of the network in use.

Images are ``x``, of shape (N, H, W, C) in [0, 1], as the first layer takes them. A *score* is the
logit of a class, before any softmax: where one class is almost certain, its probability hardly
moves, while its logit still says what speaks for it. float64 images give float64 answers.

References
----------
Simonyan, Vedaldi and Zisserman, "Deep Inside Convolutional Networks", 2014: saliency, and images
made by gradient ascent. Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks",
2014: occlusion, most exciting images. Selvaraju et al., "Grad-CAM", 2017, equations 1 and 2.
"""

from collections.abc import Iterator

import numpy as np

from .layers.activation import ReLU, Softmax
from .layers.base import Layer
from .layers.batchnorm import BatchNorm
from .layers.conv import Conv2D
from .layers.dropout import Dropout
from .model import Sequential, as_input


class _Settled(BatchNorm):
    """BatchNorm in use: its statistics are constants, so its slope is gamma / std and no more."""

    def forward(self, x, train=False):
        return self._remember(train, super().forward(x, train=False))

    def backward(self, dout):
        self._recall(dout)
        std = np.sqrt(self.state["var"] + dout.dtype.type(self.config["eps"]))
        return dout * (self.params["gamma"] / std)


def in_use(model: Sequential) -> Sequential:
    """Return a twin whose training forward and backward are those of ``model`` in use.

    It shares the parameters and running statistics, its layers have the same places in the list,
    and it ends with logits: a `Softmax` at the end is left out.
    """
    layers: list[Layer] = []
    for layer in model.layers:
        twin: Layer
        if isinstance(layer, BatchNorm):
            twin = _Settled(**layer.config)
            twin.params, twin.state = layer.params, layer.state
        elif isinstance(layer, Dropout):
            twin = Dropout(0.0)
        else:
            twin = layer.replica()
        layers.append(twin)
    if layers and isinstance(layers[-1], Softmax):
        layers.pop()
    return Sequential(layers)


def with_softmax(model: Sequential) -> Sequential:
    """Return ``model`` itself if it ends with a `Softmax`, else its layers and one more."""
    if isinstance(model.layers[-1], Softmax):
        return model
    return Sequential([*model.layers, Softmax()])


def maps(model: Sequential, x: np.ndarray) -> list[np.ndarray]:
    """Return ``x``, (N, H, W, C), and every layer's output for it: layer i's input is entry i."""
    outputs = [x]
    for layer in model.layers:
        outputs.append(layer.forward(outputs[-1]))
    return outputs


def map_layers(model: Sequential) -> list[int]:
    """Return the layer where each convolution's maps are ready: its ReLU, if one follows."""
    followers = [*model.layers[1:], None]
    return [
        i + isinstance(follower, ReLU)
        for i, (layer, follower) in enumerate(zip(model.layers, followers, strict=True))
        if isinstance(layer, Conv2D)
    ]


def gradients(model: Sequential, x: np.ndarray, k: int) -> list[np.ndarray]:
    """Return the slopes of the score of a class, for ``x`` and for every layer's output.

    Parameters
    ----------
    model : Sequential
    x : ndarray, shape (N, H, W, C)
    k : int
        The class.

    Returns
    -------
    list of ndarray
        Entry i has the shape of entry i of `maps`, up to the logits.
    """
    twin = in_use(model)
    scores = twin.forward(x, train=True)
    dout = np.zeros_like(scores)
    dout[:, k] = 1
    slopes = [dout]
    for layer in reversed(twin.layers):
        slopes.append(layer.backward(slopes[-1]))
    return slopes[::-1]


def saliency(slopes: np.ndarray) -> np.ndarray:
    """Return how much a small change of each pixel would move the score.

    Parameters
    ----------
    slopes : ndarray, shape (N, H, W, C)
        For the images: the first of `gradients`.

    Returns
    -------
    ndarray, shape (N, H, W)
        The largest absolute slope of the pixel's channels.
    """
    return np.abs(slopes).max(axis=-1)


def gradient_times_input(slopes: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return each pixel's slope times its ink, summed over its channels, shape (N, H, W).

    Positive where ink speaks for the class, negative where it speaks against. Both arguments are
    of shape (N, H, W, C); see `saliency`.
    """
    return (slopes * x).sum(axis=-1)


def grad_cam(out: np.ndarray, slopes: np.ndarray) -> np.ndarray:
    """Return where the maps of a layer speak for the class.

    Each channel is weighted by its mean slope; what the weighted maps add up to is kept where it is
    positive.

    Parameters
    ----------
    out, slopes : ndarray, shape (N, OH, OW, C)
        A layer's maps, and the slopes for them: the same entry of `maps` and of `gradients`.
        `map_layers` says which layers are asked.

    Returns
    -------
    ndarray, shape (N, OH, OW)
        One value per place of the layer's maps.
    """
    weights = slopes.mean(axis=(1, 2), keepdims=True)
    return np.maximum((weights * out).sum(axis=-1), 0)


def occlusion(
    model: Sequential, x: np.ndarray, k: int, size: int = 5, fill: float = 0.0
) -> Iterator[np.ndarray]:
    """Cover a square round each pixel of one image: how far does the score of ``k`` fall?

    Parameters
    ----------
    x : ndarray, shape (1, H, W, C)
    size : int
        Side of the square in pixels, odd so that it has a middle.
    fill : float
        What it is covered with; 0 is paper.

    Yields
    ------
    ndarray, shape (H, W)
        The same array after each row of pixels, from the top, filled so far; there is one more
        forward of up to W images in each.
    """
    _, H, W, _ = x.shape
    scorer = in_use(model)
    before = scorer.forward(x)[0, k]
    fall = np.zeros((H, W), x.dtype)
    reach = size // 2
    for row in range(H):
        covered = np.repeat(x, W, axis=0)
        for column in range(W):
            top, left = max(row - reach, 0), max(column - reach, 0)
            covered[column, top : row + reach + 1, left : column + reach + 1] = fill
        changed = (covered != x).any(axis=(1, 2, 3))  # covering bare paper changes nothing
        if changed.any():
            fall[row, changed] = before - scorer.forward(covered[changed])[:, k]
        yield fall


def most_exciting(
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


def ascend(
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
