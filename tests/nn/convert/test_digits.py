"""Networks of other shapes and units fitted to drawn digits: each reads them as its own."""

import numpy as np
import pytest

import weights
from nn import Conv2D, Dense, Flatten, GlobalAvgPool2D, MaxPool2D, ReLU, Rescaling, Sequential
from nn.convert import digits
from nn.convert.digits import UNITS, fit
from nn.convert.samples import samples


@pytest.fixture(scope="module")
def shipped():
    return weights.load()


def trained_on(model, unit):
    """The shipped network as if it had been trained on pixels in another unit."""
    scale, offset = UNITS[unit]
    return Sequential([Rescaling(1 / scale, -offset / scale), *model.layers])


@pytest.mark.parametrize("unit", [unit for unit in UNITS if "16" not in unit])
def test_unit_of_the_pixels_is_found(shipped, unit):
    """Half or twice the ink is read as well by the shipped network, so that one may be taken."""
    found = fit(trained_on(shipped, unit))
    images, labels = samples()
    proba = found.model.predict_proba(images)
    assert proba[np.arange(10), labels].min() > 0.95
    assert found.warning == ""
    like = {"1..-1": ("1..-1", "1..0"), "-0.5..0.5": ("-0.5..0.5", "-1..1", "mnist")}
    like["-1..1"], like["mnist"] = ("-1..1", "mnist"), ("mnist", "-1..1")
    like = like.get(unit, (unit,))
    assert any(name in found.said for name in like) == (unit != "0..1")
    assert ("black on white" in found.said) == (UNITS[unit][0] < 0)


def test_named_unit_is_taken(shipped):
    found = fit(shipped, "0..255")
    assert found.said == "reads pixels as 0..255"
    assert found.model.layers[0].config == {"scale": 255, "offset": 0}
    with pytest.raises(ValueError, match=r"no unit of pixels '0\.\.7', only 0\.\.1, mnist"):
        fit(shipped, "0..7")


def test_kept_unit_is_not_changed_again(shipped):
    once = fit(trained_on(shipped, "-1..1")).model
    again = fit(once)
    assert again.said == ""
    assert len(again.model.layers) == len(once.layers)


def test_grey_goes_to_all_three_channels(shipped):
    first, *rest = shipped.layers
    colour = Conv2D(3, first.config["out_channels"], first.window.kernel, pad=first.window.pad)
    colour.params["w"][...] = first.params["w"] / 3
    colour.params["b"][...] = first.params["b"]
    found = fit(Sequential([colour, *rest]))
    assert found.said == "grey is given to all three channels"
    images, _ = samples()
    np.testing.assert_allclose(
        found.model.predict_proba(images), shipped.predict_proba(images), atol=1e-5
    )


def small(side, C=1):
    """Return a network of random weights for one size of image."""
    rng = np.random.default_rng(0)
    return Sequential([Flatten(), Dense(side * side * C, 10, rng=rng)])


def test_32x32_is_padded_with_paper():
    model = small(32)
    found = fit(model)
    assert "images are padded to 32x32" in found.said
    x = np.random.default_rng(1).random((2, 28, 28, 1), dtype=np.float32)
    padded = np.zeros((2, 32, 32, 1), np.float32)
    padded[:, 2:30, 2:30] = x
    at = UNITS[found.said.rpartition(" ")[2] if "reads" in found.said else "0..1"]
    expected = model.predict_proba(at[0] * padded + at[1])
    np.testing.assert_allclose(found.model.predict_proba(x), expected, atol=1e-5)


def test_14x14_gets_means_of_pixels():
    model = small(14)
    found = fit(model, "0..1")
    assert found.said == "images are scaled to 14x14"
    x = np.random.default_rng(1).random((2, 28, 28, 1), dtype=np.float32)
    means = x.reshape(2, 14, 2, 14, 2, 1).mean(axis=(2, 4))
    np.testing.assert_allclose(found.model.predict_proba(x), model.predict_proba(means), atol=1e-5)


def test_8x8_is_served_in_units_of_16():
    found = fit(small(8), "0..16")
    assert "scaled to 8x8; reads pixels as 0..16" in found.said
    assert found.model.predict_proba(np.zeros((1, 28, 28))).shape == (1, 10)


@pytest.mark.parametrize(("side", "C", "name"), [(10, 1, "10x10"), (64, 3, "64x64x3")])
def test_other_shapes_are_refused_by_name(side, C, name):
    model = Sequential([Conv2D(C, 2, 3), *small(side - 2, 2).layers])
    with pytest.raises(ValueError, match=f"made for images of {name}; served are 28x28, 32x32"):
        fit(model)


def test_network_for_any_size_takes_28x28():
    rng = np.random.default_rng(0)
    model = Sequential([Conv2D(1, 4, 3, rng=rng), ReLU(), GlobalAvgPool2D(), Dense(4, 10, rng=rng)])
    assert digits.image_shape(model) == (28, 1)


def test_edges_left_out_mean_the_usual_size():
    rng = np.random.default_rng(0)
    layers = [Conv2D(1, 4, 5, rng=rng), MaxPool2D(2), Flatten(), Dense(12 * 12 * 4, 10, rng=rng)]
    assert digits.image_shape(Sequential(layers)) == (28, 1)  # 29x29 would fit as well


def test_network_no_better_than_chance_gets_a_warning(shipped):
    wrong = Sequential([*shipped.layers, Dense(10, 10)])
    wrong.layers[-1].params["w"][...] = np.roll(np.eye(10), 1, axis=1)  # each digit as the next
    found = fit(wrong)
    assert "of drawn digits, no better than chance" in found.warning
    assert "name it with --pixels (0..1, mnist" in found.warning


def test_network_of_other_classes_is_not_tried(shipped):
    other = Sequential([*shipped.layers, Dense(10, 3)])
    found = fit(other)
    assert (found.said, found.warning) == ("", "")
    assert [type(layer) for layer in found.model.layers] == [type(one) for one in other.layers]


def test_costly_network_is_not_tried(monkeypatch):
    layers = [Conv2D(1, 36, 1), *[Conv2D(36, 36, 5, pad="same")] * 6, Flatten(), Dense(28224, 10)]
    monkeypatch.setattr(Sequential, "forward", None)
    assert fit(Sequential(layers)).said == ""


def test_numbers_without_axes_are_named_as_grey():
    with pytest.raises(ValueError, match="made for images of 64x64; served are"):
        fit(Sequential([Flatten(), Dense(64 * 64, 10)]))
