"""What tests of model files share."""

import pytest

from nn import (
    ModelFileError,
    Sequential,
)


def refusal(path):
    """The message with which a file is refused: one line that names the file."""
    with pytest.raises(ModelFileError) as caught:
        Sequential.load(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert message.isprintable()
    assert not message.endswith("None")
    assert len(message) < len(str(path)) + 400
    return message
