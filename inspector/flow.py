"""Widgets side by side, in as many lines as the width asks for."""

import tkinter as tk
from tkinter import ttk


class Flow(ttk.Frame):
    """Places its children from left to right; a child that does not fit begins a new line.

    Parameters
    ----------
    parent : tk.Misc
    gap : int
        Between two children and between two lines, in pixels.
    """

    def __init__(self, parent: tk.Misc, gap: int) -> None:
        super().__init__(parent)
        self._gap = gap
        self.bind("<Configure>", lambda event: self.flow())

    def flow(self) -> None:
        """Place the children for the width of this widget."""
        x = y = line = 0
        for child in self.winfo_children():
            width, height = child.winfo_reqwidth(), child.winfo_reqheight()
            if x and x + width > self.winfo_width():
                x, y, line = 0, y + line + self._gap, 0
            child.place(x=x, y=y)
            x, line = x + width + self._gap, max(line, height)
        self.configure(height=y + line)
