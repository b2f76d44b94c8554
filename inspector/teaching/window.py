"""The button that teaches, and the window with all that was taught."""

import tkinter as tk
from tkinter import filedialog, messagebox, ttk

from PIL import ImageTk

from data.canvas import from_strokes
from inspector.teaching.lessons import DIGITS, Lessons
from inspector.theme.palette import Palette, pixels

HINT = "What is the drawing? Click it, and the network learns it."
FILES = [("taught drawings", ".json"), ("networks", ".npz"), ("all files", "*")]


class TeachButton(ttk.Button):
    """Opens the window with all that was taught; T does so, too.

    It also lets the inspector show the network that learned something.

    Parameters
    ----------
    parent : tk.Misc
    inspector : inspector.window.Inspector
    app : gui.App
    """

    def __init__(self, parent: tk.Misc, inspector: tk.Toplevel, app: tk.Tk) -> None:
        super().__init__(parent, text="Teach (T)", command=self.open)
        self.window: TaughtWindow | None = None
        self._inspector, self._app, self._model = inspector, app, app.model
        for key in ("<t>", "<T>"):
            inspector.bind(key, lambda event: self.open())
        app.observers.append(self._follow)
        self.bind("<Destroy>", lambda event: app.observers.remove(self._follow))

    def open(self) -> None:
        """Open the window, or bring it to the front."""
        if self.window is None or not self.window.winfo_exists():
            self.window = TaughtWindow(self._inspector, self._app.lessons)
        self.window.lift()
        self.window.focus_set()

    def _follow(self):
        """Give the inspector the first window's network, if that has learned something."""
        if self._app.model is not self._model:
            self._model = self._app.model
            self._inspector.network = self._inspector.network.taught(self._model)
            self._inspector.schedule_refresh()


class TaughtWindow(tk.Toplevel):
    """Ten buttons to teach the drawing, and a list of what was taught.

    Parameters
    ----------
    inspector : inspector.window.Inspector
    lessons : Lessons

    Attributes
    ----------
    digits : list of ttk.Button
    list : ttk.Treeview
        The taught drawings; its items are named by their numbers.
    message : ttk.Label
    """

    def __init__(self, inspector: tk.Toplevel, lessons: Lessons) -> None:
        super().__init__(inspector)
        self.title("Digits: what the network was taught")
        self.transient(inspector)
        self._inspector, self._lessons = inspector, lessons
        self._palette = Palette.of(self)
        self._photos: dict[str, ImageTk.PhotoImage] = {}
        self._build()
        self.bind("<Control-w>", lambda event: self.destroy())
        self.bind("<Escape>", lambda event: self.destroy())
        self.bind("<Delete>", lambda event: self.remove())
        self.bind("<Key>", self._press)
        lessons.observers.append(self._show)
        self.bind("<Destroy>", lambda event: event.widget is self and self._disconnect())
        self._show()

    def _build(self):
        margin = pixels(self, 8)
        body = ttk.Frame(self, padding=margin)
        body.pack(fill="both", expand=True)
        ttk.Label(body, text=HINT).pack(anchor="w")
        row = ttk.Frame(body)
        row.pack(fill="x", pady=margin)
        self.digits = [
            ttk.Button(row, text=str(digit), width=3, command=lambda digit=digit: self.teach(digit))
            for digit in range(10)
        ]
        for button in self.digits:
            button.pack(side="left", expand=True, fill="x")
        self.message = ttk.Label(body, text="", wraplength=pixels(self, 440))
        self.message.pack(side="bottom", anchor="w")
        buttons = ttk.Frame(body)
        buttons.pack(side="bottom", fill="x", pady=margin)
        for text, command in (
            ("Remove", self.remove), ("Forget all ...", self.reset),
            ("Import ...", self.include), ("Export ...", self.export),
        ):  # fmt: skip
            ttk.Button(buttons, text=text, command=command).pack(side="left", padx=margin // 4)
        ttk.Style(self).configure("Taught.Treeview", rowheight=pixels(self, 32))
        self.list = ttk.Treeview(body, columns=("label", "read", "day"), style="Taught.Treeview")
        for column, text in (("#0", ""), ("label", "taught as"), ("read", "was read as"),
                             ("day", "on")):  # fmt: skip
            self.list.heading(column, text=text)
            self.list.column(column, width=pixels(self, 110), anchor="center")
        bar = ttk.Scrollbar(body, command=self.list.yview)
        self.list.configure(yscrollcommand=bar.set)
        bar.pack(side="right", fill="y")
        self.list.pack(fill="both", expand=True)

    def teach(self, digit: int) -> None:
        """Teach the drawing or, if it has several digits, the one that the inspector shows."""
        if self._inspector.opened is not None:
            self._lessons.say("only what is drawn in the first window can be taught")
            return
        symbols = self._inspector.reading.symbols
        several = len(symbols) > 1
        self._lessons.teach(digit, symbols[self._inspector.selected] if several else None)

    def remove(self) -> None:
        """Remove the selected drawings."""
        chosen = {int(item) for item in self.list.selection()}
        if chosen:
            self._lessons.change(self._lessons.hand.remove, chosen)

    def reset(self) -> None:
        """Forget everything, if the user confirms it."""
        question = "Forget all taught drawings? The file is kept under another name."
        if self._lessons.hand is not None and messagebox.askokcancel(
            "Forget all", question, parent=self
        ):
            self._lessons.change(self._lessons.hand.reset)

    def include(self) -> None:
        """Add the drawings in a file that the user chooses."""
        path = filedialog.askopenfilename(parent=self, filetypes=FILES[::2])
        if path and self._lessons.hand is not None:
            self._lessons.include(path)

    def export(self) -> None:
        """Write the drawings, or the network, to a file that the user chooses."""
        path = filedialog.asksaveasfilename(
            parent=self, filetypes=FILES, defaultextension=".json", initialfile="hand.json"
        )
        if path and self._lessons.hand is not None:
            self._lessons.export(path)

    def _press(self, event):
        if event.char in DIGITS:
            self.teach(int(event.char))

    def _show(self):
        """Show the message, and the drawings if they changed."""
        self.message["text"] = self._lessons.message
        drawings = {str(drawing.number): drawing for drawing in self._lessons.drawings}
        for gone in set(self._photos) - drawings.keys():
            self.list.delete(gone)
            del self._photos[gone]
        for name, drawing in drawings.items():
            if name not in self._photos:
                side = pixels(self, 28)
                ink = self._palette.ink(from_strokes(drawing.strokes)).resize((side, side))
                self._photos[name] = ImageTk.PhotoImage(ink, master=self)
                values = drawing.label, drawing.read, drawing.taught
                self.list.insert("", "end", name, image=self._photos[name], values=values)
                self.list.see(name)

    def _disconnect(self):
        self._lessons.observers.remove(self._show)
