"""Why this digit: which parts of the drawing speak for it, asked in four ways."""

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

import numpy as np
from PIL import Image, ImageTk

from inspector.drawing import Snapshot
from inspector.idle import IdleWork
from inspector.palette import Palette, levels, pixels
from inspector.probabilities import NOTHING_DRAWN
from nn import explain

ANSWER = -1  # the class that the network finds likeliest
QUIET = 120  # milliseconds without a change before occlusion starts: it needs hundreds of images
COVER = 5  # pixels: the side of the square that covers

SALIENCY, TIMES_INPUT, OCCLUSION, CAM = METHODS = (
    "saliency", "gradient x input", "occlusion", "Grad-CAM"
)  # fmt: skip
EXPLAINED = {
    SALIENCY: "where a little more or less ink\nwould move the score most",
    TIMES_INPUT: "ink that speaks for the digit,\nand ink against it (blue)",
    OCCLUSION: f"how far the score falls when a\nsquare of {COVER} x {COVER} is covered there",
    CAM: "where the chosen maps speak\nfor the digit",
}


class WhyPanel(ttk.Frame):
    """Four pictures of the same drawing, for a class and a convolution that a person chooses.

    Attributes
    ----------
    results : dict of str to ndarray
        What is shown, by method.
    """

    title = "Why this digit"

    def __init__(self, parent: tk.Misc, on_hover: Callable[[str], None]) -> None:
        super().__init__(parent)
        self.results: dict[str, np.ndarray] = {}
        self._on_hover = on_hover
        self._seen: Snapshot | None = None
        self._network = None
        self._slices = IdleWork(self)
        self.digit = tk.IntVar(self, ANSWER)
        self._choices()
        self._zoom = pixels(self, 8)
        self._pictures, self._photos, self._captions = {}, {}, {}
        row = ttk.Frame(self)
        for column, method in enumerate(METHODS):
            self._picture(row, column, method)
        row.pack(pady=pixels(self, 8))
        self.bind("<Configure>", self._resize)
        self.note = ttk.Label(self, text="")
        self.note.pack(anchor="w", padx=pixels(self, 8))

    def _choices(self):
        bar = ttk.Frame(self)
        ttk.Label(bar, text="Why (or why not)").pack(side="left")
        for value, text in [(ANSWER, "the answer"), *((k, str(k)) for k in range(10))]:
            button = ttk.Radiobutton(
                bar, text=text, value=value, variable=self.digit, command=self._again
            )
            button.pack(side="left", padx=3)
        ttk.Label(bar, text="    Grad-CAM over").pack(side="left")
        self.layer = ttk.Combobox(bar, state="readonly", width=16)
        self.layer.bind("<<ComboboxSelected>>", lambda event: self._again())
        self.layer.pack(side="left", padx=4)
        bar.pack(fill="x", pady=pixels(self, 4), padx=pixels(self, 8))

    def _picture(self, parent, column, method):
        ttk.Label(parent, text=method, font="TkHeadingFont").grid(row=0, column=column)
        picture = ttk.Label(parent)
        picture.grid(row=1, column=column, padx=pixels(self, 6))
        picture.bind("<Motion>", lambda event: self._hover(method, event))
        picture.bind("<Leave>", lambda event: self._on_hover(""))
        ttk.Label(parent, text=EXPLAINED[method], justify="center").grid(row=2, column=column)
        caption = ttk.Label(parent, text="")
        caption.grid(row=3, column=column)
        self._pictures[method], self._captions[method] = picture, caption
        self._make_photo(method)

    def _make_photo(self, method):
        side = 28 * self._zoom
        self._photos[method] = ImageTk.PhotoImage("RGB", (side, side), master=self)
        self._pictures[method].configure(image=self._photos[method])

    def _resize(self, event):
        """Make the four pictures as large as they have room."""
        room = min(event.width // len(METHODS) - pixels(self, 16), event.height - pixels(self, 160))
        zoom = max(2, room // 28)
        if zoom != self._zoom:
            self._zoom = zoom
            for method in METHODS:
                self._make_photo(method)
            self._again()

    def show(self, seen: Snapshot) -> None:
        """Explain the drawing; what takes long comes when the pen rests."""
        self._seen = seen
        if seen.network is not self._network:
            self._network = seen.network
            self._places = explain.map_layers(seen.network.model)
            self.layer["values"] = [seen.network.title(place) for place in self._places]
            self.layer.set(self.layer["values"][-1] if self._places else "no convolution")
        self._slices.stop()
        if seen.blank:
            self.note["text"] = NOTHING_DRAWN
            for method in METHODS:
                self._draw(method, np.zeros((28, 28), np.float32))
            return
        k = self.chosen
        probability = 100 * float(seen.probabilities[k])
        self.note["text"] = f"What speaks for {k}, to which the network gives {probability:.2f} %"
        x = seen.drawing[None, :, :, None]
        slopes = explain.gradients(seen.network.model, x, k)
        self._draw(SALIENCY, explain.saliency(slopes[0])[0])
        self._draw(TIMES_INPUT, explain.gradient_times_input(slopes[0], x)[0])
        if self._places:
            place = self._places[self.layer.current()]
            out = seen.maps[place + 1][None]
            self._draw(CAM, explain.grad_cam(out, slopes[place + 1])[0])
        else:
            self._draw(CAM, np.zeros((28, 28), np.float32), "this network has no convolution")
        work = explain.occlusion(seen.network.model, x, k, COVER)
        self._captions[OCCLUSION]["text"] = "..."
        self._slices.start(work, self._draw_occlusion, QUIET)

    @property
    def chosen(self) -> int:
        """The class that is explained."""
        k = self.digit.get()
        return int(self._seen.maps[-1].argmax()) if k == ANSWER else k

    @property
    def busy(self) -> bool:
        """Whether occlusion is still being computed."""
        return self._slices.busy

    def pause(self) -> None:
        """Drop the work that is going on; `show` takes it up again."""
        self._slices.stop()

    def _draw_occlusion(self, fall):
        self._draw(OCCLUSION, fall)

    def _draw(self, method, values, caption=None):
        self.results[method] = values
        limit = float(np.abs(values).max(initial=0))
        side = 28 * self._zoom
        picture = overlay(values, self._seen.drawing, self._seen.palette)
        self._photos[method].paste(picture.resize((side, side), Image.Resampling.NEAREST))
        self._captions[method]["text"] = caption or f"strongest: {limit:.4f}"

    def _hover(self, method, event):
        if method in self.results:
            values = self.results[method]
            H, W = values.shape
            row, column = event.y * H // (28 * self._zoom), event.x * W // (28 * self._zoom)
            if 0 <= row < H and 0 <= column < W:
                value = values[row, column]
                self._on_hover(f"{method}, row {row}, column {column}: {value:.5f}")

    def _again(self):
        if self._seen is not None:
            self.show(self._seen)


def overlay(values: np.ndarray, drawing: np.ndarray, palette: Palette) -> Image.Image:
    """Return values (H, W) of either sign over the faint drawing, as a picture of 28 x 28."""
    strength = Image.fromarray(levels(values, np.abs(values).max(initial=0)))
    if values.shape != (28, 28):  # coarser maps, spread over the drawing
        strength = strength.resize((28, 28), Image.Resampling.BILINEAR)
    colours = palette.numbers[np.asarray(strength)]
    faint = 0.3 * np.clip(drawing, 0, 1)[..., None]
    mixed = (1 - faint) * colours + faint * np.array(palette.text)
    return Image.fromarray(np.rint(mixed).astype(np.uint8))
