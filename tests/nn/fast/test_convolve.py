"""Convolution, ReLU and pool in one step: direct sums and Winograd against the plain layers."""

import itertools

import numpy as np
import pytest

from nn import Conv2D, MaxPool2D, ReLU, Sequential, fuse
from nn.fast.kernels import BLOCK, COMPILING, POINTS, F, winograd_matrices
from nn.fast.plan import convolution, winograd_tile
from tests.nn.fast.twins import assert_close, assert_same

INPUTS = [8, 32, 33, 130] if COMPILING else [8, 33]
OUTPUTS = [1, 10, 32, 33, 64] if COMPILING else [5, 33]
SIZES = [(3, 3), (4, 4), (6, 5), (13, 13), (12, 9)] if COMPILING else [(3, 3), (6, 5)]
BAD = [np.nan, np.inf, -np.inf, 3e38]


def block(C, OC, *, pool=2, pad=0, seed=0, kernel=3):
    rng = np.random.default_rng(seed)
    conv = Conv2D(C, OC, kernel, pad=pad, rng=rng)
    conv.params["b"][:] = rng.standard_normal(OC)
    return Sequential([conv, ReLU(), *([MaxPool2D(pool)] if pool else [])])


def images(*shape, seed=1):
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


def uses_winograd(model, shape):
    pool = model.layers[2] if len(model.layers) > 2 else None
    return bool(convolution(model.layers[0], pool, *shape[:2])[F.tile])


def with_tiles(model, shape, m):
    """Return the model fused, with tiles of m x m outputs in its convolution."""
    network = fuse(model)
    operation = network.layers[0]._operation(*shape[:2])
    operation[F.tile], operation[F.together] = m, 2
    return network


@pytest.mark.parametrize(
    ("size", "pool", "pad"),
    [
        case
        for case in itertools.product(SIZES, (None, 2), (0, "same", ((0, 2), (1, 0))))
        if case != ((3, 3), 2, 0)  # the pool does not fit
    ],
    ids=str,
)
@pytest.mark.parametrize("C", INPUTS)
def test_winograd_equals_plain_layers(C, size, pool, pad):
    model = block(C, 33, pool=pool, pad=pad)
    x = images(3, *size, C)
    assert uses_winograd(model, x.shape[1:])
    assert_close(fuse(model).forward(x), model.forward(x))
    assert_same(model, x)


@pytest.mark.parametrize("m", POINTS)
def test_winograd_matrices_convolve_exactly_in_one_dimension(m):
    A, G, B = winograd_matrices(POINTS[m])
    rng = np.random.default_rng(m)
    d, g = rng.standard_normal(m + 2), rng.standard_normal(3)
    np.testing.assert_allclose(A @ ((G @ g) * (B @ d)), np.correlate(d, g), rtol=0, atol=1e-12)


@pytest.mark.parametrize("m", POINTS)
@pytest.mark.parametrize("pool", [None, 2], ids=["no pool", "pool"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("C", INPUTS)
def test_tiles_of_each_size_equal_plain_layers(C, size, pool, m):
    model = block(C, 33, pool=pool, pad=1)
    x = images(5, *size, C)
    network = with_tiles(model, x.shape[1:], m)
    for train in (False, True):
        assert_close(network.forward(x, train), model.forward(x))


@pytest.mark.parametrize(
    ("side", "m"), [(2, 2), (3, 3), (4, 5), (6, 3), (9, 5), (10, 5), (12, 3), (24, 5)]
)
def test_tile_with_fewest_products_is_chosen(side, m):
    conv = Conv2D(32, 64, 3)
    products = {size: (-(-side // size) * (size + 2)) ** 2 for size in POINTS}
    assert winograd_tile(conv, None, side, side, exact=False) == m
    assert products[m] == min(products.values())
    assert winograd_tile(conv, None, side, side, exact=True) == 2


@pytest.mark.parametrize("C", [1, 3, 8, 32])
@pytest.mark.parametrize("OC", OUTPUTS)
def test_any_number_of_channels(C, OC):
    for pool in (None, 2):
        model = block(C, OC, pool=pool, pad=1)
        assert_same(model, images(2, 7, 6, C))


@pytest.mark.parametrize("pool", [None, 2, (1, 3), (3, 2)])
@pytest.mark.parametrize("kernel", [1, 2, (5, 3)])
def test_direct_sums_equal_plain_layers(kernel, pool):
    model = block(8, BLOCK + 1, kernel=kernel, pool=pool)
    assert not uses_winograd(model, (11, 9, 8))
    assert_same(model, images(2, 11, 9, 8))


def test_winograd_only_where_it_is_defined():
    assert winograd_tile(Conv2D(32, 64, 3), MaxPool2D(2), 10, 10, exact=False)
    assert winograd_tile(Conv2D(32, 64, 3), None, 10, 10, exact=False)
    for conv, pool in (
        (Conv2D(1, 64, 3), MaxPool2D(2)),
        (Conv2D(32, 64, 5), MaxPool2D(2)),
        (Conv2D(32, 64, 3, stride=2), None),
        (Conv2D(32, 64, 3), MaxPool2D(3)),
        (Conv2D(32, 64, 3), MaxPool2D((2, 1))),
    ):
        assert winograd_tile(conv, pool, 10, 10, exact=False) == 0


@pytest.mark.parametrize("m", [0, *POINTS])
def test_an_image_alone_gets_the_same_bits(m):
    for C in (1, 32):
        x = images(17, 8, 8, C)
        network = with_tiles(block(C, 40, pad=1), x.shape[1:], m)
        together = network.forward(x)
        for n in range(len(x)):
            np.testing.assert_array_equal(network.forward(x[n : n + 1])[0], together[n])


@pytest.mark.parametrize("pool", [None, 2], ids=["no pool", "pool"])
@pytest.mark.parametrize("C", [1, 16])
@pytest.mark.parametrize("m", [0, *POINTS])
@pytest.mark.parametrize("bad", BAD)
def test_nan_in_the_input_acts_as_plain(bad, m, C, pool):
    model = block(C, 5, pool=pool)
    network = with_tiles(model, (6, 6, C), m)
    for place in itertools.product((0, 3, 5), (0, 2, 5)):
        x = images(2, 6, 6, C)
        x[1][place][C // 2] = bad
        with np.errstate(all="ignore"):
            plain = model.forward(x, train=True)
            assert_close(network.forward(x), plain)
            assert_close(network.forward(x, train=True), plain)


@pytest.mark.parametrize("C", [1, 16])
@pytest.mark.parametrize("bad", BAD)
def test_nan_in_the_weights_acts_as_plain(bad, C):
    model, x = block(C, 5), np.abs(images(2, 6, 6, C))
    network = fuse(model)
    good = model.layers[0].params["w"].copy()
    for place in itertools.product((0, 1, 2), (0, 1, 2)):
        model.layers[0].params["w"][place][0, 3] = bad
        with np.errstate(all="ignore"):
            assert_close(network.forward(x), model.forward(x))
        model.layers[0].params["w"][...] = good
        assert_close(network.forward(x), model.forward(x))


@pytest.mark.parametrize("m", [0, *POINTS])
@pytest.mark.parametrize("C", [1, 16])
def test_weights_changed_in_place_are_seen(C, m):
    model, x = block(C, 34), images(2, 8, 8, C)
    network, w = with_tiles(model, x.shape[1:], m), model.layers[0].params["w"]
    network.forward(x)
    w[1, 2, C - 1, 33] += 1
    assert_close(network.forward(x), model.forward(x))
    w *= -1
    assert_close(network.forward(x), model.forward(x))
    model.layers[0].params["w"] = w + 1
    assert_close(network.forward(x), model.forward(x))
    model.layers[0].params["b"][0] = 100
    assert_close(network.forward(x), model.forward(x))


@pytest.mark.parametrize("C", [1, 16])
def test_first_place_wins_a_tie_on_flat_paper(C):
    model, x = block(C, 9, pad=1), np.ones((1, 8, 8, C), np.float32)
    model.layers[0].params["b"][:] = 10
    for network in (model, fuse(model)):
        network.forward(x, train=True)
    dout = np.zeros((1, 4, 4, 9), np.float32)
    dout[0, 1, 2, 4] = 1  # a window whose patches are all ones
    plain, fast = model.backward(dout), fuse(model)
    fast.forward(x, train=True)
    assert_close(fast.backward(dout), plain)


@pytest.mark.parametrize("C", [1, 16])
def test_winners_of_all_places_get_their_gradient(C):
    """Bright pixels at each place of a window in turn."""
    model = block(C, 8)
    x = images(40, 6, 6, C) * np.random.default_rng(2).integers(0, 9, (40, 6, 6, 1))
    assert_same(model, x.astype(np.float32))
