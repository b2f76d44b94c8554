"""Layers that move numbers, and those that draw random ones."""

import numpy as np
import pytest

from nn import (
    Crop2D,
    GaussianNoise,
    Normalization,
    Permute,
    Reshape,
    SpatialDropout2D,
    ZeroPad2D,
)

X = np.arange(24.0).reshape(1, 2, 3, 4)


def test_permute_puts_axes_where_asked():
    out = Permute((3, 1, 2)).forward(X)
    assert out.shape == (1, 4, 2, 3)
    assert all(out[0, c, i, j] == X[0, i, j, c] for i, j, c in np.ndindex(2, 3, 4))
    with pytest.raises(ValueError, match="permutation of 1 to 2, not"):
        Permute((1, 3))


def test_reshape_keeps_the_order():
    assert Reshape((4, 6)).forward(X).ravel().tolist() == list(range(24))
    with pytest.raises(ValueError, match=r"\(2, 3, 4\) cannot become \(5, 5\)"):
        Reshape((5, 5)).forward(X)


def test_frame_goes_on_and_comes_off():
    frame = ((1, 0), (2, 3))
    padded = ZeroPad2D(frame).forward(X)
    assert padded.shape == (1, 3, 8, 4)
    assert padded.sum() == X.sum()
    assert padded[0, 1, 2].tolist() == [0, 1, 2, 3]
    np.testing.assert_array_equal(Crop2D(frame).forward(padded), X)


def test_crop_of_everything_is_refused():
    with pytest.raises(ValueError, match="an image of 2 x 3 has no pixels left"):
        Crop2D(1).forward(X)


@pytest.mark.parametrize("crop", ["same", -1, (1, 0.5), ((1, 2, 3), 0)])
def test_a_crop_of_no_pixels_is_named(crop):
    with pytest.raises(ValueError, match="crop must be numbers of pixels, not"):
        Crop2D(crop)


def test_normalization_by_hand():
    layer = Normalization(2)
    layer.state["mean"][...], layer.state["var"][...] = [1, 2], [4, 0]
    out = layer.forward(np.float32([[3, 2]]), train=True)
    assert out.tolist() == [[1, 0]]  # a variance of 0 divides by 1e-7, not by 0
    assert layer.state["mean"].tolist() == [1, 2]


def test_spatial_dropout_drops_whole_channels():
    layer = SpatialDropout2D(0.5, rng=np.random.default_rng(0))
    out = layer.forward(np.ones((40, 3, 3, 10)), train=True)
    kept = out[:, 0, 0]
    np.testing.assert_array_equal(out, np.broadcast_to(kept[:, None, None], out.shape))
    assert set(np.unique(out)) == {0, 2}
    assert 0.4 < (kept == 0).mean() < 0.6


def test_noise_has_its_deviation_and_only_in_training():
    layer = GaussianNoise(0.5, rng=np.random.default_rng(0))
    x = np.ones((100, 100), np.float32)
    assert layer.forward(x) is x
    out = layer.forward(x, train=True)
    assert out.dtype == np.float32
    assert abs((out - x).mean()) < 0.02
    assert abs((out - x).std() - 0.5) < 0.02
    with pytest.raises(ValueError, match="stddev must not be negative"):
        GaussianNoise(-1)
