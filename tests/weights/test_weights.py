"""Loading networks for digits; any other network is refused before it costs much."""

import numpy as np
import pytest

import weights
from nn import AvgPool2D, Conv2D, Dense, Flatten, ModelFileError, Rescaling, Sequential


def test_the_shipped_network_and_samples_exist():
    model = weights.load()
    assert model.predict_proba(np.zeros((2, 28, 28), np.uint8)).shape == (2, 10)
    assert len(list(weights.SAMPLES.glob("*.png"))) == 10


@pytest.mark.parametrize("layers", [[Dense(28, 10)], [Flatten(), Dense(28 * 28, 3)]])
def test_a_network_for_something_else_is_refused(tmp_path, layers):
    path = tmp_path / "other.npz"
    Sequential(layers).save(path)
    with pytest.raises(ModelFileError, match=r"other\.npz: not a network for"):
        weights.load(path)


@pytest.mark.parametrize(
    "layers",
    [
        [AvgPool2D(1), *[Conv2D(1, 1, 1, pad=64)] * 30, Flatten()],
        [Conv2D(1, 2000, 3, pad="same"), AvgPool2D(28), Flatten(), Dense(2000, 10)],
        [Conv2D(1, 36, 1), *[Conv2D(36, 36, 5, pad="same")] * 200, Flatten(), Dense(28_224, 10)],
    ],
    ids=["padded ever wider", "too many maps", "too much work"],
)
def test_a_costly_network_is_refused_before_running(tmp_path, monkeypatch, layers):
    path = tmp_path / "vast.npz"
    Sequential(layers).save(path)
    monkeypatch.setattr(Sequential, "forward", None)
    with pytest.raises(ModelFileError, match=r"vast\.npz: not a network for .* one image takes"):
        weights.load(path)


def test_a_network_that_overflows_is_refused(tmp_path):
    path = tmp_path / "huge.npz"
    model = Sequential([Flatten(), Dense(784, 10)])
    model.layers[1].params["w"][...] = 1e38
    model.save(path)
    with pytest.raises(ModelFileError, match=r"huge\.npz: .* not a number"):
        weights.load(path)


def test_unit_of_pixels_is_found_and_said(tmp_path, caplog):
    shipped = weights.load()
    path = tmp_path / "bytes.npz"
    Sequential([Rescaling(1 / 255), *shipped.layers]).save(path)
    assert caplog.messages == []
    model = weights.load(path)
    assert caplog.messages == [f"{path}: reads pixels as 0..255"]
    x = np.random.default_rng(0).random((2, 28, 28), dtype=np.float32)
    np.testing.assert_allclose(model.predict_proba(x), shipped.predict_proba(x), atol=1e-5)
    with pytest.raises(ModelFileError, match=r"bytes\.npz: .*there is no unit of pixels 'x'"):
        weights.load(path, "x")


def test_network_that_only_guesses_gets_a_warning(tmp_path, caplog):
    path = tmp_path / "new.npz"
    Sequential([Flatten(), Dense(784, 10, rng=np.random.default_rng(0))]).save(path)
    weights.load(path)
    assert "no better than chance" in caplog.text
