"""ONNX's attributes of kernels, strides and padding, as arguments of our layers."""

from typing import Any

from ...layers.window import Window


def window(attrs: dict[str, Any], kernel, size: tuple[int, int]) -> dict[str, Any]:
    """Return ``stride`` and ``pad`` of a Conv node.

    Parameters
    ----------
    attrs : dict
        Attributes of the node.
    kernel, size : tuple of int
        (height, width) of the kernel and of the input, in pixels.

    Raises
    ------
    ValueError
        If an attribute has an unsupported value.
    """
    kernel = tuple(kernel)
    if tuple(attrs.get("kernel_shape", kernel)) != kernel:
        raise ValueError(f"kernel_shape={attrs['kernel_shape']} is not the shape of the weights")
    stride = tuple(attrs.get("strides", (1, 1)))
    auto = attrs.get("auto_pad", b"NOTSET").decode("ascii", "replace")
    dilations = attrs.get("dilations", (1, 1))
    reach = tuple((k - 1) * step + 1 for k, step in zip(kernel, dilations, strict=True))
    same = Window.of(reach, stride, "same")
    pad: int | str | tuple
    if auto == "SAME_UPPER":
        pad = "same"
    elif auto == "SAME_LOWER":  # of an odd number the larger half goes above or to the left
        pad = tuple((after, before) for before, after in same.padding(*size))
    elif auto == "VALID":
        pad = 0
    elif auto == "NOTSET":
        above, left, below, right = attrs.get("pads", (0, 0, 0, 0))
        pad = ((above, below), (left, right))
    else:
        raise ValueError(f"auto_pad={auto!r} is not supported")
    return {"stride": stride, "pad": pad}


def pool_window(
    attrs: dict[str, Any], size: tuple[int, int], padding_counts: bool = False
) -> dict[str, Any]:
    """Return ``size``, ``stride`` and ``pad`` of a pooling node.

    With ``ceil_mode`` the last window may extend past the edge, which is padding here. Where
    padding counts in a mean (``padding_counts``), ONNX counts this part differently, so it is
    refused.
    """
    kernel = tuple(attrs["kernel_shape"])
    if len(kernel) != 2:
        raise ValueError("only pooling in two dimensions is supported")
    arguments = window(attrs, kernel, size)
    auto = attrs.get("auto_pad", b"NOTSET")
    if attrs.get("ceil_mode") and auto in (b"NOTSET", b"VALID"):
        plain = Window.of(kernel, arguments["stride"], arguments["pad"])
        pad = tuple(map(_pad_to_ceil, size, plain.padding(*size), kernel, plain.stride))
        if padding_counts and pad != plain.padding(*size):
            raise ValueError("ceil_mode with count_include_pad is not supported")
        arguments["pad"] = pad
    return {"size": kernel, **arguments}


def in_two_dimensions(attrs: dict[str, Any]) -> dict[str, Any]:
    """Return the attributes of a node on sequences (N, C, W) for images (N, C, 1, W)."""
    more: dict[str, Any] = {
        name: (1, *attrs[name])
        for name in ("kernel_shape", "strides", "dilations")
        if name in attrs
    }
    if "pads" in attrs:
        before, after = attrs["pads"]
        more["pads"] = (0, before, 0, after)
    return attrs | more


def _pad_to_ceil(size, pad, k, s):
    """Return the padding (before, after) of one axis that makes room for ``ceil_mode``'s window."""
    before, after = pad
    over = -(size + before + after - k) % s
    last = size + before + after + over - k  # start of that window
    return (before, after + over) if last < size + before else pad
