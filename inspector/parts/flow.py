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
        """Place the children for the width of this widget, centred in their lines."""
        lines: list[list[tk.Widget]] = []
        x = 0
        for child in self.winfo_children():
            width = child.winfo_reqwidth()
            if not lines or x + width > self.winfo_width():
                lines.append([])
                x = 0
            lines[-1].append(child)
            x += width + self._gap
        y = 0
        for line in lines:
            x, height = 0, max(child.winfo_reqheight() for child in line)
            for child in line:
                child.place(x=x, y=y + (height - child.winfo_reqheight()) // 2)
                x += child.winfo_reqwidth() + self._gap
            y += height + self._gap
        self.configure(height=max(1, y - self._gap))
