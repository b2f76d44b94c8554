"""Download a file and verify its SHA-256: the file appears whole and correct, or not at all."""

import hashlib
import os
import queue
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError

from tqdm import tqdm

from data.errors import DataError
from guard.files import create_temporary

MAX_SIZE = 16 * 2**20  # bytes; MNIST's files are smaller, an endless response is not
CHUNK = 2**16  # bytes per read
SLOWEST = 4096  # bytes a second, on average over each timeout: less is a server that drips
AHEAD = 4  # chunks that are received before they are written
LONGEST_MESSAGE = 200  # characters of a server's reason


class DownloadError(DataError):
    """A download failed; the message names the URL."""


def fetch(url: str, path: Path, sha256: str, timeout: float) -> None:
    """Download `url` to `path`, with a progress bar on stderr.

    The bytes go to a temporary file in the same folder, which is renamed to `path` once its
    checksum matches. On failure the temporary file is removed and `path` is unchanged. Temporary
    files that killed processes left are removed as well.

    Parameters
    ----------
    url : str
    path : Path
    sha256 : str
        Expected checksum, hexadecimal.
    timeout : float
        Longest time without data from the server, and until its answer begins, seconds. In each
        such span it must send `SLOWEST` bytes a second, which limits the whole download.

    Raises
    ------
    DownloadError
        If the server cannot be reached, refuses, times out, drips, closes early, or sends other
        bytes.
    OSError
        If the file cannot be written.
    """
    digest = hashlib.sha256()
    file, part = create_temporary(path)
    try:
        with file:
            for chunk in _receive(url, timeout):
                file.write(chunk)
                digest.update(chunk)
            if digest.hexdigest() != sha256:
                raise DownloadError(f"{url}: not the expected file (wrong SHA-256)")
            file.flush()
            if os.name != "nt":  # before its lock ends; Windows renames only closed files
                os.replace(part, path)
        if os.name == "nt":
            os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _receive(url: str, timeout: float) -> Iterator[bytes]:
    """Yield a file's chunks; a thread receives them, for a server can stall a read in many ways."""
    received: queue.Queue = queue.Queue(AHEAD)
    given_up = threading.Event()
    threading.Thread(
        target=_receive_into, args=(received, given_up, url, timeout), daemon=True
    ).start()
    name = url.rpartition("/")[2]
    try:
        with tqdm(desc=name, unit="B", unit_scale=True, mininterval=0.5) as bar:
            bar.total = _next(received, timeout, url)
            span, begun, at_beginning = timeout, time.monotonic(), 0
            while chunk := _next(received, begun + span - time.monotonic(), url):
                bar.update(len(chunk))
                if bar.n > MAX_SIZE:
                    raise DownloadError(f"{url}: longer than {MAX_SIZE} bytes")
                if bar.n - at_beginning >= SLOWEST * span:
                    begun, at_beginning = time.monotonic(), bar.n
                yield chunk
        if bar.total is not None and bar.n < bar.total:
            raise DownloadError(f"{url}: ended after {bar.n} of {bar.total} bytes")
    finally:
        given_up.set()


def _next(received: queue.Queue, seconds: float, url: str):
    """Return what the thread has received next, or raise what it has raised."""
    try:
        item = received.get(timeout=max(seconds, 0.001))
    except queue.Empty:
        raise DownloadError(f"{url}: timed out: the server sends too little") from None
    if isinstance(item, Exception):
        if isinstance(item, HTTPError):
            item.close()  # it is also the response, and holds the connection
        raise DownloadError(f"{url}: {str(item).strip()[:LONGEST_MESSAGE]}") from item
    return item


def _receive_into(
    received: queue.Queue, given_up: threading.Event, url: str, timeout: float
) -> None:
    """Put the length of a file, or None, then its chunks, then b"" or an error into a queue."""

    def put(item):
        while not given_up.is_set():
            try:
                return received.put(item, timeout=0.1)
            except queue.Full:
                continue

    try:
        with urllib.request.urlopen(url, timeout=timeout) as response:
            put(response.length)
            while not given_up.is_set() and (chunk := response.read1(CHUNK)):
                put(chunk)
        put(b"")
    except Exception as error:  # whatever it is, the other thread waits for it
        put(error)
