"""Errors of the converters: one line that names the file, the layer and its index."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

from ..saving.modelfile import ModelFileError

MAX_MESSAGE = 300
"""Characters kept of a library's message."""


class ConversionError(ModelFileError):
    """A model that cannot be converted; the message names the file, the layer and its index."""


@contextmanager
def errors_at(place: str) -> Iterator[None]:
    """Prefix the errors of one layer with ``place``, its index and name; raise ValueError."""
    try:
        yield
    except (ValueError, TypeError, KeyError, IndexError, ArithmeticError) as error:
        what = f"{error} is missing" if isinstance(error, KeyError) else error
        raise ValueError(f"{place}: {what}") from error


@contextmanager
def errors_in(path: str | os.PathLike) -> Iterator[None]:
    """Turn any error into a one-line `ConversionError` that names the file."""
    try:
        yield
    except FileNotFoundError:
        raise ConversionError(f"{path}: no such file") from None
    except ConversionError:
        raise
    except OSError as error:
        raise ConversionError(f"{path}: cannot be used: {error.strerror or error}") from error
    except Exception as error:  # h5py and onnx raise many kinds for a damaged file
        what = " ".join(str(error).split()) or type(error).__name__
        what = what if len(what) <= MAX_MESSAGE else f"{what[:MAX_MESSAGE]} ..."
        raise ConversionError(f"{path}: cannot be used: {what}") from error


def import_optional(name: str):
    """Import and return an optional library.

    Raises
    ------
    ConversionError
        If it is not installed; the message gives the command that installs it.
    """
    try:
        return import_module(name)
    except ImportError:
        raise ConversionError(
            f"this needs {name}, which is not installed: python -m pip install {name}"
        ) from None
