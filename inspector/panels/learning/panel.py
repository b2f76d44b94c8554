"""Panel: how the network learns from this drawing. Gradients, step by step, and what if."""

import time
import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

import numpy as np

from inspector.drawing import Snapshot
from inspector.idle import IdleWork, Later
from inspector.panels.learning.controls import OWN, Controls, bar_at
from inspector.panels.learning.keys import bind_keys
from inspector.panels.learning.layout import GRADIENTS
from inspector.panels.learning.pass_view import PassView
from inspector.panels.learning.report import Report, sample_digit
from inspector.panels.learning.rows import Spot
from inspector.panels.learning.scene import Scene
from inspector.panels.learning.sheet import LearningSheet
from inspector.panels.learning.slope import WAITING, SlopeMeter, compared
from inspector.panels.learning.state import Lesson
from inspector.panels.learning.step import StepView
from inspector.panels.learning.steps import Player

TICK = 33  # milliseconds between two pictures of the player
PASS_SHARE = 0.6  # of the panel's width, until the user moves the sash


class LearningPanel(ttk.Frame):
    """Values and gradients on the left; on the right one number, or what a step changed.

    Parameters
    ----------
    parent : tk.Misc
    on_hover : callable
        Called with a description of the number under the pointer, "" without one.
    on_change : callable
        Called to have the window refreshed, after the network or the label changed.

    Attributes
    ----------
    lesson : Lesson
    player : Player
    controls : Controls
    pass_view : PassView
    sheet : LearningSheet
    step : StepView
    scene : Scene
        The rows, and the number that is written out.
    """

    title = "Learning"

    def __init__(
        self, parent: tk.Misc, on_hover: Callable[[str], None], on_change: Callable[[], None]
    ) -> None:
        super().__init__(parent)
        self.lesson, self.player, self.scene = Lesson(), Player(), Scene()
        self._snapshot: Snapshot | None = None
        self._report: Report | None = None
        self._on_change = on_change
        self._meter, self._reading = SlopeMeter(self), IdleWork(self)
        self._next_picture = Later(self)  # of the player
        self._build(on_hover)
        bind_keys(self)

    def _build(self, on_hover):
        panes = ttk.PanedWindow(self, orient="horizontal")
        self.pass_view = PassView(panes, on_hover, self.select, self.switch)
        self.pages = ttk.Notebook(panes, takefocus=False)
        self.sheet, self.step = LearningSheet(self.pages, self._draw), StepView(self.pages)
        self.pages.add(self.sheet, text="Number")
        self.pages.add(self.step, text="One step")
        self.pages.bind("<<NotebookTabChanged>>", lambda event: self._draw())
        panes.add(self.pass_view, weight=3)
        panes.add(self.pages, weight=2)
        do = {
            "label": lambda: self.name(self.controls.label.get()),
            "train": self._set_mode, "play": self.play, "turn": self.turn, "all": self.show_all,
            "step": self.learn, "undo": self.undo, "back": self.all_back,
        }  # fmt: skip
        self.controls = Controls(self, do)
        self.controls.pack(fill="x")
        panes.pack(fill="both", expand=True)
        self._panes = panes
        panes.bind("<Configure>", self._place_sash)

    @property
    def probabilities(self) -> np.ndarray | None:
        """What the network of the lesson answers, (10,); None for an empty canvas."""
        passed = self.lesson.passed
        blank = self._snapshot is None or self._snapshot.blank or passed is None
        return None if blank else passed.values[-1]

    def show(self, snapshot: Snapshot) -> None:
        """Show the pass of a drawing; a cleared canvas forgets the label."""
        before = self._snapshot
        if snapshot.blank and before is not None and not before.blank:
            self.lesson.label = None
        if before is None or snapshot.network is not before.network:
            self.scene, self._report = Scene(), None
            self.player.go(None)
        if before is None:  # so that the first step need not wait for them
            self._reading.start(map(sample_digit, range(10)), lambda image: None)
        self._snapshot = snapshot
        self.lesson.follow(snapshot)
        moving = before is not None and not np.array_equal(before.drawing, snapshot.drawing)
        self._draw(grids=not moving or self.player.current is not None)

    def pause(self) -> None:
        """Stop the player and the measurement; both are started again by the user."""
        self.player.playing = False
        self._next_picture.stop()
        self._meter.stop()

    @property
    def busy(self) -> bool:
        """Whether a slope is being measured."""
        return self._meter.busy

    def name(self, digit: int) -> None:
        """Say which digit the drawing is; `OWN`: the one that the network reads."""
        self.lesson.label = None if digit == OWN else digit
        self._on_change()

    def name_at(self, event: tk.Event) -> None:
        """Name the digit whose bar was clicked, while this panel is visible."""
        if self.winfo_viewable():
            self.name(bar_at(event.widget, event.x, event.y))

    def select(self, spot: Spot, side: int) -> None:
        """Write out the value or the gradient of a number."""
        self.scene.choose(spot, side, self.player)
        self.pages.select(self.sheet)
        self._draw()

    def switch(self, spot: Spot) -> None:
        """Switch a channel or a weight off, or on again; not a pixel, nor a probability."""
        passed = self.lesson.passed
        if spot.name:
            self.lesson.switch_weight(spot.layer, spot.name, spot.at)
        elif 0 <= spot.layer < len(passed.layers) - 1:
            self.lesson.switch_channel(spot.layer, spot.at[-1])
        else:
            return
        self._on_change()

    def learn(self) -> None:
        """Take one step of learning on the drawing."""
        if self._snapshot is None or self._snapshot.blank:
            return
        self._report = self.lesson.step(self.controls.rate.value)
        self.pages.select(self.step)
        self._on_change()

    def undo(self) -> None:
        """Take back the last step."""
        if self.lesson.undo():
            self._report = None
            self._on_change()

    def all_back(self) -> None:
        """Undo all steps and switch everything on again."""
        if self._snapshot is not None:
            self.lesson.restore()
            self._report = None
            self._on_change()

    def play(self) -> None:
        """Play the pass step by step, or pause."""
        self.player.play()
        self._follow_player()
        self._ticked_at = time.monotonic()
        if self.player.playing:
            self._next_picture.start(TICK, self._tick)

    def turn(self, stages: int) -> None:
        """Go some stages on, or back."""
        self.player.turn(stages)
        self._follow_player()

    def shift(self, positions: int) -> None:
        """Go some positions of the window on, or back."""
        self.player.shift(positions)
        self._follow_player()

    def show_all(self) -> None:
        """Leave the step-by-step view."""
        self.player.go(None)
        self._draw()

    def _tick(self):
        """Advance the player by the time that has passed, and show it."""
        if not self.player.playing:
            return
        now = time.monotonic()
        self.player.advance(now - self._ticked_at, self.controls.speed.value)
        self._ticked_at = now
        self._next_picture.start(TICK, self._tick)
        self._follow_player()

    def _follow_player(self):
        """Show the stage of the player."""
        if self.player.current is not None:
            self.pages.select(self.sheet)
        self._draw()

    def _set_mode(self):
        self.lesson.train = self.controls.train.get()
        self._on_change()

    def _draw(self, grids=True):
        """Bring everything up to date with the lesson and the player.

        Grids of numbers take long to draw, and nobody can read them while the pen moves.
        """
        snapshot, passed = self._snapshot, self.lesson.passed
        if snapshot is None or passed is None:
            return
        self.scene.update(snapshot.network, passed, self.player)
        stage, rate = self.player.current, self.controls.speed.value
        off = [Spot(*key) for key in self.lesson.off]
        rows, shown, frames = self.scene.visible(passed, self.player)
        self.pass_view.show(
            rows, snapshot.palette, shown, frames, off, stage is not None, self.lesson.version
        )
        self._write(passed, self.player.share(rate), WAITING, grids)
        self._measure(passed, grids)

    def _write(self, passed, share, slope, grids=True):
        snapshot = self._snapshot
        if str(self.pages.select()) == str(self.step):
            self.step.show(self._report, snapshot.palette)
        else:
            slope = slope if share == 1 else ""
            self.sheet.show(
                snapshot.network, passed, self.scene.spot, self.scene.side, snapshot.palette,
                share, slope, self.player.describe(passed), self.player.stop,
                grids,
            )  # fmt: skip
        controls = self.controls
        controls.label.set(OWN if self.lesson.label is None else self.lesson.label)
        changed = ", changed" if self.lesson.changed else ""
        text = f"loss {passed.loss:.4f}{changed}"
        controls.loss["text"] = "nothing drawn yet" if snapshot.blank else text
        controls.buttons["play"]["text"] = "Pause" if self.player.playing else "Play"

    def _measure(self, passed, complete):
        """When the pen rests, measure the slope of the chosen number and draw its grids."""
        self._meter.stop()
        spot = self.scene.spot
        is_gradient = self.scene.side == GRADIENTS
        if spot is None or self.player.playing or (complete and not is_gradient):
            return

        def show(measured):
            found = self.sheet.found
            slope = "" if found is None else compared(found.value, measured)
            self._write(passed, 1.0, slope)

        self._meter.start(passed, spot, show)

    def _place_sash(self, event):
        """Place the sash once; afterwards the user moves it."""
        if event.width > 100:
            self._panes.unbind("<Configure>")
            self._panes.sashpos(0, round(event.width * PASS_SHARE))
