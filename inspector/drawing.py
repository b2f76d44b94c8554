"""One drawing on its way through a network: what the panels are given to show."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from inspector.network import Network
from inspector.palette import Palette


@dataclass(frozen=True)
class Snapshot:
    """A drawing and a network; what comes of them is computed when a panel asks for it.

    Attributes
    ----------
    drawing : ndarray, float32, (28, 28)
        Ink in [0, 1].
    blank : bool
        Whether nothing is drawn.
    network : Network
    palette : Palette
    """

    drawing: np.ndarray
    blank: bool
    network: Network
    palette: Palette

    @cached_property
    def maps(self) -> list[np.ndarray]:
        """The input and every layer's output, without N."""
        return self.network.maps(self.drawing)

    @property
    def probabilities(self) -> np.ndarray | None:
        """Of the ten digits; None where nothing is drawn."""
        return None if self.blank else self.maps[-1]

    def through(self, network: Network) -> "Snapshot":
        """Return the same drawing on its way through another network."""
        return Snapshot(self.drawing, self.blank, network, self.palette)
