"""docs/page.html is the page of the shipped network, and its picture shows it."""

import numpy as np
from PIL import Image

import weights
from docs.figures import page
from nn.convert.html import write

FOLDER = page.Path(__file__).parents[2] / "docs"


def test_committed_page_is_that_of_the_shipped_network():
    text = (FOLDER / "page.html").read_text("utf-8")
    expected = write.page(weights.load(), weights.SHIPPED.name, "float16")
    assert text == expected, "write it again: python -m docs.figures"


def test_picture_shows_the_drawing_and_the_answer(chromium):
    taken = page.photograph(chromium, FOLDER / "page.html").convert("L")
    assert taken.size == page.SIZE
    with Image.open(FOLDER / "page.png") as committed:
        assert committed.size == page.SIZE
        assert len(committed.getcolors(page.COLOURS)) > 30
    pad = np.asarray(taken)[60:340, 20:300]
    assert 0.02 < (pad < 60).mean() < 0.3, "ink on paper"
    assert "2, 9" in chromium.execute_script("return document.getElementById('answer').textContent")
