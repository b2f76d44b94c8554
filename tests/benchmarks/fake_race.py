"""Systems for tests of the race: they compute nothing."""

import numpy as np

from benchmarks.speed.race import System


class Threes(System):
    """Take every image for a 3."""

    def train(self, batches, rates):
        """Look at the batches."""
        for _ in zip(batches, rates, strict=True):
            pass

    def classify(self, images):
        """Return threes."""
        return np.full(len(images), 3)


class Failing(System):
    """Fail at the first step."""

    def train(self, batches, rates):
        """Raise an exception."""
        raise MemoryError("no room\nfor a second line")


class Vanishing(System):
    """End the process at the first step, as a crash would."""

    def train(self, batches, rates):
        """End the process."""
        raise SystemExit(7)
