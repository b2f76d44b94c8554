"""What the tour says can be seen in the window: places, and the numbers that stand there."""

import re
from pathlib import Path

from inspector.network import Network, describe
from inspector.parts.layout import Place
from inspector.parts.probabilities import describe_answer
from nn import BatchNorm, Conv2D, Dense, MaxPool2D, ReLU

from .example import DIGIT, Example
from .more import second_convolution

LEAD = "*In the window:* "


def places(example: Example) -> list[Place]:
    """Return the number that each stop looks at: layer (-1: the input), row, column, channel."""
    (p, q), channel = example.place, example.channel
    conv, relu, pool = (example.first(kind) for kind in (Conv2D, ReLU, MaxPool2D))
    (KH, KW), (SH, SW) = (example.model.layers[i].window.kernel for i in (conv, pool))
    small = p // SH, q // SW
    second, at = second_convolution(example)
    dense = example.first(Dense)
    return [
        (-1, p + KH // 2, q + KW // 2, 0),
        (conv, p, q, channel),
        (relu, p, q, channel),
        (pool, *small, channel),
        (example.first(BatchNorm), *small, channel),
        (second, *at),
        (dense, 0, 0, DIGIT),
        (len(Network(example.model, "").layers) - 1, 0, 0, DIGIT),
    ]


def lines(example: Example) -> list[str]:
    """Return the tour's lines about the window, in the order of its stops."""
    network = Network(example.model, "")
    maps = network.maps(example.image)
    answer = describe_answer(maps[-1])
    first = f"F2 opens the inside; *Open*, *The tour's 4* draws this drawing: `{answer}`"
    ways = (
        "tab *Every layer*, point at", "click", "one layer on, Page Down:", "Page Down:",
        "Page Down:", "click", "click", "Page Down:",
    )  # fmt: skip
    return [LEAD + first] + [
        f"{LEAD}{way} `{describe(network, maps, place)}`"
        for way, place in zip(ways, places(example), strict=True)
    ]


def rewrite(page: Path, example: Example) -> None:
    """Write the lines into the tour, in place of those that are there."""
    text = page.read_text(encoding="utf-8")
    said = iter(lines(example))
    page.write_text(
        re.sub(rf"^{re.escape(LEAD)}.*$", lambda found: next(said), text, flags=re.M),
        encoding="utf-8",
    )
