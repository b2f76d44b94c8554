"""A cache of compiled kernels that nothing can break: what is damaged is compiled anew.

numba unpickles its files as they are and lets all errors through. A file that was cut off, or a
full disk, would end the program, and a damaged byte of machine code would crash it. Here each file
begins with the SHA-256 of the rest, and every error means: not cached.
"""

import hashlib
import logging
import os
import pickle
from typing import Any

LOG = logging.getLogger(__name__)
_told: set[str] = set()


def robust(dispatcher: Any) -> Any:
    """Make a kernel's cache robust; return the kernel.

    Parameters
    ----------
    dispatcher : numba.core.dispatcher.Dispatcher
        Made with ``cache=True``. One of another version of numba, with other attributes, is left
        as it is.
    """
    inner = getattr(dispatcher, "_cache", None)
    files = getattr(inner, "_cache_file", None)
    if all(hasattr(files, name) for name in ("_load_index", "_load_data", "_save_data")):
        _verify(files)
        dispatcher._cache = _Robust(inner)
    return dispatcher


def _verify(files: Any) -> None:
    """Make a cache write its files with a checksum, and read them only if it is right."""
    load_index = files._load_index

    def index():
        try:
            return load_index()
        except Exception:  # damaged: unpickling raises anything
            return {}

    def save(name, data):
        content = files._dump(data)
        with files._open_for_write(files._data_path(name)) as file:
            file.write(hashlib.sha256(content).digest() + content)

    def load(name):
        with open(files._data_path(name), "rb") as file:
            content = file.read()
        if hashlib.sha256(content[32:]).digest() != content[:32]:
            raise OSError("damaged")  # numba takes it for a file that is gone
        return pickle.loads(content[32:])

    files._load_index, files._save_data, files._load_data = index, save, load


class _Robust:
    """A kernel's cache whose errors are one line in the log."""

    def __init__(self, inner: Any):
        self._inner = inner

    def load_overload(self, sig, target_context):
        try:
            return self._inner.load_overload(sig, target_context)
        except Exception as error:
            return _tell("read", self._inner, error)

    def save_overload(self, sig, data):
        try:
            self._inner.save_overload(sig, data)
        except Exception as error:
            _tell("written", self._inner, error)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def _tell(what: str, inner: Any, error: Exception) -> None:
    """Log once for each folder that it cannot be used; return None."""
    folder = os.fspath(inner.cache_path)
    if folder not in _told:
        _told.add(folder)
        reason = getattr(error, "strerror", None) or type(error).__name__
        LOG.warning(
            "compiled kernels cannot be %s in %s (%s): they are compiled anew", what, folder, reason
        )
