"""Charts of a network as it learns: curves, update ratios, filters and probabilities.

The axes are built once; after that, new notes only move what is in them. So a window draws a
frame in some hundredths of a second.
"""

import numpy as np
from matplotlib.artist import Artist
from matplotlib.figure import Figure

from experiment.charts import TRAINING, VALIDATION, signed_colours
from experiment.notes import Notes

COLOURS = signed_colours()


class Learning:
    """A figure that is redrawn from the notes of a run; `experiment.notes` lists their arrays.

    Attributes
    ----------
    figure : matplotlib Figure
    moving : list of Artist
        What new notes change; everything else stays until `show` returns True.
    """

    ROWS = 6  # of filters: five epochs and the latest
    GOOD_RATIO = 1e-3  # a rule of thumb: far above it training is unstable, far below it is slow

    def __init__(self):
        self.figure = Figure(figsize=(13, 7.5), dpi=90)
        self.moving: list[Artist] = []
        self._built: tuple | None = None  # what the axes were built for
        self._limits: tuple | None = None

    def show(self, notes: Notes) -> bool:
        """Draw notes in place of the previous ones; return whether anything else has moved."""
        if not len(notes["epoch"]) or not len(notes["moment"]):
            self._clear(None)
            self.figure.text(0.5, 0.5, "no data yet", ha="center", size=12)
            return True
        epochs = int(np.ceil(notes["epoch"][-1]))
        moments = len(notes["moment"]) if notes["now"].size else 0
        structure = epochs, moments, len(notes["layers"]), len(notes["labels"])
        built = structure != self._built
        if built:
            self._clear(structure)
            self._build(notes, epochs)
        self._update(notes)
        limits = self._set_limits(notes)
        moved = built or limits != self._limits
        self._limits = limits
        return moved

    def _clear(self, structure):
        self.figure.clear()
        self.moving, self._built, self._limits = [], structure, None

    def _build(self, notes, epochs):
        """Add all axes, for a number of epochs."""
        upper, lower = self.figure.add_gridspec(
            2, 1, left=0.05, right=0.985, top=0.95, bottom=0.035, hspace=0.22
        )
        self._curves = upper.subgridspec(1, 3, wspace=0.2).subplots()
        self._lines = []
        for axes, name in zip(self._curves, ("loss", "accuracy"), strict=False):
            self._lines.append(axes.plot([], [], lw=0.8, label=TRAINING[name])
                               + axes.plot([], [], "s-", ms=4, label=VALIDATION))  # fmt: skip
            axes.set_title(name)
        ratios = self._curves[2]
        self._lines.append([ratios.semilogy([], [], lw=0.8, label=name)[0]
                            for name in notes["layers"]])  # fmt: skip
        ratios.axhline(self.GOOD_RATIO, color="grey", ls=":")
        ratios.set_title("update-to-weight ratio")
        for axes, place in zip(self._curves, ("upper", "lower", "upper"), strict=True):
            axes.autoscale(False)
            axes.set_xlim(0, epochs)
            axes.grid(alpha=0.3)
            axes.legend(loc=f"{place} right", fontsize="small")
        left, right = lower.subgridspec(1, 2, width_ratios=(1, 1.9), wspace=0.1)
        self._build_filters(self.figure.add_subplot(left), notes)
        self._bars = []
        for k, cell in enumerate(right.subgridspec(2, 5, hspace=0.25, wspace=0.25)):
            if k < len(notes["labels"]):
                self._bars.append(self._build_probabilities(cell, notes, k, epochs))
        self.figure.text(0.69, 0.467, "probabilities of ten digits, by epoch", ha="center", size=12)
        self.moving = [line for lines in self._lines for line in lines] + self._bars
        if self._filters is not None:
            self.moving.append(self._filters)

    def _update(self, notes):
        """Move the curves, the latest filters and the probabilities."""
        for lines, column, name in zip(self._lines, (0, 1), ("loss", "accuracy"), strict=False):
            validated = notes["validation"][:, column]
            lines[0].set_data(notes["epoch"], notes[name])
            lines[1].set_data(np.arange(1, len(validated) + 1), validated)
        for line, ratio in zip(self._lines[2], notes["ratio"].T, strict=True):
            line.set_data(notes["epoch"], ratio)
        if self._filters is not None:
            self._filters.set_data(self._filter_rows(notes))
        for k, image in enumerate(self._bars):
            proba = notes["proba"][:, k].T
            image.set_data(proba)
            image.set_extent((0, notes["epoch"][-1], len(proba) - 0.5, -0.5))

    def _set_limits(self, notes):
        """Set the limits of the curves' heights, in steps; return them."""
        losses = np.concatenate([notes["loss"], notes["validation"][:, 0]])
        right = np.concatenate([notes["accuracy"], notes["validation"][:, 1]])
        ratios = notes["ratio"][np.isfinite(notes["ratio"]) & (notes["ratio"] > 0)]
        exponents = np.log10(np.append(ratios, self.GOOD_RATIO))
        top = 0.5 * np.ceil(2.05 * np.nanmax(losses, initial=0.2))
        low = 0.1 * np.floor(10 * np.nanmin(right, initial=0.9))
        limits = (0, top), (low, 1.01), tuple(
            10.0 ** end for end in (np.floor(exponents.min()), np.ceil(exponents.max() + 0.01))
        )  # fmt: skip
        for axes, limit in zip(self._curves, limits, strict=True):
            axes.set_ylim(limit)
        return limits

    def _build_filters(self, axes, notes):
        """Draw the first layer's filters: a row for each of a few epochs, then the latest."""
        axes.set_title("first-layer filters, by epoch")
        self._filters = None
        if not notes["now"].size:
            axes.text(0.5, 0.5, "not filters over pixels", ha="center", size=12)
            axes.axis("off")
            return
        shown = self._filter_rows(notes)
        self._filters = axes.imshow(
            shown, cmap=COLOURS, vmin=-1, vmax=1, interpolation="nearest"
        )  # fmt: skip
        names = [*(str(moment) for moment in notes["moment"][self._rows(notes)]), "now"]
        KH = notes["now"].shape[1] + 1
        axes.set(xticks=(), yticks=np.arange(len(names)) * KH + KH / 2 - 1, yticklabels=names)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)

    def _rows(self, notes):
        """Return the moments whose filters are shown."""
        return np.unique(np.linspace(0, len(notes["moment"]) - 1, self.ROWS - 1).astype(int))

    def _filter_rows(self, notes):
        """Return the filters side by side, the largest weight 1, with gaps of NaN."""
        shown = np.pad(
            np.concatenate([notes["filters"][self._rows(notes)], notes["now"][None]]),
            ((0, 0), (0, 0), (0, 1), (0, 1)), constant_values=np.nan,
        )  # fmt: skip
        R, F, KH, KW = shown.shape
        rows = shown.transpose(0, 2, 1, 3).reshape(R * KH, F * KW)[:-1, :-1]
        return rows / (np.nanmax(np.abs(shown)) or 1)

    def _build_probabilities(self, cell, notes, k, epochs):
        """Draw digit ``k``; return the picture of its class probabilities over time."""
        picture, chart = cell.subgridspec(1, 2, width_ratios=(1, 2.2), wspace=0.25).subplots()
        picture.imshow(notes["digits"][k], cmap="gray_r")
        picture.axis("off")
        classes = notes["proba"].shape[2]
        image = chart.imshow(
            np.zeros((classes, 1)), cmap="Blues", vmin=0, vmax=1, aspect="auto",
            interpolation="nearest",
        )  # fmt: skip
        chart.set(xlim=(0, epochs), ylim=(classes - 0.5, -0.5), yticks=range(classes))
        chart.tick_params(labelsize=6, length=0, pad=1)
        return image
