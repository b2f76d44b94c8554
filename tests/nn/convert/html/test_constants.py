"""The page's numbers are those of the Python that it repeats; no browser is needed to see that."""

import json
import re

import pytest

from data import canvas
from data.segments import lines, row, signs, strokes
from nn.convert.html.write import FOLDER

OTHER_NAMES = {"CUT_STEP": "STEP", "LOW_LINE": "LOW", "LOW_DOT": "LOW", "MINUS_PLACE": "MIDDLE"}
"""Names in JavaScript that differ from those in Python, where they are in several modules."""

MODULES = {
    "canvas.js": {"FIELD": canvas},
    "lines.js": {"TALL": lines, "WIDE": strokes},
    "segments.js": {"ONE": strokes, "DOT": signs, "MINUS": signs},
}
"""The modules of constants, by the first name of each declaration; `row` where none is named."""


def declared(script):
    """Yield the names and values of each declaration of constants in a script."""
    number = r"[-\d., \[\]]+"
    text = (FOLDER / script).read_text()
    for names, values in re.findall(rf"^const \[([A-Z_, ]+)\] = (\[{number}\]);", text, re.M):
        yield names.split(", "), json.loads(values)
    single = re.findall(rf"^const ([A-Z_]+) = ({number});", text, re.M)
    if single:
        yield [name for name, _ in single], [json.loads(value) for _, value in single]


@pytest.mark.parametrize("script", MODULES)
def test_constants_are_those_of_python(script):
    compared = 0
    for names, values in declared(script):
        module = MODULES[script].get(names[0], row)
        for name, value in zip(names, values, strict=True):
            expected = getattr(module, OTHER_NAMES.get(name, name))
            assert value == (list(expected) if isinstance(expected, tuple) else expected), name
            compared += 1
    assert compared >= 6
