"""Which cells to frame: the chosen number, and those that it was computed from."""

import numpy as np

from inspector.panels.learning.layout import GRADIENTS, VALUES, Frame
from inspector.panels.learning.rows import Row, Spot
from inspector.panels.learning.steps import Stage
from nn import Conv2D
from nn.explain.backward import BackwardPass
from nn.explain.backward.windows import stops_over

TOP = 6  # stops framed of those that add to a weight's gradient


def find_row(rows: list[Row], layer: int, name: str = "") -> int:
    """Return the index of the row of an output or of a parameter."""
    return next(i for i, row in enumerate(rows) if (row.layer, row.name) == (layer, name))


def frames_of(rows: list[Row], passed: BackwardPass, spot: Spot, side: int) -> list[Frame]:
    """Return the frame of a number, and those of what it was computed from."""
    index = find_row(rows, spot.layer, spot.name)
    cell = rows[index].cell(spot.at)
    if cell is None:
        return []  # a weight of an output channel that is not shown
    found = [Frame(index, side, cell[:2], (1, 1), cell[2], strong=True)]
    layer = spot.layer if side == VALUES or spot.name else spot.layer + 1
    if not 0 <= layer < len(passed.layers) or not hasattr(passed.layers[layer], "window"):
        return found
    before, after = find_row(rows, layer - 1), find_row(rows, layer)
    if not spot.name and side == VALUES:
        return found + _patch(rows, passed, layer, spot.at, before)
    if not spot.name:
        return found + _stops(rows, passed, layer, spot.at, after)
    if side == GRADIENTS and spot.name == "w" and isinstance(passed.layers[layer], Conv2D):
        return found + _touched(passed, layer, spot.at, before, after)
    return found


def _padding(passed, layer):
    window = passed.layers[layer].window
    (above, _), (left, _) = window.padding(*passed.values[layer].shape[:2])
    return window, above, left


def _patch(rows, passed, layer, at, before):
    """Frame the patch of the input behind an output."""
    window, above, left = _padding(passed, layer)
    corner = at[0] * window.stride[0] - above, at[1] * window.stride[1] - left
    maps = rows[before].values
    own = not passed.layers[layer].params and at[2] < maps.shape[2]  # a pool's channel
    tile = at[2] if own else _busiest(maps, corner, window.kernel)
    return [Frame(before, VALUES, corner, window.kernel, tile)]


def _busiest(maps, corner, size):
    """Return the tile with the most in a patch."""
    rows, columns = (slice(max(c, 0), max(c + n, 0)) for c, n in zip(corner, size, strict=True))
    return int(np.abs(maps[rows, columns]).sum(axis=(0, 1)).argmax())


def _stops(rows, passed, layer, at, after):
    """Frame the stops whose window covers a pixel, in the gradient that arrives."""
    stops = list(stops_over(passed.layers[layer], passed.values[layer].shape, *at[:2]))
    if not stops:
        return []
    p, q = [stop[0] for stop in stops], [stop[1] for stop in stops]
    corner, size = (min(p), min(q)), (max(p) - min(p) + 1, max(q) - min(q) + 1)
    maps = rows[after].gradients
    each, dout = passed.layers[layer], passed.arriving(layer)
    if isinstance(each, Conv2D):  # the channel whose products are written out
        w = each.params["w"][:, :, at[2]]
        adds = np.sum([dout[p, q] * w[i, j] for p, q, i, j in stops], axis=0)
        tile = int(np.abs(adds).argmax())
    else:
        own = not each.params and at[2] < maps.shape[2]  # a pool's channel
        tile = at[2] if own else _busiest(maps, corner, size)
    return [Frame(after, GRADIENTS, corner, size, tile)]


def _touched(passed, layer, at, before, after):
    """Frame the stops that add most to a weight's gradient, and the pixels it read there."""
    i, j, channel, out_channel = at
    dout = passed.arriving(layer)
    window, above, left = _padding(passed, layer)
    arriving = np.abs(dout[..., out_channel])
    found = []
    for flat in np.argsort(-arriving, axis=None, kind="stable")[:TOP]:
        p, q = map(int, np.unravel_index(flat, arriving.shape))
        if not arriving[p, q]:
            break
        pixel = p * window.stride[0] + i - above, q * window.stride[1] + j - left
        found.append(Frame(after, GRADIENTS, (p, q), (1, 1), out_channel))
        found.append(Frame(before, VALUES, pixel, (1, 1), channel))
    return found


def stop_frames(
    rows: list[Row], passed: BackwardPass, layer: int, position: int, spot: Spot
) -> list[Frame]:
    """Return the frames of a stop that adds to a kernel's gradient: stop, patch and kernel."""
    *_, channel, out_channel = spot.at
    _, OW, _ = passed.values[layer + 1].shape
    window, above, left = _padding(passed, layer)
    p, q = divmod(position, OW)
    corner = p * window.stride[0] - above, q * window.stride[1] - left
    index = find_row(rows, layer, "w")
    tile = rows[index].cell(spot.at)[2]
    return [
        Frame(find_row(rows, layer), GRADIENTS, (p, q), (1, 1), out_channel, strong=True),
        Frame(find_row(rows, layer - 1), VALUES, corner, window.kernel, channel),
        Frame(index, GRADIENTS, (0, 0), window.kernel, tile),
    ]


def spot_of(rows: list[Row], stage: Stage, position: int, tile: int | None) -> tuple[Spot, int]:
    """Return the number that a stage shows at a position, and its side.

    Parameters
    ----------
    rows : list of Row
    stage : Stage
    position : int
    tile : int or None
        The tile that the user chose; None: the one in which most happens.
    """
    row, side = rows[stage.row], VALUES if stage.kind == "forward" else GRADIENTS
    maps = np.abs(row.gradients if side == GRADIENTS else row.values)
    H, W, C = maps.shape
    if stage.positions == C and (H, W) == (1, 1):
        return row.spot((0, 0, position)), side
    chosen = int(maps.sum(axis=(0, 1)).argmax()) if tile is None else min(tile, C - 1)
    if stage.positions == 1 or stage.adds:  # all at once: look at the largest
        position = int(maps[..., chosen].argmax())
    return row.spot((*map(int, divmod(position, W)), chosen)), side
