"""Charts of a run: its curves over the epochs, and how a network learns, drawn as it goes."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from nn.saving.atomic import atomic_write

Arrays = dict[str, np.ndarray]


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
    save_figure(figure, path)


class Learning:
    """Charts of a network as it learns, drawn again and again from what a `Recorder` has noted.

    Notes are a dict of arrays: of T notes, D digits, L layers with weights, F filters of the first
    layer, M epochs whose filters were kept, E epochs validated. ``step`` and ``epoch`` (T,) say
    when; ``loss`` and ``accuracy`` (T,) are of the training batches since the note before;
    ``ratio`` (T, L) is the length of a step over the length of the weights that took it, or NaN;
    ``proba`` (T, D, classes) is what the network makes of ``digits`` (D, H, W), which are
    ``labels`` (D,); ``filters`` (M, F, KH, KW) are those after the epochs in ``moment`` (M,), and
    ``now`` (F, KH, KW) the latest; ``layers`` (L,) are names; ``validation`` (E, 2) is loss and
    accuracy after each epoch.
    """

    PER_NOTE = ("step", "epoch", "loss", "accuracy", "ratio", "proba")
    PER_MOMENT = ("moment", "filters")
    REST = ("digits", "labels", "layers", "now", "validation")
    FILTERS, ROWS = 10, 6
    GOOD_RATIO = 1e-3  # a rule of thumb: far above it training jumps about, far below it crawls

    def __init__(self):
        self.figure = Figure(figsize=(13, 7.5), dpi=90)

    @classmethod
    def until(cls, notes: Arrays, epoch: int) -> Arrays:
        """Return the notes as they were after an epoch; the latest filters if none were kept."""
        held, taken = notes["epoch"] <= epoch, notes["moment"] <= epoch
        now = notes["filters"][taken][-1] if taken.any() else notes["now"]
        return (
            notes
            | {name: notes[name][held] for name in cls.PER_NOTE}
            | {name: notes[name][taken] for name in cls.PER_MOMENT}
            | {"now": now, "validation": notes["validation"][:epoch]}
        )

    def show(self, notes: Arrays) -> None:
        """Draw notes in place of those before."""
        self.figure.clear()
        if not len(notes["epoch"]) or not len(notes["moment"]):
            self.figure.text(0.5, 0.5, "nothing to see yet", ha="center", size=12)
            return
        upper, lower = self.figure.add_gridspec(
            2, 1, left=0.05, right=0.985, top=0.95, bottom=0.035, hspace=0.22
        )
        curves = upper.subgridspec(1, 3, wspace=0.2).subplots()
        for axes, column, name in zip(curves, (0, 1), ("loss", "accuracy"), strict=False):
            self._curve(axes, notes, name, notes["validation"][:, column])
        self._ratios(curves[2], notes)
        left, right = lower.subgridspec(1, 2, width_ratios=(1, 1.9), wspace=0.1)
        self._filters(self.figure.add_subplot(left), notes)
        for k, cell in enumerate(right.subgridspec(2, 5, hspace=0.25, wspace=0.25)):
            if k < len(notes["labels"]):
                self._probabilities(cell, notes, k)
        self.figure.text(0.69, 0.467, "what ten digits are read as, by epoch", ha="center", size=12)

    def _curve(self, axes, notes, name, validated):
        """Draw one of the two curves that everyone looks at."""
        axes.plot(notes["epoch"], notes[name], lw=0.8, label="training (as it learns)")
        epochs = np.arange(1, len(validated) + 1)
        axes.plot(epochs, validated, "s-", ms=4, label="validation")
        axes.set_title(name)
        axes.grid(alpha=0.3)
        axes.legend(loc="upper right" if name == "loss" else "lower right")

    def _ratios(self, axes, notes):
        """Draw how far each layer's weights move in a step."""
        axes.semilogy(notes["epoch"], notes["ratio"], lw=0.8, label=list(notes["layers"]))
        axes.axhline(self.GOOD_RATIO, color="grey", ls=":")
        axes.set_title("update-to-weight ratio")
        axes.grid(alpha=0.3)
        axes.legend(loc="upper right")

    def _filters(self, axes, notes):
        """Draw the first filters as they form, a row for each of a few epochs, the last one now."""
        axes.set_title("first-layer filters, by epoch")
        if not notes["now"].size:
            axes.text(0.5, 0.5, "they look at no picture", ha="center", size=12)
            axes.axis("off")
            return
        rows = np.unique(np.linspace(0, len(notes["moment"]) - 1, self.ROWS - 1).astype(int))
        shown = np.pad(
            np.concatenate([notes["filters"][rows], notes["now"][None]]),
            ((0, 0), (0, 0), (0, 1), (0, 1)), constant_values=np.nan,
        )  # fmt: skip
        R, F, KH, KW = shown.shape
        largest = np.nanmax(np.abs(shown))
        axes.imshow(
            shown.transpose(0, 2, 1, 3).reshape(R * KH, F * KW)[:-1, :-1],
            cmap="RdBu_r", vmin=-largest, vmax=largest, interpolation="nearest",
        )  # fmt: skip
        names = [*(str(moment) for moment in notes["moment"][rows]), "now"]
        axes.set(xticks=(), yticks=np.arange(R) * KH + KH / 2 - 1, yticklabels=names)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)

    def _probabilities(self, cell, notes, k):
        """Draw one digit, and what the network has made of it over time."""
        picture, chart = cell.subgridspec(1, 2, width_ratios=(1, 2.2), wspace=0.25).subplots()
        picture.imshow(notes["digits"][k], cmap="gray_r")
        picture.axis("off")
        proba = notes["proba"][:, k].T
        end = notes["epoch"][-1] if proba.size else 1
        chart.imshow(
            proba if proba.size else np.zeros((1, 1)), extent=(0, end, len(proba) - 0.5, -0.5),
            cmap="Blues", vmin=0, vmax=1, aspect="auto", interpolation="nearest",
        )  # fmt: skip
        chart.set_yticks(range(len(proba)))
        chart.tick_params(labelsize=6, length=0, pad=1)


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure as a PNG, whole or not at all."""
    with atomic_write(path) as file:
        figure.savefig(file, format="png", dpi=110)
