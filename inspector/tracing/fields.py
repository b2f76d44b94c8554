"""Receptive fields: which part of each earlier map a number depends on."""

from typing import NamedTuple

import numpy as np

from inspector.network import Network
from inspector.tracing.path import SAME_INDEX
from nn import Flatten


class Field(NamedTuple):
    """A rectangle of a map; it may reach into the padding.

    Attributes
    ----------
    row, column : int
        Of its upper left corner; negative in the padding.
    height, width : int
    channel : int or None
        The only channel that matters; None: all of them.
    """

    row: int
    column: int
    height: int
    width: int
    channel: int | None


def fields(
    network: Network, maps: list[np.ndarray], entry: int, at: tuple[int, ...]
) -> list[Field]:
    """Return the receptive field of a number in each entry of ``maps``, up to its own.

    Parameters
    ----------
    network : Network
    maps : list of ndarray
        As `Network.maps` returns them; numbers without a map, (C,), count as maps of 1 x 1.
    entry : int
        The number's entry in ``maps``.
    at : tuple of int
        Its index there.
    """
    found = [_number(at)]
    for e in reversed(range(entry)):
        found.append(_before(network.layers[e], maps[e], maps[e + 1], found[-1]))
    return found[::-1]


def _number(at):
    row, column = at[:2] if len(at) == 3 else (0, 0)
    return Field(row, column, 1, 1, at[-1])


def _before(layer, x, out, field):
    """Return the field in a layer's input of a field in its output."""
    if isinstance(layer, SAME_INDEX):
        return field
    if isinstance(layer, Flatten):
        if field.channel is None:
            return _whole(x)
        return _number(tuple(int(i) for i in np.unravel_index(field.channel, x.shape)))
    if hasattr(layer, "window"):
        (KH, KW), (SH, SW) = layer.window.kernel, layer.window.stride
        (above, _), (left, _) = layer.window.padding(*x.shape[:2])
        return Field(
            field.row * SH - above, field.column * SW - left,
            (field.height - 1) * SH + KH, (field.width - 1) * SW + KW,
            None if "w" in layer.params else field.channel,
        )  # fmt: skip
    same = x.shape == out.shape and "w" not in layer.params
    return field if same else _whole(x)


def _whole(x):
    height, width = x.shape[:2] if x.ndim == 3 else (1, 1)
    return Field(0, 0, height, width, None)
