"""Answers of ``recognise.py``: printed as lines or JSON, drawn on the pictures, doubted."""

import json
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo

from data import canvas
from data.errors import DataError
from data.pictures.open import shrunk
from data.segments.symbols import Reading
from guard.files import open_file
from guard.terminal import one_line
from nn.saving.atomic import atomic_write

Answer = tuple[str, NDArray[np.float32] | Reading]
"""Name of a picture, and the probabilities of the ten digits, (10,), or the number in it."""

COLUMNS = ("file", "line", "lines", "text", "probability")
"""Of a table of answers. A row is one digit or one line of writing: its number from 1, how many
lines the picture has, what was read, and its probability."""

MARKED = "Answers marked by recognise.py --marked"
"""A text in the PNG files with marked answers."""

COLOUR = (200, 0, 0)
TEXT = 0.5  # of the box's height: size of the answer beside it
SMALLEST, LARGEST = 12, 60  # pixels: size of the answer


def rows(
    file: str, answer: NDArray[np.float32] | Reading
) -> list[tuple[str, int, int, str, float]]:
    """Return the rows of an answer in a table of `COLUMNS`."""
    if isinstance(answer, Reading):
        found = [(line.text, line.probability) for line in answer]
    else:
        found = [(str(int(answer.argmax())), float(answer.max()))]
    return [(str(file), i, len(found), text, p) for i, (text, p) in enumerate(found, start=1)]


def as_lines(answers: Iterable[Answer]) -> None:
    """Print a line for each digit or line of writing: file, what was read, and its probability.

    Control characters in a file's name are escaped: a record is always one line of three fields.
    """
    for file, answer in answers:
        name = one_line(file)
        for *_, text, probability in rows(file, answer):
            print(f"{name}\t{text}\t{probability:.4f}\n", end="", flush=True)  # in one piece


def as_json(answers: Iterable[Answer]) -> None:
    """Print an array object by object, in constant memory."""
    before = "["
    try:
        for file, answer in answers:
            record = {"file": file} | _record(answer)
            print(before, json.dumps(record), sep="\n", end="", flush=True)
            before = ","
    finally:  # even after an interruption the output is a valid array
        print("[]" if before == "[" else "\n]", flush=True)


def _record(answer):
    """Return an answer as an object for JSON."""
    if not isinstance(answer, Reading):
        rounded = [round(float(p), 6) for p in answer]
        digit = int(answer.argmax())
        return {"digit": digit, "probability": rounded[digit], "probabilities": rounded}
    lines = [
        {
            "number": line.text,
            "probability": round(line.probability, 6),
            "symbols": [_symbol(symbol) for symbol in line],
        }
        for line in answer
    ]
    return {"number": answer.text, "probability": round(answer.probability, 6), "lines": lines}


def _symbol(symbol):
    """Return a symbol as an object for JSON; its box is left, top, right and bottom, pixels."""
    record = {"text": symbol.text, "box": [round(length, 1) for length in symbol.box]}
    if symbol.probabilities is not None:
        record["probability"] = round(symbol.probability, 6)
        record["probabilities"] = [round(float(p), 6) for p in symbol.probabilities]
    return record


def doubted(
    answers: Iterable[Answer], doubt: float, several: set[str], note: Callable[[str], None]
) -> Iterator[Answer]:
    """Pass answers on, and note those that are doubtful.

    Images of a stack are not noted: there may be thousands.

    Parameters
    ----------
    answers : iterable of Answer
    doubt : float
        Answers of a lower probability are noted: such a picture probably shows no digit.
    several : set of str
        Names of pictures that were read as one digit, but have several pieces of ink.
    note : callable
        Called with a line.
    """
    for file, answer in answers:
        of_stack = file.endswith("]")
        is_several = file in several
        several.discard(file)  # so that the set does not grow with the number of pictures
        if isinstance(answer, Reading):
            low = [s for s in answer.symbols if s.probability < doubt]
            if low:
                number = f"{len(low)} of {len(answer.symbols)} symbols"
                note(f"{file}: {number} probably not a digit: below {doubt:g}")
        elif answer.max() < doubt and not of_stack:
            why = "several pieces of ink" if is_several else "probably not a digit"
            note(f"{file}: {why}: probability {answer.max():.4f} is below {doubt:g}")
        yield file, answer


def marked(
    answers: Iterable[Answer], folder: Path, on_error: Callable[[Exception], None]
) -> Iterator[Answer]:
    """Pass answers on, and write their pictures with boxes and answers to a folder.

    Pictures of the same name get a number; images of stacks are left out. A picture that this did
    not write itself is never written over.

    Parameters
    ----------
    answers : iterable of Answer
    folder : Path
        Made if it is missing.
    on_error : callable
        Called with the ``DataError`` or ``OSError`` of a picture that cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    used: set[str] = set()
    for file, answer in answers:
        if Path(file).is_file():
            name, copy = Path(file).stem, 1
            while name in used:
                copy += 1
                name = f"{Path(file).stem}-{copy}"
            used.add(name)
            target = folder / f"{name}.png"
            try:
                if os.path.lexists(target) and not _is_marked(target):
                    raise DataError(f"{target}: another picture has this name: name another folder")
                with canvas.open_image(file) as image, atomic_write(target, durable=False) as out:
                    mark(image, answer).save(out, "PNG", pnginfo=_label())
            except (DataError, OSError) as error:
                on_error(error)
        yield file, answer


def _label():
    """Return the text that tells a marked picture from others."""
    label = PngInfo()
    label.add_text("Comment", MARKED)
    return label


def _is_marked(path):
    with open_file(path) as file:
        return MARKED.encode() in file.read(200)  # the text stands before the pixels


def mark(image: Image.Image, answer: NDArray[np.float32] | Reading) -> Image.Image:
    """Return a picture with a box and the answer at each symbol; one digit has no box.

    Parameters
    ----------
    image : PIL.Image.Image
        As `data.canvas.open_image` opens it: a large one is shrunk.
    answer : ndarray, float32, (10,), or Reading
        Its boxes are in pixels of the picture's file.
    """
    shown = image.convert("RGB")
    draw = ImageDraw.Draw(shown)
    if not isinstance(answer, Reading):
        size = min(max(min(shown.size) // 6, SMALLEST), LARGEST)
        font = ImageFont.load_default(size)
        draw.text((2, 0), str(int(answer.argmax())), fill=COLOUR, font=font)
        return shown
    for symbol in answer.symbols:
        left, top, right, low = (length / shrunk(image) for length in symbol.box)
        draw.rectangle((left - 1, top - 1, right + 1, low + 1), outline=COLOUR, width=2)
        size = int(min(max(TEXT * (low - top), SMALLEST), LARGEST))
        font = ImageFont.load_default(size)
        at = (left, top - 1) if top > size else (left, low + size)
        draw.text(at, symbol.text, fill=COLOUR, font=font, anchor="lb")
    return shown
