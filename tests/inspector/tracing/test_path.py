"""The path of a number: shares add up, each step is the largest, and it reaches the answer."""

import numpy as np
import pytest

from inspector.network import Network, samples
from inspector.tracing.path import most_probable, trace
from nn import Conv2D, Dense, Flatten, MaxPool2D, ReLU, Sequential, explain
from nn.explain.breakdown import break_down
from tests.windows import small_network

FOUR = samples()[5]


@pytest.fixture(scope="module")
def network():
    return Network(small_network(1), "small")


@pytest.fixture(scope="module")
def maps(network):
    return network.maps(FOUR)


def test_shares_and_bias_add_up_to_the_sum(network, maps):
    path = trace(network, maps, *most_probable(maps))
    sums = [e for e, layer in enumerate(network.layers) if isinstance(layer, (Conv2D, Dense))]
    assert len(sums) == 3
    for e in sums:
        at = path.at[e + 1]
        bias = network.layers[e].params["b"][at[-1]]
        assert path.shares[e].sum() + bias == pytest.approx(maps[e + 1][at], abs=1e-5)


def test_each_step_back_is_the_largest_product(network, maps):
    path = trace(network, maps, *most_probable(maps))
    for e, layer in enumerate(network.layers):
        x, at = maps[e], path.at[e]
        if isinstance(layer, Conv2D):
            said = break_down(layer, x, maps[e + 1], path.at[e + 1])
            products = said.patch * said.kernel
            sign = np.sign(products.sum())
            row, column = at[0] - said.corner[0], at[1] - said.corner[1]
            assert sign * products[row, column, at[2]] == (sign * products).max()
        elif isinstance(layer, MaxPool2D):
            assert x[at] == maps[e + 1][path.at[e + 1]]
        elif isinstance(layer, Dense):
            products = x * layer.params["w"][:, path.at[e + 1][0]]
            sign = np.sign(products.sum())
            assert sign * products[at] == (sign * products).max()


def test_path_of_the_answer_spans_all_layers(network, maps):
    path = trace(network, maps, *most_probable(maps))
    assert path.at[-1] == (int(maps[-1].argmax()),)
    assert None not in path.at
    for at, array in zip(path.at, maps, strict=True):
        array[at]  # an index into it
    assert [None if s is None else len(s) for s in path.shares] == [
        1, 3, 3, 3, 3, 4, 4, 4, 16, 16, None, None
    ]  # fmt: skip


def test_chosen_number_is_on_its_path(network, maps):
    gradients = explain.gradients(network.model, FOUR[None, ..., None], int(maps[-1].argmax()))
    for at in np.ndindex(maps[3].shape):
        path = trace(network, maps, 3, at)
        assert path.at[3] == at
        assert path.at[0] is not None
        reaches = gradients[3][0][at] != 0
        assert (path.at[-1] == (int(maps[-1].argmax()),)) == reaches
        assert (path.at[4] is None) == (not reaches)


def test_nothing_drawn_still_has_a_path(network):
    blank = network.maps(np.zeros((28, 28), np.float32))
    path = trace(network, blank, *most_probable(blank))
    for at, array in zip(path.at, blank, strict=True):
        assert all(0 <= i < size for i, size in zip(at, array.shape, strict=True))


def test_path_is_that_worked_by_hand():
    """One 2x2 kernel with weights 1 to 4, one dense weight that is not zero."""
    conv = Conv2D(1, 1, 2, stride=2)
    conv.params["w"][..., 0, 0] = [[1, 2], [3, -4]]
    dense = Dense(196, 10)
    dense.params["w"][:] = 0
    dense.params["w"][15, 7] = 5
    network = Network(Sequential([conv, ReLU(), Flatten(), dense]), "by hand")
    drawing = np.zeros((28, 28), np.float32)
    drawing[2:4, 2:4] = [[1, 1], [0.5, 0.25]]  # 1 + 2 + 1.5 - 1 = 3.5
    maps = network.maps(drawing)
    path = trace(network, maps, *most_probable(maps))
    assert path.at == [(2, 3, 0), (1, 1, 0), (1, 1, 0), (15,), (7,), (7,)]
    assert path.shares[0].tolist() == [3.5]
    assert path.shares[1].tolist() == [17.5]
