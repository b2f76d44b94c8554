"""Panel: why this digit. Four attribution methods show which pixels support it."""

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

import numpy as np
from PIL import Image, ImageTk

from inspector.drawing import Snapshot
from inspector.idle import IdleWork
from inspector.network import Network
from inspector.parts.probabilities import NOTHING_DRAWN, percent
from inspector.theme.palette import Palette, levels, pixels
from inspector.theme.style import small_font
from nn import explain

PREDICTED = -1  # stands for the most probable digit
REST = 120  # milliseconds without a change before occlusion starts: it predicts hundreds of images
COVER = 5  # side of the square that occlusion covers, pixels

SALIENCY, TIMES_INPUT, OCCLUSION, CAM = METHODS = (
    "saliency", "gradient x input", "occlusion", "Grad-CAM"
)  # fmt: skip
DESCRIPTIONS = {
    SALIENCY: "where a little more or less ink would change the score most",
    TIMES_INPUT: "ink that supports the digit, and ink against it (blue)",
    OCCLUSION: f"how far the score falls when a square of {COVER} x {COVER} is covered there",
    CAM: "where the chosen feature maps support the digit",
}


class WhyPanel(ttk.Frame):
    """A picture per attribution method; the user chooses the digit and the layer of Grad-CAM.

    Parameters
    ----------
    parent : tk.Misc
    on_hover : callable
        Called with a description of the value under the pointer, "" without one.

    Attributes
    ----------
    layer : ttk.Combobox
        The layers that Grad-CAM can use.
    note : ttk.Label
        Names the digit and its probability.
    pictures, captions : dict of str to ttk.Label
        By method.
    results : dict of str to ndarray
        The values shown, by method.
    """

    title = "Why this digit"

    def __init__(self, parent: tk.Misc, on_hover: Callable[[str], None]) -> None:
        super().__init__(parent)
        self.results: dict[str, np.ndarray] = {}
        self.pictures: dict[str, ttk.Label] = {}
        self.captions: dict[str, ttk.Label] = {}
        self._on_hover = on_hover
        self._snapshot: Snapshot | None = None
        self._network: Network | None = None
        self._occlusion_work = IdleWork(self)
        self._choice = tk.IntVar(self, PREDICTED)
        self._build_bar()
        self._descriptions: list[ttk.Label] = []
        self._zoom = pixels(self, 8)
        row = ttk.Frame(self)
        for column, method in enumerate(METHODS):
            self._build_picture(row, column, method)
        row.pack(pady=pixels(self, 4))
        self.bind("<Configure>", self._resize)
        below = ttk.Frame(self)
        below.pack(fill="x", padx=pixels(self, 8))
        self.note = ttk.Label(below, text="")
        self.note.pack(side="left")
        self.layer = ttk.Combobox(below, state="readonly", width=16)
        self.layer.bind("<<ComboboxSelected>>", lambda event: self._show_again())
        self.layer.pack(side="right")
        ttk.Label(below, text="Grad-CAM over").pack(side="right", padx=4)

    def _build_bar(self):
        bar = ttk.Frame(self)
        ttk.Label(bar, text="Why (or why not)").pack(side="left")
        for value, text in [(PREDICTED, "the answer"), *((k, str(k)) for k in range(10))]:
            ttk.Radiobutton(
                bar, text=text, value=value, variable=self._choice, command=self._show_again
            ).pack(side="left", padx=3)
        bar.pack(fill="x", pady=pixels(self, 4), padx=pixels(self, 8))

    def _build_picture(self, parent, column, method):
        ttk.Label(parent, text=method, font="TkHeadingFont").grid(row=0, column=column)
        picture = ttk.Label(parent)
        picture.grid(row=1, column=column, padx=pixels(self, 6))
        picture.bind("<Motion>", lambda event: self._hover(method, event))
        picture.bind("<Leave>", lambda event: self._on_hover(""))
        description = ttk.Label(
            parent, text=DESCRIPTIONS[method], justify="center", style="Muted.TLabel"
        )
        description.grid(row=2, column=column)
        self._descriptions.append(description)
        caption = ttk.Label(parent, text="")
        caption.grid(row=3, column=column)
        self.pictures[method], self.captions[method] = picture, caption
        self._new_photo(picture)

    def _new_photo(self, picture):
        side = 28 * self._zoom
        picture.photo = ImageTk.PhotoImage("RGB", (side, side), master=self)
        picture.configure(image=picture.photo)

    def _resize(self, event):
        """Make the pictures as large as the panel allows."""
        width = event.width // len(METHODS) - pixels(self, 16)
        narrow = width < pixels(self, 200)
        for description in self._descriptions:
            font = small_font(self) if narrow else "TkDefaultFont"
            description.configure(wraplength=width, font=font)
        zoom = max(2, min(width, event.height - pixels(self, 160)) // 28)
        if zoom != self._zoom:
            self._zoom = zoom
            for picture in self.pictures.values():
                self._new_photo(picture)
            self._show_again()

    def show(self, snapshot: Snapshot) -> None:
        """Explain a drawing; occlusion takes long and starts when the pen rests."""
        self._snapshot = snapshot
        self._occlusion_work.stop()
        if snapshot.network is not self._network:
            self._list_layers(snapshot.network)
        if snapshot.blank:
            self.note["text"] = NOTHING_DRAWN
            for method in METHODS:
                self._draw(method, np.zeros((28, 28), np.float32))
            return
        k = self.digit
        said = percent(float(snapshot.probabilities[k]))
        self.note["text"] = f"What supports {k}, read with {said}"
        model, x = snapshot.network.model, snapshot.drawing[None, :, :, None]
        gradients = explain.gradients(model, x, k)
        self._draw(SALIENCY, explain.saliency(gradients[0])[0])
        self._draw(TIMES_INPUT, explain.gradient_times_input(gradients[0], x)[0])
        self._draw_grad_cam(gradients)
        self.captions[OCCLUSION]["text"] = "..."
        work = explain.occlusion(model, x, k, COVER)
        self._occlusion_work.start(work, lambda fall: self._draw(OCCLUSION, fall), REST)

    @property
    def digit(self) -> int:
        """The digit that is explained."""
        k = self._choice.get()
        return int(self._snapshot.maps[-1].argmax()) if k == PREDICTED else k

    @property
    def busy(self) -> bool:
        """Whether occlusion is unfinished."""
        return self._occlusion_work.busy

    def pause(self) -> None:
        """Stop occlusion; `show` starts it again."""
        self._occlusion_work.stop()

    def _list_layers(self, network):
        """Offer the layers with feature maps for Grad-CAM."""
        self._network = network
        self._map_layers = explain.map_layers(network.model)
        self.layer["values"] = [network.title(i) for i in self._map_layers]
        self.layer.set(self.layer["values"][-1] if self._map_layers else "no convolution")

    def _draw_grad_cam(self, gradients):
        if not self._map_layers:
            self._draw(CAM, np.zeros((28, 28), np.float32), "this network has no convolution")
            return
        i = self._map_layers[self.layer.current()]
        out = self._snapshot.maps[i + 1][None]
        self._draw(CAM, explain.grad_cam(out, gradients[i + 1])[0])

    def _draw(self, method, values, caption=None):
        self.results[method] = values
        side = 28 * self._zoom
        picture = overlay(values, self._snapshot.drawing, self._snapshot.palette)
        enlarged = picture.resize((side, side), Image.Resampling.NEAREST)
        self.pictures[method].photo.paste(enlarged)
        strongest = float(np.abs(values).max(initial=0))
        self.captions[method]["text"] = caption or f"strongest: {strongest:.4f}"

    def _hover(self, method, event):
        if method in self.results:
            values = self.results[method]
            H, W = values.shape
            row, column = event.y * H // (28 * self._zoom), event.x * W // (28 * self._zoom)
            if 0 <= row < H and 0 <= column < W:
                value = values[row, column]
                self._on_hover(f"{method}, row {row}, column {column}: {value:.5f}")

    def _show_again(self):
        if self._snapshot is not None:
            self.show(self._snapshot)


def overlay(values: np.ndarray, drawing: np.ndarray, palette: Palette) -> Image.Image:
    """Return values over a faint drawing, as a picture of 28x28.

    Parameters
    ----------
    values : ndarray, (H, W)
        Attributions of either sign; resized to 28x28 if they are coarser.
    drawing : ndarray, (28, 28)
        Ink in [0, 1].
    palette : Palette
    """
    indices = Image.fromarray(levels(values, np.abs(values).max(initial=0)))
    if values.shape != (28, 28):
        indices = indices.resize((28, 28), Image.Resampling.BILINEAR)
    colours = palette.numbers[np.asarray(indices)]
    faint = 0.3 * np.clip(drawing, 0, 1)[..., None]
    mixed = (1 - faint) * colours + faint * np.array(palette.text)
    return Image.fromarray(np.rint(mixed).astype(np.uint8))
