"""What teaching gains and what it costs: ``python -m benchmarks.hand FILE``.

FILE holds pen strokes in UNIPEN text that names writers, such as ``pendigits-orig.tra.gz``. Each
writer teaches a network of their own: in the first half of what they drew, each digit that is
misread is corrected, as the window does it, at most five times a digit. The second half is read
before and after. So are MNIST's test images and all digits of the other writers, who did not ask
for a network that reads another hand.

Settings may be chosen with ``--odd``, which leaves out the writers of even numbers and reads
validation images instead of test images.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import weights
from data import mnist
from data.canvas import from_strokes
from data.errors import DataError
from experiment.digits import held_out
from guard.terminal import say
from nn import ModelFileError, Sequential, fuse
from nn.training import vote
from weights.hand import rehearsal
from weights.hand.store import Hand
from weights.hand.teacher import Teacher

from .accuracy.unipen import AS_DRAWN, Written, read
from .results import table, write

MOST = 5
"""Corrections of a digit."""

AT_A_TIME = 128  # images


class Read(NamedTuple):
    """Digits as the vote gets them.

    Attributes
    ----------
    features : ndarray, (N, in_features)
    labels : ndarray of int, (N,)
    """

    features: np.ndarray
    labels: np.ndarray

    def right(self, params: dict[str, np.ndarray]) -> np.ndarray:
        """Return which digits a vote with these parameters reads right, bool (N,)."""
        logits = self.features @ params["w"] + params.get("b", 0)
        return logits.argmax(axis=1) == self.labels


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit status."""
    parser = argparse.ArgumentParser("python -m benchmarks.hand", description=__doc__.split(":")[0])
    add = parser.add_argument
    add("file", type=Path, metavar="FILE", help="pen strokes in UNIPEN text that names writers")
    add("--weights", type=Path, default=weights.SHIPPED, metavar="FILE",
        help="network that is taught (default: the shipped one)")  # fmt: skip
    add("--odd", action="store_true",
        help="to choose settings: only writers of odd numbers, and validation images")  # fmt: skip
    add("--json", type=Path, metavar="FILE", help="write the figures to this file")
    args = parser.parse_args(argv)
    try:
        digits = [d for d in read(args.file) if d.writer > 0 and (d.writer % 2 or not args.odd)]
        if not digits:
            raise DataError(f"{args.file}: names no writers")
        figures = run(weights.load(args.weights), digits, _mnist(args.odd))
    except (DataError, ModelFileError, OSError, ValueError) as error:
        say("benchmarks.hand", error)
        return 2
    if args.json:
        write(args.json, figures)
    return 0


def run(
    model: Sequential, digits: list[Written], images: tuple[np.ndarray, np.ndarray]
) -> dict[str, Any]:
    """Let each writer teach a network; print and return what was measured.

    Parameters
    ----------
    model : Sequential
    digits : list of Written
    images : tuple
        MNIST's images, uint8 (N, 28, 28), and labels, (N,), that are read before and after.
    """
    drawn = Read(
        _features(model, np.stack([from_strokes(_strokes(digit)) for digit in digits])),
        np.array([digit.label for digit in digits]),
    )
    others = Read(_features(model, images[0]), images[1])
    writers = np.array([digit.writer for digit in digits])
    rehearsal.load(model)  # computed once, before the first correction of all
    rows = [
        _teach(model, digits, np.flatnonzero(writers == k), drawn, others)
        for k in np.unique(writers).tolist()
    ]
    _print(rows)
    return {"writers": rows} | _summary(rows)


def _teach(model, digits, mine, drawn, others):
    """Let one writer teach; return the figures.

    ``mine`` holds the indices of the writer's digits among ``digits`` and ``drawn``.
    """
    first, second = np.split(mine, [len(mine) // 2])
    before = model.layers[vote.vote_of(model)].params
    params, counts, seconds, processor = before, [0] * 10, [], []
    with tempfile.TemporaryDirectory() as folder:
        teacher = Teacher(model, Hand(Path(folder, "hand.json")))
        for i in first.tolist():
            label = digits[i].label
            answer = int(_logits(drawn.features[i], params).argmax())
            if answer == label or counts[label] == MOST:
                continue
            counts[label] += 1
            began, began_working = time.perf_counter(), time.process_time()
            taught = teacher.teach(label, answer, _strokes(digits[i]))
            seconds.append(time.perf_counter() - began)
            processor.append(time.process_time() - began_working)
            params = taught.layers[vote.vote_of(taught)].params
    is_other = np.ones(len(digits), bool)
    is_other[mine] = False
    was_right, is_right = drawn.right(before), drawn.right(params)
    return {
        "writer": digits[mine[0]].writer,
        "drawn": len(second),
        "errors_in_all": int((~was_right[mine]).sum()),
        "errors_before": int((~was_right[second]).sum()),
        "errors_after": int((~is_right[second]).sum()),
        "errors_foreseen": sum(counts[k] > 0 for k in drawn.labels[second][~was_right[second]]),
        "corrections": len(seconds),
        "seconds": seconds,
        "processor_seconds": processor,
        "mnist_before": float(others.right(before).mean()),
        "mnist_after": float(others.right(params).mean()),
        "others_before": float(was_right[is_other].mean()) if is_other.any() else 1.0,
        "others_after": float(is_right[is_other].mean()) if is_other.any() else 1.0,
    }


def _summary(rows):
    """Return what is printed below the table."""
    worst = sorted(rows, key=lambda row: (-row["errors_in_all"], row["writer"]))
    worst = worst[: max(1, len(rows) // 3)]
    taught = [row for row in rows if row["corrections"]]
    return {
        "all": _errors(rows),
        "worst_third": _errors(worst) | {"writers": [row["writer"] for row in worst]},
        "foreseen": sum(row["errors_foreseen"] for row in rows),
        "taught": _errors(taught) | {"writers": [row["writer"] for row in taught]},
        "mnist_change": _change(rows, "mnist"),
        "others_change": _change(rows, "others"),
        "mnist_change_of_taught": _change(taught, "mnist"),
        "others_change_of_taught": _change(taught, "others"),
        "seconds": _median_and_longest(rows, "seconds"),
        "processor_seconds": _median_and_longest(rows, "processor_seconds"),
    }


def _median_and_longest(rows, what):
    times = [time for row in rows for time in row[what]]
    return {
        "median": float(np.median(times)) if times else None,
        "longest": max(times, default=None),
    }


def _errors(rows):
    return {name: sum(row[f"errors_{name}"] for row in rows) for name in ("before", "after")}


def _change(rows, what):
    """Return the mean and the least change of an accuracy."""
    changes = [row[f"{what}_after"] - row[f"{what}_before"] for row in rows]
    return {"mean": float(np.mean(changes)) if rows else 0.0, "least": min(changes, default=0.0)}


def _print(rows):
    shown = [
        [
            str(row["writer"]), f"{row['drawn']}", f"{row['errors_before']}",
            f"{row['errors_after']}", f"{row['corrections']}",
            f"{np.median(row['seconds']):.2f} s" if row["seconds"] else "",
            *(f"{100 * _change([row], what)['mean']:+.2f}" for what in ("mnist", "others")),
        ]
        for row in rows
    ]  # fmt: skip
    heads = ["writer", "counted", "errors before", "after", "corrections", "each", "MNIST, points",
             "other writers, points"]  # fmt: skip
    print(table(heads, shown))
    found = _summary(rows)
    for name, title in (
        ("all", f"all {len(rows)} writers"),
        ("worst_third", f"worst third, writers {_numbers(found['worst_third'])}"),
        ("taught", f"writers who corrected something, {_numbers(found['taught'])}"),
    ):
        print(f"{title}: {found[name]['before']} errors before, {found[name]['after']} after")
    print(f"errors at a digit that its writer had corrected before: {found['foreseen']} "
          f"of {found['all']['before']}")  # fmt: skip
    for name, title in (("mnist", "MNIST"), ("others", "other writers")):
        for whom, rest in (("", "mean over all writers"), ("_of_taught", "over those who taught")):
            change = found[f"{name}_change{whom}"]
            print(f"{title}, {rest}: {100 * change['mean']:+.3f} points, "
                  f"least {100 * change['least']:+.2f}")  # fmt: skip
    if found["taught"]["writers"]:
        for what, title in (("seconds", "a correction"), ("processor_seconds", "processor time")):
            print("{}: median {median:.2f} s, longest {longest:.2f} s".format(title, **found[what]))


def _numbers(figures):
    return ", ".join(map(str, figures["writers"])) or "none"


def _strokes(digit):
    """Return a digit's strokes as the window keeps them."""
    return [[(int(x), int(y)) for x, y in stroke] for stroke in AS_DRAWN.strokes(digit.strokes)]


def _features(model, images):
    """Return the inputs of the vote, computed by the fast layers."""
    body = fuse(Sequential(model.layers[: vote.vote_of(model)]))
    x = images.astype(np.float32)[..., None] / (255 if images.dtype == np.uint8 else 1)
    starts = range(0, len(x), AT_A_TIME)
    return np.concatenate([body.forward(x[at : at + AT_A_TIME]).copy() for at in starts])


def _logits(features, params):
    return features @ params["w"] + params.get("b", 0)


def _mnist(odd):
    """Return MNIST's test images, or those training images held out that are not rehearsed."""
    if not odd:
        return mnist.load("test")
    images, labels = mnist.load("train")
    validation, _ = held_out(len(labels))
    kept = np.setdiff1d(validation, rehearsal.chosen(len(labels), rehearsal.COUNT))
    return images[kept], labels[kept]


if __name__ == "__main__":
    sys.exit(main())
