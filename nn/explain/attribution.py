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

from ..model import Sequential
from .inference import in_use


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
