"""Colours of the desktop's theme, and a diverging colour map for numbers.

Zero has the colour of paper; positive numbers tend to orange, negative ones to blue. People with
a colour vision deficiency can nearly always tell these two apart.
"""

import tkinter as tk
from dataclasses import dataclass
from functools import cached_property
from tkinter import ttk

import numpy as np
from PIL import Image

BACKGROUND, MARK, ZERO = 0, 1, 128  # entries of the table `Palette.numbers`
REACH = 126  # entries for numbers on either side of ZERO: 2 ... 254

Colour = tuple[int, int, int]  # red, green, blue, 0 ... 255


@dataclass(frozen=True)
class Palette:
    """Colours of the desktop's theme, light or dark, and colours for numbers that suit it.

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
        if brightness(background) < 128:
            text = text if brightness(text) > 160 else (238, 238, 238)
            paper = tuple(value // 2 for value in background)
            return cls(background, text, paper, (255, 170, 70), (90, 175, 255), (255, 90, 90))
        text = text if brightness(text) < 96 else (17, 17, 17)
        return cls(background, text, (255, 255, 255), (176, 74, 0), (0, 82, 165), (200, 0, 0))

    @cached_property
    def numbers(self) -> np.ndarray:
        """The colour map, uint8 (256, 3); `levels` returns indices into it."""
        table = np.empty((256, 3), np.uint8)
        table[BACKGROUND], table[MARK] = self.background, self.mark
        share = np.linspace(0, 1, REACH + 1)[:, None]
        for sign, colour in ((1, self.positive), (-1, self.negative)):
            ramp = (1 - share) * self.paper + share * np.array(colour)
            table[ZERO + sign * np.arange(REACH + 1)] = np.rint(ramp)
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


def hex_colour(colour: Colour) -> str:
    """Return a colour as Tk writes it: "#rrggbb"."""
    return "#{:02x}{:02x}{:02x}".format(*map(int, colour))


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


def pixels(widget: tk.Misc, size: float) -> int:
    """Convert a length from 1/96 inch to pixels of the widget's display, at least 1."""
    return max(1, round(size * widget.winfo_fpixels("1i") / 96))
