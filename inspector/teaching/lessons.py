"""Teaching in the first window: T and a digit say what the drawing is, and the network learns it.

The training runs in a thread. The first window has no widget for it: its title asks and answers.
"""

import tkinter as tk
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from data.canvas import from_strokes
from data.errors import DataError
from data.segments import strokes as segments
from data.segments.symbols import Symbol
from guard.terminal import one_line, say
from inspector.idle import Later
from inspector.threads import beside_window, one_thread
from nn import Sequential
from weights.hand import store
from weights.hand.drawings import Drawing
from weights.hand.store import Hand
from weights.hand.teacher import Teacher

DIGITS = tuple("0123456789")  # characters of keys
POLL = 20  # milliseconds between two looks at the thread
ASK = "which digit is this? 0 to 9; Backspace takes the last one back"
ASK_ONE = "read as {}; if it is one digit, which? 0 to 9; F2 teaches each digit of a number"
NOTHING_DRAWN = "draw one digit, then teach it"
NO_HAND = "name a file to keep what you teach: --hand FILE"
LEARNING = "learning ..."
SLACK = 1.0  # pixels around a symbol's box in which its strokes are looked for
UNLIKE = 0.02  # mean difference of ink from which strokes are not those of a symbol


class Lessons:
    """What the first window does when it is taught.

    Parameters
    ----------
    app : gui.App
        Its ``model`` is replaced by the network that learned the drawings.

    Attributes
    ----------
    hand : Hand or None
    drawings : list of Drawing
        Those that were taught.
    message : str
        What the title says after "Digits: "; "" for the usual title.
    observers : list of callable
        Called without arguments after every change of these.
    """

    def __init__(self, app: tk.Tk) -> None:
        self.app = app
        self.hand: Hand | None = app.hand
        self.drawings: list[Drawing] = []
        self.message = ""
        self.observers: list[Callable[[], None]] = []
        self._usual = app.title()
        self._asking = False
        self._teacher = None if self.hand is None else Teacher(app.model, self.hand)
        self._pool = ThreadPoolExecutor(1, "lessons")
        self._work: Future | None = None
        self._beside = ExitStack()  # is in `beside_window` while the thread works
        self._waiting: list[tuple] = []  # work that was asked for meanwhile
        self._next_look = Later(app)  # at the thread
        app.bind("<Key>", self._press, add=True)
        app.bind("<Destroy>", lambda event: event.widget is app and self._stop(), add=True)
        app.observers.append(self._drawing_changed)

    @property
    def busy(self) -> bool:
        """Whether the network is still learning."""
        return self._work is not None

    def recall(self) -> None:
        """Use the network that learned the hand's drawings; train it first if that is needed."""
        try:
            taught = self._teacher.recall()
        except (DataError, OSError) as error:
            self._fail(error)
            return
        if taught is None:
            self._start(self._teacher.learn)
        else:
            self._adopt(taught)

    def ask(self) -> None:
        """Ask which digit the drawing is; the next key answers."""
        if self.hand is None:
            self.say(NO_HAND)
            return
        self._asking = True
        if not self.app.strokes:
            self.say(NOTHING_DRAWN)
            return
        try:
            reading = segments.find(self.app.strokes, self.app.model.predict_proba)
        except FloatingPointError as error:
            self.say(str(error))
            return
        self.say(ASK if len(reading.symbols) == 1 else ASK_ONE.format(reading.text))

    def teach(self, label: int, symbol: Symbol | None = None) -> None:
        """Teach the network that the drawing, or one symbol of it, is a certain digit."""
        strokes = [list(stroke) for stroke in self.app.strokes]
        if self.hand is None or not strokes:
            self.say(NO_HAND if self.hand is None else NOTHING_DRAWN)
            return
        if symbol is not None:
            strokes = strokes_of(symbol, strokes)
            if strokes is None:
                self.say("this digit shares a stroke with another; draw it alone to teach it")
                return
        (answer,) = self.app.model.predict_proba(from_strokes(strokes)[None])
        self._start(self._teacher.teach, label, int(answer.argmax()), strokes)

    def change(self, change: Callable, *arguments: Any) -> None:
        """Change the hand by one of its methods, and learn what is left."""

        def run():
            change(*arguments)
            return self._teacher.learn()

        self._start(run)

    def take_back(self) -> None:
        """Remove the drawing that was taught last."""
        if self.drawings:
            self.change(self.hand.remove, {self.drawings[-1].number})
        else:
            self.say("nothing was taught")

    def export(self, path: str) -> None:
        """Write the taught drawings to a file or, if its name ends in .npz, the taught network."""

        def run():
            store.export(path, self.app.model, self.drawings)

        self._start(run)

    def include(self, path: str) -> None:
        """Add the drawings in a file to the hand, and learn them."""
        self.change(lambda: self.hand.include(store.read(Path(path))))

    def _press(self, event):
        """Take the answer to `ask`."""
        if not self._asking or event.keysym in ("t", "T", "Escape"):
            return
        if event.char in DIGITS:
            self._asking = False
            self.teach(int(event.char))
        elif event.keysym == "BackSpace":
            self._asking = False
            self.take_back()

    def _drawing_changed(self):
        """Show the usual title again once something else is drawn."""
        self._asking = False
        if self.message and not self.busy:
            self.say("")

    def _start(self, work, *arguments):
        """Run work in the thread, after what is running there."""
        if self.busy:
            self._waiting.append((work, arguments))
            return
        self._beside.enter_context(beside_window())
        self._work = self._pool.submit(work, *arguments)
        self.say(LEARNING)
        self._next_look.start(POLL, self._look)

    def _look(self):
        """Take the thread's result, if it is there."""
        if not self._work.done():
            self._next_look.start(POLL, self._look)
            return
        work, self._work = self._work, None
        self._beside.close()
        if self._waiting:
            following, arguments = self._waiting.pop(0)
            self._start(following, *arguments)
        try:
            taught = work.result()
        except (DataError, OSError, ValueError) as error:
            self._fail(error)
            return
        if taught is not None:
            self._adopt(taught)
            with one_thread():
                self.app.classify_handwriting()
        elif not self.busy:
            self.say("written")

    def _adopt(self, taught: Sequential):
        """Let both windows use a network."""
        self.app.model = taught
        self.drawings = list(self._teacher.drawings)
        count = len(self.drawings)
        asked = f"Digits, {count} taught: F2 looks inside"
        self._usual = asked if count else "Digits: F2 looks inside"
        for observer in list(self.app.observers):
            observer()
        self.say("")

    def _fail(self, error):
        line = one_line(error)
        say("gui.py", line)
        self.say(line)

    def say(self, message: str) -> None:
        """Show a message in the title and to the observers; "" for the usual title."""
        if self.busy and not message:
            message = LEARNING
        self.message = message
        self.app.title(f"Digits: {message}" if message else self._usual)
        for observer in list(self.observers):
            observer()

    def _stop(self):
        """Let the thread finish: what was taught is kept although the window is closed."""
        for work, arguments in self._waiting:
            self._pool.submit(work, *arguments)
        self._pool.shutdown(wait=False)
        self._beside.close()


def strokes_of(symbol: Symbol, strokes: Iterable) -> list | None:
    """Return the strokes of one of several symbols; None if they cannot be told apart.

    Parameters
    ----------
    symbol : Symbol
        A digit that `data.segments.strokes.find` found in the drawing.
    strokes : iterable of list of (x, y)
        Of the whole drawing.
    """
    left, top, right, low = symbol.box
    found = []
    for stroke in strokes:
        piece = []
        for x, y in stroke:
            if left - SLACK <= x <= right + SLACK and top - SLACK <= y <= low + SLACK:
                piece.append((x, y))
            elif piece:
                found.append(piece)
                piece = []
        if piece:
            found.append(piece)
    if not found or np.abs(from_strokes(found) - symbol.image).mean() > UNLIKE:
        return None
    return found
