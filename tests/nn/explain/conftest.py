"""Networks as fixtures, and BLAS on one thread."""

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from nn import Sequential
from tests.nn.explain.networks import SHIPPED, exact_networks


@pytest.fixture(autouse=True)
def one_thread():
    """Keep BLAS to one thread: on a busy machine two wait for each other, in small products."""
    with threadpool_limits(1, user_api="blas"):
        yield


@pytest.fixture(params=[pytest.param(case[1:], id=case[0]) for case in exact_networks()])
def network(request):
    """Return a float64 network and two images for it, as ``(model, x)``."""
    channels, layers = request.param
    return Sequential(layers), np.random.default_rng(5).uniform(0.05, 1, (2, 9, 8, channels))


@pytest.fixture(scope="module")
def shipped():
    return Sequential.load(SHIPPED)
