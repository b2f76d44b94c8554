"""Download a file and verify its SHA-256: the file appears whole and correct, or not at all."""

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

MAX_SIZE = 16 * 2**20  # bytes; MNIST's files are smaller, an endless response is not
CHUNK = 2**16  # bytes per read


class DownloadError(DataError):
    """A download failed; the message names the URL."""


def fetch(url: str, path: Path, sha256: str, timeout: float) -> None:
    """Download `url` to `path`, with a progress bar on stderr.

    The bytes go to a temporary file in the same folder, which is renamed to `path` once its
    checksum matches. On failure the temporary file is removed and `path` is unchanged.

    Parameters
    ----------
    url : str
    path : Path
    sha256 : str
        Expected checksum, hexadecimal.
    timeout : float
        Longest time without data from the server, seconds.

    Raises
    ------
    DownloadError
        If the server cannot be reached, refuses, times out, closes early, or sends other bytes.
    OSError
        If the file cannot be written.
    """
    # A random name: processes that download at the same time must not share a file.
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    digest = hashlib.sha256()
    try:
        with part.open("xb") as file:
            for chunk in _receive(url, timeout):
                file.write(chunk)
                digest.update(chunk)
        if digest.hexdigest() != sha256:
            raise DownloadError(f"{url}: not the expected file (wrong SHA-256)")
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _receive(url: str, timeout: float) -> Iterator[bytes]:
    # Errors of the disk are raised in the caller, outside this `try`, and stay an OSError.
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
            error.close()  # it is also the response, and holds the connection
        raise DownloadError(f"{url}: {str(error).strip()}") from error
