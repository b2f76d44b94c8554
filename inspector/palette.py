"""Colours of the desktop's theme, and of numbers: the sign is said by the colour.

Zero is the colour of paper; positive and negative numbers go two ways from it, orange and blue,
which nearly all people can tell apart.
"""

import tkinter as tk
from dataclasses import dataclass
from functools import cached_property
from tkinter import ttk

import numpy as np
from PIL import Image

BACKGROUND, MARK, ZERO = 0, 1, 128  # places in a palette's table; 2 ... 254 are the numbers


REACH = 126  # from ZERO to the last colour on either side


Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Palette:
    """The colours of the desktop's theme, light or dark, and those for numbers that go with it."""

    background: Colour
    text: Colour
    paper: Colour
    positive: Colour
    negative: Colour
    mark: Colour

    @classmethod
    def of(cls, widget: tk.Misc) -> "Palette":
        """Read the theme that ttk draws with."""
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
        """The table (256, 3) from -1 ... 1, as `levels` gives it, to colours."""
        table = np.empty((256, 3), np.uint8)
        table[BACKGROUND], table[MARK] = self.background, self.mark
        share = np.linspace(0, 1, REACH + 1)[:, None]
        for sign, colour in ((1, self.positive), (-1, self.negative)):
            ramp = (1 - share) * self.paper + share * np.array(colour)
            table[ZERO + sign * np.arange(REACH + 1)] = np.rint(ramp)
        table[255] = self.text
        return table

    def ink(self, drawing: np.ndarray) -> Image.Image:
        """Return ink in [0, 1], shape (H, W), as a picture in the text's colour on paper."""
        share = np.clip(drawing, 0, 1)[..., None]
        rgb = (1 - share) * self.paper + share * np.array(self.text)
        return Image.fromarray(np.rint(rgb).astype(np.uint8))


def brightness(colour: Colour) -> float:
    """Return how bright a colour looks, 0 ... 255."""
    red, green, blue = colour
    return 0.299 * red + 0.587 * green + 0.114 * blue


def hex_colour(colour: Colour) -> str:
    """Return a colour as Tk names it."""
    return "#{:02x}{:02x}{:02x}".format(*map(int, colour))


def levels(values: np.ndarray, limits) -> np.ndarray:
    """Return the places in `Palette.numbers` of values from -limits to limits.

    Parameters
    ----------
    values : ndarray of float
    limits : float or ndarray
        For all values, or in a shape that fits theirs.

    Returns
    -------
    ndarray of uint8, the shape of ``values``
    """
    limits = np.where(np.asarray(limits) > 0, limits, 1)
    share = np.nan_to_num(values / limits, posinf=1, neginf=-1)
    return (ZERO + np.rint(REACH * np.clip(share, -1, 1))).astype(np.uint8)


def pixels(widget: tk.Misc, size: float) -> int:
    """Return a length, given in pixels of 1/96 inch, in those of this display: one at least."""
    return max(1, round(size * widget.winfo_fpixels("1i") / 96))
