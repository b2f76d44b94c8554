"""The arrays of a backward pass, row by row: each is shown as values beside their gradients.

A row is the image, a layer's output or one of its parameters. It is shown as maps (H, W, C), as
tiles side by side. Of a kernel with many input channels, one output channel is shown.
"""

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np

from inspector.network import Network
from inspector.parts.tiles import as_maps
from nn.explain.backward import BackwardPass
from nn.explain.rounding import as_text

Cell = tuple[int, int, int]  # row, column and tile in the maps of a row


@dataclass(frozen=True)
class Spot:
    """One number of a pass.

    Attributes
    ----------
    layer : int
        -1: the image.
    name : str
        The parameter; "" for the layer's output.
    at : tuple of int
        Index into the array.
    """

    layer: int
    name: str
    at: tuple[int, ...]


@dataclass(frozen=True)
class Row:
    """One array and its gradient; both as maps on first use.

    Attributes
    ----------
    layer, name
        As in `Spot`.
    title : str
    network : Network
        Names the numbers.
    passed : BackwardPass
    indices : ndarray of int, (H, W, C)
        Which number of the array each cell shows, counted in row-major order.
    so_far : ndarray or None
        The gradient while its sum is built up, to be shown instead of the whole one.
    """

    layer: int
    name: str
    title: str
    network: Network
    passed: BackwardPass
    indices: np.ndarray
    so_far: np.ndarray | None = None

    @property
    def array(self) -> np.ndarray:
        """The values, in their own shape."""
        if self.name:
            return self.passed.layers[self.layer].params[self.name]
        return self.passed.values[self.layer + 1]

    @property
    def gradient(self) -> np.ndarray:
        """The gradient, in the shape of `array`."""
        if self.name:
            return self.passed.layers[self.layer].grads[self.name]
        return self.passed.gradients[self.layer + 1]

    @cached_property
    def values(self) -> np.ndarray:
        """The values as maps (H, W, C)."""
        return self.array.ravel()[self.indices] if self.name else as_maps(self.array)

    @cached_property
    def gradients(self) -> np.ndarray:
        """The gradients as maps (H, W, C)."""
        shown = self.gradient if self.so_far is None else self.so_far
        return shown.ravel()[self.indices] if self.name else as_maps(shown)

    @property
    def limits(self) -> tuple[float, float]:
        """The largest absolute value of the cells, and of their gradients when complete."""
        whole = self.gradient.ravel()[self.indices] if self.so_far is not None else self.gradients
        return tuple(float(np.abs(each).max(initial=0)) for each in (self.values, whole))

    @property
    def crossed(self) -> np.ndarray | None:
        """Which tiles are switched off, bool (C,); None if none is."""
        mask = None if self.name else self.passed.masks.get(self.layer + 1)
        return None if mask is None else mask == 0

    def spot(self, cell: Cell) -> Spot:
        """Return the number that a cell shows."""
        at = np.unravel_index(self.indices[cell], self.array.shape)
        return Spot(self.layer, self.name, tuple(map(int, at)))

    def cell(self, at: tuple[int, ...]) -> Cell | None:
        """Return the cell that shows a number, None if no cell does."""
        if len(at) == 3 == self.array.ndim and not self.name:
            return at
        found = np.argwhere(self.indices == np.ravel_multi_index(at, self.array.shape))
        return tuple(map(int, found[0])) if len(found) else None

    def describe(self, spot: Spot) -> str:
        """Return the name, the place, the value and the gradient of a number in one line."""
        value, slope = float(self.array[spot.at]), float(self.gradient[spot.at])
        named = name_of(self.network, spot)
        return f"{named}: {as_text(value)}, gradient {as_text(slope)}"


def name_of(network: Network, spot: Spot) -> str:
    """Return the layer, the parameter and the place of a number, in words."""
    layer, at = spot.layer, spot.at
    unit = network.unit(layer)
    if not spot.name:
        place = f", row {at[0]}, column {at[1]}" if len(at) == 3 else ""
        return f"{network.title(layer)}, {unit} {at[-1]}{place}"
    named = f"layer {layer} {spot.name}"
    if len(at) == 4:
        i, j, channel, out_channel = at
        place = f"row {i}, column {j}"
        return f"{named}, input channel {channel}, output channel {out_channel}, {place}"
    if len(at) == 2:
        shape = network.input_shape(layer)
        if len(shape) != 3:
            return f"{named}, input {at[0]}, {unit} {at[1]}"
        row, column, channel = np.unravel_index(at[0], shape)
        return f"{named}, channel {channel}, row {row}, column {column}, {unit} {at[1]}"
    return f"{named}, {unit} {at[0]}" if len(at) == 1 else f"{named}, {', '.join(map(str, at))}"


def rows_of(network: Network, passed: BackwardPass, channels: dict[int, int]) -> list[Row]:
    """Return the rows of a pass, from the image to the probabilities.

    Parameters
    ----------
    network : Network
        Names the layers.
    passed : BackwardPass
    channels : dict of int to int
        The output channel whose weights are shown, by layer (default: 0).
    """
    rows = [_output(network, passed, -1)]
    for i, layer in enumerate(passed.layers):
        for name, array in layer.params.items():
            shape, channel = network.input_shape(i), channels.get(i, 0)
            indices, one = _view(array.shape, shape, channel)
            title = f"layer {i} {name}" + (f" of output channel {channel}" if one else "")
            rows.append(Row(i, name, title, network, passed, indices))
        rows.append(_output(network, passed, i))
    rows.append(_output(network, passed, len(passed.layers)))
    return rows


def _output(network, passed, layer):
    array = passed.values[layer + 1]
    return Row(layer, "", network.title(layer), network, passed, _plain(as_maps(array).shape))


@cache
def _plain(shape):
    return np.arange(int(np.prod(shape))).reshape(shape)


@cache
def _view(shape, input_shape, channel):
    """Return the indices (H, W, C) of a parameter's cells; whether they are of one channel."""
    indices = _plain(shape)
    if len(shape) == 4:
        if shape[2] == 1:
            return indices[:, :, 0], False
        return indices[..., channel % shape[3]], True
    if len(shape) == 2:
        maps = input_shape if len(input_shape) == 3 else (1, 1, shape[0])
        return indices[:, channel % shape[1]].reshape(maps), True
    return (indices if len(shape) == 3 else indices.reshape(1, 1, -1)), False
