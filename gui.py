"""Draw a digit or a number and have it recognised: ``python gui.py``.

Keys: Return recognises it, Escape clears the canvas, Ctrl+Z (Command+Z on a Mac) undoes the
last stroke, F2 opens a second window that shows what the network computes. T and a digit say what
the drawing is: the network learns it and keeps it.
"""

if __name__ == "__main__":  # before the imports below, which Ctrl-C may interrupt
    from guard.commands import begin

    begin()

import argparse
import math
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import recognise
import weights
from data.canvas import RADIUS, SIZE
from data.errors import DataError
from data.segments import strokes as segments
from experiment.gui_options import parse
from guard.commands import end_on_interrupt, run, streams
from guard.names import typed_command, typed_name
from guard.terminal import say
from nn import ModelFileError, Sequential

if TYPE_CHECKING:  # imported late: the window starts faster
    from inspector.teaching.lessons import Lessons
    from weights.hand.store import Hand

try:
    import tkinter as tk
    from tkinter.font import Font
except ImportError:  # many systems package it separately; App and main report it
    tk = None

SPACING = RADIUS / 2  # between ovals that fill a gap, pixels: close enough to look like a line
FONT = ("Helvetica", 48)  # of the answer
NO_ANSWER = "no answer: not a number"
SMALLEST = 8  # size of a number's font, at least

NO_TKINTER = (
    "this Python has no tkinter; install python3-tk (Debian, Ubuntu: apt install python3-tk), "
    "python3-tkinter (Fedora), tk (Arch) or python-tk (Homebrew), "
    f"or read pictures with {typed_name('recognise.py')}"
)
INTERRUPT_MS = 200  # between two looks for Ctrl-C

Point = tuple[int, int]  # canvas coordinates: pixels, x to the right, y down


class App(tk.Tk if tk else object):
    """The main window: a canvas to draw on, a label for the answer and two buttons.

    Parameters
    ----------
    model : Sequential, optional
        The network that recognises the drawing (default: the shipped one).
    hand : Hand, optional
        Keeps what the network is taught; without it nothing can be taught.

    Attributes
    ----------
    strokes : list of list of (x, y)
        Centres of the visible ovals, in canvas coordinates (pixels). A centre outside the canvas
        is clamped to the edge if its oval reaches into the canvas, and left out otherwise. A
        stroke ends where the pen is lifted or leaves the canvas.
    observers : list of callable
        Called without arguments after every change of ``strokes``.
    inspector : inspector.window.Inspector or None
        The second window, once it has been opened.

    Raises
    ------
    ImportError
        If this Python has no tkinter.
    ModelFileError
        If no model is given and the shipped network cannot be read.
    tkinter.TclError
        If there is no display.
    """

    def __init__(self, model: Sequential | None = None, hand: "Hand | None" = None) -> None:
        if tk is None:
            raise ImportError(NO_TKINTER)
        if model is None:
            model = weights.load(weights.SHIPPED)
        super().__init__()
        self.title("Digits: F2 looks inside")
        self.model = model
        self.hand = hand
        self._lessons: Lessons | None = None
        self.strokes: list[list[Point]] = []
        self.observers: list[Callable[[], None]] = []
        self.inspector: tk.Toplevel | None = None
        self._lift_pen()

        self.canvas = tk.Canvas(self, width=SIZE, height=SIZE, bg="white", cursor="cross")
        self.label = tk.Label(self, text="Thinking..", font=FONT)
        self.classify_btn = tk.Button(self, text="Recognise", command=self.classify_handwriting)
        self.button_clear = tk.Button(self, text="Clear", command=self.clear_all)

        self.canvas.grid(row=0, column=0, pady=2, sticky=tk.W)
        self.label.grid(row=0, column=1, pady=2, padx=2)
        self.classify_btn.grid(row=1, column=1, pady=2, padx=2)
        self.button_clear.grid(row=1, column=0, pady=2)

        self.canvas.bind("<ButtonPress-1>", self._begin_stroke)
        self.canvas.bind("<B1-Motion>", self.draw_lines)
        self.bind("<Return>", lambda event: self.classify_handwriting())
        self.bind("<Escape>", lambda event: self.clear_all())
        self.bind("<<Undo>>", lambda event: self.undo())
        self.bind("<F2>", lambda event: self.inspect())
        for key in ("<t>", "<T>"):
            self.bind(key, lambda event: self.lessons.ask())

    def classify_handwriting(self) -> None:
        """Show the number that was drawn and its probability, in whole per cent, on the label.

        That of a number is the product of its digits' probabilities.
        """
        if not self.strokes:
            return
        try:
            reading = segments.find(self.strokes, self.model.predict_proba)
        except FloatingPointError as error:
            say("gui.py", f"{error}; name another model with --weights")
            self._show_answer(NO_ANSWER, one_digit=False)
            return
        percent = int(100 * reading.probability)  # truncated: only probability 1 reads 100%
        self._show_answer(f"{reading.text}, {percent}%", len(reading.symbols) == 1)

    def _show_answer(self, text: str, one_digit: bool) -> None:
        """Show the answer; a number fits into the window by a smaller font."""
        if one_digit:
            self.columnconfigure(1, minsize=0)
            self.label.configure(text=text, font=FONT)
            return
        self.update_idletasks()
        column = self.grid_bbox(1, 0)[2]
        written = Font(font=self.label["font"]).measure(self.label["text"])
        border = self.label.winfo_reqwidth() - written
        size, room = FONT[1], column - border - 4  # 2 pixels of padding on both sides
        while size > SMALLEST and Font(family=FONT[0], size=size).measure(text) > room:
            size -= 1
        self.columnconfigure(1, minsize=column)
        self.label.configure(text=text, font=(FONT[0], size))

    def clear_all(self) -> None:
        """Empty the canvas; the label keeps the last answer."""
        self.canvas.delete("all")
        self.strokes.clear()
        self._lift_pen()
        self._changed()

    def show_strokes(self, strokes: Sequence[Sequence[Point]]) -> None:
        """Draw strokes in place of what is on the canvas: lists of (x, y), as in ``strokes``."""
        self.clear_all()
        for stroke in strokes:
            self._lift_pen()
            for x, y in stroke:
                self._draw_oval((x, y))
        self._lift_pen()
        self._changed()

    def undo(self) -> None:
        """Remove the last stroke."""
        if self.strokes:
            self.canvas.delete(f"stroke{len(self.strokes)}")
            self.strokes.pop()
        self._lift_pen()
        self._changed()

    def inspect(self) -> None:
        """Open the window that shows what the network computes, or bring it to the front."""
        if self.inspector is None or not self.inspector.winfo_exists():
            from inspector.window import Inspector  # imported late: starts faster

            self.inspector = Inspector(self, SIZE, RADIUS)
        self.inspector.deiconify()
        self.inspector.lift()
        self.inspector.focus_set()

    @property
    def lessons(self) -> "Lessons":
        """Teaches the network; see `inspector.teaching.lessons`."""
        if self._lessons is None:
            from inspector.teaching.lessons import Lessons  # imported late: starts faster

            self._lessons = Lessons(self)
        return self._lessons

    def draw_lines(self, event: "tk.Event") -> None:
        """Draw from the last pointer position to ``event.x, event.y`` without a gap."""
        pointer = event.x, event.y
        for centre in _pen_path(self._pen or pointer, pointer):
            self._draw_oval(centre)
        self._pen = pointer
        self._changed()

    def _begin_stroke(self, event: "tk.Event") -> None:
        """Put the pen down; ink appears once it moves."""
        self._lift_pen()
        self._pen = event.x, event.y

    def _changed(self) -> None:
        """Call the observers."""
        for observer in self.observers:
            observer()

    def _lift_pen(self) -> None:
        """End the current stroke."""
        self._pen: Point | None = None  # last position of the pointer
        self._stroke: list[Point] | None = None  # the current stroke, last in `strokes`

    def _draw_oval(self, centre: Point) -> None:
        """Draw one oval and record its centre; end the stroke where the oval is invisible."""
        x, y = centre
        ink = min(max(x, 0), SIZE), min(max(y, 0), SIZE)
        if math.dist(centre, ink) > RADIUS:  # outside the canvas: invisible, so not recorded
            self._stroke = None
            return
        if self._stroke is None:
            self._stroke = []
            self.strokes.append(self._stroke)
        self._stroke.append(ink)
        box = x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS
        self.canvas.create_oval(*box, fill="black", tags=f"stroke{len(self.strokes)}")


def _pen_path(start: Point, end: Point) -> Iterator[Point]:
    """Yield points from `start` (excluded) to `end` (included), at most `RADIUS` pixels apart."""
    distance = math.dist(start, end)
    steps = math.ceil(distance / SPACING) if distance > RADIUS else 1
    (x0, y0), (x1, y1) = start, end
    for i in range(1, steps):
        yield round(x0 + (x1 - x0) * i / steps), round(y0 + (y1 - y0) * i / steps)
    yield end


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command (see ``python gui.py --help``) and return its exit status.

    The status is 0 once the window is closed, and 2 if there is no tkinter or the model cannot be
    read. Without a display, the pictures of ``samples/`` are read by `recognise.main`, and its
    status is returned.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments without the program's name (default: those of the process).
    """
    with streams():
        return _show(parse(argv))


def _show(args: argparse.Namespace) -> int:
    try:
        app = App(weights.load(args.weights, args.pixels), _hand(args))
    except (ImportError, DataError, ModelFileError, OSError) as error:
        say("gui.py", error)
        return 2
    except tk.TclError as error:
        reason = str(error).partition("\n")[0]
        say(
            "gui.py",
            f"no display to open a window on ({reason}); set DISPLAY, or try "
            f"`xvfb-run {typed_command('gui.py')}`, or `{typed_command('recognise.py')} FILE`. "
            "Reading samples/ instead:",
        )
        pixels = [f"--pixels={args.pixels}"] if args.pixels else []
        return recognise.main([f"--weights={args.weights}", "--doubt=0", *pixels])
    end_on_interrupt()
    _notice_interrupts(app)
    if app.hand is not None and app.hand.path.exists():
        app.lessons.recall()
    if args.inspect:
        app.inspect()
    app.mainloop()
    return 0


def _notice_interrupts(app: App) -> None:
    """Run some Python now and then: it notices Ctrl-C only while it runs, not while Tk waits."""
    app.after(INTERRUPT_MS, _notice_interrupts, app)


def _hand(args):
    """Return the hand to use: the user's own with the shipped network, else the one named."""
    from weights.hand.store import Hand, user_file  # imported late: starts faster

    if args.hand is not None:
        return Hand(args.hand)
    return Hand(user_file()) if args.weights == weights.SHIPPED else None


if __name__ == "__main__":
    run(main, "gui.py")
