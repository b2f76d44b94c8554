"""Write a network as one web page: ``python -m nn.convert.html weights/mnist.npz digits.html``.

The page opens from disk in any browser of 2023 or later, without a server, a network or an
installation. It has a canvas to draw on, the answer, every layer's maps, and each number spelled
out. It stores nothing and sends nothing; its Content-Security-Policy forbids all requests.

- ``template.html``: the page's structure and style;
- ``network.js``: the layers of `nn`, in JavaScript;
- ``canvas.js``: strokes to an image of 28x28, as `data.canvas.from_strokes` does it;
- ``lines.js``: strokes to lines of writing, as `data.segments.lines` does it;
- ``segments.js``: lines of writing to the digits of a number, as `data.segments.strokes` does it;
- ``breakdown.js``: the arithmetic behind one number, as `nn.explain.breakdown` does it;
- ``drawing.js``, ``maps.js``, ``arithmetic.js``: the canvas, the maps of all layers, and the
  arithmetic, on the page;
- ``page.js``: puts them together, and shows the answer;
- `write`: the network as JSON, and all of it as one page.
"""

import os
from pathlib import Path

from ...model import Sequential
from ...saving.atomic import atomic_write
from ..errors import ConversionError, errors_in
from . import write


def save(
    model: Sequential,
    path: str | os.PathLike,
    *,
    name: str = "",
    precision: str = "float32",
) -> None:
    """Write a network for drawn digits as a web page, whole or not at all.

    Parameters
    ----------
    model : Sequential
        Takes images of 28x28 with ink in [0, 1] and has ten classes, as `weights.load` and
        `nn.convert.digits.fit` return it.
    path : path-like
        Its name ends with ``.html``.
    name : str
        Shown on the page, as text (default: the name of the file).
    precision : str
        Stored type of the weights, ``"float32"`` or ``"float16"``: half the size.

    Raises
    ------
    ConversionError
        If the network is not for drawn digits, has a layer that the page lacks or is beyond the
        page's limits, or the suffix is not ``.html``.
    OSError
        If it cannot be written.
    """
    with errors_in(path):
        if Path(path).suffix.lower() != ".html":
            raise ConversionError(f"{path}: the name of a web page ends with .html")
        page = write.page(model, name or Path(path).name, precision)
    with atomic_write(path) as file:
        file.write(page.encode())
