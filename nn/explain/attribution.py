"""Attribution: which pixels support a class?

Images are ``x``, of shape (N, H, W, C) in [0, 1], as the first layer takes them. The *score* of a
class is its logit, before any softmax: where one class is almost certain, its probability hardly
changes, but its logit does. Gradients are those of the network at inference (see
`nn.explain.inference`). float64 images give float64 results.

References
----------
Simonyan, Vedaldi and Zisserman, "Deep Inside Convolutional Networks", 2014: saliency. Zeiler and
Fergus, "Visualizing and Understanding Convolutional Networks", 2014: occlusion. Selvaraju et al.,
"Grad-CAM", 2017, equations 1 and 2.
"""

from collections.abc import Iterator

import numpy as np

from ..model import Sequential
from .inference import inference_twin


def gradients(model: Sequential, x: np.ndarray, k: int) -> list[np.ndarray]:
    """Return the gradients of the score of class ``k`` for ``x`` and for every layer's output.

    Parameters
    ----------
    model : Sequential
    x : ndarray, shape (N, H, W, C)
    k : int
        The class.

    Returns
    -------
    list of ndarray
        Entry i is for entry i of `maps`, and has its shape. The last is for the logits.
    """
    twin = inference_twin(model)
    logits = twin.forward(x, train=True)
    dout = np.zeros_like(logits)
    dout[:, k] = 1
    found = [dout]
    for layer in reversed(twin.layers):
        found.append(layer.backward(found[-1]))
    return found[::-1]


def saliency(dx: np.ndarray) -> np.ndarray:
    """Return how sensitive the score is to each pixel: the largest ``|dx|`` of its channels.

    Parameters
    ----------
    dx : ndarray, shape (N, H, W, C)
        Gradient for the images: entry 0 of `gradients`.

    Returns
    -------
    ndarray, shape (N, H, W)
    """
    return np.abs(dx).max(axis=-1)


def gradient_times_input(dx: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return ``dx * x``, summed over the channels of each pixel.

    Positive where ink supports the class, negative where it opposes it.

    Parameters
    ----------
    dx, x : ndarray, shape (N, H, W, C)
        Gradient for the images (entry 0 of `gradients`), and the images.

    Returns
    -------
    ndarray, shape (N, H, W)
    """
    return (dx * x).sum(axis=-1)


def grad_cam(out: np.ndarray, dout: np.ndarray) -> np.ndarray:
    """Return where the feature maps of a layer support the class.

    The maps are summed, each weighted by the mean of its gradient; negative sums become 0.

    Parameters
    ----------
    out, dout : ndarray, shape (N, OH, OW, C)
        A layer's feature maps and the gradient for them: the same entry of `maps` and of
        `gradients`. `map_layers` lists the layers for which this makes sense.

    Returns
    -------
    ndarray, shape (N, OH, OW)
    """
    weights = dout.mean(axis=(1, 2), keepdims=True)
    return np.maximum((weights * out).sum(axis=-1), 0)


def occlusion(
    model: Sequential, x: np.ndarray, k: int, size: int = 5, fill: float = 0.0
) -> Iterator[np.ndarray]:
    """Measure how far the score of class ``k`` falls when a square around each pixel is covered.

    Parameters
    ----------
    model : Sequential
    x : ndarray, shape (1, H, W, C)
    k : int
        The class.
    size : int
        Side of the square in pixels; odd, so that it has a centre.
    fill : float
        Value of the covered pixels; 0 is paper.

    Yields
    ------
    ndarray, shape (H, W)
        Drop of the score. The same array is yielded H times: after each row of pixels, from the
        top, with 0 in the rows still to come. Each row costs one forward of up to W images.
    """
    _, H, W, _ = x.shape
    twin = inference_twin(model)
    before = twin.forward(x)[0, k]
    drop = np.zeros((H, W), x.dtype)
    reach = size // 2
    for row in range(H):
        covered = np.repeat(x, W, axis=0)
        for column in range(W):
            top, left = max(row - reach, 0), max(column - reach, 0)
            covered[column, top : row + reach + 1, left : column + reach + 1] = fill
        changed = (covered != x).any(axis=(1, 2, 3))  # covering bare paper changes nothing
        if changed.any():
            drop[row, changed] = before - twin.forward(covered[changed])[:, k]
        yield drop
