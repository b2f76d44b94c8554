"""How well labelled images were read: accuracy by digit, confusions, worst mistakes."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from experiment.charts import save_figure

MISTAKES_ACROSS, MISTAKES_DOWN = 8, 5


def reading(images: np.ndarray, labels: np.ndarray, proba: np.ndarray, folder: Path) -> None:
    """Print how well labelled images were read; draw what went wrong into a folder.

    Parameters
    ----------
    images : ndarray, shape (N, 28, 28)
    labels : ndarray of int, shape (N,)
    proba : ndarray, shape (N, 10)
    folder : Path
        Of ``confusion.png`` and ``mistakes.png``.
    """
    matrix = np.zeros((10, 10), int)
    np.add.at(matrix, (labels, proba.argmax(axis=1)), 1)
    print(by_digit(matrix))
    print(f"accuracy {np.trace(matrix) / len(labels):.2%} of {len(labels):,} images")
    confusion(matrix, folder / "confusion.png")
    mistakes(images, labels, proba, folder / "mistakes.png")
    print(f"saved confusion.png, mistakes.png in {folder}")


def by_digit(matrix: np.ndarray) -> str:
    """Return a table: how often each digit was there, was read right, and was taken for another.

    Parameters
    ----------
    matrix : ndarray of int, shape (10, 10)
        Row: the digit; column: what it was read as.
    """
    lines = ["digit    read  right  accuracy  most often taken for"]
    for digit, row in enumerate(matrix):
        others = np.delete(np.arange(len(matrix)), digit)
        taken = others[row[others].argmax()]
        accuracy = f"{row[digit] / row.sum():.2%}" if row.sum() else "-"
        confused = f"{taken} ({row[taken]})" if row[taken] else ""
        lines.append(f"{digit:>5}{row.sum():>8}{row[digit]:>7}{accuracy:>10}  {confused}")
    return "\n".join(lines)


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
    save_figure(figure, path)


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
    save_figure(figure, path)
