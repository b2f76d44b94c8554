"""Reports: the history of a run as CSV, and how accurate a model is on labelled images."""

import csv
import io
from pathlib import Path

import numpy as np

from experiment.charts import new_figure, save_figure
from nn.saving.atomic import atomic_write

MISTAKES_ACROSS, MISTAKES_DOWN = 8, 5


def write_history(history: list[dict[str, float]], path: Path) -> None:
    """Write the history of a run as a CSV file, atomically.

    Parameters
    ----------
    history : list of dict
        One row per epoch; the keys of the first are the header.
    path : Path
    """
    with atomic_write(path) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
        writer = csv.DictWriter(text, fieldnames=history[0])
        writer.writeheader()
        writer.writerows(history)
        text.detach()


def evaluation(images: np.ndarray, labels: np.ndarray, proba: np.ndarray, folder: Path) -> None:
    """Print the accuracy by digit; draw the confusion matrix and the worst mistakes.

    Parameters
    ----------
    images : ndarray, shape (N, 28, 28)
    labels : ndarray of int, shape (N,)
    proba : ndarray, shape (N, 10)
        The model's probabilities.
    folder : Path
        Where ``confusion.png`` and ``mistakes.png`` are written.
    """
    matrix = np.zeros((10, 10), int)
    np.add.at(matrix, (labels, proba.argmax(axis=1)), 1)
    print(by_digit(matrix))
    print(f"accuracy {np.trace(matrix) / len(labels):.2%} of {len(labels):,} images")
    confusion(matrix, folder / "confusion.png")
    mistakes(images, labels, proba, folder / "mistakes.png")
    print(f"saved confusion.png, mistakes.png in {folder}")


def by_digit(matrix: np.ndarray) -> str:
    """Return a table with a line per digit: images, correct ones, accuracy, usual mistake.

    Parameters
    ----------
    matrix : ndarray of int, shape (10, 10)
        Confusion matrix: rows are the true digits, columns the predicted ones.
    """
    lines = ["digit  images  correct  accuracy  most often read as"]
    for digit, row in enumerate(matrix):
        others = np.delete(np.arange(len(matrix)), digit)
        taken = others[row[others].argmax()]
        accuracy = f"{row[digit] / row.sum():.2%}" if row.sum() else "-"
        confused = f"{taken} ({row[taken]})" if row[taken] else ""
        lines.append(f"{digit:>5}{row.sum():>8}{row[digit]:>9}{accuracy:>10}  {confused}")
    return "\n".join(lines)


def confusion(matrix: np.ndarray, path: Path) -> None:
    """Draw a confusion matrix.

    Parameters
    ----------
    matrix : ndarray of int, shape (10, 10)
        Rows are the true digits, columns the predicted ones.
    path : Path
        The PNG file to write.
    """
    figure = new_figure(figsize=(6, 5.5), layout="constrained")
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
        title=f"{wrong.sum()} of {matrix.sum():,} misclassified",
    )  # fmt: skip
    save_figure(figure, path)


def mistakes(images: np.ndarray, labels: np.ndarray, proba: np.ndarray, path: Path) -> None:
    """Draw the misclassified images, those of the highest probability first.

    Parameters
    ----------
    images : ndarray, shape (N, 28, 28)
    labels : ndarray of int, shape (N,)
    proba : ndarray, shape (N, 10)
        The model's probabilities.
    path : Path
        The PNG file to write.
    """
    read = proba.argmax(axis=1)
    wrong = np.flatnonzero(read != labels)
    wrong = wrong[np.argsort(-proba[wrong, read[wrong]])][: MISTAKES_ACROSS * MISTAKES_DOWN]
    figure = new_figure(figsize=(MISTAKES_ACROSS * 1.2, MISTAKES_DOWN * 1.45), layout="constrained")
    for axes in figure.subplots(MISTAKES_DOWN, MISTAKES_ACROSS).flat:
        axes.axis("off")
    for axes, i in zip(figure.axes, wrong, strict=False):
        axes.imshow(images[i], cmap="gray_r")
        axes.set_title(f"{labels[i]} read as {read[i]}\n{proba[i, read[i]]:.1%}", size=8)
    save_figure(figure, path)
