"""Numbers drawn on the page are divided and read as `data.segments.strokes` does it."""

import numpy as np
import pytest

import weights
from data.segments import strokes as segments
from data.synthetic import handwriting

FIND = """
const lines = digits.find(arguments[0], (image) => digits.network.maps(image).at(-1));
return lines.map((line) => line.map(({ text, box, proba }) => [text, box, proba && [...proba]]));
"""


@pytest.fixture(scope="module")
def classify():
    return weights.load().predict_proba


def written(label, rng, x, y, height):
    """Return the strokes of a synthetic digit of a height, with its corner at (x, y); its width."""
    strokes = handwriting.digit(label, rng)
    points = np.concatenate(strokes)
    low, extent = points.min(axis=0), np.ptp(points, axis=0)
    scale = height / max(extent[1], extent[0] / 1.2)
    return [(stroke - low) * scale + (x, y) for stroke in strokes], extent[0] * scale


def number(rng, kind):
    """Return the strokes of a number: with a sign, a second line, or digits that are joined."""
    x, y, height = rng.uniform(5, 30), rng.uniform(30, 120), rng.uniform(40, 90)
    drawn = []
    if kind in ("minus", "touching"):
        drawn.append(np.array([[x, y + height / 2], [x + 0.4 * height, y + height / 2 + 2]]))
        x += height * (0.6 if kind == "minus" else 0.42)
    for k in range(rng.integers(1, 5)):
        strokes, width = written(rng.integers(10), rng, x, y, height * rng.uniform(0.85, 1.1))
        if kind == "joined" and drawn and rng.random() < 0.7:
            drawn[-1] = np.concatenate([drawn[-1], strokes.pop(0)])
        drawn += strokes
        x += width + height * rng.uniform(-0.1, 0.5)
        if kind == "point" and k == 0:
            drawn.append(np.array([[x, y + height], [x + 2, y + height + 1]]))
            x += 0.2 * height
    if kind == "two lines":
        drawn += written(rng.integers(10), rng, 20, y + 1.4 * height, height)[0]
    return drawn


@pytest.mark.parametrize("kind", ["plain", "minus", "touching", "point", "two lines", "joined"])
def test_numbers_are_read_as_in_python(page, classify, kind):
    rng = np.random.default_rng(5)
    for _ in range(5):
        strokes = number(rng, kind)
        expected = segments.find(strokes, classify)
        lines = page.run(FIND, [stroke.tolist() for stroke in strokes])
        found = [symbol for line in lines for symbol in line]
        assert " ".join("".join(text for text, *_ in line) for line in lines) == expected.text
        for (_, box, proba), symbol in zip(found, expected.symbols, strict=True):
            np.testing.assert_allclose(box, symbol.box, atol=1e-6)
            if symbol.probabilities is not None:
                np.testing.assert_allclose(proba, symbol.probabilities, atol=1e-4)


def test_odd_drawings_are_read_as_in_python(page, classify):
    rng = np.random.default_rng(4)
    dots = [[point] for point in rng.uniform(0, 300, (9, 2)).tolist()]
    still = [[[5.0, 5.0]] * 4, [[250.0, 9.0]] * 3]
    wave = [[[x, 100 + 20 * np.sin(x / 9)] for x in np.arange(0, 300, 3.0)]]
    scribble = [rng.uniform(0, 300, (30, 2)).tolist() for _ in range(8)]
    for strokes in ([], dots, still, wave, scribble, dots * 30):
        lines = page.run(FIND, strokes)
        texts = [[text for text, *_ in line] for line in lines]
        expected = segments.find(strokes, classify)
        assert texts == [[symbol.text for symbol in line] for line in expected]


def test_a_digit_of_a_number_can_be_inspected(page, classify):
    rng = np.random.default_rng(5)
    strokes = []
    for k, label in enumerate((2, 0, 7)):
        strokes += written(label, rng, 20 + 90 * k, 100, 80)[0]
    kept, _, answer = page.replay(strokes)
    expected = segments.find(kept, classify)
    assert expected.text == "207"
    assert answer == f"207, {int(100 * expected.probability)}%"
    for k in (2, 1):
        page.find(f"#symbols button:nth-of-type({k + 1})").click()
        shown = page.run("return [...digits.maps()[0]]")
        np.testing.assert_array_equal(np.float32(shown), expected.symbols[k].image.ravel())
        pressed = page.run(
            "return document.querySelector('#symbols [aria-pressed=true]').textContent"
        )
        assert pressed == expected.text[k]
        assert page.run("return document.querySelector('#bars .best').textContent")[0] == pressed
    page.find("#clear").click()
    assert page.run("return document.getElementById('symbols').hidden")
