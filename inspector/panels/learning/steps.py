"""A pass step by step: the stages forward and backward, and the position within one.

A stage computes one row of `inspector.panels.learning.rows`: a layer's output, the gradient of its
parameter, or the gradient of its input. A stage with a window goes through the positions one by
one; one of few numbers, number by number; any other in one step.
"""

from dataclasses import dataclass
from typing import Literal

from inspector.panels.learning.layout import Shown
from inspector.panels.learning.rows import Row
from nn import Conv2D
from nn.explain.backward import BackwardPass

Kind = Literal["forward", "dw", "dx"]
FEW = 16  # numbers of a row without a map that are shown one by one
COMPLETE = 0.999  # position of a sum that is complete, of the first number
FAST = 12  # positions per second from which no sum is seen to build up
WHOLE = 1.5  # positions per second, at most, of stages of one position: the eye has to follow


@dataclass(frozen=True)
class Stage:
    """One step of a pass.

    Attributes
    ----------
    kind : str
        "forward": the values of `row`; "dw" or "dx": its gradients.
    layer : int
        The layer that computes; the number of layers stands for the softmax and the loss.
    row : int
        Index of the row that is computed.
    positions : int
    adds : bool
        Whether the positions are stops that add up to every number of the row (a kernel's
        gradient); otherwise each is a number of the row.
    """

    kind: Kind
    layer: int
    row: int
    positions: int
    adds: bool = False


def stages_of(rows: list[Row], passed: BackwardPass) -> list[Stage]:
    """Return all stages: forward through the layers, then back, parameters before inputs."""
    outputs = {row.layer: i for i, row in enumerate(rows) if not row.name}
    last = len(passed.layers)
    found = [_stage("forward", i, outputs[i], rows, passed) for i in range(last + 1)]
    found.append(_stage("dx", last + 1, outputs[last], rows, passed))
    for i in reversed(range(last + 1)):
        for index, row in enumerate(rows):
            if row.layer == i and row.name:
                found.append(_stage("dw", i, index, rows, passed))
        found.append(_stage("dx", i, outputs[i - 1], rows, passed))
    return found


def _stage(kind, layer, index, rows, passed):
    each = passed.layers[layer] if layer < len(passed.layers) else None
    if kind == "dw" and rows[index].name == "w" and isinstance(each, Conv2D):
        OH, OW, _ = passed.values[layer + 1].shape
        return Stage(kind, layer, index, OH * OW, adds=True)
    H, W, C = rows[index].indices.shape
    slides = C <= FEW if (H, W) == (1, 1) else hasattr(each, "window")
    return Stage(kind, layer, index, 1 if not slides else C if H * W == 1 else H * W)


class Player:
    """Which stage is shown, and how far it is.

    Attributes
    ----------
    stages : list of Stage
    stage : int or None
        Index of the stage shown; None: everything is shown.
    position : float
        Within the stage: 3.5 is half way through the sum of position 3.
    playing : bool
    """

    def __init__(self) -> None:
        self.stages: list[Stage] = []
        self.stage: int | None = None
        self.position = 0.0
        self.playing = False

    @property
    def current(self) -> Stage | None:
        """The stage shown."""
        return None if self.stage is None else self.stages[self.stage]

    @property
    def at(self) -> int:
        """The position shown."""
        stage = self.current
        return 0 if stage is None else min(int(self.position), stage.positions - 1)

    @property
    def stop(self) -> int | None:
        """The stop shown, in a stage whose stops add up."""
        stage = self.current
        return self.at if stage is not None and stage.adds else None

    def play(self) -> None:
        """Start, go on or pause."""
        self.playing = not self.playing
        if self.playing and self.stage is None:
            self.go(0)

    def go(self, stage: int | None) -> None:
        """Show a stage from its start; None: everything. Beyond the last, everything."""
        beyond = stage is None or not self.stages or stage >= len(self.stages)
        self.stage = None if beyond or stage is None else max(stage, 0)
        self.playing = self.playing and not beyond
        self.position = 0.0 if self.playing else COMPLETE

    def turn(self, stages: int) -> None:
        """Go some stages on, or back."""
        if self.stage is None:
            self.go(0 if stages > 0 else len(self.stages) - 1)
        else:
            self.go(self.stage + stages)

    def shift(self, positions: int) -> None:
        """Go some positions on, or back, within the stage; pause."""
        if self.stage is None:
            self.go(0)
        self.jump(self.at + positions)

    def jump(self, position: int) -> None:
        """Go to a position within the stage; pause."""
        stage = self.current
        self.playing = False
        if stage is not None:
            self.position = min(max(position, 0), stage.positions - 1) + COMPLETE

    def share(self, speed: float) -> float:
        """Return the share of a position's sum built up so far: 1 in the last fifth of its time."""
        stage = self.current
        if stage is None or stage.positions == 1 or (self.playing and speed >= FAST):
            return 1.0
        return min(1.0, 1.25 * (self.position - self.at))

    def advance(self, seconds: float, speed: float) -> None:
        """Go on in time, at ``speed`` positions per second."""
        while self.playing and seconds > 0:
            stage = self.current
            if stage is None:
                return
            rate = speed if stage.positions > 1 else min(speed, WHOLE)
            needed = (stage.positions - self.position) / rate
            if seconds < needed:
                self.position += seconds * rate
                return
            seconds -= needed
            assert self.stage is not None
            self.go(self.stage + 1)

    def shown(self, rows: list[Row]) -> Shown:
        """Return how much of each row is shown, as `PassView.show` takes it."""
        stage = self.current
        if stage is None or self.stage is None:
            return {}
        limits: dict[tuple[int, bool], int | None] = {}
        for later in self.stages[self.stage + 1 :]:
            limits[later.row, later.kind != "forward"] = -1
        whole = stage.positions == 1 or stage.adds
        limits[stage.row, stage.kind != "forward"] = None if whole else self.at
        return {i: (limits.get((i, False)), limits.get((i, True))) for i in range(len(rows))}

    def focus(self, rows: list[Row]) -> list[int]:
        """Return the indices of the rows that the stage is about; all without a stage.

        They are the layer's input, its parameters and its output, in the order of the rows.
        """
        stage = self.current
        if stage is None:
            return list(range(len(rows)))
        layers = stage.layer - 1, stage.layer
        return [
            i for i, row in enumerate(rows)
            if row.layer == layers[1] or (row.layer == layers[0] and not row.name)
        ]  # fmt: skip

    def describe(self, passed: BackwardPass) -> str:
        """Return what happens in the stage, in one line; "" without a stage."""
        stage = self.current
        if stage is None or self.stage is None:
            return ""
        text = f"{self.stage + 1} of {len(self.stages)}: {_says(stage, passed)}"
        if stage.positions > 1:
            text += f" ({self.at + 1} of {stage.positions})"
        return text


def _says(stage, passed):
    last = len(passed.layers)
    if stage.layer > last:
        return "back, the loss: dp, the gradient for the probabilities"
    if stage.layer == last:
        if stage.kind == "forward":
            return "forward, softmax: logits become probabilities"
        return "back, softmax and loss: p - y"
    layer = f"layer {stage.layer} {type(passed.layers[stage.layer]).__name__}"
    layer = layer.replace("FrozenBatchNorm", "BatchNorm")
    window = hasattr(passed.layers[stage.layer], "window")
    if stage.kind == "forward":
        return f"forward, {layer}" + (": the window slides" if window else "")
    if stage.adds:
        return f"back, {layer}: dw, each stop adds its patch times its gradient"
    if stage.kind == "dw":
        return f"back, {layer}: the gradient of its parameters"
    return f"back, {layer}: dx" + (", the stops over a pixel add up" if window else "")
