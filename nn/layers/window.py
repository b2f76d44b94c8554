"""Sliding windows: padding, strides, and the output sizes that follow from them."""

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
        (rows, columns) added on each side. A pair in place of either is (before, after): ((0, 1),
        2) adds one row below and two columns on each side. "same" adds just enough for
        ceil(H / stride) x ceil(W / stride) positions; an odd row goes below, an odd column right.
    """

    kernel: tuple[int, int]
    stride: tuple[int, int]
    pad: tuple[int | tuple[int, int], int | tuple[int, int]] | str

    @classmethod
    def of(cls, kernel, stride, pad, name: str = "window") -> "Window":
        """Check a layer's arguments; return a window. ``name`` is the layer's for ``kernel``."""
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
        """Return (OH, OW), the number of positions; a remainder at the edge is left out.

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
    """Return ``pad`` as `Window` stores it; a pair of equal numbers becomes one number."""
    if isinstance(pad, str):
        if pad != "same":
            raise ValueError(f'pad must be an int, a pair of ints or "same", not {pad!r}')
        return pad
    if not isinstance(pad, (tuple, list)) or len(pad) != 2:
        return pair("pad", pad, least=0)
    both = (pair("pad", one, least=0) for one in pad)
    return tuple(before if before == after else (before, after) for before, after in both)


def _same(size: int, k: int, s: int) -> tuple[int, int]:
    """Return the padding (before, after) that gives ceil(size / s) positions."""
    total = max((-(-size // s) - 1) * s + k - size, 0)
    return total // 2, total - total // 2
