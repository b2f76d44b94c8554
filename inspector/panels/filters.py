"""Panel: what a layer responds to. Its kernels, top-activating images and gradient ascent."""

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

import numpy as np

from inspector.drawing import Snapshot
from inspector.idle import IdleWork
from inspector.network import Network, reference_images
from inspector.parts.gallery import Gallery
from inspector.parts.kernel_view import KernelView
from inspector.parts.scrolled import Scrolled
from inspector.theme.palette import Palette, pixels
from inspector.tracing.fields import fields
from nn import explain

COUNT = 8  # images shown for a channel
BATCH = 16  # images searched in one step, between which the window handles events
REDRAW = 8  # steps of the search between two redraws
LOW = 450  # of the panel, 1/96 inch: below it kernels are drawn smaller
ASCENT = (
    "Made by gradient ascent: starting from faint noise, every pixel is changed to raise the "
    "channel's value in the middle of its map."
)


class FiltersPanel(ttk.Frame):
    """Kernels above; below, the top-activating images and one made by gradient ascent.

    Parameters
    ----------
    parent : tk.Misc
    on_hover : callable
        Called with a description of the weight under the pointer, "" without one.

    Attributes
    ----------
    layer : ttk.Combobox
        The layers with weights.
    channel : ttk.Spinbox
        The output channel.
    unit : ttk.Label
        What `channel` counts: channels, or the digits of the last layer.
    kernels : KernelView
    top_activations : tuple of ndarray or None
        (indices, values), each (count, channels): the reference images that activate the layer's
        channels most, among those searched so far.
    top_label : ttk.Label
        Describes the search.
    about : ttk.Label
        Describes the gradient ascent.
    top, ascent : Gallery
    ascent_image : ndarray or None
        The image made by gradient ascent so far, (28, 28) in [0, 1].
    """

    title = "Filters"

    def __init__(self, parent: tk.Misc, on_hover: Callable[[str], None]) -> None:
        super().__init__(parent)
        self.ascent_image: np.ndarray | None = None
        self._network: Network | None = None
        self._palette: Palette | None = None
        self._paused = False
        self._results: dict[int, tuple] = {}  # layer: (indices, values, images searched)
        self._shown: tuple[int, int] | None = None  # layer, channel
        self._searched_layer: int | None = None
        self._search, self._climb = IdleWork(self), IdleWork(self)
        self._build_bar()
        margin = pixels(self, 8)
        self._scrolled = Scrolled(self)
        self._scrolled.pack(fill="both", expand=True)
        inside = self._scrolled.inside
        self.kernels = KernelView(inside, on_hover, self.select)
        self.kernels.pack(anchor="w")
        self.bind("<Configure>", self._resize)
        self.top_label = ttk.Label(inside, style="Muted.TLabel")
        self.top_label.pack(anchor="w", padx=margin)
        self.top = Gallery(inside, COUNT)
        self.top.pack(anchor="w", padx=pixels(self, 6), pady=pixels(self, 6))
        self.about = ttk.Label(inside, text=ASCENT, style="Muted.TLabel")
        self.about.pack(anchor="w", padx=margin)
        self.ascent = Gallery(inside, 1)
        self.ascent.pack(anchor="w", padx=pixels(self, 6), pady=pixels(self, 6))

    def _resize(self, event):
        """Fit kernels and pictures into the panel."""
        self._draw_kernels()
        for label in (self.top_label, self.about):
            label.configure(wraplength=event.width - pixels(self, 26))
        if self.top.resize(event.width - pixels(self, 22)) and self._shown:
            self.top.clear(self._palette)
            if self._shown[0] in self._results:
                self._draw_top()

    def _build_bar(self):
        bar = ttk.Frame(self)
        ttk.Label(bar, text="Layer").pack(side="left")
        self.layer = ttk.Combobox(bar, state="readonly", width=16)
        self.layer.bind("<<ComboboxSelected>>", lambda event: self.select(0))
        self.layer.pack(side="left", padx=4)
        self.unit = ttk.Label(bar, text="channel")
        self.unit.pack(side="left", padx=(pixels(self, 12), 0))
        self.channel = ttk.Spinbox(bar, from_=0, to=0, width=6, command=self._read_channel)
        for event in ("<Return>", "<FocusOut>"):
            self.channel.bind(event, lambda event: self._read_channel())
        self.channel.pack(side="left", padx=4)
        self.channel.set(0)
        bar.pack(fill="x", pady=pixels(self, 4), padx=pixels(self, 8))

    @property
    def top_activations(self) -> tuple[np.ndarray, np.ndarray] | None:
        """The top-activating images of the layer shown, as far as they are known."""
        results = self._results.get(self._shown[0]) if self._shown else None
        return results[:2] if results else None

    def show(self, snapshot: Snapshot) -> None:
        """Show the network's filters; they do not depend on the drawing."""
        shown = (self._network, self._palette) == (snapshot.network, snapshot.palette)
        if shown and not self._paused:
            return
        self._paused = False
        if snapshot.network is not self._network:
            self._network, self._results, self._shown = snapshot.network, {}, None
            self._search.stop()
            layers = self._network.weight_layers
            self.layer["values"] = [self._network.title(i) for i in layers]
            if layers:
                self.layer.current(0)
        self._palette = snapshot.palette
        self._scrolled.colour(self._palette)
        self.select(self._shown[1] if self._shown else 0)

    def select(self, channel: int) -> None:
        """Show a channel, clipped to those that exist, of the layer chosen in `layer`."""
        if not self._network.weight_layers:
            self.kernels.about["text"] = "This network has no layer with weights."
            return
        layer = self._network.weight_layers[self.layer.current()]
        channels = self._network.layers[layer].params["w"].shape[-1]
        channel = min(max(channel, 0), channels - 1)
        self.channel.configure(to=channels - 1)
        self.channel.set(channel)
        self.unit["text"] = self._network.unit(layer)
        self._shown = layer, channel
        self._draw_kernels()
        self._start_ascent()
        self.top.clear(self._palette)
        if layer in self._results:
            self._draw_top()
        else:
            self.top_label["text"] = "Searching for the images that activate it most ..."
        self._start_search(layer)

    @property
    def busy(self) -> bool:
        """Whether the search or the gradient ascent is unfinished."""
        return self._search.busy or self._climb.busy

    def pause(self) -> None:
        """Stop the search and the gradient ascent; `show` starts them again."""
        if self.busy:
            self._search.stop()
            self._climb.stop()
            self._paused = True

    def _read_channel(self):
        """Show the channel that the user typed; 0 if it is no number."""
        if self._shown is None:
            return
        text = self.channel.get()
        channel = int(text) if text.isdecimal() else 0
        self.channel.set(channel)
        if channel != self._shown[1]:
            self.select(channel)

    def _draw_kernels(self):
        if self._shown is not None:
            width = max(self.winfo_width() - pixels(self, 30), pixels(self, 560))
            small = self.winfo_height() < pixels(self, LOW)
            self.kernels.show(self._network, *self._shown, self._palette, width, small)

    def _start_ascent(self):
        self.ascent_image = None
        self.ascent.clear(self._palette)
        work = explain.maximise_activation(self._network.model, *self._shown)
        self._climb.start(work, self._draw_ascent)

    def _draw_ascent(self, result):
        image, value = result
        self.ascent_image = image[..., 0]
        layer, channel = self._shown
        maps = self._network.maps(self.ascent_image, layer)
        shape = maps[layer + 1].shape
        at = (shape[0] // 2, shape[1] // 2, channel) if len(shape) == 3 else (channel,)
        patch = fields(self._network, maps, layer + 1, at)[0]
        self.ascent.show(0, self.ascent_image, value, self._palette, patch)

    def _start_search(self, layer):
        """Search the reference images, unless the search is running or finished."""
        if self._finished(layer) or (self._search.busy and self._searched_layer == layer):
            return
        self._searched_layer = layer
        images, _ = reference_images()
        work = explain.top_activations(self._network.model, images, layer, COUNT, BATCH)
        self._search.start(((layer, i, best) for i, best in enumerate(work, 1)), self._add_result)

    def _add_result(self, result):
        """Keep the best images so far; draw them if their layer is still shown."""
        layer, batches, best = result
        images, _ = reference_images()
        self._results[layer] = (*best, min(BATCH * batches, len(images)))
        if layer == self._shown[0] and (batches % REDRAW == 1 or self._finished(layer)):
            self._draw_top()

    def _finished(self, layer):
        return layer in self._results and self._results[layer][2] == len(reference_images()[0])

    def _draw_top(self):
        layer, channel = self._shown
        indices, values, searched = self._results[layer]
        images, source = reference_images()
        total = len(images)
        among = f"{searched:,} of {total:,}" if searched < total else f"all {searched:,}"
        self.top_label["text"] = (
            f"Images that activate {self._network.unit(layer)} {channel} most, among {source} "
            f"({among} searched), with its value; framed: what it saw there"
        )
        for rank in range(min(COUNT, len(indices))):
            image = images[indices[rank, channel]]
            ink = image / 255 if image.dtype == np.uint8 else image
            patch = self._patch(ink, layer, channel)
            self.top.show(rank, ink, float(values[rank, channel]), self._palette, patch)

    def _patch(self, ink, layer, channel):
        """Return the part of an image where a channel is activated most."""
        maps = self._network.maps(ink.astype(np.float32), layer)
        out = maps[layer + 1][..., channel]
        at = (*map(int, np.unravel_index(out.argmax(), out.shape)), channel)
        return fields(self._network, maps, layer + 1, at)[0]
