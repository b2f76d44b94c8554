"""Digits as ink on a sheet of any size: the first step of the pictures in `photos`."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from data.synthetic import handwriting

FINE = 3
"""Strokes are drawn this many times larger, and shrunk."""


@dataclass(frozen=True)
class Digit:
    """A digit to put on a picture.

    Attributes
    ----------
    label : int
    strokes : list of ndarray, each (P, 2), or None
        Points (x, y), y down.
    image : ndarray, uint8, (28, 28), or None
        Used if there are no strokes; its lines have the width that they have.
    """

    label: int
    strokes: list[np.ndarray] | None = None
    image: np.ndarray | None = None

    def ink(
        self, rng: np.random.Generator, side: int = 300, tall: float = 0.55, pen: float = 0.1
    ) -> np.ndarray:
        """Draw the digit near the middle of a square sheet.

        Parameters
        ----------
        rng : numpy.random.Generator
        side : int
            Side of the sheet, pixels.
        tall : float
            Longer side of the digit, relative to the sheet's.
        pen : float
            Width of the line, relative to the digit's longer side; MNIST's images keep theirs.

        Returns
        -------
        ndarray, float32, (side, side)
            Ink in [0, 1].
        """
        cut = self.tight(round(side * tall), pen)
        room = np.array([side, side]) - cut.shape
        y, x = (int(free * rng.uniform(0.42, 0.58)) for free in room)
        sheet = np.zeros((side, side), np.float32)
        sheet[y : y + cut.shape[0], x : x + cut.shape[1]] = cut
        return sheet

    def tight(self, tall: int, pen: float) -> np.ndarray:
        """Return the digit's ink in its bounding box, whose longer side is ``tall`` pixels."""
        if self.strokes is None:
            return _enlarged(self.image, tall)
        points = np.concatenate(self.strokes)
        low, extent = points.min(axis=0), max(np.ptp(points, axis=0).max(), 1e-9)
        width = FINE * tall * pen
        scale = (FINE * tall - width) / extent
        size = np.ceil(np.ptp(points, axis=0) * scale + width).astype(int)
        drawing = Image.new("L", tuple(np.maximum(size, FINE).tolist()))
        draw, r = ImageDraw.Draw(drawing), width / 2
        for stroke in self.strokes:
            fine = (stroke - low) * scale + r
            draw.line([*map(tuple, fine.tolist())], fill=255, width=max(1, round(width)))
            for x, y in fine:
                draw.ellipse([x - r, y - r, x + r, y + r], fill=255)
        size = [max(1, round(length / FINE)) for length in drawing.size]
        return np.asarray(drawing.resize(size, Image.Resampling.BOX), np.float32) / 255


def _enlarged(image, tall):
    """Enlarge an MNIST image; its soft edges stay as soft as a pen's are."""
    rows, columns = (np.flatnonzero((image > 60).any(axis=axis)) for axis in (1, 0))
    cut = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = tall / max(cut.shape)
    size = [max(1, round(length * scale)) for length in cut.shape[::-1]]
    smooth = np.asarray(Image.fromarray(cut).resize(size, Image.Resampling.BICUBIC), np.float32)
    return np.clip((smooth / 255 - 0.45) * max(scale / 3, 1.2) + 0.5, 0, 1)


def digits(rng: np.random.Generator, images: np.ndarray, labels: np.ndarray):
    """Yield digits without end: one written synthetically, one of the images, and so on.

    Parameters
    ----------
    rng : numpy.random.Generator
    images : ndarray, uint8, (N, 28, 28)
    labels : ndarray, int, (N,)
    """
    while True:
        label = int(rng.integers(10))
        yield Digit(label, strokes=handwriting.digit(label, rng))
        index = int(rng.integers(len(labels)))
        yield Digit(int(labels[index]), image=images[index])
