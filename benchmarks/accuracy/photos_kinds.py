"""Kinds of picture by name: functions that put a digit into a scene."""

from collections.abc import Callable

import numpy as np
from PIL import Image

from .photos_ink import Digit

SIDE = 300
"""Side of most pictures, pixels."""

Scene = Callable[[Digit, np.random.Generator], Image.Image]


class Kinds(dict[str, Scene]):
    """Scenes by the name of their kind.

    A scene takes a digit and a random generator, and returns a picture. Sheets hold ink in [0, 1]
    until they are turned into brightness.
    """

    def kind(self, name: str) -> Callable[[Scene], Scene]:
        """Return a decorator that keeps a function under the name of its kind."""

        def keep(make):
            self[name] = make
            return make

        return keep
