"""ONNX's operators that change the shape of a tensor; most only rewrite the chain's layout."""

import math
from typing import Any

from ...layers.more import Crop2D, ZeroPad2D
from .chain import Chain
from .constants import axes_of

Attributes = dict[str, Any]


def flatten(chain: Chain, _node, attrs: Attributes) -> None:
    """Append a Flatten; the axes before ``axis`` must have the size 1."""
    rank = len(chain.layout) + 1
    axis = attrs.get("axis", 1)
    axis += rank if axis < 0 else 0
    if axis < 1 or math.prod(chain.tensor_shape()[: axis - 1]) != 1:
        raise ValueError(f"axis={attrs['axis']} would mix the images of a batch")
    chain.flatten()


def reshape(chain: Chain, node, attrs: Attributes) -> None:
    """Reshape to a constant shape; N must stay."""
    shape = attrs.get("shape")
    first, *target = chain.weights(node, 1).tolist() if shape is None else list(shape)
    sizes = chain.tensor_shape()
    target = [sizes[i] if n == 0 and i < len(sizes) else n for i, n in enumerate(target)]
    size = math.prod(sizes)
    if target.count(-1) == 1:
        target[target.index(-1)] = size // max(1, -math.prod(target))
    if not target or min(target) < 1 or math.prod(target) != size or len(target) > 4:
        raise ValueError(f"a reshape of (N, {sizes}) to {(first, *target)} is not supported")
    chain.reshape(tuple(target))


def transpose(chain: Chain, _node, attrs: Attributes) -> None:
    """Permute the axes; N must stay first."""
    rank = len(chain.layout)
    perm = tuple(attrs.get("perm", range(rank, -1, -1)))
    if sorted(perm) != list(range(rank + 1)) or perm[0] != 0:
        raise ValueError(f"perm={perm} is not supported: N must stay first")
    chain.restore()
    chain.layout = tuple(chain.layout[axis - 1] for axis in perm[1:])


def squeeze(chain: Chain, node, attrs: Attributes) -> None:
    """Remove axes of size 1."""
    sizes, rank = chain.tensor_shape(), len(chain.layout) + 1
    axes = axes_of(chain.constant(node, 1), attrs)
    if axes is None:
        axes = tuple(t + 1 for t, n in enumerate(sizes) if n == 1)
    gone = {axis % rank for axis in axes}
    if any(axis == 0 or sizes[axis - 1] != 1 for axis in gone):
        raise ValueError(f"axes={axes} of a tensor (N, {sizes}) cannot be squeezed")
    chain.layout = tuple(axis for t, axis in enumerate(chain.layout, 1) if t not in gone)


def unsqueeze(chain: Chain, node, attrs: Attributes) -> None:
    """Add axes of size 1."""
    axes = axes_of(chain.constant(node, 1), attrs) or ()
    rank = len(chain.layout) + 1 + len(axes)
    new = sorted(axis % rank for axis in axes)
    if rank > 5 or 0 in new or len(set(new)) < len(new):
        raise ValueError(f"axes={axes} are not supported")
    layout = list(chain.layout)
    for axis in new:
        layout.insert(axis - 1, None)
    chain.layout = tuple(layout)


def pad(chain: Chain, node, attrs: Attributes) -> None:
    """Support a frame of zeros; of negative width, it cuts off."""
    pads, value = attrs.get("pads", attrs.get("paddings")), attrs.get("value", 0.0)
    rank = len(chain.layout)
    if pads is None:
        pads = chain.weights(node, 1).tolist()
        given, axes = chain.constant(node, 2), chain.constant(node, 3)
        value = 0.0 if given is None else float(given.reshape(()))
        if axes is not None:
            whole = [0] * (2 * rank + 2)
            for i, axis in enumerate(axes.tolist()):
                axis %= rank + 1
                whole[axis], whole[axis + rank + 1] = pads[i], pads[i + len(axes)]
            pads = whole
    if attrs.get("mode", b"constant") != b"constant" or (value != 0 and any(pads)):
        raise ValueError("only padding with zeros is supported")
    sides = [(pads[axis], pads[axis + rank + 1]) for axis in range(rank + 1)]
    if not any(map(any, sides)):
        return
    maps = (1, 2, 0) if sides[1] == (0, 0) else (0, 1, 2)  # channels first or last
    if rank != 3 or any(sides[0]) or any(sides[1 + maps[2]]):
        raise ValueError(f"pads={pads} are not supported, only those of rows and columns")
    chain.arrange(maps)
    frame = tuple(sides[1 + axis] for axis in maps[:2])
    if max(map(max, frame)) <= 0:
        chain.build.add(Crop2D, crop=tuple(tuple(-n for n in side) for side in frame))
    else:
        chain.build.add(ZeroPad2D, pad=frame)
