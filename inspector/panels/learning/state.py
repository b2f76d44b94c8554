"""What the Learning panel works on: a copy of the network that learns, and can lose its parts.

The copy is in float64, so that its gradients agree with measured slopes to many digits. The
network of the window itself never changes.
"""

import numpy as np

from inspector.drawing import Snapshot
from inspector.network import Network
from inspector.panels.learning.report import Report, most_changed, sample_digits
from inspector.threads import one_thread
from nn import SGD, Sequential
from nn.explain.backward import BackwardPass, backward_pass, exact

UNDO = 50  # steps that can be taken back; each keeps all weights

Key = tuple[int, str, tuple[int, ...]]  # layer, parameter, index: one weight


class Lesson:
    """A copy of a network, the right answer for the drawing, and what was done to the copy.

    Attributes
    ----------
    network : Network or None
        The network that was copied.
    model : Sequential
        The copy, in float64.
    label : int or None
        The right digit; None until the user has named it.
    train : bool
        Whether BatchNorm and Dropout work as in training.
    masks : dict of int to ndarray
        See `nn.explain.backward.BackwardPass`.
    off : dict of (layer, name, index) to float
        The weights that are switched off, with the value to restore.
    passed : BackwardPass or None
        Of the last drawing.
    version : int
        Grows with every change of the copy's parameters.
    """

    def __init__(self) -> None:
        self.network: Network | None = None
        self.model = Sequential([])
        self.label: int | None = None
        self.train = False
        self.masks: dict[int, np.ndarray] = {}
        self.off: dict[Key, float] = {}
        self.passed: BackwardPass | None = None
        self.version = 0
        self._history: list[tuple[dict[str, np.ndarray], dict[Key, float]]] = []
        self._steps = 0
        self._source: dict[str, np.ndarray] = {}
        self._image = np.zeros((28, 28, 1))

    def follow(self, snapshot: Snapshot) -> BackwardPass:
        """Run the drawing forward and backward; begin again if the network is another one.

        Until the label is named, the network's own answer counts as right.
        """
        model = snapshot.network.model
        source = {**model.named_params(), **model.named_state()}
        if snapshot.network is not self.network or not _equal(source, self._source):
            self.network = snapshot.network
            self._source = {name: array.copy() for name, array in source.items()}
            self.restore()
        self._image = snapshot.drawing[..., None].astype(np.float64)
        return self.run()

    def run(self) -> BackwardPass:
        """Run the last drawing again."""
        with one_thread():
            self.passed = self._pass(self.label if self.label is not None else 0)
            answer = int(self.passed.values[-1].argmax())
            if self.label is None and answer:
                self.passed = self._pass(answer)
        return self.passed

    def _pass(self, label):
        return backward_pass(self.model, self._image, label, train=self.train, masks=self.masks)

    @property
    def changed(self) -> bool:
        """Whether the copy differs from the network of the window."""
        return bool(self.masks or self.off or self._steps)

    def restore(self) -> None:
        """Undo everything: all steps, and all that was switched off."""
        assert self.network is not None
        self.model = exact(self.network.model)
        self.masks, self.off, self._history, self._steps = {}, {}, [], 0
        self.version += 1

    def switch_channel(self, layer: int, channel: int) -> None:
        """Switch a channel of a layer's output off, or on again."""
        assert self.passed is not None
        entry = layer + 1
        mask = self.masks.get(entry, np.ones(self.passed.values[entry].shape[-1])).copy()
        mask[channel] = 1 - mask[channel]
        self.masks = {**self.masks, entry: mask}
        if mask.all():
            del self.masks[entry]

    def switch_weight(self, layer: int, name: str, at: tuple[int, ...]) -> None:
        """Switch a weight off, which makes it 0, or on again."""
        array, key = self.model.layers[layer].params[name], (layer, name, at)
        if key in self.off:
            array[at] = self.off.pop(key)
        else:
            self.off[key], array[at] = float(array[at]), 0.0
        self.version += 1

    def step(self, lr: float) -> Report:
        """Take one SGD step on the drawing; weights that are switched off stay 0."""
        with one_thread():
            return self._step(lr)

    def _step(self, lr):
        before, params = self.run(), self.model.named_params()
        old = {name: w.copy() for name, w in params.items()}
        grads = Sequential(before.layers).named_grads()
        samples_before = self._read_samples()
        SGD(lr).step({name: params[name] for name in grads}, grads)
        for layer, name, at in self.off:
            params[f"{layer}.{name}"][at] = 0.0
        self._history = [*self._history[1 - UNDO :], (old, dict(self.off))]
        self._steps += 1
        self.version += 1
        after = self._pass(before.label)
        samples = [samples_before, self._read_samples()]
        digits = np.array([digit for digit, _ in sample_digits()], int)
        right = [p[np.arange(len(digits)), digits] for p in samples]
        return Report(
            self._steps, lr, before.label, (before.loss, after.loss),
            -lr * float(sum((dw * dw).sum() for dw in grads.values())),
            (before.values[-1], after.values[-1]), most_changed(old, params),
            np.stack(right, axis=1), np.stack([p.argmax(axis=1) for p in samples], axis=1),
        )  # fmt: skip

    def undo(self) -> bool:
        """Take back the last step; return whether there was one to take back."""
        if not self._history:
            return False
        old, off = self._history.pop()
        params = self.model.named_params()
        for name, w in old.items():
            params[name][...] = w
        for layer, name, at in off.keys() | self.off.keys():
            array, key = params[f"{layer}.{name}"], (layer, name, at)
            value = off.get(key, float(array[at]))  # of the weight while it was on
            if key in self.off:
                self.off[key], value = value, 0.0
            array[at] = value
        self._steps -= 1
        self.version += 1
        return True

    def _read_samples(self):
        """Return the probabilities (N, 10) of the sample digits, with the masks, in use."""
        images = np.array([image for _, image in sample_digits()]).reshape(-1, 28, 28, 1)
        x = images.astype(np.float64)
        for i, layer in enumerate(self.model.layers):
            x = layer.forward(x)
            if i + 1 in self.masks:
                x = x * self.masks[i + 1]
        return x


def _equal(first, second):
    return first.keys() == second.keys() and all(
        np.array_equal(array, second[name]) for name, array in first.items()
    )
