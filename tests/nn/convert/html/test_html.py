"""Web pages out: each layer gives the same numbers in JavaScript; what does not fit is refused."""

import numpy as np
import pytest

import weights
from benchmarks import browser
from nn import (
    Adam,
    AvgPool2D,
    BatchNorm,
    Conv2D,
    Dense,
    Flatten,
    ReLU,
    Sequential,
    Softmax,
)
from nn.convert import html, load
from nn.convert.html import write
from nn.convert.html.__main__ import main
from nn.convert.samples import samples
from nn.fit import fit
from nn.layers.more import DepthwiseConv2D, GlobalMaxPool2D, LeakyReLU, Swish
from tests.layers import LAYERS, made
from tests.nn.convert.cases import CASES, with_classes
from tests.nn.convert.html.conftest import Page
from tests.nn.convert.refusals import refusal

ALL = CASES | {
    name: (x.shape, layer) for name in LAYERS for layer, x, _ in [made(name, np.float32)]
}  # fmt: skip
COMPUTE = """
const [model, x] = arguments;
return new digits.Sequential(model).maps(Float32Array.from(x)).map((map) => [...map]);
"""


@pytest.fixture(scope="module")
def engine(chromium, shipped):
    """The shipped network's page, whose classes also compute other networks; opened once."""
    browser.show(chromium, shipped)
    return Page(chromium)


@pytest.mark.parametrize("title", ALL)
def test_each_layer_on_the_page_agrees(title, engine):
    (_, *shape), layer = ALL[title]
    model = Sequential([layer]) if isinstance(layer, Softmax) else with_classes(layer, shape)
    x = 2 * np.random.default_rng(7).standard_normal(shape).astype(np.float32)
    maps = engine.run(COMPUTE, write.describe(model, shape), x.ravel().tolist())
    expected = x[None]
    for got, layer in zip(maps[1:], model.layers, strict=True):
        expected = layer.forward(expected)
        np.testing.assert_allclose(got, expected.ravel(), atol=2e-5)


def test_every_layer_has_an_equivalent(engine):
    kinds = {type(layer).__name__ for _, layer in ALL.values()} | {"Rescaling"}
    assert kinds == {kind.__name__ for kind in write.KINDS}
    assert set(engine.run("return Object.keys(digits.LAYERS)")) == kinds


def test_a_network_of_every_layer_agrees(engine, every_layer):
    x = np.random.default_rng(8).random((13, 12, 1), dtype=np.float32)
    maps = engine.run(COMPUTE, write.describe(every_layer, x.shape), x.ravel().tolist())
    np.testing.assert_allclose(maps[-1], every_layer.forward(x[None])[0], atol=1e-5)


@pytest.mark.parametrize("precision", write.TYPES)
def test_command_writes_the_shipped_network(tmp_path, chromium, capsys, precision):
    path = tmp_path / "digits.html"
    assert main([str(weights.SHIPPED), str(path), "--precision", precision]) == 0
    said = capsys.readouterr().out
    assert f"wrote {path}: {path.stat().st_size:,} bytes" in said
    assert ("float16 weights: 90 of 90 digits right" in said) == (precision == "float16")
    assert path.stat().st_size < 1_500_000
    browser.show(chromium, path)
    page = Page(chromium)
    x = np.random.default_rng(9).random((28, 28), dtype=np.float32)
    maps = page.run(
        "return digits.network.maps(arguments[0]).map((m) => [...m])", x.ravel().tolist()
    )
    expected = write.as_stored(weights.load(), precision).predict_proba(x[None])
    np.testing.assert_allclose(maps[-1], expected[0], atol=1e-5)
    assert page.console() == []


def test_model_of_keras_answers_as_in_python(tmp_path, keras_dir, chromium):
    path, name = tmp_path / "keras.html", "simple_convnet.keras"
    assert main([str(keras_dir / name), str(path)]) == 0
    browser.show(chromium, path)
    page = Page(chromium)
    assert page.run("return document.querySelector('h2 small').textContent") == name
    assert_answers_as(weights.load(keras_dir / name), page, digits=(2, 5))


def assert_answers_as(model, page, digits):
    """Compare the answers to some of the digits that the page draws by itself."""
    for digit in digits:
        page.find(f"#samples button:nth-child({digit + 1})").click()
        image = np.float32(page.run("return [...digits.maps()[0]]")).reshape(1, 28, 28)
        expected = model.predict_proba(image)[0]
        np.testing.assert_allclose(
            page.run("return [...digits.maps().at(-1)]"), expected, atol=1e-4
        )
    assert page.console() == []


def test_network_of_other_layers_answers_as_in_python(tmp_path, chromium):
    rng = np.random.default_rng(10)
    images, labels = samples()
    model = Sequential(
        [
            Conv2D(1, 6, 5, stride=2, pad="same", rng=rng), Swish(), BatchNorm(6),
            DepthwiseConv2D(6, 3, multiplier=2, rng=rng), LeakyReLU(0.1),
            AvgPool2D(3, stride=2, pad=1), GlobalMaxPool2D(keepdims=True), Flatten(),
            Dense(12, 10, rng=rng),
        ]
    )  # fmt: skip
    for _ in fit(model, images, labels, optimizer=Adam(1e-2), epochs=20, rng=rng):
        pass
    model.save(tmp_path / "m.npz")
    assert main([str(tmp_path / "m.npz"), str(tmp_path / "m.html")]) == 0
    browser.show(chromium, tmp_path / "m.html")
    assert_answers_as(model, Page(chromium), digits=(1, 8))


def test_wrong_target_layer_or_network_is_refused(tmp_path, capsys):
    class Unknown(ReLU):
        """A layer that the page does not know."""

    path = tmp_path / "m.html"
    for layers, words in (
        ([Flatten(), Unknown(), Dense(784, 10)], "layer 1 (Unknown): the page has no equivalent"),
        ([Flatten(), Dense(784, 11)], "its output has shape (11,), not (10,)"),
        ([Flatten(), Dense(783, 10)], "layer 1 (Dense): "),
        ([Conv2D(1, 900, 28, pad=14), Flatten(), Dense(900 * 841, 10)], "the limit of a page is"),
    ):
        assert words in refusal(lambda path: html.save(Sequential(layers), path), path)  # noqa: B023
    assert main([str(weights.SHIPPED), str(tmp_path / "m.txt")]) == 2
    assert "the name of a web page ends with .html" in capsys.readouterr().err
    assert main([str(tmp_path / "none.npz"), str(path)]) == 2
    assert "no such file" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_weight_beyond_float16_is_refused(tmp_path):
    model = Sequential([Flatten(), Dense(784, 10)])
    model.layers[1].params["b"][3] = 1e5
    message = refusal(lambda path: html.save(model, path, precision="float16"), tmp_path / "m.html")
    assert "a weight is too large for float16: choose --precision float32" in message
    html.save(model, tmp_path / "m.html")


def test_each_limit_is_named(monkeypatch, tmp_path):
    model = load(weights.SHIPPED)
    for limit, words in (
        ("MAX_WORK", "operations; the limit of a page is 9"),
        ("MAX_FLOATS", "floats; the limit of a page is 9"),
        ("MAX_WEIGHTS", "weights; the limit of a page is 9"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(write, limit, 9)
            assert words in refusal(lambda path: html.save(model, path), tmp_path / "m.html")
