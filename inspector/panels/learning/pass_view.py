"""A forward and backward pass: every array on the left, its gradient on the right.

Only what is visible is drawn. A click selects a number, a double click switches one off.
"""

import tkinter as tk
from collections.abc import Callable, Iterable
from tkinter import font, ttk

from PIL import ImageTk

from inspector.panels.learning.layout import (
    SIDES,
    VALUES,
    WHOLE,
    Frame,
    Layout,
    Lengths,
    Shown,
    first_cells,
    out_of_date,
    title_of,
)
from inspector.panels.learning.rows import Row, Spot
from inspector.parts.wheel import bind_wheel
from inspector.theme.palette import Palette, hex_colour, pixels

HEADINGS = "values, forward", "gradients of the loss, backward"
SHORT = "values", "gradients"  # for a narrow window


class PassView(ttk.Frame):
    """The rows of a pass on one scrolled canvas.

    Parameters
    ----------
    parent : tk.Misc
    on_hover : callable
        Called with a description of the number under the pointer, "" without one.
    on_select : callable
        Called with the `Spot` that was clicked and its side, `VALUES` or `GRADIENTS`.
    on_switch : callable
        Called with the `Spot` that was double-clicked.

    Attributes
    ----------
    canvas : tk.Canvas
    rows : list of Row
    """

    def __init__(
        self,
        parent: tk.Misc,
        on_hover: Callable[[str], None],
        on_select: Callable[[Spot, int], None],
        on_switch: Callable[[Spot], None],
    ) -> None:
        super().__init__(parent)
        self.rows: list[Row] = []
        self._layout: Layout | None = None
        self._key: tuple = ()  # what the layout was computed for
        self._titles: list[int] = []  # items of the canvas
        self._photos: dict[tuple[int, int], ImageTk.PhotoImage] = {}  # by row and side
        self._stale: set[tuple[int, int]] = set()  # pictures that are not up to date
        self._shown: Shown = {}
        self._marked: tuple = ()
        self._palette: Palette | None = None
        self._whole, self._version = False, 0
        self._on_hover, self._on_select, self._on_switch = on_hover, on_select, on_switch
        self._margin = pixels(self, 6)
        self._heading = font.nametofont("TkDefaultFont", root=self)
        self._build()

    def _build(self):
        self._heads = [ttk.Label(self, text=text) for text in HEADINGS]
        line = self._heads[0].winfo_reqheight()
        ttk.Frame(self, height=line).pack(fill="x")  # the heads are placed here
        self.canvas = tk.Canvas(self, highlightthickness=pixels(self, 1), takefocus=True, height=1)
        scrollbar = ttk.Scrollbar(self, command=self._scroll)
        self.canvas.configure(yscrollcommand=scrollbar.set, yscrollincrement=pixels(self, 24))
        scrollbar.pack(side="right", fill="y")
        self.canvas.pack(side="left", fill="both", expand=True)
        bind = self.canvas.bind
        bind("<Configure>", lambda event: self._lay_out())
        bind("<Motion>", self._hover)
        bind("<Leave>", lambda event: self._on_hover(""))
        bind("<ButtonPress-1>", self._click)
        bind("<Double-Button-1>", self._switch)
        bind_wheel(self.canvas, self._wheel)

    def show(
        self,
        rows: list[Row],
        palette: Palette,
        shown: Shown,
        frames: Iterable[Frame],
        off: Iterable[Spot] = (),
        whole: bool = False,
        version: int = 0,
    ) -> None:
        """Show rows.

        Parameters
        ----------
        rows : list of Row
        palette : Palette
        shown : Shown
        frames : iterable of Frame
        off : iterable of Spot
            Weights that are crossed out.
        whole : bool
            Whether to make the tiles as large as all rows fit the window.
        version : int
            Of the parameters: with the same one, their pictures stay.
        """
        self._whole = whole
        if len(rows) != len(self.rows) or palette is not self._palette:
            self._stale = {(i, side) for i in range(len(rows)) for side in SIDES}
        else:
            kept = version == self._version
            self._stale |= out_of_date(self.rows, rows, self._shown, shown, kept)
        self._version = version
        self.rows, self._palette, self._shown = rows, palette, dict(shown)
        self._lay_out()
        for row, title in zip(rows, self._titles, strict=False):
            self.canvas.itemconfigure(title, text=title_of(row))
        self._draw()
        frames = tuple(frames)
        self._mark(frames, tuple(off))
        if whole:
            self._reveal(frames)

    def centre_of(self, spot: Spot, side: int) -> tuple[int, int]:
        """Scroll to a number and return its centre, in pixels of the widget ``canvas``."""
        assert self._layout is not None
        index, row = next(
            (i, row)
            for i, row in enumerate(self.rows)
            if (row.layer, row.name) == (spot.layer, spot.name)
        )
        cell = row.cell(spot.at)
        assert cell is not None, "another output channel is shown"
        x0, y0, x1, y1 = self._layout.box(Frame(index, side, cell[:2], (1, 1), cell[2]))
        height = self.canvas.winfo_height()
        if not 0 < y0 - self.canvas.canvasy(0) < height - 8:
            self._scroll_to(y0 - height // 2)
        top = int(self.canvas.canvasy(0))
        return (x0 + x1) // 2 + self._margin, (y0 + y1) // 2 - top

    def _reveal(self, frames):
        """Scroll to the number that a stage has come to, if not all rows fit."""
        for frame in frames:
            if frame.strong and self._layout is not None:
                _, y0, _, y1 = self._layout.box(frame)
                top, height = self.canvas.canvasy(0), self.canvas.winfo_height()
                if y0 < top or y1 > top + height:
                    self._scroll_to((y0 + y1 - height) // 2)

    def _scroll_to(self, y):
        self.canvas.yview_moveto(max(0, y) / self._layout.bottom)
        self._draw()

    def _lay_out(self):
        """Position titles and pictures for the width of the canvas."""
        width = self.canvas.winfo_width() - 3 * self._margin
        height = self.canvas.winfo_height() if self._whole else None
        key = width, height, tuple(row.indices.shape for row in self.rows), self._palette
        if self._palette is None or width < 60 or key == self._key:
            return
        self._key, canvas = key, self.canvas
        line = self._heading.metrics("linespace")
        inch = self.winfo_fpixels("1i") / 96
        lengths = Lengths(width // 2, width // 2 + self._margin, line, inch)
        self._layout = layout = Layout.of(self.rows, lengths, height)
        canvas.delete("all")
        background, text = hex_colour(self._palette.background), hex_colour(self._palette.text)
        canvas.configure(background=background, highlightbackground=background, highlightcolor=text)
        for side, head in enumerate(self._heads):
            narrow = self._heading.measure(HEADINGS[side]) > lengths.half
            head["text"] = SHORT[side] if narrow else HEADINGS[side]
            head.place(x=self._margin + side * lengths.right, y=0)
            head.lift()
        self._titles = []
        for index, row in enumerate(self.rows):
            top, _ = layout.span(index)
            title = canvas.create_text(
                self._margin, top, text=title_of(row), anchor="nw", fill=text, font="TkDefaultFont"
            )
            self._titles.append(title)
            for side in SIDES:
                size = layout.tilings[index].size
                photo = ImageTk.PhotoImage("RGB", size, master=canvas)
                at = self._margin + side * lengths.right, layout.tops[index]
                canvas.create_image(*at, image=photo, anchor="nw")
                self._photos[index, side] = photo
        canvas.configure(scrollregion=(0, 0, width, layout.bottom))
        if self._whole:
            canvas.yview_moveto(0)
        self._stale = {(i, side) for i in range(len(self.rows)) for side in SIDES}
        self._marked = ()
        self._draw()

    def _draw(self):
        """Draw the visible pictures that are out of date."""
        if self._layout is None:
            return
        top = self.canvas.canvasy(0)
        bottom = top + self.canvas.winfo_height()
        for index, side in sorted(self._stale):
            low, high = self._layout.span(index)
            if low > bottom or high < top:
                continue
            self._stale.discard((index, side))
            row = self.rows[index]
            array = row.gradients if side else row.values
            limit, last = row.limits[side], self._shown.get(index, WHOLE)[side]
            if last is not None:
                array = first_cells(array, last)
            crossed = None if side else row.crossed
            picture = self._layout.tilings[index].render(array, limit, self._palette, crossed)
            self._photos[index, side].paste(picture)

    def _mark(self, frames, off):
        """Draw the frames, and a cross on every weight that is switched off."""
        if (frames, off) == self._marked or self._layout is None:
            return
        self._marked, canvas = (frames, off), self.canvas
        canvas.delete("mark")
        how = {"tags": "mark", "width": 1}
        colour = hex_colour(self._palette.mark)
        for frame in frames:
            how["width"] = pixels(self, 2) if frame.strong else 1
            x0, y0, x1, y1 = self._layout.box(frame)
            box = x0 - 1 + self._margin, y0 - 1, x1 + self._margin, y1
            canvas.create_rectangle(*box, outline=colour, **how)
        how["width"] = pixels(self, 1)
        for index, row in enumerate(self.rows):
            cells = [row.cell(s.at) for s in off if (s.layer, s.name) == (row.layer, row.name)]
            for i, j, tile in filter(None, cells):
                x0, y0, x1, y1 = self._layout.box(Frame(index, VALUES, (i, j), (1, 1), tile))
                x0, x1 = x0 + self._margin, x1 + self._margin
                for ends in ((x0, y0, x1, y1), (x0, y1, x1, y0)):
                    canvas.create_line(*ends, fill=colour, **how)

    def _under(self, event) -> tuple[Row, Spot, int] | None:
        """Return the row, the number and the side under the pointer."""
        x, y = self.canvas.canvasx(event.x) - self._margin, self.canvas.canvasy(event.y)
        found = None if self._layout is None else self._layout.locate(x, y)
        if found is None:
            return None
        index, side, cell = found
        return self.rows[index], self.rows[index].spot(cell), side

    def _hover(self, event):
        found = self._under(event)
        self._on_hover("" if found is None else found[0].describe(found[1]))

    def _click(self, event):
        self.canvas.focus_set()
        if (found := self._under(event)) is not None:
            self._on_select(*found[1:])

    def _switch(self, event):
        if (found := self._under(event)) is not None:
            self._on_switch(found[1])

    def _scroll(self, *arguments):
        self.canvas.yview(*arguments)
        self._draw()

    def _wheel(self, step):
        self._scroll("scroll", 2 * step, "units")
