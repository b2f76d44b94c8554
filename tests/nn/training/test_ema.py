"""The moving average: worked by hand, and a network of its own."""

import numpy as np
import pytest

from nn import BatchNorm, Dense, Sequential
from nn.training.ema import EMA


def network():
    rng = np.random.default_rng(0)
    return Sequential([Dense(2, 3, rng=rng), BatchNorm(3)])


def test_ema_by_hand():
    """Of 1, 2 and 3: decay 1/10, then 2/11, then the 0.2 given, which is below 3/12."""
    model = network()
    ema = EMA(model, 0.2)
    w, b = model.layers[0].params.values()
    start = w.copy()
    expected_w, expected_b, expected_mean = start, 0.0, 0.0
    for value, decay in ((1.0, 1 / 10), (2.0, 2 / 11), (3.0, 0.2)):
        w[...], b[...] = start * value, value
        model.layers[1].state["mean"][...] = value
        ema.update(model)
        expected_w = decay * expected_w + (1 - decay) * start * value
        expected_b = decay * expected_b + (1 - decay) * value
        expected_mean = decay * expected_mean + (1 - decay) * value
    got = ema.model.named_params() | ema.model.named_state()
    np.testing.assert_allclose(got["0.w"], expected_w, rtol=1e-5)
    np.testing.assert_allclose(got["0.b"], expected_b, rtol=1e-5)
    np.testing.assert_allclose(got["1.mean"], expected_mean, rtol=1e-5)


def test_the_model_is_not_changed():
    model = network()
    before = {name: array.copy() for name, array in model.named_params().items()}
    ema = EMA(model, 0.5)
    ema.update(model)
    ema.model.layers[0].params["w"][...] = 7
    for name, array in before.items():
        np.testing.assert_array_equal(model.named_params()[name], array)


@pytest.mark.parametrize("decay", [-0.1, 1.0, float("nan")])
def test_a_decay_out_of_range_is_refused(decay):
    with pytest.raises(ValueError, match="decay"):
        EMA(network(), decay)
