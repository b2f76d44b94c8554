"""Charts of a network as it learns: curves, update ratios, filters and probabilities."""

import numpy as np
from matplotlib.figure import Figure

from experiment.notes import Notes


class Learning:
    """A figure that is redrawn from the notes of a run; `experiment.notes` lists their arrays.

    Attributes
    ----------
    figure : matplotlib Figure
    """

    ROWS = 6  # of filters: five epochs and the latest
    GOOD_RATIO = 1e-3  # a rule of thumb: far above it training is unstable, far below it is slow

    def __init__(self):
        self.figure = Figure(figsize=(13, 7.5), dpi=90)

    def show(self, notes: Notes) -> None:
        """Draw notes in place of the previous ones."""
        self.figure.clear()
        if not len(notes["epoch"]) or not len(notes["moment"]):
            self.figure.text(0.5, 0.5, "no data yet", ha="center", size=12)
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
        self.figure.text(0.69, 0.467, "probabilities of ten digits, by epoch", ha="center", size=12)

    def _curve(self, axes, notes, name, validated):
        """Draw the loss or the accuracy: of training batches and of the validation set."""
        axes.plot(notes["epoch"], notes[name], lw=0.8, label="training (as it learns)")
        epochs = np.arange(1, len(validated) + 1)
        axes.plot(epochs, validated, "s-", ms=4, label="validation")
        axes.set_title(name)
        axes.grid(alpha=0.3)
        axes.legend(loc="upper right" if name == "loss" else "lower right")

    def _ratios(self, axes, notes):
        """Draw each layer's update-to-weight ratio."""
        axes.semilogy(notes["epoch"], notes["ratio"], lw=0.8, label=list(notes["layers"]))
        axes.axhline(self.GOOD_RATIO, color="grey", ls=":")
        axes.set_title("update-to-weight ratio")
        axes.grid(alpha=0.3)
        axes.legend(loc="upper right")

    def _filters(self, axes, notes):
        """Draw the first layer's filters: a row for each of a few epochs, then the latest."""
        axes.set_title("first-layer filters, by epoch")
        if not notes["now"].size:
            axes.text(0.5, 0.5, "not filters over pixels", ha="center", size=12)
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
        """Draw digit ``k`` and its class probabilities over time."""
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
