"""Teach a trained network a few drawings: train its last dense layer alone.

All layers but the last dense one turn an image into features; the last one, the *vote*, weighs each
feature for and against each class. Only the vote is trained here, so features are computed once,
and a training takes a fraction of a second.

A few drawings among thousands of weights would be learned by heart and everything else forgotten.
Three things prevent that. Digits are *rehearsed*: the trained vote must still answer them as the
vote before it did, doubts included. The weights are pulled back to those before. And a taught
drawing counts little, only as much as is needed for it to be answered as taught. The loss is ::

    mean over rehearsed of CE(answer before, answer)
    + weight * sum over taught drawings of CE(label, answer)
    + pull / 2 * |w - w before|^2

It is convex, so it has one minimum: the order in which drawings were taught does not matter, and a
drawing that is taken back leaves no trace.

References
----------
Li and Hoiem, "Learning without Forgetting", 2017, section 3 (the answers before as targets).
Robins, "Catastrophic Forgetting, Rehearsal and Pseudorehearsal", 1995 (rehearsal).
Nocedal and Wright, "Numerical Optimization", 2006, algorithms 7.4 and 7.5 (L-BFGS).
"""

from collections import deque
from collections.abc import Callable

import numpy as np

from ..layers.activation import Softmax, softmax
from ..layers.dense import Dense
from ..model import Sequential, as_input

WEIGHT = 0.003
"""Weight of a taught drawing at first; all rehearsed digits together have 1."""

STRONGER = 3.0
"""Factor of the weight of those taught drawings that are not answered as taught."""

ROUNDS = 5
"""Most times that the vote is trained with larger weights."""

PULL = 0.003
"""Weight of the squared distance from the weights before."""

STEPS = 40
"""Most steps of a first training."""

MORE_STEPS = 12
"""Most steps of each further training, which begins where the one before ended."""

MEMORY = 8
"""Steps from which L-BFGS estimates the curvature."""

AT_A_TIME = 32
"""Images whose features are computed in one call: other threads wait less for the interpreter."""

Objective = Callable[[np.ndarray], tuple[float, np.ndarray]]


def vote_of(model: Sequential) -> int:
    """Return the index of the vote: the last layer, or the one before a final `Softmax`.

    Raises
    ------
    ValueError
        If that layer is not Dense.
    """
    index = len(model.layers) - 1
    if index > 0 and isinstance(model.layers[index], Softmax):
        index -= 1
    if index < 0 or not isinstance(model.layers[index], Dense):
        raise ValueError("only a network that ends with a dense layer can be taught")
    return index


def features(model: Sequential, images: np.ndarray) -> np.ndarray:
    """Return the inputs of the vote for images.

    Parameters
    ----------
    model : Sequential
    images : ndarray
        As `Sequential.predict_proba` takes them.

    Returns
    -------
    ndarray, shape (N, in_features)

    Raises
    ------
    ValueError
        If the network has no vote.
    """
    body = Sequential(model.layers[: vote_of(model)]).replica()
    x = as_input(images)
    starts = range(0, max(len(x), 1), AT_A_TIME)
    return np.concatenate([body.forward(x[start : start + AT_A_TIME]) for start in starts])


def with_vote(model: Sequential, params: dict[str, np.ndarray]) -> Sequential:
    """Return a network with other parameters in its vote; it shares all other arrays."""
    taught = model.replica()
    taught.layers[vote_of(model)].params = params
    return taught


def teach(
    vote: Dense, rehearsed: np.ndarray, taught: np.ndarray, labels: np.ndarray
) -> dict[str, np.ndarray]:
    """Return parameters with which a vote answers the taught drawings as they are labelled.

    The vote itself is left unchanged. A drawing that contradicts the others may still be answered
    otherwise after `ROUNDS`.

    Parameters
    ----------
    vote : Dense
    rehearsed : ndarray, shape (R, in_features)
        Features of digits that are to be answered as before.
    taught : ndarray, shape (N, K, in_features)
        Features of each of N drawings and of its variations. The first must be the drawing itself.
    labels : ndarray of int, shape (N,)

    Returns
    -------
    dict of str to ndarray
        New arrays, under the names of ``vote.params``.
    """
    N, K, in_features = taught.shape
    rows = taught.reshape(N * K, in_features)
    weights = np.full(N, WEIGHT, np.float32)
    params, steps = vote.params, STEPS
    for _ in range(ROUNDS if N else 0):
        loss = _loss(vote, rehearsed, rows, np.repeat(labels, K), np.repeat(weights / K, K))
        params = _named(minimise(loss, _flat(params), steps), params)
        steps = MORE_STEPS
        wrong = _logits(params, taught[:, 0]).argmax(axis=1) != labels
        if not wrong.any():
            break
        weights[wrong] *= STRONGER
    return {name: array.copy() for name, array in params.items()}


def _loss(vote, rehearsed, rows, labels, weights):
    """Return the loss of the module's docstring, for `minimise`; it takes flat parameters.

    Parameters
    ----------
    vote : Dense
    rehearsed : ndarray, (R, in_features)
    rows : ndarray, (M, in_features)
        Features of the taught drawings and their variations.
    labels : ndarray of int, (M,)
    weights : ndarray, (M,)
        Weight of each row; all rehearsed digits together have 1.
    """
    before, R = vote.params, len(rehearsed)
    start = _flat(before)
    x = np.concatenate([rehearsed, rows])
    aims = softmax(_logits(before, x))
    aims[R:] = np.eye(aims.shape[1], dtype=aims.dtype)[labels]
    weights = np.concatenate([np.full(R, 1 / R, np.float32), weights]).astype(x.dtype)

    def loss(flat):
        params, moved = _named(flat, before), flat - start
        logits = _logits(params, x)
        top = logits.max(axis=1)
        log_sum = top + np.log(np.exp(logits - top[:, None]).sum(axis=1))
        total = weights @ (log_sum - (aims * logits).sum(axis=1)) + PULL / 2 * (moved @ moved)
        dout = (softmax(logits) - aims) * weights[:, None]
        grads = {"w": x.T @ dout, "b": dout.sum(axis=0)}
        return float(total), _flat({name: grads[name] for name in before}) + PULL * moved

    return loss


def minimise(loss: Objective, start: np.ndarray, steps: int) -> np.ndarray:
    """Return where a smooth convex function is smallest, by L-BFGS with a halving line search.

    Parameters
    ----------
    loss : callable
        Maps a point to the value and the gradient there.
    start : ndarray, shape (n,)
    steps : int
        Most steps. The search ends earlier where a step gains less than a
        hundred-thousandth.

    Returns
    -------
    ndarray, shape (n,)
    """
    x = start
    value, gradient = loss(x)
    memory: deque[tuple[np.ndarray, np.ndarray]] = deque(maxlen=MEMORY)
    for _ in range(steps):
        direction = -_times_inverse_curvature(gradient, memory)
        slope = float(gradient @ direction)
        size = 1.0
        while size > 1e-4 and slope < 0:
            there = x + size * direction
            new_value, new_gradient = loss(there)
            if new_value <= value + 1e-4 * size * slope:  # Armijo's condition
                break
            size /= 2
        else:
            return x  # as low as rounding permits
        if (there - x) @ (new_gradient - gradient) > 0:
            memory.append((there - x, new_gradient - gradient))
        gain, x, value, gradient = value - new_value, there, new_value, new_gradient
        if gain <= 1e-5 * abs(value):
            break
    return x


def _times_inverse_curvature(gradient, memory):
    """Return the estimated inverse Hessian times the gradient (algorithm 7.4)."""
    q, shares = gradient.copy(), []
    for step, change in reversed(memory):
        shares.append((step @ q) / (step @ change))
        q -= shares[-1] * change
    if memory:
        step, change = memory[-1]
        q *= (step @ change) / (change @ change)
    else:  # a first step of length 1
        q /= max(float(np.linalg.norm(q)), 1e-12)
    for (step, change), share in zip(memory, reversed(shares), strict=True):
        q += (share - (change @ q) / (step @ change)) * step
    return q


def _logits(params, x):
    """Return the output of a dense layer with these parameters."""
    out = x @ params["w"]
    return out + params["b"] if "b" in params else out


def _flat(arrays):
    """Return arrays as one vector."""
    return np.concatenate([array.ravel() for array in arrays.values()])


def _named(flat, like):
    """Return a flat vector as arrays of the names and shapes of ``like``."""
    ends = np.cumsum([array.size for array in like.values()])
    pieces = np.split(flat, ends[:-1])
    return {
        name: piece.reshape(array.shape)
        for (name, array), piece in zip(like.items(), pieces, strict=True)
    }
