"""docs/fast.md: its matrices, its example by hand, its counts and its pictures are true."""

import re
from pathlib import Path

import numpy as np
import pytest

import weights
from docs.figures import fast
from docs.figures.__main__ import FIGURES
from docs.figures.example import Example
from nn import Conv2D, Sequential
from nn.fast import kernels
from nn.fast.kernels import BLOCK
from nn.fast.layers import ConvReLUPool

PAGE = Path(__file__).parents[2] / "docs" / "fast.md"
TEXT = PAGE.read_text(encoding="utf-8")
MATRICES, BY_HAND = re.findall(r"^```\n(.+?)^```", TEXT, re.M | re.S)
NAMES = ("B^T", "G", "A^T")
DRAWN = dict(zip(NAMES, (fast.BT, fast.G, fast.AT), strict=True))


@pytest.fixture(scope="module")
def example():
    return Example.of(Sequential.load(weights.SHIPPED))


def printed(name):
    """Return a matrix as the page prints it: beside the others, below its name."""
    first, *_ = lines = MATRICES.splitlines()
    starts = [first.index(f"{one} =") for one in NAMES]
    start, end = dict(zip(NAMES, zip(starts, [*starts[1:], None], strict=True), strict=True))[name]
    rows = [line[start:end].replace(f"{name} =", "").split() for line in lines]
    return np.array([row for row in rows if row], float)


def by_hand(name):
    """Return a line of the example: each of its expressions, evaluated."""
    (line,) = re.findall(rf"^{re.escape(name)} *= (.+)", BY_HAND, re.M)
    return [np.array(eval(part), float) for part in line.split(" = ")]


# Not kept on disk: numba would not notice a change of the functions that they test.
compiled = kernels.njit(**kernels.OPTIONS)


@compiled
def transform_input(x, out):
    kernels._input_2(x, 0, 4 * BLOCK, BLOCK, 3, 3, out, 0, 4 * BLOCK, BLOCK)


@compiled
def transform_weights(x, out):
    kernels._weight_2(x, 0, 3 * BLOCK, BLOCK, 2, 2, out, 0, 4 * BLOCK, BLOCK)


@compiled
def transform_output(x, out):
    kernels._output_2(x, 0, 4 * BLOCK, BLOCK, 3, 3, out, 0, 2 * BLOCK, BLOCK)


TRANSFORMS = (transform_input, transform_weights, transform_output)


@pytest.mark.parametrize(("name", "transform"), [*zip(NAMES, TRANSFORMS, strict=True)], ids=NAMES)
def test_matrices_are_those_of_the_kernels(name, transform):
    matrix = printed(name)
    np.testing.assert_array_equal(matrix, DRAWN[name])
    rows, columns = matrix.shape
    x = np.random.default_rng(0).integers(-9, 9, (columns, columns, BLOCK)).astype(np.float32)
    out = np.zeros((rows, rows, BLOCK), np.float32)
    transform(x.reshape(-1), out.reshape(-1))
    np.testing.assert_array_equal(out, np.einsum("ai,ijk,bj->abk", matrix, x, matrix))


def test_example_by_hand_adds_up():
    (d,), (g,) = by_hand("d"), by_hand("g")
    direct = [d[0] * g[0] + d[1] * g[1] + d[2] * g[2], d[1] * g[0] + d[2] * g[1] + d[3] * g[2]]
    inputs, kernel = printed("B^T") @ d, printed("G") @ g
    expected = {"B^T d": inputs, "G g": kernel, "m": inputs * kernel, "A^T m": direct}
    for name, values in expected.items():
        computed, result = by_hand(name)
        np.testing.assert_array_equal(computed, result)
        np.testing.assert_array_equal(result, values)
    (said,) = re.findall(r"^Directly: (.+) = (\d+) and (.+) = (\d+)\.", TEXT, re.M)
    assert [eval(said[0]), int(said[1]), eval(said[2]), int(said[3])] == np.repeat(
        direct, 2
    ).tolist()


def test_products_counted_are_those_computed():
    rows = r"^\| (?:direct sums|Winograd, tiles of .x.) \| ([\d,]+) \|"
    direct, small, large = (int(number.replace(",", "")) for number in re.findall(rows, TEXT, re.M))
    pairs = 32 * 64
    assert direct == 10 * 10 * 9 * pairs  # 11x11 maps, whose last row the pool drops
    assert small == 5 * 5 * 4 * 4 * pairs
    assert large == 2 * 2 * 7 * 7 * pairs


@pytest.mark.parametrize("m", kernels.POINTS)
def test_points_and_products_are_those_of_the_kernels(m):
    (points, products) = re.findall(rf"^\| {m}x{m} \| (.+?) \| ([\d.]+) \|", TEXT, re.M)[0]
    signed = [sign + p.strip("±-") for p in points.split(", ") for sign in signs(p)]
    assert sorted(map(eval, signed)) == sorted(kernels.POINTS[m])
    assert float(products) == pytest.approx((m + 2) ** 2 / m**2, abs=0.05)


def signs(point):
    """Return the signs that a point is printed with."""
    return ["", "-"] if point.startswith("±") else ["-"] if point.startswith("-") else [""]


def test_winners_drawn_are_those_of_the_kernel(example):
    at = example.first(Conv2D)
    conv, _, pool = example.model.layers[at : at + 3]
    block = ConvReLUPool(conv, pool)
    block.forward(example.values[at].astype(np.float32), train=True)
    winner = block._buffers["winner"][0].astype(int)
    winner[winner == kernels.DEAD] = -1
    places = fast.winning_places(example)
    np.testing.assert_array_equal(places, winner)
    alive, outputs = (places >= 0).sum(), example.values[at + 1].size
    assert f"{alive:,} of {outputs:,}" in TEXT
    sparse = example.lesson.gradients[at + 1][0]
    assert (sparse != 0).sum() <= alive


def test_page_shows_every_picture_and_no_other():
    shown = re.findall(r"!\[.+?\]\((fast/.+?)\.png\)", TEXT)
    assert shown == [name for name in FIGURES if name.startswith("fast/")]
    assert {f"fast/{file.stem}" for file in PAGE.with_suffix("").iterdir()} == set(shown)
