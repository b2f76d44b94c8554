"""The project's colours, as plain numbers: no window and no chart library is needed.

The windows, the tour's pictures and the charts of a run show numbers in one scale: zero has the
colour of paper, positive numbers tend to orange, negative ones to blue. People with a colour
vision deficiency can nearly always tell these two apart.
"""

from dataclasses import dataclass

import numpy as np

Colour = tuple[int, int, int]  # red, green, blue, 0 ... 255

WHITE = (255, 255, 255)
ORANGE, BLUE = (190, 82, 0), (0, 86, 168)  # of the largest positive and negative number, on white


@dataclass(frozen=True)
class Look:
    """Colours of the windows.

    Attributes
    ----------
    background : Colour
        Behind everything.
    surface : Colour
        Of what can be pressed or written into, and of the selected tab.
    raised : Colour
        Of what can be pressed, under the pointer.
    border : Colour
    text, muted : Colour
        Of text, and of text that matters less.
    accent, on_accent : Colour
        Of what is selected, and of text on it.
    paper : Colour
        Behind a drawing; also the colour of zero.
    positive, negative : Colour
        Of the largest number of either sign.
    mark : Colour
        Of frames and of the crosses on dead channels.
    """

    background: Colour
    surface: Colour
    raised: Colour
    border: Colour
    text: Colour
    muted: Colour
    accent: Colour
    on_accent: Colour
    paper: Colour
    positive: Colour
    negative: Colour
    mark: Colour


LIGHT = Look(
    background=(243, 244, 247),
    surface=WHITE,
    raised=(229, 233, 240),
    border=(205, 210, 219),
    text=(28, 31, 38),
    muted=(92, 99, 112),
    accent=BLUE,
    on_accent=WHITE,
    paper=WHITE,
    positive=ORANGE,
    negative=BLUE,
    mark=(206, 0, 82),
)

DARK = Look(
    background=(30, 33, 39),
    surface=(44, 48, 56),
    raised=(60, 65, 76),
    border=(72, 78, 90),
    text=(232, 234, 238),
    muted=(160, 167, 180),
    accent=(96, 172, 250),
    on_accent=(16, 20, 28),
    paper=(17, 19, 23),
    positive=(255, 168, 72),
    negative=(96, 172, 250),
    mark=(255, 96, 144),
)


def ramp(middle: Colour, end: Colour, steps: int) -> np.ndarray:
    """Return colours from one to another, both included, float (steps, 3) in [0, 255]."""
    share = np.linspace(0, 1, steps)[:, None]
    return (1 - share) * np.array(middle) + share * np.array(end)


def hex_colour(colour: Colour) -> str:
    """Return a colour as Tk and matplotlib write it: "#rrggbb"."""
    return "#{:02x}{:02x}{:02x}".format(*map(int, colour))
