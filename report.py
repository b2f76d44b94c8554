"""The pictures of a run: its curves, its confusion matrix and its worst mistakes."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from nn.files import atomic_write

MISTAKES_ACROSS, MISTAKES_DOWN = 8, 5


def curves(history: Sequence[dict[str, float]], path: Path) -> None:
    """Draw loss and accuracy over the epochs.

    Parameters
    ----------
    history : sequence of dict
        One per epoch, with ``epoch``, ``loss``, ``accuracy``, ``val_loss`` and ``val_accuracy``.
    path : Path
        Of the PNG.
    """
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    epochs = [row["epoch"] for row in history]
    for axes, name, unit in zip(
        figure.subplots(1, 2), ("loss", "accuracy"), ("nats", "share read right"), strict=True
    ):
        axes.plot(epochs, [row[name] for row in history], "o-", label="training (as it learns)")
        axes.plot(epochs, [row[f"val_{name}"] for row in history], "s-", label="validation")
        axes.set(xlabel="epoch", ylabel=unit, title=name)
        axes.grid(alpha=0.3)
        # A place of its own: to look for the best one may take so long that matplotlib warns.
        axes.legend(loc="upper right" if name == "loss" else "lower right")
    _save(figure, path)


def confusion(matrix: np.ndarray, path: Path) -> None:
    """Draw how often each digit was read as each other.

    Parameters
    ----------
    matrix : ndarray of int, shape (10, 10)
        Row: the digit; column: what it was read as.
    path : Path
        Of the PNG.
    """
    figure = Figure(figsize=(6, 5.5), layout="constrained")
    axes = figure.subplots()
    wrong = matrix * (1 - np.eye(len(matrix), dtype=int))
    most = max(wrong.max(), 1)
    axes.imshow(wrong, cmap="Reds", vmax=most)
    for (row, column), n in np.ndenumerate(matrix):
        if n:
            colour = "white" if wrong[row, column] > most / 2 else "black"
            axes.text(column, row, n, ha="center", va="center", size=8, color=colour)
    axes.set(
        xlabel="read as", ylabel="is", xticks=range(len(matrix)), yticks=range(len(matrix)),
        title=f"{wrong.sum()} of {matrix.sum():,} read wrong",
    )  # fmt: skip
    _save(figure, path)


def mistakes(images: np.ndarray, labels: np.ndarray, proba: np.ndarray, path: Path) -> None:
    """Draw the images that the network was most sure of, and wrong about, the worst first.

    Parameters
    ----------
    images : ndarray, shape (N, 28, 28)
    labels : ndarray of int, shape (N,)
    proba : ndarray, shape (N, 10)
    path : Path
        Of the PNG.
    """
    read = proba.argmax(axis=1)
    wrong = np.flatnonzero(read != labels)
    wrong = wrong[np.argsort(-proba[wrong, read[wrong]])][: MISTAKES_ACROSS * MISTAKES_DOWN]
    figure = Figure(figsize=(MISTAKES_ACROSS * 1.2, MISTAKES_DOWN * 1.45), layout="constrained")
    for axes in figure.subplots(MISTAKES_DOWN, MISTAKES_ACROSS).flat:
        axes.axis("off")
    for axes, i in zip(figure.axes, wrong, strict=False):
        axes.imshow(images[i], cmap="gray_r")
        axes.set_title(f"{labels[i]} read as {read[i]}\n{proba[i, read[i]]:.1%}", size=8)
    _save(figure, path)


def _save(figure, path):
    with atomic_write(path) as file:
        figure.savefig(file, format="png", dpi=110)
