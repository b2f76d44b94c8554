"""One drawing and the network that reads it: what the panels show."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from inspector.network import Network
from inspector.theme.palette import Palette


@dataclass(frozen=True)
class Snapshot:
    """A drawing and a network; the feature maps are computed on first use.

    Attributes
    ----------
    drawing : ndarray, float32, (28, 28)
        Ink in [0, 1].
    blank : bool
        Whether the canvas is empty.
    network : Network
    palette : Palette
    """

    drawing: np.ndarray
    blank: bool
    network: Network
    palette: Palette

    @cached_property
    def maps(self) -> list[np.ndarray]:
        """The input and every layer's output, as `Network.maps` returns them."""
        return self.network.maps(self.drawing)

    @property
    def probabilities(self) -> np.ndarray | None:
        """Probabilities of the ten digits, (10,); None for an empty canvas."""
        return None if self.blank else self.maps[-1]

    def through(self, network: Network) -> "Snapshot":
        """Return a snapshot of the same drawing with another network."""
        return Snapshot(self.drawing, self.blank, network, self.palette)
