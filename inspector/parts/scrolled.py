"""A frame that scrolls where it is higher than its room."""

import tkinter as tk
from tkinter import ttk

from inspector.theme.palette import Palette, hex_colour, pixels


class Scrolled(ttk.Frame):
    """A frame in a scrolled canvas, as wide as this widget.

    Parameters
    ----------
    parent : tk.Misc

    Attributes
    ----------
    inside : ttk.Frame
        The frame to fill.
    canvas : tk.Canvas
    """

    def __init__(self, parent: tk.Misc) -> None:
        super().__init__(parent)
        self.canvas = tk.Canvas(self, highlightthickness=0, width=1, height=1)
        self.canvas.configure(yscrollincrement=pixels(self, 24))
        self._bar = ttk.Scrollbar(self, command=self.canvas.yview)
        self.canvas.configure(yscrollcommand=self._bar.set)
        self.canvas.pack(side="left", fill="both", expand=True)
        self.inside = ttk.Frame(self.canvas)
        self._item = self.canvas.create_window(0, 0, window=self.inside, anchor="nw")
        self.canvas.bind("<Configure>", lambda event: self._fit())
        self.inside.bind("<Configure>", lambda event: self._fit())
        for event in ("<MouseWheel>", "<Button-4>", "<Button-5>"):
            self.winfo_toplevel().bind(event, self._wheel, add=True)

    def colour(self, palette: Palette) -> None:
        """Take the colours of a theme: a canvas is not ttk's."""
        self.canvas.configure(background=hex_colour(palette.background))

    def _fit(self):
        """Show the scrollbar only where it is needed."""
        width, height = self.canvas.winfo_width(), self.inside.winfo_reqheight()
        self.canvas.itemconfigure(self._item, width=width)
        self.canvas.configure(scrollregion=(0, 0, width, height))
        if height <= self.canvas.winfo_height():
            self._bar.pack_forget()
            self.canvas.yview_moveto(0)
        elif not self._bar.winfo_manager():
            self._bar.pack(side="right", fill="y", before=self.canvas)

    def _wheel(self, event):
        if self._bar.winfo_manager() and str(event.widget).startswith(str(self.inside)):
            down = event.num == 5 or event.delta < 0
            self.canvas.yview_scroll(2 if down else -2, "units")
