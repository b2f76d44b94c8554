"""Windows: where one that slides over an image stops.

This is the one place that knows padding, strides and the sizes that they give.
"""

from dataclasses import dataclass

from .checks import pair


@dataclass(frozen=True)
class Window:
    """Kernel, stride and padding of a sliding window.

    Attributes
    ----------
    kernel, stride : tuple of int
        (height, width) in pixels.
    pad : tuple or "same"
        Rows added above and below, columns added left and right; a pair in place of either number
        adds unevenly: ((0, 1), 2) is a row below and two columns on each side. "same" adds just
        enough for ceil(H / stride) x ceil(W / stride) stops; an odd row goes below, an odd column
        to the right.
    """

    kernel: tuple[int, int]
    stride: tuple[int, int]
    pad: tuple[int | tuple[int, int], int | tuple[int, int]] | str

    @classmethod
    def of(cls, kernel, stride, pad, name: str = "window") -> "Window":
        """Return a window, once a layer's arguments are checked; ``name`` is that of ``kernel``."""
        return cls(pair(name, kernel, least=1), pair("stride", stride, least=1), _padding(pad))

    def padding(self, height: int, width: int) -> tuple[tuple[int, int], tuple[int, int]]:
        """Return ((above, below), (left, right)) for an image of this size."""
        if isinstance(self.pad, str):
            vertical, horizontal = map(_same, (height, width), self.kernel, self.stride)
        else:
            vertical, horizontal = (p if isinstance(p, tuple) else (p, p) for p in self.pad)
        return vertical, horizontal

    def padded_size(self, height: int, width: int) -> tuple[int, int]:
        """Return the (height, width) of an image of this size with its padding."""
        (above, below), (left, right) = self.padding(height, width)
        return above + height + below, left + width + right

    def output_size(self, height: int, width: int) -> tuple[int, int]:
        """Return (OH, OW), the number of stops; an edge too small for one more is left out.

        Raises ValueError if the window does not fit into the padded image even once.
        """
        padded = self.padded_size(height, width)
        if padded[0] < self.kernel[0] or padded[1] < self.kernel[1]:
            raise ValueError(
                f"a window of {self.kernel[0]} x {self.kernel[1]} does not fit into an image of "
                f"{height} x {width} padded to {padded[0]} x {padded[1]}"
            )
        (KH, KW), (SH, SW) = self.kernel, self.stride
        return (padded[0] - KH) // SH + 1, (padded[1] - KW) // SW + 1


def _padding(pad):
    """Return ``pad`` as `Window` keeps it: an even pair becomes the one number that it is."""
    if isinstance(pad, str):
        if pad != "same":
            raise ValueError(f'pad must be an int, a pair of ints or "same", not {pad!r}')
        return pad
    if not isinstance(pad, (tuple, list)) or len(pad) != 2:
        return pair("pad", pad, least=0)
    both = (pair("pad", one, least=0) for one in pad)
    return tuple(before if before == after else (before, after) for before, after in both)


def _same(size: int, k: int, s: int) -> tuple[int, int]:
    """Return the padding before and after with which ceil(size / s) stops fit."""
    total = max((-(-size // s) - 1) * s + k - size, 0)
    return total // 2, total - total // 2
