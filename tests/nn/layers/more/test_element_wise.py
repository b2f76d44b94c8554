"""Element-wise layers against their formulas, number by number, in Python's own arithmetic."""

import math

import numpy as np
import pytest

from nn import (
    ELU,
    GELU,
    SELU,
    Clip,
    HardSigmoid,
    HardSwish,
    LeakyReLU,
    Mish,
    PReLU,
    Sigmoid,
    Softplus,
    Softsign,
    Swish,
    Tanh,
)

FORMULAS = [
    (Sigmoid(), lambda x: 1 / (1 + math.exp(-x))),
    (Tanh(), lambda x: (math.exp(2 * x) - 1) / (math.exp(2 * x) + 1)),
    (LeakyReLU(0.3), lambda x: x if x > 0 else 0.3 * x),
    (ELU(0.7), lambda x: x if x > 0 else 0.7 * (math.exp(x) - 1)),
    (SELU(), lambda x: 1.05070099 * (x if x > 0 else 1.67326324 * (math.exp(x) - 1))),
    (GELU(), lambda x: x * (1 - math.erfc(x / math.sqrt(2)) / 2)),
    (Swish(), lambda x: x / (1 + math.exp(-x))),
    (Mish(), lambda x: x * math.tanh(math.log(1 + math.exp(x)))),
    (Softplus(), lambda x: math.log(1 + math.exp(x))),
    (Softsign(), lambda x: x / (1 + abs(x))),
    (HardSigmoid(), lambda x: min(max(0.2 * x + 0.5, 0), 1)),
    (HardSwish(), lambda x: x * min(max(x + 3, 0), 6) / 6),
    (Clip(), lambda x: min(max(x, 0), 6)),
    (Clip(None, 0.5), lambda x: min(x, 0.5)),
    (Clip(-math.inf, 0.5), lambda x: min(x, 0.5)),
]
NUMBERS = [-7.0, -3.0, -2.5, -1.0, -0.1, 0.0, 0.3, 1.0, 2.9, 6.5]


@pytest.mark.parametrize(("layer", "formula"), FORMULAS, ids=lambda case: repr(case)[:20])
def test_each_number_follows_the_formula(layer, formula):
    out = layer.forward(np.array([NUMBERS]))
    np.testing.assert_allclose(out[0], [formula(x) for x in NUMBERS], rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("layer", [layer for layer, _ in FORMULAS], ids=repr)
def test_huge_numbers_do_not_overflow(layer):
    x = np.array([[-1e4, 1e4]], np.float32)
    with np.errstate(all="raise", under="ignore"):
        out = layer.forward(x, train=True)
        assert np.isfinite(layer.backward(out)).all()
    assert out.dtype == np.float32


def test_tanh_gelu_is_close_to_the_exact():
    x = np.linspace(-4, 4, 41)[None]
    difference = GELU(approximate=True).forward(x) - GELU().forward(x)
    assert 1e-5 < np.abs(difference).max() < 1e-3


def test_prelu_shares_slopes_along_axes_of_one():
    layer = PReLU((1, 1, 2), dtype=np.float64)
    layer.params["alpha"][...] = [0.5, 2]
    x = np.full((1, 2, 2, 2), -1.0)
    assert layer.forward(x, train=True)[0, 1, 0].tolist() == [-0.5, -2]
    layer.backward(np.ones_like(x))
    assert layer.grads["alpha"].tolist() == [[[-4, -4]]]  # four pixels of -1 each


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LeakyReLU(math.inf), "slope must be finite"),
        (lambda: ELU("a"), "alpha must be a number"),
        (lambda: Clip(1, 1), "low must be less than high"),
        (lambda: PReLU((0,)), "shape must be at least 1"),
        (lambda: PReLU(3), "shape must be one to three ints"),
    ],
)
def test_wrong_argument_is_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_an_infinite_limit_is_saved_as_none():
    assert Clip(-math.inf, math.inf).config == {"low": None, "high": None}
    with pytest.raises(ValueError, match="low must be less than high"):
        Clip(math.inf, None)
