"""How a converter must refuse a file."""

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
