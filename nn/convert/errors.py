"""Errors of the converters: one line that names the file, the layer and its place."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

from ..saving.modelfile import ModelFileError


class ConversionError(ModelFileError):
    """A model that cannot be brought over; the message names the file, the layer and its place."""


@contextmanager
def at(place: str) -> Iterator[None]:
    """Put ``place``, a layer's number and name, before the message of any ValueError inside."""
    try:
        yield
    except (ValueError, TypeError, KeyError, IndexError, ArithmeticError) as error:
        what = f"{error} is missing" if isinstance(error, KeyError) else error
        raise ValueError(f"{place}: {what}") from error


@contextmanager
def naming(path: str | os.PathLike) -> Iterator[None]:
    """Turn every error of a reader into one `ConversionError` that names the file."""
    try:
        yield
    except FileNotFoundError:
        raise ConversionError(f"{path}: no such file") from None
    except ConversionError:
        raise
    except Exception as error:  # the libraries raise a dozen kinds for what is damaged
        what = " ".join(str(error).split()) or type(error).__name__
        what = what if len(what) <= 300 else f"{what[:300]} ..."
        raise ConversionError(f"{path}: cannot be used: {what}") from error


def library(name: str):
    """Import an optional library.

    Raises
    ------
    ConversionError
        If it is not installed; the message says how to.
    """
    try:
        return import_module(name)
    except ImportError:
        raise ConversionError(
            f"this needs {name}, which is not installed: python -m pip install {name}"
        ) from None
