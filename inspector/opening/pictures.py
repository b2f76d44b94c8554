"""Digits from elsewhere than the pen: samples, MNIST's test images and picture files."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

import weights
from data import canvas, mnist
from data.errors import DataError
from data.pictures.open import shrunk
from data.segments import pictures
from data.segments.symbols import Line, Reading, Symbol
from guard.names import typed_command

Classify = Callable[[np.ndarray], np.ndarray]  # (N, 28, 28) to (N, 10)


@dataclass(frozen=True)
class Opened:
    """A picture that was opened in place of a drawing.

    Attributes
    ----------
    name : str
        Shown below it.
    picture : PIL.Image.Image
    reading : Reading
        Its digits; the boxes are in pixels of the picture.
    """

    name: str
    picture: Image.Image
    reading: Reading


def sample_files() -> list[Path]:
    """Return the pictures of ``samples/``, by name."""
    return sorted(weights.SAMPLES.glob("*.png"))


def open_picture(path: str | os.PathLike, classify: Classify) -> Opened:
    """Read a picture file: one digit, or a number.

    Parameters
    ----------
    path : path-like
    classify : callable
        Maps images (N, 28, 28) to probabilities (N, 10).

    Raises
    ------
    DataError
        If the file cannot be read or holds no digit; the message names it.
    """
    picture = canvas.open_image(path)
    try:
        prepared = pictures.prepare(picture)
    except DataError as error:
        raise DataError(f"{os.fspath(path)}: {error}") from None
    proba = None if prepared.digit is None else classify(prepared.digit[None])[0]
    reading = None if prepared.page is None else pictures.read(prepared, proba, classify)
    if reading is None:
        if prepared.digit is None:
            raise DataError(f"{os.fspath(path)}: no digit found in it")
        return Opened(Path(path).name, picture, _alone(prepared.digit, proba))
    scale = 1 / shrunk(picture)
    lines = (
        Line(symbol._replace(box=tuple(scale * edge for edge in symbol.box)) for symbol in line)
        for line in reading
    )
    return Opened(Path(path).name, picture, Reading(lines))


def mnist_folder() -> Path:
    """Return the folder of MNIST's files.

    Raises
    ------
    DataError
        If MNIST is not on this machine. Nothing is downloaded.
    """
    folder = mnist.find_local()
    if folder is None:
        raise DataError(
            f"MNIST is not on this machine: `{typed_command('train.py')} --quick` "
            "downloads it, or set MNIST_DIR to the folder of its four files"
        )
    return folder


def open_mnist(number: int, classify: Classify) -> Opened:
    """Take one of MNIST's test images, exactly as it is.

    Raises
    ------
    DataError
        If MNIST is not on this machine or has no such image. Nothing is downloaded.
    """
    images, labels = mnist.load("test", mnist_folder())
    if not 0 <= number < len(images):
        raise DataError(f"MNIST's test images have the numbers 0 to {len(images) - 1:,}")
    drawing = (images[number] / 255).astype(np.float32)
    picture = Image.fromarray(255 - images[number])
    name = f"MNIST {number}: a {labels[number]}"
    return Opened(name, picture, _alone(drawing, classify(drawing[None])[0]))


def _alone(drawing, proba):
    """Return the reading of a picture with one digit; its box is not drawn."""
    symbol = Symbol(str(int(proba.argmax())), (0, 0, 0, 0), drawing, proba)
    return Reading([Line([symbol])])
