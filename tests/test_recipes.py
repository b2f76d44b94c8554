"""The recipes: the size of their networks, and the mixes of their epochs."""

from dataclasses import replace

import numpy as np
import pytest

import recipes
from nn import Conv2D, Dense, Dropout

MAX_MULTIPLY_ADDS = 15e6


def test_the_last_epochs_use_the_last_mix():
    recipe = replace(recipes.RECIPES["default"], last=0.3)
    mix, last = recipe.mix, recipe.last_mix
    assert mix != last
    assert recipe.mixes(10) == [mix] * 7 + [last] * 3
    assert recipe.mixes(2) == [mix, last]
    assert recipe.mixes(1) == [mix]
    assert replace(recipe, last=0.0).mixes(3) == [mix] * 3


@pytest.mark.parametrize("name", ["default", "fast"])
@pytest.mark.parametrize(("dropout", "rates"), [(0.0, []), (0.3, [0.3])])
def test_dropout_0_adds_no_layer(name, dropout, rates):
    model = recipes.network(replace(recipes.RECIPES[name], dropout=dropout), seed=0)
    assert [one.config["rate"] for one in model.layers if isinstance(one, Dropout)] == rates


@pytest.mark.parametrize("name", [name for name in recipes.RECIPES if name != "fast"])
def test_a_network_is_small_enough_for_the_window(name):
    assert 1e6 < multiply_adds(recipes.RECIPES[name]) <= MAX_MULTIPLY_ADDS


def test_the_fast_network_is_smaller():
    convolutions = 24 * 24 * 25 * 16 + 10 * 10 * 9 * 16 * 32 + 3 * 3 * 9 * 32 * 64
    assert multiply_adds(recipes.RECIPES["fast"]) == convolutions + 3 * 3 * 64 * 10


def multiply_adds(recipe):
    """Count a network's multiply-adds: per output, as many as its filter has weights."""
    shape, work = (28, 28, 1), 0
    for layer in recipes.network(recipe, seed=0).layers:
        shape = layer.output_shape(shape)
        if isinstance(layer, Conv2D | Dense):
            work += np.prod(shape) * np.prod(layer.params["w"].shape[:-1])
    return work
