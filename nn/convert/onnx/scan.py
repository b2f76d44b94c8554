"""Bound an ONNX file before it is parsed: what the parser makes of few bytes may take many.

A field of two bytes can become an object of a hundred. So the fields are counted first, and all
bytes that are not the numbers of an array are limited. The file is in protobuf's wire format: a
field is its number and type, then a varint, four or eight bytes, or a length and so many bytes.
"""

from collections.abc import Iterator

from guard.budget import charge

MAX_DESCRIPTION_BYTES = 4 << 20
"""Bytes of all that is not an array's numbers."""

MAX_FIELDS = 200_000
"""Fields of models, graphs, nodes, attributes and arrays together."""

MODEL, GRAPH, NODE, ATTRIBUTE, TENSOR = "model", "graph", "node", "attribute", "tensor"
MESSAGES = {
    (MODEL, 7): GRAPH,
    (GRAPH, 1): NODE,
    (GRAPH, 5): TENSOR,
    (NODE, 5): ATTRIBUTE,
    (ATTRIBUTE, 5): TENSOR,
}
"""Messages whose fields are counted one by one, by where they are."""

NUMBERS = (4, 9, 10)
"""Fields of a tensor that hold its numbers: float_data, raw_data and double_data."""


def check_size(content: bytes) -> None:
    """Raise ValueError if a model's description is too large or damaged."""
    waiting, fields, size = [(MODEL, 0, len(content))], 0, 0
    while waiting:
        kind, start, end = waiting.pop()
        for number, first, last in _fields(content, start, end):
            fields += 1
            if fields % 1000 == 0:
                charge()  # the time
            if (kind, number) in MESSAGES:
                waiting.append((MESSAGES[kind, number], first, last))
            elif kind != TENSOR or number not in NUMBERS:
                size += last - first
            if fields > MAX_FIELDS or size > MAX_DESCRIPTION_BYTES:
                raise ValueError(
                    f"its description has more than {MAX_FIELDS} fields or "
                    f"{MAX_DESCRIPTION_BYTES} bytes"
                )


def _fields(content: bytes, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield the number of each field, and where its content starts and ends."""
    while start < end:
        key, start = _varint(content, start, end)
        kind = key & 7
        if kind == 0:
            _, after = _varint(content, start, end)
        elif kind == 2:
            length, start = _varint(content, start, end)
            after = start + length
        else:
            after = start + {1: 8, 5: 4}.get(kind, end)
        if after > end:
            raise ValueError("it is not an ONNX model, or a damaged one")
        yield key >> 3, start, after
        start = after


def _varint(content: bytes, start: int, end: int) -> tuple[int, int]:
    """Return a number of up to ten bytes, seven bits each, and where the next field begins."""
    number = 0
    for i in range(start, min(end, start + 10)):
        number |= (content[i] & 127) << 7 * (i - start)
        if content[i] < 128:
            return number, i + 1
    raise ValueError("it is not an ONNX model, or a damaged one")
