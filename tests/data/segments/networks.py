"""Networks for tests that know what they are asked: by the shape of the ink."""

import numpy as np


class ByShape:
    """Reads an upright line as 1, a ring as 0, and is unsure of everything else.

    Records how many images it is given in each call.
    """

    def __init__(self):
        self.calls = []

    def __call__(self, images):
        self.calls.append(len(images))
        answers = np.full((len(images), 10), 0.1, np.float32)
        for answer, image in zip(answers, images, strict=True):
            digit = self.digit(image > 0.5)
            if digit is not None:
                answer[:] = 0.001
                answer[digit] = 0.991
        return answers

    @staticmethod
    def digit(ink):
        """Return 0, 1 or None for the ink, bool (28, 28)."""
        rows, columns = (np.flatnonzero(ink.any(axis=axis)) for axis in (1, 0))
        if not len(rows):
            return None
        high, wide = np.ptp(rows) + 1, np.ptp(columns) + 1
        if wide <= high / 3:
            return 1
        middle = ink[rows[0] + high // 3 : rows[0] + 2 * high // 3]
        runs = (np.diff(np.pad(middle, ((0, 0), (1, 1))).astype(int), axis=1) == 1).sum(axis=1)
        hollow = (runs == 2).all() and wide <= 1.3 * high
        closed = ink[rows[0], columns[0] + wide // 2] and ink[rows[-1], columns[0] + wide // 2]
        return 0 if hollow and closed else None


def one(x, top=0.0, high=100.0):
    """Return the stroke of a 1 at x."""
    return np.array([[x, top], [x, top + high / 2], [x, top + high]])


def zero(x, top=0.0, high=100.0, wide=60.0):
    """Return the stroke of a 0 whose left edge is at x."""
    angle = np.linspace(0, 2 * np.pi, 40)
    return np.stack([x + wide / 2 * (1 + np.sin(angle)), top + high / 2 * (1 - np.cos(angle))], 1)
