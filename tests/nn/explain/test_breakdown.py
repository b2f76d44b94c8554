"""Breakdowns against loops: each gives the network's number, and what is shown adds up."""

from decimal import Decimal

import numpy as np
import pytest

from data import canvas
from nn import (
    AvgPool2D,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    MaxPool2D,
    ReLU,
    Rescaling,
    Softmax,
    explain,
)
from nn.explain import breakdown
from tests import naive
from tests.nn.explain.checks import check_sum
from tests.nn.explain.networks import ROOT, unusual_network


def as_shown(value, like):
    """A number rounded as a person would, to as many digits as `like` has."""
    return Decimal(f"{value:.{-like.as_tuple().exponent}f}") + 0


def check(layer, x, out, at):
    """Check all of a breakdown against loops and the forward pass."""
    found = breakdown.break_down(layer, x, out, at)
    assert found.value == out[at]
    assert found.shown == as_shown(out[at], found.shown)
    assert found.at == at
    assert found.kind == type(layer).__name__
    _CHECKS[type(layer)](layer, x, out, at, found)
    return found


def check_conv(layer, x, out, at, found):
    check_sum(found.total)
    assert found.total.shown == found.shown
    (window,) = naive.windows(x[None], layer.window.kernel, layer.window.stride, layer.window.pad)
    np.testing.assert_array_equal(found.patch, window[at[:2]])
    np.testing.assert_array_equal(found.kernel, layer.params["w"][..., at[2]])
    sums = {}
    for c in range(x.shape[-1]):
        products = found.products(c)
        check_sum(products)
        sums[c] = sum(
            float(found.patch[i, j, c]) * float(layer.params["w"][i, j, c, at[2]])
            for i, j in np.ndindex(layer.window.kernel)
        )
        assert sum(term.value for term in products.terms) == pytest.approx(sums[c], abs=1e-9)
        for term in products.terms:
            assert term.value == pytest.approx(term.factors[0] * term.factors[1], rel=1e-12)
        named = [term for term in found.total.terms if term.index == c]
        if named:
            assert named[0].shown == products.shown
            assert named[0].value == pytest.approx(sums[c], abs=1e-9)
    check_largest(found.total, sums)
    check_bias(found.total, layer, at)


def check_largest(total, values):
    """The ten largest are named, and one term stands for the others."""
    named = {term.index for term in total.terms if term.index is not None}
    assert len(named) == min(10, len(values))
    smallest = min(abs(values[i]) for i in named)
    others = [value for i, value in values.items() if i not in named]
    assert all(abs(value) <= smallest + 1e-12 for value in others)
    if others:
        (rest,) = (t for t in total.terms if t.index is None and t.name != "bias")
        assert rest.name.startswith(f"{len(others)} other")
        assert rest.value == pytest.approx(sum(others), abs=1e-9)


def check_bias(total, layer, at):
    bias = [term.value for term in total.terms if term.name == "bias"]
    assert bias == ([layer.params["b"][at[-1]]] if "b" in layer.params else [])


def check_dense(layer, x, out, at, found):
    check_sum(found.total)
    assert found.total.shown == found.shown
    values = {i: float(x[i]) * float(layer.params["w"][i, at[0]]) for i in range(len(x))}
    check_largest(found.total, values)
    check_bias(found.total, layer, at)
    for term in found.total.terms:
        if term.index is not None:
            assert term.factors == (x[term.index], layer.params["w"][term.index, at[0]])


def check_max_pool(layer, x, out, at, found):
    window = layer.window
    (seen,) = naive.windows(x[None], window.kernel, window.stride, window.pad, fill=np.nan)
    np.testing.assert_array_equal(found.patch[..., 0], seen[at[0], at[1], :, :, at[2]])
    assert found.patch[(*found.winner, 0)] == np.nanmax(found.patch) == out[at]


def check_avg_pool(layer, x, out, at, found):
    check_sum(found.total)
    assert found.total.shown == found.shown
    products = found.products(0)
    check_sum(products)
    assert products.shown == found.shown
    (seen,) = naive.windows(x[None], layer.window.kernel, layer.window.stride, layer.window.pad)
    np.testing.assert_array_equal(found.patch[..., 0], seen[at[0], at[1], :, :, at[2]])
    inside = naive.windows(
        np.ones((1, *x.shape)), layer.window.kernel, layer.window.stride, layer.window.pad,
        fill=float(layer.config["count_pad"]),
    )[0][at[0], at[1], :, :, :1]  # fmt: skip
    np.testing.assert_array_equal(found.kernel, inside / inside.sum())


def check_rescaling(layer, x, out, at, found):
    check_sum(found.total)
    assert found.total.shown == found.shown
    scaled, offset = found.total.terms
    assert scaled.value == layer.config["scale"] * float(x[at])
    assert offset.value == layer.config["offset"]


def check_batchnorm(layer, x, out, at, found):
    check_sum(found.total)
    assert found.total.shown == found.shown
    notes, c = dict(found.notes), at[-1]
    assert notes["x"] == as_shown(x[at], found.shown)
    assert notes["mean"] == as_shown(layer.state["mean"][c], found.shown)
    assert notes["gamma"] == as_shown(layer.params["gamma"][c], found.shown)
    scaled, beta = found.total.terms
    std = (float(layer.state["var"][c]) + layer.config["eps"]) ** 0.5
    x_hat = (float(x[at]) - float(layer.state["mean"][c])) / std
    assert scaled.value == pytest.approx(float(layer.params["gamma"][c]) * x_hat, rel=1e-6)
    assert beta.value == layer.params["beta"][c]


def check_softmax(layer, x, out, at, found):
    check_sum(found.total)
    assert len(found.total.terms) == len(x)
    for term, logit in zip(found.total.terms, x, strict=True):
        assert term.value == pytest.approx(np.exp(float(logit) - float(max(x))), rel=1e-9)
    # A person who divides what is shown gets what is shown.
    quotient = found.total.terms[at[0]].shown / found.total.shown
    assert quotient.quantize(found.shown) == found.shown


def check_relu(layer, x, out, at, found):
    ((name, shown),) = found.notes
    assert (name, shown) == ("x", as_shown(x[at], shown))
    assert found.shown == max(shown, 0)


def check_same(layer, x, out, at, found):
    assert found.total is None
    assert found.value == x.reshape(out.shape)[at]


_CHECKS = {
    Conv2D: check_conv, Dense: check_dense, MaxPool2D: check_max_pool, AvgPool2D: check_avg_pool,
    BatchNorm: check_batchnorm, Softmax: check_softmax, ReLU: check_relu, Flatten: check_same,
    Dropout: check_same, Rescaling: check_rescaling,
}  # fmt: skip


def random_places(maps, count, rng):
    """Places all over a network: (layer, place in its output), every layer as often."""
    for n in range(count):
        layer = n % (len(maps) - 1)
        yield layer, tuple(int(rng.integers(size)) for size in maps[layer + 1].shape[1:])


@pytest.mark.parametrize("digit", [3, 8])
def test_shipped_network_numbers_add_up(shipped, digit):
    with canvas.open_image(ROOT / "samples" / f"{digit}.png") as picture:
        x = canvas.from_image(picture)[None, :, :, None]
    model = explain.with_softmax(shipped)
    maps = explain.maps(model, x)
    np.testing.assert_array_equal(maps[-1], model.predict_proba(x))
    for layer, at in random_places(maps, 100, np.random.default_rng(digit)):
        check(model.layers[layer], maps[layer][0], maps[layer + 1][0], at)


def test_unusual_network_numbers_add_up():
    rng = np.random.default_rng(11)
    model = unusual_network(rng)
    x = rng.standard_normal((1, 11, 7, 2)).astype(np.float32)
    maps = explain.maps(model, x)
    for layer, at in random_places(maps, 200, rng):
        check(model.layers[layer], maps[layer][0], maps[layer + 1][0], at)


@pytest.mark.parametrize("scale", [1e-12, 1e-3, 1e7])
def test_any_magnitude_shows_five_digits_and_adds_up(scale):
    rng = np.random.default_rng(4)
    layer = Dense(30, 2, rng=rng)
    x = (scale * rng.standard_normal((1, 30))).astype(np.float32)
    found = check(layer, x[0], layer.forward(x)[0], (1,))
    largest = max(abs(n) for n in (found.shown, *(t.shown for t in found.total.terms)))
    assert len(largest.as_tuple().digits) >= 5


def test_convolution_worked_by_hand():
    layer = Conv2D(1, 1, 2)
    layer.params["w"][:, :, 0, 0] = [[1, -1], [0.5, 2]]
    layer.params["b"][:] = 0.25
    x = np.array([[0, 0, 0], [0, 1, 0.5], [0, 0.5, 0.25]], np.float32)[..., None]
    found = breakdown.break_down(layer, x, layer.forward(x[None])[0], (1, 1, 0))
    assert str(found.shown) == "1.5000"  # 1 - 0.5 + 0.25 + 0.5, plus 0.25
    assert found.rule == "out = sum of patch x kernel + bias"
    assert found.corner == (1, 1)
    assert [str(t.shown) for t in found.products(0).terms] == [
        "1.0000", "-0.5000", "0.2500", "0.5000"
    ]  # fmt: skip
    assert [(t.name, str(t.shown)) for t in found.total.terms] == [
        ("input channel 0", "1.2500"), ("bias", "0.2500")
    ]  # fmt: skip


def test_corner_is_negative_in_the_padding():
    layer = Conv2D(1, 1, 3, stride=2, pad="same")
    x = np.ones((5, 5, 1), np.float32)
    out = layer.forward(x[None])[0]
    assert breakdown.break_down(layer, x, out, (0, 2, 0)).corner == (-1, 3)


@pytest.mark.parametrize("at", [(0, 0), (0, 0, 0, 0), (5, 0, 0), (0, 0, -1)])
def test_index_out_of_range_is_refused(at):
    x = np.zeros((5, 5, 1), np.float32)
    with pytest.raises(ValueError, match="is not an index into an output of shape"):
        breakdown.break_down(ReLU(), x, x, at)


@pytest.mark.parametrize("value", [np.inf, np.nan, 3e38])
def test_unbounded_numbers_are_refused_in_one_line(value):
    layer = Dense(2, 1)
    layer.params["w"][:] = value
    x = np.ones(2, np.float32)
    with np.errstate(over="ignore"):
        out = layer.forward(x[None])[0]
    with pytest.raises(ValueError, match="too large to be written out"):
        breakdown.break_down(layer, x, out, (0,))
