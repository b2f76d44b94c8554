"""Opening digits: samples, MNIST's images, pictures of numbers, the tour's 4."""

import numpy as np
import pytest
from PIL import Image

import weights
from data import mnist
from data.canvas import from_image, from_strokes
from data.errors import DataError
from inspector.opening import menu, pictures, tour
from inspector.opening.menu import OpenMenu
from inspector.parts.input import YOUR_DRAWING
from nn import Sequential
from tests.windows import SEVEN, draw, settle, small_network

SAMPLE = weights.SAMPLES / "4.png"


@pytest.fixture(scope="module")
def shipped():
    return Sequential.load(weights.SHIPPED)


@pytest.fixture
def mnist_images(monkeypatch):
    """Stand-ins for MNIST's test images."""
    images = np.random.default_rng(1).integers(0, 256, (30, 28, 28)).astype(np.uint8)
    labels = (np.arange(30) % 10).astype(np.uint8)
    monkeypatch.setattr(mnist, "find_local", lambda: "folder")
    monkeypatch.setattr(mnist, "load", lambda split, folder: (images, labels))
    return images


def test_a_sample_takes_the_drawings_place(start):
    app, inspector = start()
    draw(app, *SEVEN)
    inspector.open_menu.picture(SAMPLE)
    settle(app)
    with Image.open(SAMPLE) as picture:
        expected = from_image(picture)
    np.testing.assert_array_equal(inspector.input._drawing, expected)
    assert inspector.input.titles[0]["text"] == "4.png"
    draw(app, (60, 60), (90, 200))
    np.testing.assert_array_equal(inspector.input._drawing, from_strokes(app.strokes))
    assert inspector.input.titles[0]["text"] == YOUR_DRAWING


def test_an_mnist_image_is_shown_exactly(start, mnist_images):
    app, inspector = start()
    inspector.open_menu.mnist(17)
    settle(app)
    np.testing.assert_array_equal(inspector.input._drawing, np.float32(mnist_images[17] / 255))
    assert inspector.input.titles[0]["text"] == "MNIST 17: a 7"
    assert inspector.bars.canvas.winfo_ismapped()


def test_what_cannot_be_opened_is_one_line(start, mnist_images, tmp_path):
    app, inspector = start()
    draw(app, *SEVEN)
    before = inspector.input._drawing
    bad, blank = tmp_path / "bad.png", tmp_path / "blank.png"
    bad.write_bytes(b"no picture")
    Image.new("L", (100, 100), 255).save(blank)
    for path in (bad, blank, tmp_path / "missing.png"):
        inspector.open_menu.picture(path)
        settle(app)
        assert str(path) in inspector.status["text"]
        assert "\n" not in inspector.status["text"]
    inspector.open_menu.mnist(30)
    assert "0 to 29" in inspector.status["text"]
    inspector._show_status("")
    assert "0 to 29" in inspector.status["text"], "the pointer does not wipe it away"
    np.testing.assert_array_equal(inspector.input._drawing, before)


def test_without_mnist_nothing_is_downloaded(monkeypatch):
    monkeypatch.setattr(mnist, "find_local", lambda: None)
    with pytest.raises(DataError, match="MNIST_DIR"):
        pictures.open_mnist(3, None)


def test_without_mnist_no_number_is_asked(start, monkeypatch):
    monkeypatch.setattr(mnist, "find_local", lambda: None)
    monkeypatch.setattr(menu.simpledialog, "askinteger", None)
    _, inspector = start()
    inspector.open_menu.ask_number()
    assert inspector.status["text"].startswith("MNIST is not on this machine: `python train.py")


def test_a_picture_of_a_number_has_a_row(start, shipped, tmp_path):
    path = tmp_path / "number.png"
    page = Image.new("L", (300, 120), 255)
    for at, digit in enumerate((3, 1, 6)):
        with Image.open(weights.SAMPLES / f"{digit}.png") as sample:
            grey = sample.convert("L")
            page.paste(grey.resize((90, 90)), (10 + 95 * at, 15))
    page.save(path)
    app, inspector = start(shipped)
    inspector.open_menu.picture(path)
    settle(app)
    assert inspector.reading.text == "316"
    assert inspector.row.winfo_ismapped()
    for index, symbol in enumerate(inspector.reading.symbols):
        left, top, right, low = symbol.box
        assert 10 + 95 * index - 5 < left < right < 10 + 95 * (index + 1) + 5
        assert 10 < top < low < 110
    middle = (np.array(inspector.reading.symbols[2].box[:2]) +
              inspector.reading.symbols[2].box[2:]) / 2  # fmt: skip
    side = inspector.input.strokes.winfo_reqwidth()
    x, y = middle * side / 300 + (0, (side - 120 * side / 300) / 2)
    inspector.input.strokes.event_generate("<Button-1>", x=round(x), y=round(y))
    settle(app)
    assert inspector.selected == 2


def test_the_tours_4_is_drawn_stroke_by_stroke(start, shipped):
    app, inspector = start(shipped)
    draw(app, *SEVEN)
    inspector.open_menu.tours_four()
    settle(app)
    strokes = tour.four(shipped)
    np.testing.assert_allclose(np.concatenate(app.strokes), np.concatenate(strokes))
    np.testing.assert_array_equal(inspector.input._drawing, from_strokes(strokes))
    assert len(app.canvas.find_all()) == sum(map(len, strokes))
    assert 0.5 < app.model.predict_proba(from_strokes(strokes)[None])[0, tour.DIGIT] < 0.99


def test_menu_asks_and_opens(start, mnist_images, monkeypatch):
    app, inspector = start()
    monkeypatch.setattr(menu.simpledialog, "askinteger", lambda *a, **k: 5)
    monkeypatch.setattr(menu.filedialog, "askopenfilename", lambda **k: str(SAMPLE))
    button: OpenMenu = inspector.open_menu
    labels = [button.menu.entrycget(i, "label") for i in range(button.menu.index("end") + 1)
              if button.menu.type(i) != "separator"]  # fmt: skip
    titles = {"An MNIST test image ...": "MNIST 5: a 5", "A picture file ...": "4.png"}
    for label, title in titles.items():
        button.menu.invoke(label)
        settle(app)
        assert inspector.input.titles[0]["text"] == title
    monkeypatch.setattr(menu.simpledialog, "askinteger", lambda *a, **k: None)
    monkeypatch.setattr(menu.filedialog, "askopenfilename", lambda **k: "")
    for label in titles:
        button.menu.invoke(label)
    assert inspector.input.titles[0]["text"] == "4.png"
    assert labels[0] == "A sample"


def test_every_sample_opens_under_its_name():
    names = [path.name for path in pictures.sample_files()]
    assert names == [f"{digit}.png" for digit in range(10)]
    model = small_network()
    for path in pictures.sample_files():
        opened = pictures.open_picture(path, model.predict_proba)
        assert opened.name == path.name
        assert opened.reading.symbols[0].image.shape == (28, 28)
