"""ONNX's words for where a window stops, as ours."""

from typing import Any

from ...layers.window import Window


def window(given: dict[str, Any], kernel, size: tuple[int, int]) -> dict[str, Any]:
    """Return ``stride`` and ``pad`` of a Conv node with these attributes, for maps of ``size``.

    Raises
    ------
    ValueError
        If the window has gaps, or an attribute is not known.
    """
    dilations = tuple(given.get("dilations", ()))
    if any(step != 1 for step in dilations):
        raise ValueError(f"dilations={dilations} are not understood, only 1")
    kernel = tuple(kernel)
    if tuple(given.get("kernel_shape", kernel)) != kernel:
        raise ValueError(f"kernel_shape={given['kernel_shape']} is not that of the weights")
    stride = tuple(given.get("strides", (1, 1)))
    auto = given.get("auto_pad", b"NOTSET").decode("ascii", "replace")
    same = Window.of(kernel, stride, "same")
    pad: int | str | tuple
    if auto == "SAME_UPPER":
        pad = "same"
    elif auto == "SAME_LOWER":  # an odd one goes above or to the left
        pad = tuple((after, before) for before, after in same.padding(*size))
    elif auto == "VALID":
        pad = 0
    elif auto == "NOTSET":
        above, left, below, right = given.get("pads", (0, 0, 0, 0))
        pad = ((above, below), (left, right))
    else:
        raise ValueError(f"auto_pad={auto!r} is not known")
    return {"stride": stride, "pad": pad}


def pool_window(
    given: dict[str, Any], size: tuple[int, int], padding_counts: bool = False
) -> dict[str, Any]:
    """Return ``size``, ``stride`` and ``pad`` of a pool's node with these attributes.

    With ``ceil_mode`` a last window may reach over the edge; that is padding, unless it takes part
    in a mean (``padding_counts``), where ONNX counts it otherwise.
    """
    kernel = tuple(given["kernel_shape"])
    if len(kernel) != 2:
        raise ValueError("only pools of two dimensions are understood")
    found = window(given, kernel, size)
    auto = given.get("auto_pad", b"NOTSET")
    if given.get("ceil_mode") and auto in (b"NOTSET", b"VALID"):
        plain = Window.of(kernel, found["stride"], found["pad"])
        pad = tuple(map(_reaching, size, plain.padding(*size), kernel, plain.stride))
        if padding_counts and pad != plain.padding(*size):
            raise ValueError("ceil_mode with count_include_pad is not understood")
        found["pad"] = pad
    return {"size": kernel, **found}


def _reaching(size, added, k, s):
    """Return the padding (before, after) with which a last window over the edge fits in."""
    before, after = added
    over = -(size + before + after - k) % s
    last = size + before + after + over - k  # where that window starts
    return (before, after + over) if last < size + before else added
