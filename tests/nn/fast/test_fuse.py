"""The fast engine is the plain one: forward, backward, training, whatever the shapes."""

import itertools
import tracemalloc

import numpy as np
import pytest

from nn import (
    AvgPool2D,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    MaxPool2D,
    ReLU,
    Sequential,
    Softmax,
    fuse,
)
from nn.fast.fused import warm_up
from nn.fast.kernels import COMPILING
from nn.fast.layers import ConvReLUPool, FastBatchNorm
from tests.nn.fast.twins import assert_same

RNG = np.random.default_rng(0)
CHANNELS = [1, 3, 16, 33, 64] if COMPILING else [1, 3, 16]  # in Python, more takes too long


@pytest.fixture(autouse=True)
def _same_numbers_in_every_order_of_the_tests():
    RNG.bit_generator.state = np.random.default_rng(0).bit_generator.state


def images(*shape):
    return RNG.standard_normal(shape, dtype=np.float32)


@pytest.mark.parametrize("pool", [None, 2, (3, 1)], ids=["no pool", "pool 2", "pool 3x1"])
@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize(
    ("kernel", "stride", "pad"),
    [
        (3, 1, 0),
        (3, 1, "same"),
        ((2, 5), 1, (1, 2)),
        (3, (2, 1), 1),
        (1, 1, 0),
        (4, 2, "same"),
        (3, 1, ((0, 2), (1, 0))),
    ],
)
def test_block_equals_plain_layers(kernel, stride, pad, channels, pool):
    conv = Conv2D(channels, 7, kernel, stride=stride, pad=pad, rng=RNG)
    conv.params["b"][:] = RNG.standard_normal(7)
    layers = [conv, ReLU()] + ([] if pool is None else [MaxPool2D(pool)])
    model = Sequential(layers)
    assert isinstance(fuse(model).layers[0], ConvReLUPool)
    assert_same(model, images(3, 11, 9, channels))


@pytest.mark.parametrize("channels", [1, 16])
@pytest.mark.parametrize("out_channels", [1, 16, 33, 64])
def test_block_of_any_number_of_filters(out_channels, channels):
    conv = Conv2D(channels, out_channels, 3, bias=False, rng=RNG)
    assert_same(Sequential([conv, ReLU(), MaxPool2D(2)]), images(2, 13, 13, channels))


def whole_network():
    return Sequential(
        [
            Conv2D(1, 8, 5, pad="same", rng=RNG), ReLU(), MaxPool2D(2), BatchNorm(8),
            Conv2D(8, 20, 3, rng=RNG), ReLU(), Conv2D(20, 12, 3, pad=1, rng=RNG), ReLU(),
            MaxPool2D(2), BatchNorm(12), Flatten(), Dropout(0.4),
            Dense(192, 24, bias=False, rng=RNG), BatchNorm(24), ReLU(), Dense(24, 10, rng=RNG),
        ]
    )  # fmt: skip


def test_whole_network_equals_plain():
    model = whole_network()
    x = images(9, 21, 20, 1)
    assert_same(model, x)
    assert_same(model, x[:4])  # in buffers that are larger than needed
    assert_same(model, x)


@pytest.mark.parametrize(
    "layers",
    [
        [Conv2D(2, 3, 3, rng=RNG), MaxPool2D(2), ReLU()],
        [Conv2D(2, 3, 3, rng=RNG), ReLU(), MaxPool2D(3, stride=2)],
        [Conv2D(2, 3, 3, rng=RNG), ReLU(), MaxPool2D(2, pad=1)],
        [Conv2D(2, 3, 3, rng=RNG), ReLU(), MaxPool2D(2, pad=((0, 1), 0))],
        [Conv2D(2, 3, 3, rng=RNG), ReLU(), AvgPool2D(2)],
        [AvgPool2D(3, stride=2, pad="same", count_pad=False)],
        [ReLU(), Conv2D(2, 3, 3, rng=RNG)],
        [MaxPool2D(2), Flatten(), Dense(16, 4, bias=False, rng=RNG), Softmax()],
    ],
    ids=lambda layers: "-".join(type(layer).__name__ for layer in layers),
)
def test_what_cannot_be_fused_falls_back(layers):
    assert_same(Sequential(layers), images(3, 8, 5, 2))


def test_float64_network_stays_plain():
    model = Sequential([Conv2D(1, 2, 3, dtype=np.float64), ReLU()])
    assert fuse(model) is model


def test_input_that_is_not_contiguous():
    assert_same(whole_network(), np.asfortranarray(images(4, 21, 20, 1)))


def test_the_first_of_a_tie_gets_the_gradient():
    conv = Conv2D(1, 1, 1, rng=RNG)
    conv.params["w"][:] = 1
    x = np.array([[2, 5, 5, 1], [5, 5, 1, 5]], np.float32).reshape(1, 2, 4, 1)
    network = fuse(Sequential([conv, ReLU(), MaxPool2D(2)]))
    network.forward(x, train=True)
    dx = network.backward(np.array([3, 4], np.float32).reshape(1, 1, 2, 1))
    np.testing.assert_array_equal(dx[0, :, :, 0], [[0, 3, 4, 0], [0, 0, 0, 0]])


@pytest.mark.parametrize("pool", [[], [MaxPool2D(2)], [MaxPool2D((2, 1))]], ids=["no", "2", "2x1"])
def test_what_is_exactly_zero_passes_no_gradient(pool):
    conv = Conv2D(1, 2, 1, rng=RNG)
    network = fuse(Sequential([conv, ReLU(), *pool]))
    out = network.forward(np.zeros((1, 2, 2, 1), np.float32), train=True)
    assert not network.backward(np.ones_like(out)).any()
    assert not network.named_grads()["0.b"].any()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", list(itertools.product((0, 1), (0, 1))))
def test_nan_behaves_as_in_the_plain_layers(bad, place):
    conv = Conv2D(1, 3, 1, rng=RNG)
    conv.params["w"][...] = [1.0, -1.0, 0.5]
    model = Sequential([conv, ReLU(), MaxPool2D(2)])
    x = images(1, 4, 4, 1)
    x[0, place[0], place[1], 0] = bad
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(
            np.isnan(fuse(model).forward(x, train=True)), np.isnan(model.forward(x, train=True))
        )
        np.testing.assert_array_equal(np.isinf(fuse(model).forward(x)), np.isinf(model.forward(x)))


def test_shares_the_parameters_and_names_them_alike():
    model = whole_network()
    fused = fuse(model)
    assert list(fused.named_params()) == list(model.named_params())
    for name, w in model.named_params().items():
        assert fused.named_params()[name] is w
    before = fused.predict_proba(images(2, 21, 20, 1)[..., 0] * 0)
    model.named_params()["15.b"] += np.arange(10, dtype=np.float32)
    after = fused.predict_proba(images(2, 21, 20, 1)[..., 0] * 0)
    assert not np.allclose(before, after)


def test_results_are_the_callers_to_keep():
    network = fuse(Sequential([Conv2D(1, 2, 3, rng=RNG), ReLU()]))
    first = network.forward(images(2, 6, 6, 1), train=True)
    kept = first.copy()
    dx = network.backward(first)
    dx_kept = dx.copy()
    second = network.forward(images(2, 6, 6, 1), train=True)
    network.backward(second)
    np.testing.assert_array_equal(first, kept)
    np.testing.assert_array_equal(dx, dx_kept)


def test_input_gradient_can_be_left_out():
    model = whole_network()
    network = fuse(model, input_gradient=False)
    out = network.forward(images(3, 21, 20, 1), train=True)
    assert network.backward(out) is None
    assert set(network.named_grads()) == set(model.named_params())


def test_a_copy_owns_parameters_a_replica_shares_them():
    network = fuse(whole_network(), input_gradient=False)
    copy, replica = network.copy(), network.replica()
    mine = network.named_params()
    for other, shared in ((copy, False), (replica, True)):
        theirs = other.named_params()
        assert all(np.shares_memory(w, theirs[name]) == shared for name, w in mine.items())
    before = network.forward(x := images(2, 21, 20, 1))
    for w in copy.named_params().values():
        w[...] = 0
    np.testing.assert_array_equal(network.forward(x), before)
    for other in (copy, replica):
        out = other.forward(x, train=True)
        assert other.backward(out) is None, "the options are the same"


def test_padding_stays_zero_when_sizes_change():
    """Both sizes are padded to 7 x 7, but not on the same sides."""
    model = Sequential([Conv2D(1, 3, 3, stride=2, pad="same", rng=RNG), ReLU()])
    network = fuse(model)
    for size in (6, 5, 6):
        x = images(2, size, size, 1)
        np.testing.assert_allclose(network.forward(x), model.forward(x), atol=1e-6)


def test_an_image_of_nan_leaves_nothing_behind():
    model = whole_network()
    network, x = fuse(model), images(2, 21, 20, 1)
    before = network.forward(x)
    with np.errstate(all="ignore"):
        network.forward(np.full_like(x, np.nan))
    np.testing.assert_array_equal(network.forward(x), before)


@pytest.mark.parametrize("n", [0, 1, 32, 33, 200])
def test_predicts_on_all_threads_as_plain(n):
    model = whole_network()
    model.layers[3].state["mean"][:] = 0.3
    x = RNG.random((n, 21, 20), dtype=np.float32)
    fused = fuse(model)
    for _ in range(2):
        np.testing.assert_allclose(fused.predict_proba(x), model.predict_proba(x), atol=1e-5)
        model.layers[3].state["mean"][:] = -0.2  # the workers' replicas must notice


def test_backward_without_training_forward_says_so():
    network = fuse(Sequential([Conv2D(1, 2, 3, rng=RNG), ReLU()]))
    network.forward(images(1, 5, 5, 1))
    with pytest.raises(RuntimeError, match="call forward"):
        network.backward(images(1, 3, 3, 2))


def test_wrong_shapes_say_so():
    network = fuse(Sequential([Conv2D(2, 2, 3, rng=RNG), ReLU()]))
    with pytest.raises(ValueError, match=r"\(N, H, W, 2\), got \(1, 5, 5, 1\)"):
        network.forward(images(1, 5, 5, 1))


def test_a_pool_larger_than_the_map_says_so():
    network = fuse(Sequential([Conv2D(1, 2, 3, rng=RNG), ReLU(), MaxPool2D(4)]))
    with pytest.raises(ValueError, match="MaxPool2D: a window of 4 x 4 does not fit"):
        network.forward(images(1, 5, 5, 1))


def test_empty_batch():
    model = whole_network()
    assert fuse(model).forward(images(0, 21, 20, 1)).shape == (0, 10)
    with pytest.raises(ValueError, match="empty batch"):
        fuse(Sequential([BatchNorm(2)])).forward(images(0, 2), train=True)


@pytest.mark.skipif(not COMPILING, reason="in Python, a product makes arrays of its own")
def test_nothing_large_is_allocated_once_the_buffers_stand():
    network = fuse(whole_network(), input_gradient=False)
    x = images(32, 21, 20, 1)

    def step():
        network.backward(network.forward(x, train=True))

    step()
    tracemalloc.start()
    try:
        step()
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(20):
            step()
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    buffers = [getattr(layer, "_buffers", {}).values() for layer in network.layers]
    little = sum(buffer.nbytes for held in buffers for buffer in held) / 20
    assert after - before < little  # Python keeps some small objects for later
    assert peak - before < little


def test_saves_as_a_plain_model(tmp_path):
    model = whole_network()
    fuse(model).save(tmp_path / "model.npz")
    loaded = Sequential.load(tmp_path / "model.npz")
    x = RNG.random((2, 21, 20), dtype=np.float32)
    np.testing.assert_array_equal(loaded.predict_proba(x), model.predict_proba(x))


def test_warm_up_compiles_once():
    warm_up(whole_network(), (21, 20, 1))
    assert not warm_up(whole_network(), (21, 20, 1)), "all is ready by now"


def test_batchnorm_of_any_batch():
    assert_same(Sequential([BatchNorm(5)]), images(7, 5))
    assert_same(Sequential([BatchNorm(3)]), 3 + images(4, 6, 5, 3))
    assert isinstance(fuse(Sequential([BatchNorm(5)])).layers[0], FastBatchNorm)
