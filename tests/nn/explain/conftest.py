"""Networks as fixtures."""

import numpy as np
import pytest

from nn import Sequential
from tests.nn.explain.networks import SHIPPED, exact_networks


@pytest.fixture(params=[pytest.param(case[1:], id=case[0]) for case in exact_networks()])
def network(request):
    """Return a float64 network and two images for it, as ``(model, x)``."""
    channels, layers = request.param
    return Sequential(layers), np.random.default_rng(5).uniform(0.05, 1, (2, 9, 8, channels))


@pytest.fixture(scope="module")
def shipped():
    return Sequential.load(SHIPPED)
