"""One column of the overview: the tiles of a stage, one below the other."""

from dataclasses import dataclass, field

from PIL import ImageTk

from inspector.panels.overview.stages import Stage
from inspector.parts.tiles import Tiling


@dataclass
class Column:
    """A stage's place on the canvas.

    Attributes
    ----------
    stage : Stage
    x, y : int
        Upper left corner of the tiles, pixels.
    tiling : Tiling
        One tile below the other; ``C`` is how many there is room for.
    photo : ImageTk.PhotoImage
    channels : list of int
        The channels shown, from top to bottom.
    """

    stage: Stage
    x: int
    y: int
    tiling: Tiling
    photo: ImageTk.PhotoImage
    channels: list[int] = field(default_factory=list)

    def box(self, row: int, column: int, channel: int, height: int = 1, width: int = 1):
        """Return the pixels (x0, y0, x1, y1) of a patch of a channel that is shown."""
        at = self.channels.index(channel)
        x0, y0, x1, y1 = self.tiling.box(row, column, at, height, width)
        return x0 + self.x, y0 + self.y, x1 + self.x, y1 + self.y

    def middle(self, channel: int) -> int:
        """Return y of the middle of a channel's tile."""
        down, _ = self.tiling.pitch
        return self.y + self.channels.index(channel) * down + self.tiling.H * self.tiling.zoom // 2

    @property
    def right(self) -> int:
        """x of the tiles' right edge."""
        return self.x + self.tiling.size[0]
