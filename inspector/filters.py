"""What a layer looks for: its kernels, the images that excite a channel most, and a made-up one."""

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

import numpy as np
from PIL import Image, ImageTk

from inspector.drawing import Snapshot
from inspector.idle import IdleWork
from inspector.network import Network, known_images
from inspector.palette import Palette, pixels
from inspector.tiles import Tiling
from nn import explain
from nn.explain.rounding import as_text

COUNT = 8  # images shown for a channel
AT_A_TIME = 16  # images looked through between two looks at the pen


def kernels(network: Network, layer: int, channel: int) -> tuple[np.ndarray, bool]:
    """Return a layer's weights as tiles (KH, KW, tiles), and whether a tile is a channel.

    Where the input has one channel, each output channel is one picture; else the pictures are the
    weights of one output channel for each input channel. Dense weights are laid out as the maps
    that they are multiplied with.
    """
    weights = network.layers[layer].params["w"]
    if weights.ndim == 2:
        shape = network.input_shape(layer)
        shape = shape if len(shape) == 3 else (1, 1, *shape)
        weights = weights.reshape(*shape, -1)
    if weights.shape[2] == 1:
        return weights[:, :, 0], True
    return weights[..., channel], False


class FiltersPanel(ttk.Frame):
    """Kernels above, the most exciting images and one made by gradient ascent below.

    Attributes
    ----------
    excited : tuple or None
        (indices, values) of the images that excite the layer's channels most, so far.
    made : ndarray or None
        The image made by gradient ascent, (28, 28), so far.
    """

    title = "Filters"

    def __init__(self, parent: tk.Misc, on_hover: Callable[[str], None]) -> None:
        super().__init__(parent)
        self.excited, self.made = None, None
        self._on_hover = on_hover
        self._network: Network | None = None
        self._palette: Palette | None = None
        self._paused = False
        self._found: dict[int, tuple] = {}  # by layer: what was once looked for and found
        self._shown: tuple[int, int] | None = None  # layer, channel
        self._searched: int | None = None  # the layer whose images are being looked through
        self._search, self._climb = IdleWork(self), IdleWork(self)
        self._choices()
        margin = pixels(self, 8)
        self.about = ttk.Label(self)
        self.about.pack(anchor="w", padx=margin)
        self._wall = ttk.Label(self)
        self._wall.pack(anchor="w", padx=margin, pady=margin)
        self._wall.bind("<Motion>", self._hover)
        self._wall.bind("<Leave>", lambda event: on_hover(""))
        self._wall.bind("<ButtonPress-1>", self._click)
        self.bind("<Configure>", lambda event: self._draw_kernels())
        self.found = ttk.Label(self)
        self.found.pack(anchor="w", padx=margin)
        self._zoom = pixels(self, 4)
        self._images = self._gallery(COUNT)
        ttk.Label(
            self,
            text="Made by gradient ascent: from faint noise, each pixel is moved to where the "
            "channel's value, in the middle of its map, grows.",
        ).pack(anchor="w", padx=margin)
        self._ascent = self._gallery(1)

    def _choices(self):
        bar = ttk.Frame(self)
        ttk.Label(bar, text="Layer").pack(side="left")
        self.layer = ttk.Combobox(bar, state="readonly", width=16)
        self.layer.bind("<<ComboboxSelected>>", lambda event: self.look(0))
        self.layer.pack(side="left", padx=4)
        ttk.Label(bar, text="  channel").pack(side="left")
        self.channel = ttk.Spinbox(bar, from_=0, to=0, width=6, command=self._entered)
        for key in ("<Return>", "<FocusOut>"):
            self.channel.bind(key, lambda event: self._entered())
        self.channel.pack(side="left", padx=4)
        self.channel.set(0)
        bar.pack(fill="x", pady=pixels(self, 4), padx=pixels(self, 8))

    def _gallery(self, count):
        """Make a row of labelled pictures; return their labels."""
        row, labels = ttk.Frame(self), []
        for _ in range(count):
            label = ttk.Label(row, compound="top", anchor="center")
            label.photo = ImageTk.PhotoImage("RGB", (28 * self._zoom, 28 * self._zoom), master=self)
            label.configure(image=label.photo)
            label.pack(side="left", padx=pixels(self, 3))
            labels.append(label)
        row.pack(anchor="w", padx=pixels(self, 6), pady=pixels(self, 6))
        return labels

    def show(self, seen: Snapshot) -> None:
        """Look at the network; the drawing does not matter here."""
        known = (seen.network, seen.palette) == (self._network, self._palette)
        if known and not self._paused:
            return
        self._paused = False
        if seen.network is not self._network:
            self._network, self._found, self._shown = seen.network, {}, None
            self._search.stop()
            self.layer["values"] = [seen.network.title(i) for i in seen.network.weighted]
            if seen.network.weighted:
                self.layer.current(0)
        self._palette = seen.palette
        self.look(self._shown[1] if self._shown else 0)

    def look(self, channel: int) -> None:
        """Show the chosen layer and a channel of it."""
        if not self._network.weighted:
            self.about["text"] = "This network has no layer with weights."
            return
        layer = self._chosen_layer
        channels = self._network.layers[layer].params["w"].shape[-1]
        channel = min(max(channel, 0), channels - 1)
        self.channel.configure(to=channels - 1)
        self.channel.set(channel)
        self._shown = layer, channel
        self._draw_kernels()
        self.made = None
        self._climb.start(
            explain.maximise_activation(self._network.model, layer, channel), self._draw_ascent
        )
        for label in (*self._images, *self._ascent):
            self._draw_image(label, np.zeros((28, 28)), None)
        self.excited = self._found.get(layer)
        if self.excited:
            self._draw_excited()
        else:
            self.found["text"] = "Looking for the images that excite it most ..."
        if not self._finished(layer) and not (self._search.busy and self._searched == layer):
            self._searched = layer
            images, _ = known_images()
            work = explain.top_activations(self._network.model, images, layer, COUNT, AT_A_TIME)
            self._search.start(((layer, i, best) for i, best in enumerate(work, 1)), self._note)

    @property
    def busy(self) -> bool:
        """Whether images are still being looked through, or one is being made."""
        return self._search.busy or self._climb.busy

    def pause(self) -> None:
        """Drop the work that is going on; `look` takes it up again."""
        if self.busy:
            self._search.stop()
            self._climb.stop()
            self._paused = True

    @property
    def _chosen_layer(self):
        return self._network.weighted[self.layer.current()]

    def _entered(self):
        if self._shown is None:
            return
        text = self.channel.get()
        channel = int(text) if text.isdecimal() else 0
        self.channel.set(channel)
        if channel != self._shown[1]:
            self.look(channel)

    def _draw_kernels(self):
        if self._shown is None:
            return
        layer, channel = self._shown
        values, per_channel = kernels(self._network, layer, channel)
        title = self._network.title(layer)
        H, W, tiles = values.shape
        about = f"{title}: {tiles} kernels of {H} x {W}, one for each channel"
        if not per_channel:
            about = f"{title}, channel {channel}: its weights for each of {tiles} input channels"
        self.about["text"] = about + ("; click one" if per_channel else "")
        width = max(self.winfo_width() - pixels(self, 20), pixels(self, 600))
        side, gap = (9, 1) if (H, W) == (1, 1) else (50, 8) if tiles <= 64 else (24, 4)
        self._tiling = Tiling.fit(values.shape, width, pixels(self, side), pixels(self, gap))
        self._values, self._per_channel = values, per_channel
        limit = np.abs(values).max(initial=0)
        picture = self._tiling.render(values, limit, self._palette)
        self._wall.photo = ImageTk.PhotoImage(picture, master=self)
        self._wall.configure(image=self._wall.photo)

    def _note(self, result):
        """Keep the most exciting images found so far; show them if their layer still is."""
        layer, batches, best = result
        images, _ = known_images()
        self._found[layer] = (*best, min(AT_A_TIME * batches, len(images)))
        if layer != self._shown[0]:
            return
        self.excited = self._found[layer]
        if batches % 8 == 1 or self._finished(layer):
            self._draw_excited()

    def _finished(self, layer):
        return layer in self._found and self._found[layer][2] == len(known_images()[0])

    def _draw_excited(self):
        indices, values, seen = self.excited
        images, source = known_images()
        c = self._shown[1]
        among = f"{seen:,} of {len(images):,}" if seen < len(images) else f"all {seen:,}"
        self.found["text"] = (
            f"What excites channel {c} most, among {source} ({among} looked at), with its value:"
        )
        for rank, label in enumerate(self._images):
            if rank < len(indices):
                image = images[indices[rank, c]]
                ink = image / 255 if image.dtype == np.uint8 else image
                self._draw_image(label, ink, float(values[rank, c]))

    def _draw_ascent(self, result):
        image, value = result
        self.made = image[..., 0]
        self._draw_image(self._ascent[0], self.made, value)

    def _draw_image(self, label, ink, value):
        side = 28 * self._zoom
        picture = self._palette.ink(ink)
        label.photo.paste(picture.resize((side, side), Image.Resampling.NEAREST))
        label["text"] = "" if value is None else as_text(value, 3)

    def _hover(self, event):
        at = self._tiling.locate(event.x, event.y) if self._shown else None
        if at is None:
            self._on_hover("")
            return
        row, column, tile = at
        kind = "channel" if self._per_channel else "input channel"
        value = self._values[at]
        self._on_hover(f"weight, {kind} {tile}, row {row}, column {column}: {value:.5f}")

    def _click(self, event):
        at = self._tiling.locate(event.x, event.y) if self._shown else None
        if at is not None and self._per_channel:
            self.look(at[2])
