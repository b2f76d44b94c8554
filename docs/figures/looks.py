"""What the tour says can be seen in the window: places, and the numbers that stand there."""

import re
from pathlib import Path

from inspector.network import Network, describe
from inspector.parts.layout import Place
from inspector.parts.probabilities import describe_answer
from nn import BatchNorm, Conv2D, Dense, MaxPool2D, ReLU
from nn.convert.c import write as c

from . import learned
from .example import DIGIT, Example
from .more import second_convolution

LEAD = "*In the window:* "
POINT, CLICK, DOWN = "point at", "click", "Page Down:"
FIRST_LAYER = re.compile(r"^\{ /\* layer 0.*?^\}$", re.M | re.S)


def places(example: Example) -> list[tuple[str, Place]]:
    """Return what stops 2 to 9 look at in the tab *Every layer*.

    Returns
    -------
    list of (str, Place)
        How to get there; layer (-1: the input), row, column, channel.
    """
    (p, q), channel = example.place, example.channel
    conv, relu, pool = (example.first(kind) for kind in (Conv2D, ReLU, MaxPool2D))
    (KH, KW), (SH, SW) = (example.model.layers[i].window.kernel for i in (conv, pool))
    small = p // SH, q // SW
    second, at = second_convolution(example)
    dense = example.first(Dense)
    softmax = len(Network(example.model, "").layers) - 1
    return [
        (f"tab *Every layer*, {POINT}", (-1, p + KH // 2, q + KW // 2, 0)),
        (f"{CLICK}, and see the patch that becomes a row:", (conv, p, q + 1, channel)),
        (CLICK, (conv, p, q, channel)),
        (f"one layer on, {DOWN}", (relu, p, q, channel)),
        (DOWN, (pool, *small, channel)),
        (DOWN, (example.first(BatchNorm), *small, channel)),
        (CLICK, (second, *at)),
        (CLICK, (dense, 0, 0, DIGIT)),
        (DOWN, (softmax, 0, 0, DIGIT)),
    ]


def lines(example: Example) -> list[str]:
    """Return the tour's lines about the window, in the order of its stops."""
    network = Network(example.model, "")
    maps = network.maps(example.image)
    answer = describe_answer(maps[-1])
    first = f"F2 opens the inside; *Open*, *The tour's 4* draws this drawing: `{answer}`"
    return [LEAD + first] + [
        f"{LEAD}{way} `{text}`"
        for way, text in [
            *((way, describe(network, maps, place)) for way, place in places(example)),
            *((sight.way, sight.text) for sight in learned.sights(example)),
        ]
    ]


def c_code(example: Example) -> tuple[str, int, int]:
    """Return the first layer as C code, and how many lines of weights and of code there are."""
    whole = c.source(example.model, (28, 28, 1))
    weights, _, code = whole.partition("void predict(const float *image, float *probabilities) {")
    indent = "    "
    unindented = "\n".join(line.removeprefix(indent) for line in code.splitlines())
    return FIRST_LAYER.search(unindented)[0], weights.count("\n"), code.count("\n")  # type: ignore


def rewrite(page: Path, example: Example) -> None:
    """Write the lines and the C code into the tour, in place of those that are there."""
    text = page.read_text(encoding="utf-8")
    said = iter(lines(example))
    text = re.sub(rf"^{re.escape(LEAD)}.*$", lambda found: next(said), text, flags=re.M)
    code, _, _ = c_code(example)
    text = re.sub(r"(```c\n).*?(\n```)", lambda found: found[1] + code + found[2], text, flags=re.S)
    page.write_text(text, encoding="utf-8")
