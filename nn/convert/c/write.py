"""Write a network as C: the arrays, a block for each layer, and ``predict``."""

import math

from ...layers.base import Layer, Shape
from ...model import Sequential
from ..builder import layers_to_write
from ..errors import errors_at
from .layers import NOTHING, WRITERS, Arrays

HEAD = """\
/* A network that reads digits, written by python -m nn.convert.c; no library but math.h.

   Compile with:  cc -O2 -c {name}   and link with -lm.

   image          {size} floats in [0, 1], {shape}, row by row: 0 is paper, 1 is ink
   probabilities  {classes} floats, which sum to 1 */

#include <math.h>

void predict(const float *image, float *probabilities);
"""


def source(model: Sequential, input_shape: Shape, int8: bool = False, name: str = "FILE.c") -> str:
    """Return the C source of a network.

    Parameters
    ----------
    model : Sequential
    input_shape : tuple of int
        Shape of one input, without N.
    int8 : bool
        Whether weights are stored as int8.
    name : str
        Name of the file in the comment at its top.

    Raises
    ------
    ValueError
        If a layer does not fit its input or has no equivalent; the message names the layer.
    """
    arrays, blocks, shape = Arrays(int8), [], tuple(input_shape)
    largest, here = math.prod(shape), "image"
    for i, layer in enumerate(layers_to_write(model, shape)):
        with errors_at(f"layer {i} ({type(layer).__name__})"):
            after = layer.output_shape(shape)
            if not isinstance(layer, NOTHING):
                if type(layer) not in WRITERS:
                    raise ValueError("C has no equivalent of this layer")
                target = "b" if here == "a" else "a"
                lines = WRITERS[type(layer)](layer, shape, arrays, f"layer{i}")
                blocks.append(_block(layer, i, shape, after, here, target, list(lines)))
                largest, here = max(largest, math.prod(after)), target
            shape = after
    return _whole(name, tuple(input_shape), shape[0], largest, here, arrays, blocks)


def _whole(name, input_shape, classes, largest, here, arrays, blocks) -> str:
    """Return the file: its comment, the arrays, and the blocks in ``predict``."""
    head = HEAD.format(
        name=name, size=math.prod(input_shape), shape=" x ".join(map(str, input_shape)),
        classes=classes,
    )  # fmt: skip
    lines = [
        head,
        *arrays.lines,
        "",
        "void predict(const float *image, float *probabilities) {",
        f"    static float a[{largest}], b[{largest}];",
        *blocks,
        f"    for (int k = 0; k < {classes}; k++) probabilities[k] = {here}[k];",
        "    (void)a; (void)b;",
        "}",
        "",
    ]
    return "\n".join(lines)


def _block(layer: Layer, i: int, shape: Shape, after: Shape, here, target, lines) -> str:
    """Return the block of a layer, which reads one buffer and writes the other."""
    sizes = [" x ".join(map(str, each)) for each in (shape, after)]
    return "\n".join(
        [
            f"    {{ /* layer {i}, {type(layer).__name__}: {sizes[0]} to {sizes[1]} */",
            f"        const float *in = {here};",
            f"        float *out = {target};",
            *(f"        {line}" for line in lines),
            "    }",
        ]
    )
