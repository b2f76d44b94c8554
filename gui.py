"""Draw a digit and have it recognised: ``python gui.py``.

Keys: Return recognises, Escape clears, Ctrl+Z (Command+Z on a Mac) takes back the last stroke, F2
shows the inside of the network in a second window.
"""

import argparse
import math
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import recognise
import weights
from data.canvas import RADIUS, SIZE, from_strokes
from nn import ModelFileError, Sequential

try:
    import tkinter as tk
except ImportError:  # many systems package it apart from Python; App and main say so
    tk = None

SPACING = RADIUS / 2  # between the ovals that fill a gap: their edges then look like one line

NO_TKINTER = (
    "this Python has no tkinter; install python3-tk (Debian, Ubuntu: apt install python3-tk), "
    "python3-tkinter (Fedora), tk (Arch) or python-tk (Homebrew), "
    "or read pictures with recognise.py"
)

Point = tuple[int, int]  # canvas coordinates: pixels, x to the right, y down


class App(tk.Tk if tk else object):
    """The window: a canvas to draw on, a label for the answer and two buttons.

    Parameters
    ----------
    model : Sequential, optional
        The network that reads the drawing; the shipped one by default.

    Attributes
    ----------
    strokes : list of list of (x, y)
        The ink that can be seen on the canvas: the centre of each oval, in canvas coordinates,
        moved to the edge where only a part of the oval reaches the paper. A stroke ends where the
        pen is lifted or leaves the paper.
    observers : list of callable
        Called without arguments after every change of the strokes.

    Raises
    ------
    ImportError
        If this Python has no tkinter.
    ModelFileError
        If the shipped network is needed and cannot be read.
    tkinter.TclError
        If there is no display.
    """

    def __init__(self, model: Sequential | None = None) -> None:
        if tk is None:
            raise ImportError(NO_TKINTER)
        if model is None:
            model = weights.load(weights.SHIPPED)
        super().__init__()
        self.title("Digits: F2 looks inside")
        self.model = model
        self.strokes: list[list[Point]] = []
        self.observers: list[Callable[[], None]] = []
        self._inspector: tk.Toplevel | None = None
        self._lift_pen()

        self.canvas = tk.Canvas(self, width=SIZE, height=SIZE, bg="white", cursor="cross")
        self.label = tk.Label(self, text="Thinking..", font=("Helvetica", 48))
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

    def classify_handwriting(self) -> None:
        """Write the digit drawn and its probability, in whole per cent, on the label."""
        if not self.strokes:
            return
        try:
            (probabilities,) = self.model.predict_proba(from_strokes(self.strokes)[None])
        except FloatingPointError as error:
            print(f"gui.py: {error}; name another model with --weights", file=sys.stderr)
            return
        digit = probabilities.argmax()
        percent = int(100 * float(probabilities[digit]))  # cut off: only certainty reads 100%
        self.label.configure(text=f"{digit}, {percent}%")

    def clear_all(self) -> None:
        """Empty the canvas; the label stays."""
        self.canvas.delete("all")
        self.strokes.clear()
        self._lift_pen()
        self._changed()

    def undo(self) -> None:
        """Take back the last stroke."""
        if self.strokes:
            self.canvas.delete(f"stroke{len(self.strokes)}")
            self.strokes.pop()
        self._lift_pen()
        self._changed()

    def inspect(self) -> None:
        """Open the window that shows the inside of the network, or bring it to the front."""
        if self._inspector is None or not self._inspector.winfo_exists():
            from inspector.window import Inspector  # only those who look inside wait for it

            self._inspector = Inspector(self, SIZE, RADIUS)
        self._inspector.deiconify()
        self._inspector.lift()
        self._inspector.focus_set()

    def draw_lines(self, event: "tk.Event") -> None:
        """Draw on to the pointer, at ``event.x, event.y``, without a gap."""
        pointer = event.x, event.y
        for centre in _pen_path(self._pen or pointer, pointer):
            self._draw_oval(centre)
        self._pen = pointer
        self._changed()

    def _begin_stroke(self, event: "tk.Event") -> None:
        """Put the pen down; it leaves ink when it moves."""
        self._lift_pen()
        self._pen = event.x, event.y

    def _changed(self) -> None:
        for observer in self.observers:
            observer()

    def _lift_pen(self) -> None:
        self._pen: Point | None = None  # where the pointer was
        self._stroke: list[Point] | None = None  # the stroke being drawn, the last in `strokes`

    def _draw_oval(self, centre: Point) -> None:
        x, y = centre
        ink = min(max(x, 0), SIZE), min(max(y, 0), SIZE)
        if math.dist(centre, ink) > RADIUS:  # off the paper: nobody sees it, so it does not count
            self._stroke = None
            return
        if self._stroke is None:
            self._stroke = []
            self.strokes.append(self._stroke)
        self._stroke.append(ink)
        box = x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS
        self.canvas.create_oval(*box, fill="black", tags=f"stroke{len(self.strokes)}")


def _pen_path(start: Point, end: Point) -> Iterator[Point]:
    """The points from `start` (left out) to `end`: `end` alone, unless they lie far apart."""
    distance = math.dist(start, end)
    steps = math.ceil(distance / SPACING) if distance > RADIUS else 1
    (x0, y0), (x1, y1) = start, end
    for i in range(1, steps):
        yield round(x0 + (x1 - x0) * i / steps), round(y0 + (y1 - y0) * i / steps)
    yield end


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; see ``python gui.py --help``."""
    parser = argparse.ArgumentParser(
        prog="gui.py",
        description="Draw a digit and have it recognised.",
        epilog="Return recognises, Escape clears, Ctrl+Z takes back the last stroke, "
        "F2 shows the inside of the network.",
    )
    parser.add_argument(
        "--weights",
        type=Path,
        default=weights.SHIPPED,
        metavar="FILE",
        help="a saved network, .npz, .h5, .keras or .onnx (default: the shipped one)",
    )
    parser.add_argument(
        "--inspect", action="store_true", help="start with the inside of the network shown"
    )
    args = parser.parse_args(argv)
    try:
        app = App(weights.load(args.weights))
    except (ImportError, ModelFileError, OSError) as error:
        print(f"gui.py: {error}", file=sys.stderr)
        return 2
    except tk.TclError as error:
        reason = str(error).partition("\n")[0]
        print(
            f"gui.py: no display to open a window on ({reason}); set DISPLAY, or try "
            "`xvfb-run python gui.py`, or `python recognise.py FILE`. Reading samples/ instead:",
            file=sys.stderr,
        )
        return recognise.main([f"--weights={args.weights}"])
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Tk would see Ctrl-C only at its next event
    if args.inspect:
        app.inspect()
    app.mainloop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
