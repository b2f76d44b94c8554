"""Notes of a run: how its network learned, in the file ``watch.npz`` of the run's folder.

Notes are a dict of arrays. T is the number of notes, D of digits, K of classes, L of layers with
weights, F of filters shown, M of epochs with filters, E of validated epochs.

==============  ================  =============================================================
``step``        (T,)              step of the optimizer
``epoch``       (T,)              the same in epochs: 1.5 is the middle of the second
``loss``        (T,)              mean over the training batches since the previous note
``accuracy``    (T,)              of the training images since the previous note, in [0, 1]
``ratio``       (T, L)            update-to-weight ratio: norm of a step / norm of the weights;
                                  NaN if it was not measured
``proba``       (T, D, K)         the network's probabilities for ``digits``
``moment``      (M,)              finished epochs when ``filters`` were noted
``filters``     (M, F, KH, KW)    the first layer's filters; F is 0 if they are not over pixels
``now``         (F, KH, KW)       the latest filters
``digits``      (D, H, W)         the images that are followed
``labels``      (D,)              their labels
``layers``      (L,)              names of the layers with weights
``validation``  (E, 2)            validation loss and accuracy after each epoch
==============  ================  =============================================================
"""

from pathlib import Path

import numpy as np

from nn.saving.atomic import atomic_write
from nn.saving.npz import read_arrays

Notes = dict[str, np.ndarray]

FILE = "watch.npz"
PER_NOTE = ("step", "epoch", "loss", "accuracy", "ratio", "proba")
PER_MOMENT = ("moment", "filters")
SERIES = (*PER_NOTE, *PER_MOMENT)
OTHERS = ("digits", "labels", "layers", "now", "validation")

AXES = {
    "step": "T", "epoch": "T", "loss": "T", "accuracy": "T", "ratio": "TL", "proba": "TDK",
    "moment": "M", "filters": "MFHW", "now": "FHW", "digits": "DYX", "labels": "D", "layers": "L",
    "validation": "E2",
}  # fmt: skip
"""Axes of each array; those of one letter are equally long."""

LIMITS = {"T": 1_000_000, "L": 1000, "D": 100, "K": 100, "M": 10_000, "F": 100, "H": 64, "W": 64,
          "Y": 256, "X": 256, "E": 10_000, "2": 2}  # fmt: skip
"""Longest axes that are drawn."""

MAX_BYTES = 128 << 20
"""Size of all notes."""


def read(folder: Path) -> Notes:
    """Read the notes of a run.

    Raises
    ------
    OSError
        If there are none, or they cannot be read.
    ValueError
        If the file does not hold notes.
    """
    path = folder / FILE
    try:
        notes = read_arrays(path, MAX_BYTES)
    except ValueError as error:
        raise ValueError(f"{path}: not the notes of a run: {error}") from None
    if notes.keys() != {*SERIES, *OTHERS}:
        raise ValueError(f"{path}: not the notes of a run")
    if problem := _problem(notes):
        raise ValueError(f"{path}: not the notes of a run: {problem}")
    return notes


def _problem(notes: Notes) -> str | None:
    """Return what is wrong with the shapes and dtypes of notes, or None."""
    lengths = {"2": 2}
    for name, axes in AXES.items():
        array = notes[name]
        empty = array.shape == (0,) and name in SERIES  # of a list without entries
        if array.dtype.kind not in ("U" if name == "layers" else "iuf"):
            return f"{name} holds {array.dtype}"
        if array.ndim != len(axes) and not empty:
            return f"{name} has shape {array.shape}"
        for axis, length in zip(axes, array.shape, strict=False):
            if length > LIMITS[axis] or lengths.setdefault(axis, length) != length:
                return f"{name} has shape {array.shape}"
    return None


def write(folder: Path, notes: Notes) -> None:
    """Write the notes of a run; a process that reads them meanwhile gets the old or the new file.

    It does not wait for the disk: notes may be lost in a power failure.
    """
    with atomic_write(folder / FILE, durable=False) as file:
        np.savez(file, **notes)


def first(notes: Notes, count: int) -> Notes:
    """Return the notes as they were when ``count`` had been taken, but for filters and epochs."""
    return notes | {name: notes[name][:count] for name in PER_NOTE}


def until(notes: Notes, epoch: int) -> Notes:
    """Return the notes as they were after an epoch.

    ``now`` stays as it is if no filters had been noted by then.
    """
    noted, kept = notes["epoch"] <= epoch, notes["moment"] <= epoch
    now = notes["filters"][kept][-1] if kept.any() else notes["now"]
    return (
        notes
        | {name: notes[name][noted] for name in PER_NOTE}
        | {name: notes[name][kept] for name in PER_MOMENT}
        | {"now": now, "validation": notes["validation"][:epoch]}
    )
