"""The columns of the overview: a canvas with tiles, their names, and the lines between them."""

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

import numpy as np
from PIL import ImageTk

from inspector.drawing import Snapshot
from inspector.network import Network, describe
from inspector.panels.overview.column import Column
from inspector.panels.overview.stages import chosen_channels, stages
from inspector.parts.layout import Place
from inspector.parts.probabilities import percent
from inspector.parts.tiles import Tiling, as_maps
from inspector.theme.palette import Palette, hex_colour, pixels
from inspector.theme.style import small_font
from inspector.tracing.fields import fields
from inspector.tracing.path import Path

TILE = 0.6  # side of a tile, as a share of a column's width
CELL = 22  # largest side of a number that has no map, 1/96 inch
CAPTION, GAP, LINE = 11, 4, 12  # below a tile, between two, of a line of the heading, 1/96 inch
LEAST = 3  # tiles that a column has room for
THICK = 5  # width of the line with the largest share, 1/96 inch


class Columns(ttk.Frame):
    """A column of tiles for each stage; lines show what each channel adds to the lit path.

    Parameters
    ----------
    parent : tk.Misc
    on_hover : callable
        Called with the `Place` under the pointer, None without one.
    on_click : callable
        Called with the `Place` that was clicked.
    on_open : callable
        Called with the index of the layer whose name was clicked (-1: the input).

    Attributes
    ----------
    canvas : tk.Canvas
    columns : list of Column
    """

    def __init__(
        self,
        parent: tk.Misc,
        on_hover: Callable[[Place | None], None],
        on_click: Callable[[Place], None],
        on_open: Callable[[int], None],
    ) -> None:
        super().__init__(parent)
        self.columns: list[Column] = []
        self._key = None  # what the columns were laid out for
        self._snapshot: Snapshot | None = None
        self._path: Path | None = None
        self._on_hover, self._on_click, self._on_open = on_hover, on_click, on_open
        background = hex_colour(Palette.of(self).background)
        self.canvas = tk.Canvas(
            self, highlightthickness=0, width=1, height=1, takefocus=True, background=background
        )
        self.canvas.pack(fill="both", expand=True)
        bind = self.canvas.bind
        bind("<Configure>", lambda event: self._snapshot and self.show(self._snapshot, self._path))
        bind("<Motion>", lambda event: self._point(self.place_at(event.x, event.y)))
        bind("<Leave>", lambda event: self._point(None))
        bind("<ButtonPress-1>", self._press)

    def show(self, snapshot: Snapshot, path: Path) -> None:
        """Show the maps of a drawing, and light a path."""
        self._snapshot, self._path = snapshot, path
        if not self._lay_out(snapshot.network, snapshot.palette):
            return
        maps, stages_ = snapshot.maps, [column.stage for column in self.columns]
        counts = [column.tiling.C for column in self.columns]
        before = [column.channels for column in self.columns]
        shown = chosen_channels(stages_, maps, path, counts, before)
        self.canvas.delete("now")
        for column, channels in zip(self.columns, shown, strict=True):
            column.channels = channels
            array = as_maps(maps[column.stage.entry])
            limit = np.abs(array).max()
            column.photo.paste(column.tiling.render(array[..., channels], limit, snapshot.palette))
            self._name_tiles(column, array)
        for left, right in zip(self.columns, self.columns[1:], strict=False):
            self._connect(left, right)
        self._frame_path()
        self.canvas.tag_lower("line")

    def place_at(self, x: float, y: float) -> Place | None:
        """Return the place of the number at a pixel of the canvas."""
        for column in self.columns:
            at = column.tiling.locate(x - column.x, y - column.y)
            if at is not None and at[2] < len(column.channels):
                return column.stage.entry - 1, at[0], at[1], column.channels[at[2]]
        return None

    def centre_of(self, place: Place) -> tuple[int, int]:
        """Return the centre of a number that is shown, in pixels of the canvas."""
        (column,) = [each for each in self.columns if each.stage.entry == place[0] + 1]
        x0, y0, x1, y1 = column.box(*place[1:])
        return (x0 + x1) // 2, (y0 + y1) // 2

    def describe(self, place: Place) -> str:
        """Return the layer, channel, position and value of a number in one line."""
        return describe(self._snapshot.network, self._snapshot.maps, place)

    def _lay_out(self, network: Network, palette: Palette) -> bool:
        """Position the columns; return whether there is room for them."""
        width, height = self.canvas.winfo_width(), self.canvas.winfo_height()
        key = width, height, id(network), palette
        if min(width, height) < 50:
            return False
        if key == self._key:
            return True
        self._key = key
        self.canvas.delete("all")
        self.canvas.configure(background=hex_colour(palette.background))
        found = stages(network)
        across = width / len(found)
        self.columns = [
            self._lay_out_column(network, palette, stage, round(i * across), round(across), height)
            for i, stage in enumerate(found)
        ]
        return True

    def _lay_out_column(self, network, palette, stage, left, width, height):
        """Write a column's heading and place its tiles."""
        shape = network.shape(stage.entry)
        H, W, C = shape if len(shape) == 3 else (1, 1, shape[0])
        line, gap, caption = (pixels(self.canvas, size) for size in (LINE, GAP, CAPTION))
        top = 3 * line + gap
        room = height - top - caption - gap
        side = min(TILE * width, room / LEAST - caption - gap)
        answer = len(shape) == 1 and network.unit(stage.entry - 1) == "digit"
        if answer:
            caption, gap = 0, pixels(self.canvas, 2)
            side = min(room / C - gap, pixels(self.canvas, CELL), width / 5)
        elif (H, W) == (1, 1):
            side = min(side, pixels(self.canvas, CELL))
        zoom = max(1, int(side) // max(H, W))
        count = max(1, min(C, (room + gap) // (H * zoom + caption + gap)))
        tiling = Tiling(H, W, count, zoom, 1, gap, caption)
        x = left + (width - tiling.size[0]) // (4 if answer else 2)
        y = top + (room - tiling.size[1]) // 2
        photo = ImageTk.PhotoImage("RGB", tiling.size, master=self.canvas)
        self.canvas.create_image(x, y, image=photo, anchor="nw")
        self._write_heading(network, palette, stage, left + width // 2, shape)
        if count < C:
            self._write(left + width // 2, height - line, f"+ {C - count:,} more", palette.muted,
                        stage.entry - 1)  # fmt: skip
        return Column(stage, x, y, tiling, photo)

    def _write_heading(self, network, palette, stage, x, shape):
        """Write the names of a column's layers, each of which opens its maps, and their shape."""
        line = pixels(self.canvas, LINE)
        for row, layer in enumerate(stage.layers[-2:] or [-1]):
            name = network.title(layer).removeprefix("layer ")
            self._write(x, row * line + 2, name, palette.negative, layer)
        self._write(x, 2 * line + 2, " x ".join(map(str, shape)), palette.muted, stage.entry - 1)

    def _write(self, x, y, text, colour, layer):
        """Write a line that opens a layer's maps when it is clicked."""
        item = self.canvas.create_text(
            x, y, text=text, anchor="n", fill=hex_colour(colour), font=small_font(self.canvas)
        )
        tag = f"open{layer}"
        self.canvas.itemconfigure(item, tags=("open", tag))
        self.canvas.tag_bind(item, "<ButtonPress-1>", lambda event: self._on_open(layer))
        self.canvas.tag_bind(item, "<Enter>", lambda event: self._show_hand(True))
        self.canvas.tag_bind(item, "<Leave>", lambda event: self._show_hand(False))

    def _show_hand(self, over):
        self.canvas.configure(cursor="hand2" if over else "")

    def _name_tiles(self, column, array):
        """Write the channel below each tile; beside the digits of an answer, their share.

        While nothing is drawn there is no answer.
        """
        palette, network = self._snapshot.palette, self._snapshot.network
        small = small_font(self.canvas)
        muted, text = hex_colour(palette.muted), hex_colour(palette.text)
        write = self.canvas.create_text
        digits = array.shape[:2] == (1, 1) and network.unit(column.stage.entry - 1) == "digit"
        blank = self._snapshot.blank
        best = int(array[0, 0].argmax()) if digits and not blank else -1
        for at, channel in enumerate(column.channels):
            if digits:
                y = column.middle(channel)
                colour = text if channel == best else muted
                write(column.x - 3, y, text=str(channel), anchor="e", fill=colour, tags="now")
                said = "" if blank else percent(float(array[0, 0, channel]))
                write(column.right + 4, y, text=said, anchor="w", fill=colour, font=small,
                      tags="now")  # fmt: skip
            elif column.stage.entry:
                x, y = column.tiling.below(at)
                write(column.x + x, column.y + y, text=str(channel), anchor="n", fill=muted,
                      font=small, tags="now")  # fmt: skip

    def _connect(self, left, right):
        """Draw faint lines between two columns, and the lit ones on the path, by their shares."""
        palette, path = self._snapshot.palette, self._path
        same = len(left.channels) == len(right.channels) and set(left.channels) == set(
            right.channels
        )
        keeps = same and not self._mixes(right.stage)
        faint = hex_colour(palette.between(0.12))
        for c in left.channels:
            for o in right.channels:
                if not keeps or c == o:
                    self._line(left, c, right, o, faint, 1)
        shares, at = path.shares[left.stage.entry], path.at[right.stage.entry]
        if shares is None or at is None or path.at[left.stage.entry] is None:
            return
        per_channel = shares if shares.size == self._channels(left) else None
        if per_channel is None:  # a flattened layer's shares, number by number
            return
        largest = np.abs(per_channel).max() or 1.0
        for c in left.channels:
            share = float(per_channel[c]) / largest
            if abs(share) > 0.02:
                end = palette.positive if share > 0 else palette.negative
                strength = 0.25 + 0.75 * abs(share)
                colour = [
                    round((1 - strength) * a + strength * b)
                    for a, b in zip(palette.background, end, strict=True)
                ]
                width = max(1, pixels(self.canvas, THICK * abs(share)))
                self._line(left, c, right, at[-1], hex_colour(colour), width, "lit")

    def _channels(self, column):
        return as_maps(self._snapshot.maps[column.stage.entry]).shape[-1]

    def _mixes(self, stage):
        return any("w" in self._snapshot.network.layers[i].params for i in stage.layers)

    def _line(self, left, c, right, o, colour, width, *tags):
        label = pixels(self.canvas, 10) if right.tiling.caption == 0 else 0  # a digit's name
        self.canvas.create_line(
            left.right, left.middle(c), right.x - label, right.middle(o), fill=colour, width=width,
            tags=("now", "line", *tags),
        )  # fmt: skip

    def _frame_path(self):
        """Frame the numbers of the path, and the patches that they were computed from."""
        for column in self.columns:
            at = self._path.at[column.stage.entry]
            if at is not None:
                place = at if len(at) == 3 else (0, 0, at[0])
                self._frame(column.box(*place), "now", 2)

    def _point(self, place):
        """Frame the parts of all earlier maps that the number at a place depends on."""
        self._on_hover(place)
        self.canvas.delete("hover")
        if place is None:
            return
        layer, *at = place
        maps = self._snapshot.maps
        at = tuple(at) if maps[layer + 1].ndim == 3 else (at[-1],)
        found = fields(self._snapshot.network, maps, layer + 1, at)
        for column in self.columns:
            if column.stage.entry > layer + 1:
                return
            patch = found[column.stage.entry]
            for channel in column.channels:
                if patch.channel in (None, channel):
                    box = column.box(patch.row, patch.column, channel, patch.height, patch.width)
                    self._frame(box, "hover", 1)

    def _frame(self, box, tag, width):
        x0, y0, x1, y1 = box
        if x0 < x1 and y0 < y1:
            self.canvas.create_rectangle(
                x0 - 1, y0 - 1, x1, y1, outline=hex_colour(self._snapshot.palette.mark),
                width=pixels(self.canvas, width), tags=tag,
            )  # fmt: skip

    def _press(self, event):
        place = self.place_at(event.x, event.y)
        if place is not None:
            self._on_click(place)
