"""The colours that a window draws with: those of its theme, and a colour map for numbers."""

import tkinter as tk
from dataclasses import dataclass
from functools import cached_property
from tkinter import ttk

import numpy as np
from PIL import Image

from inspector.theme.colours import DARK, LIGHT, Colour, hex_colour, ramp
from inspector.theme.style import pixels

__all__ = ["Palette", "brightness", "hex_colour", "levels", "pixels"]

BACKGROUND, MARK, ZERO = 0, 1, 128  # entries of the table `Palette.numbers`
REACH = 126  # entries for numbers on either side of ZERO: 2 ... 254


@dataclass(frozen=True)
class Palette:
    """Colours of the theme in use, light or dark, and colours for numbers that suit it.

    Attributes
    ----------
    background, text : Colour
        Of the theme; the text is made lighter or darker where it would be hard to read.
    paper : Colour
        Behind a drawing; also the colour of zero.
    positive, negative : Colour
        Of the largest number of either sign.
    mark : Colour
        Of frames and of the crosses on dead channels.
    """

    background: Colour
    text: Colour
    paper: Colour
    positive: Colour
    negative: Colour
    mark: Colour

    @classmethod
    def of(cls, widget: tk.Misc) -> "Palette":
        """Return the palette for ttk's current theme."""
        style = ttk.Style(widget)

        def colour(option, otherwise):
            name = style.lookup("TFrame", option) or otherwise
            return tuple(value >> 8 for value in widget.winfo_rgb(name))

        background, text = colour("background", "#d9d9d9"), colour("foreground", "black")
        look = LIGHT if brightness(background) >= 128 else DARK
        readable = abs(brightness(text) - brightness(background)) > 120
        text = text if readable else look.text
        return cls(background, text, look.paper, look.positive, look.negative, look.mark)

    @property
    def muted(self) -> Colour:
        """Of text that matters less."""
        return self.between(0.6)

    @property
    def border(self) -> Colour:
        """Of lines that part or connect."""
        return self.between(0.2)

    def between(self, share: float) -> Colour:
        """Return a colour between the background's (``share`` 0) and the text's (1)."""
        both = zip(self.background, self.text, strict=True)
        return tuple(round((1 - share) * back + share * text) for back, text in both)

    @cached_property
    def numbers(self) -> np.ndarray:
        """The colour map, uint8 (256, 3); `levels` returns indices into it."""
        table = np.empty((256, 3), np.uint8)
        table[BACKGROUND], table[MARK] = self.background, self.mark
        for sign, colour in ((1, self.positive), (-1, self.negative)):
            colours = ramp(self.paper, colour, REACH + 1)
            table[ZERO + sign * np.arange(REACH + 1)] = np.rint(colours)
        table[255] = self.text
        return table

    def ink(self, drawing: np.ndarray) -> Image.Image:
        """Return ink (H, W) in [0, 1] as a picture, in the colour of text on paper."""
        share = np.clip(drawing, 0, 1)[..., None]
        rgb = (1 - share) * self.paper + share * np.array(self.text)
        return Image.fromarray(np.rint(rgb).astype(np.uint8))


def brightness(colour: Colour) -> float:
    """Return the luma of a colour, 0 ... 255."""
    red, green, blue = colour
    return 0.299 * red + 0.587 * green + 0.114 * blue


def levels(values: np.ndarray, limits) -> np.ndarray:
    """Quantise numbers to indices into `Palette.numbers`.

    Parameters
    ----------
    values : ndarray of float
        Clipped to [-limits, limits]; NaN is shown as 0.
    limits : float or ndarray
        The absolute value with the strongest colour; an array is broadcast against ``values``.

    Returns
    -------
    ndarray of uint8, shape of ``values``
    """
    limits = np.where(np.asarray(limits) > 0, limits, 1)
    share = np.nan_to_num(values / limits, posinf=1, neginf=-1)
    return (ZERO + np.rint(REACH * np.clip(share, -1, 1))).astype(np.uint8)
