"""Ten classic bugs, each a small edit of one file of `nn`, for the gradient check to catch.

The exercises of docs/tour.md are these bugs as diffs; after a change of either,
``python -m tests.nn.bugs`` writes them again.
"""

import difflib
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]


class Bug(NamedTuple):
    """A bug: in ``file`` each first text becomes the second; the check's ``case`` should fail."""

    name: str
    case: str
    file: str
    edits: tuple[tuple[str, str], ...]

    def plant(self, source: str) -> str:
        """Return the file's source with the bug in it; each right text stands in it just once."""
        for right, wrong in self.edits:
            assert source.count(right) == 1, f"{self.file} no longer says {right!r} once"
            source = source.replace(right, wrong)
        return source

    def diff(self) -> str:
        """Return the bug as ``git apply`` takes it."""
        right = (ROOT / "nn" / self.file).read_text(encoding="utf-8")
        lines = (text.splitlines(keepends=True) for text in (right, self.plant(right)))
        # One line about each change: a change elsewhere in the file leaves the diff as it is.
        return "".join(difflib.unified_diff(*lines, f"a/nn/{self.file}", f"b/nn/{self.file}", n=1))


BUGS = (
    Bug(
        "a transposed kernel",
        "Conv2D",
        "layers/conv.py",
        (
            (
                "dcols = drows @ w.reshape(KH * KW * C, OC).T",
                "dcols = drows @ w.transpose(1, 0, 2, 3).reshape(KH * KW * C, OC).T",
            ),
        ),
    ),
    Bug(
        "stride forgotten in backward",
        "Conv2D stride 2",
        "layers/im2col.py",
        (
            (
                "padded[:, *_tap(window, i, j, OH, OW)] += cols[:, :, :, i, j, :]",
                "padded[:, i : i + OH, j : j + OW] += cols[:, :, :, i, j, :]",
            ),
        ),
    ),
    Bug(
        "= for += in overlapping windows",
        "Conv2D",
        "layers/im2col.py",
        (
            (
                "padded[:, *_tap(window, i, j, OH, OW)] += cols[:, :, :, i, j, :]",
                "padded[:, *_tap(window, i, j, OH, OW)] = cols[:, :, :, i, j, :]",
            ),
        ),
    ),
    Bug(
        "bias summed over the wrong axes",
        "Conv2D",
        "layers/conv.py",
        (('self.grads["b"] = drows.sum(axis=0)', 'self.grads["b"] = dout.sum(axis=(0, 1))[0]'),),
    ),
    Bug(
        "softmax's cross term dropped",
        "Softmax",
        "layers/activation.py",
        (
            (
                "return out * (dout - (dout * out).sum(axis=1, keepdims=True))",
                "return out * (1 - out) * dout",
            ),
        ),
    ),
    Bug(
        "BatchNorm's mean term dropped",
        "BatchNorm image",
        "layers/batchnorm.py",
        (("(dout - through_mean - through_var)", "(dout - through_var)"),),
    ),
    Bug(
        "full gradient to every tied maximum",
        "MaxPool2D ties",
        "layers/pool.py",
        (
            (
                "return out, (winner, x.shape)",
                "return out, (cols == out[:, :, :, None, :], x.shape)",
            ),
            (
                "np.put_along_axis(dcols, winner, dout[:, :, :, None, :], axis=3)",
                "dcols += winner * dout[:, :, :, None, :]",
            ),
        ),
    ),
    Bug(
        "dropout unscaled",
        "Dropout",
        "layers/dropout.py",
        (("return dout * scale", "return dout * (scale > 0)"),),
    ),
    Bug(
        "label smoothing ignored in backward",
        "Loss smoothed",
        "loss.py",
        (
            (
                "return (softmax(logits) - target) / len(logits)",
                "return (softmax(logits) - target.round()) / len(logits)",
            ),
        ),
    ),
    Bug(
        "gradient not divided by N",
        "Loss",
        "loss.py",
        (("return (softmax(logits) - target) / len(logits)", "return softmax(logits) - target"),),
    ),
)

EXERCISES = dict(
    zip(
        ("01-ant", "02-bee", "03-cricket", "04-dragonfly", "05-earwig", "06-firefly", "07-gnat",
         "08-hornet", "09-ichneumon", "10-june-beetle"),
        BUGS,
        strict=True,
    )
)  # fmt: skip
"""The bugs under names that do not give them away."""

if __name__ == "__main__":
    for name, bug in EXERCISES.items():
        (ROOT / "docs" / "exercises" / f"{name}.diff").write_text(bug.diff(), encoding="utf-8")
