"""Read digits from pictures: ``python recognise.py FILE...``.

Each picture gives one line, ``FILE<TAB>DIGIT<TAB>PROBABILITY``, or with ``--json`` one object of an
array, with the probability of all ten digits. A picture that cannot be read is one line on stderr;
the others still come, and the exit code is 1.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data import canvas
from data.errors import DataError
from nn import ModelFileError, Sequential, convert

HERE = Path(__file__).parent
WEIGHTS = HERE / "weights" / "mnist.npz"
SAMPLES = HERE / "samples"
SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff")  # what a folder is read for
BATCH = 128  # pictures through the network at once: fast, and memory stays bounded

Answer = tuple[str, NDArray[np.float32]]  # a file's name, the probabilities of the ten digits


def recognise(
    model: Sequential, names: Iterable[str], on_error: Callable[[Exception], None]
) -> Iterator[Answer]:
    """Read the digit in each picture, in order, a batch at a time.

    Parameters
    ----------
    model : Sequential
        A network for (28, 28) images of ten digits.
    names : iterable of str
        Pictures, and folders of pictures.
    on_error : callable
        Is given the ``DataError`` or ``OSError`` of each picture or folder that cannot be read.

    Yields
    ------
    file : str
        The picture's name as it was given; a folder's pictures come sorted.
    probabilities : ndarray of shape (10,), float32
        How likely each digit is.
    """
    files = chain.from_iterable(_each(_pictures_in, names, on_error))
    pictures = _each(_read, files, on_error)
    while batch := list(islice(pictures, BATCH)):
        read, images = zip(*batch, strict=True)
        yield from zip(read, model.predict_proba(np.stack(images)), strict=True)


def load_network(path: str | os.PathLike) -> Sequential:
    """Read a network from any file that `nn.convert.load` reads; see that it is one for digits.

    It must turn (28, 28) images into ten probabilities.

    Raises
    ------
    ModelFileError
        If the file is no sound model, or a model for something else.
    """
    model = convert.load(path)
    try:
        classes = model.predict_proba(np.zeros((1, 28, 28), np.float32)).shape[1:]
    except ValueError as error:
        raise ModelFileError(f"{path}: not a network for images of 28x28: {error}") from error
    if classes != (10,):
        raise ModelFileError(f"{path}: not a network for ten digits: it answers {classes}")
    return model


def _each(function, names, on_error):
    """Yield ``function(name)`` for each name; an error goes to `on_error`, the rest goes on."""
    for name in names:
        try:
            result = function(name)
        except (DataError, OSError) as error:
            on_error(error)
        else:
            yield result


def _pictures_in(name: str) -> list[str]:
    """The pictures in a folder; a file is itself."""
    if not os.path.isdir(name):
        return [name]
    found = sorted(str(path) for path in Path(name).iterdir() if path.suffix.lower() in SUFFIXES)
    if not found:
        raise DataError(f"{name}: no picture in this folder ({', '.join(SUFFIXES)})")
    return found


def _read(file: str) -> tuple[str, NDArray[np.float32]]:
    with canvas.open_image(file) as image:
        digit = canvas.from_image(image)
    if not digit.any():
        raise DataError(f"{file}: blank: no ink was found on its paper")
    return file, digit


def _write_lines(answers: Iterable[Answer]) -> None:
    encoding = sys.stdout.encoding or "utf-8"
    for file, probabilities in answers:
        # A name that this terminal has no letters for is written with escapes.
        name = file.encode(encoding, "backslashreplace").decode(encoding)
        digit = probabilities.argmax()
        print(f"{name}\t{digit}\t{probabilities[digit]:.4f}", flush=True)


def _write_json(answers: Iterable[Answer]) -> None:
    """Write the array object by object, so that thousands need not be held."""
    before = "["
    for file, probabilities in answers:
        rounded = [round(float(p), 6) for p in probabilities]
        digit = int(probabilities.argmax())
        record = {
            "file": file,
            "digit": digit,
            "probability": rounded[digit],
            "probabilities": rounded,
        }
        print(before, json.dumps(record), sep="\n", end="", flush=True)
        before = ","
    print("[]" if before == "[" else "\n]", flush=True)


def _samples() -> str:
    """The shipped pictures, named as briefly as they can be from here."""
    here = Path.cwd()
    return str(SAMPLES.relative_to(here) if SAMPLES.is_relative_to(here) else SAMPLES)


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="recognise.py",
        description="Read digits from pictures: one line each, FILE<TAB>DIGIT<TAB>PROBABILITY.",
        epilog="Exit code: 0 all read, 1 some could not be read, 2 nothing could be done.",
    )
    parser.add_argument(
        "files",
        nargs="*",
        metavar="FILE",
        help="a picture (PNG, JPEG, BMP, GIF or TIFF), or a folder of them; default: samples/",
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="print an array of objects with file, digit, probability and all ten probabilities",
    )
    parser.add_argument(
        "--weights",
        type=Path,
        default=WEIGHTS,
        metavar="FILE",
        help="a saved network, .npz, .h5, .keras or .onnx (default: the shipped one)",
    )
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; see ``python recognise.py --help``."""
    args = _parse(argv)
    unread = []

    def complain(error: Exception) -> None:
        unread.append(error)
        print(f"recognise.py: {error}", file=sys.stderr)

    write = _write_json if args.json else _write_lines
    try:
        model = load_network(args.weights)
        write(recognise(model, args.files or [_samples()], complain))
    except BrokenPipeError:  # as in `| head`: the reader has all it wants
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (DataError, ModelFileError, OSError) as error:
        print(f"recognise.py: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 1 if unread else 0


if __name__ == "__main__":
    sys.exit(main())
