"""Download a file that is known by its checksum: whole and right, or not at all."""

import hashlib
import os
import secrets
import urllib.request
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError

from tqdm import tqdm

from data.errors import DataError

MAX_SIZE = 16 * 2**20  # bytes; no file of digits is that long, an endless answer is
CHUNK = 2**16  # bytes read at a time


class DownloadError(DataError):
    """A server did not give what was asked of it; the message names the address."""


def fetch(url: str, path: Path, sha256: str, timeout: float) -> None:
    """Download `url` to `path` with a progress bar on stderr.

    The bytes go to a temporary file in the same folder, which takes its name when its checksum has
    been found right; whatever happens, nothing else is left behind.

    Parameters
    ----------
    url : str
    path : Path
    sha256 : str
        Checksum of the content in hexadecimal.
    timeout : float
        Seconds that the server may stay silent.

    Raises
    ------
    DownloadError
        If the server is silent, refuses, breaks off or gives other bytes.
    OSError
        If the file cannot be written.
    """
    # A name of its own for each attempt: processes that download at once never share a file.
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    digest = hashlib.sha256()
    try:
        with part.open("xb") as file:
            for chunk in _receive(url, timeout):
                file.write(chunk)
                digest.update(chunk)
        if digest.hexdigest() != sha256:
            raise DownloadError(f"{url}: not the file it should be (wrong SHA-256)")
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _receive(url: str, timeout: float) -> Iterator[bytes]:
    # Only errors of the network become a DownloadError; those of the disk pass `yield` by.
    try:
        with urllib.request.urlopen(url, timeout=timeout) as response:
            total = response.length
            name = url.rpartition("/")[2]
            with tqdm(desc=name, total=total, unit="B", unit_scale=True, mininterval=0.5) as bar:
                while chunk := response.read1(CHUNK):
                    bar.update(len(chunk))
                    if bar.n > MAX_SIZE:
                        raise DownloadError(f"{url}: longer than {MAX_SIZE} bytes")
                    yield chunk
            if total is not None and bar.n < total:
                raise DownloadError(f"{url}: ended after {bar.n} of {total} bytes")
    except (OSError, HTTPException) as error:
        if isinstance(error, HTTPError):
            error.close()  # it is the answer as well, and holds the connection
        raise DownloadError(f"{url}: {str(error).strip()}") from error
