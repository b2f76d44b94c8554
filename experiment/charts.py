"""Charts as PNG files: loss and accuracy over the epochs of a run."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inspector.theme.colours import BLUE, ORANGE, WHITE
from nn.saving.atomic import atomic_write

TRAINING = {
    "loss": "training: warped digits, smoothed\nlabels, so above validation",
    "accuracy": "training: warped digits, so below validation",
}
"""What the curves of a training measure."""

VALIDATION = "validation: digits as they are"


def signed_colours() -> Any:
    """Return matplotlib's map of signed numbers: blue below zero, white at zero, orange above."""
    from matplotlib.colors import LinearSegmentedColormap

    ends = [[value / 255 for value in colour] for colour in (BLUE, WHITE, ORANGE)]
    return LinearSegmentedColormap.from_list("signed", ends)


def curves(history: Sequence[dict[str, float]], path: Path) -> None:
    """Draw loss and accuracy over the epochs.

    Parameters
    ----------
    history : sequence of dict
        One row per epoch, with ``epoch``, ``loss``, ``accuracy``, ``val_loss``, ``val_accuracy``.
    path : Path
        The PNG file to write.
    """
    figure = new_figure(figsize=(9, 3.6), layout="constrained")
    epochs = [row["epoch"] for row in history]
    for axes, name, unit in zip(
        figure.subplots(1, 2),
        ("loss", "accuracy"),
        ("nats", "share correct"),
        strict=True,
    ):
        axes.plot(epochs, [row[name] for row in history], "o-", label=TRAINING[name])
        axes.plot(epochs, [row[f"val_{name}"] for row in history], "s-", label=VALIDATION)
        axes.set(xlabel="epoch", ylabel=unit, title=name)
        axes.grid(alpha=0.3)
        # A fixed place: matplotlib's search for the best one can take so long that it warns.
        place = "upper right" if name == "loss" else "lower right"
        axes.legend(loc=place, fontsize="small")
    save_figure(figure, path)


def new_figure(**options: Any) -> Any:
    """Return a matplotlib figure.

    matplotlib is imported here, not at the start: a damaged configuration or a folder that it
    cannot write to must not keep a training from starting.
    """
    from matplotlib.figure import Figure

    return Figure(**options)


def save_figure(figure: Any, path: Path) -> None:
    """Write a figure as a PNG file, atomically."""
    with atomic_write(path) as file:
        figure.savefig(file, format="png", dpi=110)
