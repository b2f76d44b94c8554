"""What the Learning panel shows of a pass: rows, the number that is written out, and frames."""

from dataclasses import replace

import numpy as np

from inspector.network import Network
from inspector.panels.learning.frames import frames_of, spot_of, stop_frames
from inspector.panels.learning.layout import VALUES, Frame, Shown
from inspector.panels.learning.rows import Row, Spot, rows_of
from inspector.panels.learning.steps import Player, stages_of
from nn.explain.backward import BackwardPass
from nn.explain.backward.windows import conv_dw_until


class Scene:
    """The rows of the newest pass, and which number of them was chosen.

    Attributes
    ----------
    rows : list of Row
    spot : Spot or None
        The number that is written out: the one clicked, or that of the player.
    side : int
        Whether its value or its gradient is.
    """

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.spot: Spot | None = None
        self.side = VALUES
        self._channels: dict[int, int] = {}  # output channel whose weights are shown, by layer
        self._tiles: dict[tuple[int, str], int] = {}  # clicked last, by layer and parameter

    def choose(self, spot: Spot, side: int, player: Player) -> None:
        """Choose a number; in a stage of the player, go to its position."""
        self.spot, self.side = spot, side
        if not spot.name and spot.layer >= 0:
            self._channels[spot.layer] = spot.at[-1]
        row = next(row for row in self.rows if (row.layer, row.name) == (spot.layer, spot.name))
        cell, stage = row.cell(spot.at), player.current
        if cell is None:
            return
        i, j, tile = cell
        self._tiles[spot.layer, spot.name] = tile
        if stage is not None and self.rows[stage.row] is row:
            H, W, _ = row.indices.shape
            player.jump(tile if H * W == 1 else i * W + j)

    def update(self, network: Network, passed: BackwardPass, player: Player) -> None:
        """Take over a new pass; let the player choose the number if it shows a stage."""
        self.rows = rows_of(network, passed, self._channels)
        player.stages = stages_of(self.rows, passed)
        stage = player.current
        if stage is None:
            return
        row = self.rows[stage.row]
        tile = self._tiles.get((row.layer, row.name))
        self.spot, self.side = spot_of(self.rows, stage, player.at, tile)
        channel = self._channel_for(passed, stage)
        if channel != self._channels.get(stage.layer):
            self._channels[stage.layer] = channel
            self.rows = rows_of(network, passed, self._channels)
            self.spot, _ = spot_of(self.rows, stage, player.at, tile)

    def _channel_for(self, passed, stage):
        """Return the output channel that a stage is about: its own, or that with most gradient."""
        shown = self._channels.get(stage.layer)
        if stage.layer >= len(passed.layers):
            return shown
        if stage.kind == "forward":
            return self.spot.at[-1]
        if shown is not None:
            return shown
        dout = np.abs(passed.gradients[stage.layer + 1])
        return int(dout.reshape(-1, dout.shape[-1]).sum(axis=0).argmax())

    def visible(self, passed: BackwardPass, player: Player) -> tuple[list[Row], Shown, list[Frame]]:
        """Return the rows to show, how much of each, and the frames, as `PassView.show`."""
        limits, focus = player.shown(self.rows), player.focus(self.rows)
        rows = [self.rows[i] for i in focus]
        shown = {new: limits[old] for new, old in enumerate(focus) if old in limits}
        if self.spot is None:
            return rows, shown, []
        stage = player.current
        if stage is None or not stage.adds:
            return rows, shown, frames_of(rows, passed, self.spot, self.side)
        layer, x = passed.layers[stage.layer], passed.values[stage.layer]
        so_far = conv_dw_until(layer, x, passed.arriving(stage.layer), player.at + 1)
        index = focus.index(stage.row)
        rows[index] = replace(rows[index], so_far=so_far)
        return rows, shown, stop_frames(rows, passed, stage.layer, player.at, self.spot)
