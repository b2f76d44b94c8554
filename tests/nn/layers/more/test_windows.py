"""Grouped, dilated and depthwise convolutions and global pooling, against loops."""

import numpy as np
import pytest

from nn import DepthwiseConv2D, GlobalAvgPool2D, GlobalMaxPool2D, GroupedConv2D, Sequential
from tests import naive

RNG = np.random.default_rng(4)


def spread(w, dilation):
    """The kernel with zeros between its taps, element by element."""
    KH, KW, C, OC = w.shape
    wide = np.zeros(((KH - 1) * dilation[0] + 1, (KW - 1) * dilation[1] + 1, C, OC))
    for i, j in np.ndindex(KH, KW):
        wide[i * dilation[0], j * dilation[1]] = w[i, j]
    return wide


@pytest.mark.parametrize("groups", [1, 2, 4])
@pytest.mark.parametrize(("stride", "pad"), [((1, 1), (0, 0)), ((2, 1), (1, 1)), ((2, 3), "same")])
@pytest.mark.parametrize("dilation", [(1, 1), (2, 1), (2, 3)])
def test_grouped_convolution_is_one_per_group(groups, stride, pad, dilation):
    layer = GroupedConv2D(
        4, 8, (3, 2), groups=groups, dilation=dilation, stride=stride, pad=pad, rng=RNG,
        dtype=np.float64,
    )  # fmt: skip
    layer.params["b"][...] = RNG.standard_normal(8)
    x = RNG.standard_normal((2, 9, 8, 4))
    w, b = spread(layer.params["w"], dilation), layer.params["b"]
    parts = [np.split(array, groups, axis=-1) for array in (x, w, b)]
    expected = [naive.conv2d(*part, stride, pad) for part in zip(*parts, strict=True)]
    np.testing.assert_allclose(layer.forward(x), np.concatenate(expected, axis=-1), atol=1e-12)


@pytest.mark.parametrize(("stride", "pad"), [((1, 1), (0, 0)), ((2, 1), (1, 1)), ((2, 2), "same")])
@pytest.mark.parametrize("dilation", [(1, 1), (2, 3)])
def test_depthwise_convolution_is_one_per_channel(stride, pad, dilation):
    layer = DepthwiseConv2D(
        3, (3, 2), multiplier=2, dilation=dilation, stride=stride, pad=pad, rng=RNG,
        dtype=np.float64,
    )  # fmt: skip
    layer.params["b"][...] = RNG.standard_normal(6)
    x = RNG.standard_normal((2, 9, 8, 3))
    w, b = spread(layer.params["w"], dilation), layer.params["b"]
    expected = [
        naive.conv2d(x[..., c : c + 1], w[:, :, c : c + 1], b[2 * c : 2 * c + 2], stride, pad)
        for c in range(3)
    ]
    np.testing.assert_allclose(layer.forward(x), np.concatenate(expected, axis=-1), atol=1e-12)


def test_channels_that_groups_do_not_divide_are_refused():
    with pytest.raises(ValueError, match="4 and 6 channels cannot be cut into 4 groups"):
        GroupedConv2D(4, 6, 3, groups=4)


def test_arguments_of_numpys_ints_are_saved(tmp_path):
    two = np.int64(2)
    layers = [GroupedConv2D(two, two, two, groups=two), DepthwiseConv2D(two, two, multiplier=two)]
    Sequential(layers).save(tmp_path / "model.npz")
    assert repr(Sequential.load(tmp_path / "model.npz").layers) == repr(layers)


def test_convolutions_cost_what_their_weights_say():
    assert GroupedConv2D(4, 8, 3, groups=2).multiply_adds((5, 5, 4)) == 9 * 9 * 2 * 8
    assert DepthwiseConv2D(4, 3, multiplier=2).multiply_adds((5, 5, 4)) == 9 * 9 * 4 * 2


@pytest.mark.parametrize("keepdims", [False, True])
def test_global_pools_by_loops(keepdims):
    x = RNG.standard_normal((2, 3, 4, 5))
    shape = (2, 1, 1, 5) if keepdims else (2, 5)
    for layer, reduce in ((GlobalAvgPool2D(keepdims), sum), (GlobalMaxPool2D(keepdims), max)):
        out = layer.forward(x)
        assert out.shape == shape
        for n, c in np.ndindex(2, 5):
            found = reduce(x[n, i, j, c] for i, j in np.ndindex(3, 4))
            expected = found / 12 if reduce is sum else found
            assert out.reshape(2, 5)[n, c] == pytest.approx(expected)


def test_first_of_equal_maxima_gets_the_gradient():
    layer = GlobalMaxPool2D()
    layer.forward(np.ones((1, 2, 2, 1)), train=True)
    assert layer.backward(np.full((1, 1), 3.0)).ravel().tolist() == [3, 0, 0, 0]
