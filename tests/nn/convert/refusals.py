"""How a converter must refuse a file."""

import numpy as np
import pytest

from nn import ModelFileError


def refusal(call, path):
    """Return the message with which ``call(path)`` fails: one line that names the file."""
    with pytest.raises(ModelFileError) as caught:
        call(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert message.isprintable()
    return message


def read_or_refuse_damaged(call, path, whole, *, step, flips):
    """Check ``call(path)`` on damaged copies, written to ``path``, of the file content ``whole``.

    A copy cut to any multiple of ``step`` bytes is refused. One with a bit flipped, in each of
    ``flips`` random places, is read or refused.
    """
    for size in range(0, len(whole), step):
        path.write_bytes(whole[:size])
        refusal(call, path)
    for bit in np.random.default_rng(8).integers(0, 8 * len(whole), flips):
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        try:
            call(path)
        except ModelFileError:
            refusal(call, path)
