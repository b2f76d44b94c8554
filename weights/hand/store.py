"""A hand on the disk: taught drawings in a JSON file, and the trained vote beside it.

Every change reads the file again, under a lock, and replaces it atomically. So two windows can
teach at once, and an interruption loses nothing. The vote can be computed from the drawings at any
time: a vote that is damaged, or of another network or other drawings, is trained anew.
"""

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path

import numpy as np

from data.errors import DataError
from guard.files import open_file
from nn import Sequential
from nn.saving.atomic import atomic_write, locked
from nn.saving.limits import check_numbers
from nn.saving.npz import MAX_MODEL_BYTES, read_arrays, write_arrays
from nn.training.vote import vote_of
from weights.hand import drawings as files
from weights.hand.drawings import Drawing, Strokes

NAME = "handmade-digits"
"""Name of this program's folders among the user's data and caches."""

PATIENCE = 5.0  # seconds to wait for another window that changes the same file


def user_file() -> Path:
    """Return the file of the user's hand, in the folder that the platform has for such data."""
    import platformdirs  # imported late: other commands start without it

    return platformdirs.user_data_path(NAME, appauthor=False) / "hand.json"


def fingerprint(model: Sequential) -> str:
    """Return a hash of a network: its layers, parameters and running statistics."""
    digest = hashlib.sha256()
    for layer in model.layers:
        digest.update(json.dumps([type(layer).__name__, layer.config], default=str).encode())
    for name, array in (model.named_params() | model.named_state()).items():
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(array))
    return digest.hexdigest()


class Hand:
    """The taught drawings in a file, and the vote beside it.

    Parameters
    ----------
    path : path-like
        The JSON file; it need not exist. The vote is beside it, with the suffix ``.npz``.

    Raises
    ------
    DataError
        If the name of the file does not end in ``.json``.
    """

    def __init__(self, path: str | os.PathLike) -> None:
        self.path = Path(path)
        if self.path.suffix != ".json":
            raise DataError(
                f"{path}: a hand is a .json file of taught drawings, and is made if it is missing; "
                "a network is named with --weights"
            )
        self.vote_path = self.path.with_suffix(".npz")

    def drawings(self) -> list[Drawing]:
        """Return the taught drawings; none if there is no file.

        Raises
        ------
        DataError
            If the file is damaged.
        OSError
            If it cannot be read.
        """
        return read(self.path) if self.path.exists() else []

    def add(self, label: int, read_as: int, strokes: Strokes) -> list[Drawing]:
        """Teach a drawing, and return all drawings; raise as `drawings`."""
        today = date.today().isoformat()

        def change(drawings):
            number = 1 + max((drawing.number for drawing in drawings), default=0)
            kept = files.check_strokes([list(stroke) for stroke in strokes])
            return [*drawings, Drawing(number, label, read_as, today, kept)]

        return self._change(change)

    def remove(self, numbers: set[int]) -> list[Drawing]:
        """Remove the drawings of these numbers, and return those left.

        Raises
        ------
        DataError
            If there is no such drawing (then none is removed), or the file is damaged.
        """

        def change(drawings):
            missing = numbers - {drawing.number for drawing in drawings}
            if missing:
                raise ValueError(f"no drawing has the number {min(missing)}")
            return [drawing for drawing in drawings if drawing.number not in numbers]

        return self._change(change)

    def reset(self) -> Path | None:
        """Forget everything taught; return where the file was moved, None if there was none.

        A damaged file is moved, too.
        """
        with self._locked():
            self.vote_path.unlink(missing_ok=True)
            if not self.path.exists():
                return None
            old, count = self.path.with_suffix(".json.old"), 1
            while old.exists():
                count += 1
                old = self.path.with_suffix(f".json.old{count}")
            return self.path.rename(old)

    def include(self, other: list[Drawing]) -> list[Drawing]:
        """Add the drawings of another hand that this one lacks, and return all."""

        def change(drawings):
            known = {(drawing.label, json.dumps(drawing.strokes)) for drawing in drawings}
            new = [one for one in other if (one.label, json.dumps(one.strokes)) not in known]
            first = 1 + max((drawing.number for drawing in drawings), default=0)
            return [*drawings, *(one._replace(number=first + i) for i, one in enumerate(new))]

        return self._change(change)

    def load_vote(self, network: str, drawings: list[Drawing]) -> dict[str, np.ndarray] | None:
        """Return the parameters that were trained for a network and drawings; None without them.

        Parameters
        ----------
        network : str
            `fingerprint` of the network before it was taught.
        drawings : list of Drawing
        """
        try:
            arrays = read_arrays(self.vote_path, MAX_MODEL_BYTES)
            if str(arrays.pop("trained_for")) != _purpose(network, drawings):
                return None
            for name, array in arrays.items():
                check_numbers(name, array)
        except (OSError, ValueError, KeyError):
            return None  # missing or damaged: it is trained anew
        return arrays

    def save_vote(
        self, network: str, drawings: list[Drawing], params: dict[str, np.ndarray]
    ) -> None:
        """Keep the parameters that were trained for a network and drawings."""
        purpose = {"trained_for": np.array(_purpose(network, drawings))}
        with self._locked():
            write_arrays(self.vote_path, purpose | params, MAX_MODEL_BYTES)

    def _change(self, change: Callable[[list[Drawing]], list[Drawing]]) -> list[Drawing]:
        with self._locked():
            try:
                drawings = change(self.drawings())
                files.check_count(len(drawings))
            except DataError:
                raise
            except ValueError as error:
                raise DataError(f"{self.path}: {error}") from None
            with atomic_write(self.path) as file:
                file.write(files.as_json(drawings))
        return drawings

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Lock the folder; wait for another window that is changing it."""
        deadline = time.monotonic() + PATIENCE
        with ExitStack() as lock:
            while True:
                try:
                    lock.enter_context(locked(self.path.parent))
                    break
                except BlockingIOError as error:
                    if time.monotonic() > deadline:
                        reason = "another window is changing it; try again"
                        raise OSError(error.errno, reason, str(self.path)) from None
                    time.sleep(0.02)
            yield


def read(path: str | os.PathLike) -> list[Drawing]:
    """Read the drawings in a file.

    Raises
    ------
    DataError
        If it is not a file of drawings.
    OSError
        If it cannot be read.
    """
    path = Path(path)
    if path.exists() and not path.is_file():
        raise DataError(f"{path}: not a file of taught drawings; name another file")
    with open_file(path) as file:
        content = file.read(files.MAX_BYTES + 1)
    try:
        if len(content) > files.MAX_BYTES:
            raise ValueError(f"it has more than {files.MAX_BYTES} bytes")
        return files.from_json(content)
    except ValueError as error:
        raise DataError(
            f"{path}: not a usable file of taught drawings: {error}; repair it, or move it away "
            "with `python -m weights.hand reset`"
        ) from None


def export(path: str | os.PathLike, model: Sequential, drawings: list[Drawing]) -> None:
    """Write taught drawings to a file or, if its name ends in ``.npz``, the taught network.

    Raises
    ------
    DataError
        If its name has another suffix than ``.json`` or ``.npz``.
    OSError
        If it cannot be written.
    """
    suffix = Path(path).suffix
    if suffix == ".npz":
        model.save(path)
    elif suffix == ".json":
        with atomic_write(path) as file:
            file.write(files.as_json(drawings))
    else:
        raise DataError(f"{path}: name a .json file for the drawings, or .npz for the network")


def fits(model: Sequential, params: dict[str, np.ndarray]) -> bool:
    """Return whether parameters fit the vote of a network."""
    like = model.layers[vote_of(model)].params
    shapes = {name: (array.shape, array.dtype) for name, array in like.items()}
    return shapes == {name: (array.shape, array.dtype) for name, array in params.items()}


def _purpose(network, drawings):
    """Return a hash of what a vote is trained for."""
    taught = [(drawing.label, drawing.strokes) for drawing in drawings]
    return hashlib.sha256(f"{network} {json.dumps(taught)}".encode()).hexdigest()
