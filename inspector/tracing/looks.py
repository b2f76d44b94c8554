"""What a number looks at: the map before it, the patch in that map, and the part of the input."""

from dataclasses import dataclass

import numpy as np

from inspector.network import Network
from inspector.parts.layout import Place
from inspector.tracing.fields import Field, fields
from inspector.tracing.path import SAME_INDEX, trace


@dataclass(frozen=True)
class Look:
    """What a number looks at.

    Attributes
    ----------
    title : str
        Of the map: the layer and the channel.
    map : ndarray, (H, W)
        The channel, of those before the number, with the largest share in it.
    limit : float
        The absolute value with the strongest colour: the largest of all channels.
    patch : Field
        In the map.
    in_input : Field
        In the input.
    """

    title: str
    map: np.ndarray
    limit: float
    patch: Field
    in_input: Field


def look(network: Network, maps: list[np.ndarray], place: Place | None) -> Look | None:
    """Return what the number at a place looks at; None for a pixel of the input.

    A layer that works number by number, such as a ReLU, looks where the layer before it looks; a
    dense layer after a flatten looks at the maps that were flattened.
    """
    if place is None or place[0] < 0:
        return None
    entry = place[0] + 1
    at = place[1:] if maps[entry].ndim == 3 else place[3:]
    seen = entry
    while seen > 0 and isinstance(network.layers[seen - 1], SAME_INDEX):
        seen -= 1
    seen -= 1  # the input of the layer that looks
    while seen > 0 and maps[seen].ndim != 3:
        seen -= 1
    seen = max(seen, 0)
    path = trace(network, maps, entry, at, onward=False)
    found = fields(network, maps, entry, at)
    channel = path.at[seen][-1]
    title = "the input" if seen == 0 else f"layer {seen - 1}, channel {channel}"
    return Look(
        title, maps[seen][..., channel], float(np.abs(maps[seen]).max()), found[seen], found[0]
    )
