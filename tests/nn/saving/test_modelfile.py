"""Model files: every layer comes back to the bit, and no file can harm or crash the reader."""

import json
import os
import pickle
import zipfile

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
    ModelFileError,
    ReLU,
    Sequential,
    Softmax,
)
from tests.nn.saving.files import refusal

BIT_FLIPS = 200


def every_layer(dtype=np.float32):
    """A network of every layer, for images of 12 x 10, whose every array is random."""
    rng = np.random.default_rng(5)
    model = Sequential(
        [
            Conv2D(1, 3, (3, 2), stride=(1, 2), pad=(1, 0), rng=rng, dtype=dtype),
            BatchNorm(3, momentum=0.8, eps=1e-3, dtype=dtype),
            ReLU(),
            MaxPool2D((2, 1), stride=2, pad="same"),
            Conv2D(3, 4, 2, pad="same", bias=False, rng=rng, dtype=dtype),
            AvgPool2D(2, stride=1, pad=((1, 1), (0, 1)), count_pad=False),
            Flatten(),
            Dropout(0.25, rng=rng),
            Dense(4 * 7 * 3, 5, rng=rng, dtype=dtype),
            Dense(5, 3, bias=False, rng=rng, dtype=dtype),
            BatchNorm(3, dtype=dtype),
            Softmax(),
        ]
    )
    for array in (model.named_params() | model.named_state()).values():
        array[...] = rng.uniform(0.1, 1, array.shape)
    return model


def small():
    return Sequential([Flatten(), Dense(4, 2, rng=np.random.default_rng(6))])


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.npz"


def put(path, content):
    """Write a new file; some disks are slow to write one anew under an old name."""
    path.unlink(missing_ok=True)
    path.write_bytes(content)


def assert_same_bits(one, two):
    ones, twos = (model.named_params() | model.named_state() for model in (one, two))
    assert ones.keys() == twos.keys()
    for name, array in ones.items():
        assert twos[name].dtype == array.dtype
        assert twos[name].tobytes() == array.tobytes(), name


# Round trip


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_layer_comes_back_to_the_bit(path, dtype):
    model = every_layer(dtype)
    model.save(path)
    again = Sequential.load(path)
    assert [repr(layer) for layer in again.layers] == [repr(layer) for layer in model.layers]
    assert_same_bits(model, again)
    x = np.random.default_rng(7).standard_normal((3, 12, 10, 1)).astype(dtype)
    np.testing.assert_array_equal(again.forward(x), model.forward(x))
    dout = np.ones((3, 3), dtype)
    again.forward(x, train=True)
    assert again.backward(dout).shape == x.shape  # it trains on, too


def test_the_file_is_as_the_docstring_says(path):
    small().save(str(path))
    with np.load(path, allow_pickle=False) as file:
        assert set(file.files) == {"architecture", "1.w", "1.b"}
        described = json.loads(str(file["architecture"]))
    dense = {"in_features": 4, "out_features": 2, "bias": True, "dtype": "float32"}
    assert described == {"format": 1, "layers": [{"type": "Flatten"}, {"type": "Dense", **dense}]}


def test_same_network_same_bytes(tmp_path):
    for name in ("one.npz", "two.npz"):
        every_layer().save(tmp_path / name)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()


def test_a_failed_save_leaves_the_older_file(path, monkeypatch):
    small().save(path)
    before = path.read_bytes()
    monkeypatch.setattr(np, "savez", lambda file, **_: file.write(b"half") / 0)
    with pytest.raises(ZeroDivisionError):
        every_layer().save(path)
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == ["model.npz"]


# Files that are no model


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([Conv2D(1, 1, 65)], "layer 0 .* kernel_size must be at most 64"),
        ([ReLU(), Dense(2, 3)], "layer 1 .* array 1.w holds NaN"),
    ],
)
def test_what_cannot_be_read_again_is_not_written(path, layers, message):
    for layer in layers:
        if isinstance(layer, Dense):
            layer.params["w"][0, 1] = np.nan
    with pytest.raises(ValueError, match=message):
        Sequential(layers).save(path)
    assert not path.exists()


def test_a_missing_file_says_so(path):
    assert "no such file; train a model" in refusal(path)


def test_a_folder_says_so(tmp_path):
    refusal(tmp_path)


def test_an_unreadable_file_says_so(path, monkeypatch):
    def deny(*_args, **_kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("nn.saving.npz.open_file", deny)
    assert "Permission denied" in refusal(path)


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04", bytes(5000)])
def test_what_is_no_archive_is_refused(path, content):
    path.write_bytes(content)
    assert "not an .npz archive" in refusal(path)


class Bomb:
    """Pickles to a call that would leave a file behind."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (self.path, "w")


def test_nothing_pickled_is_ever_run(path, tmp_path):
    bomb = Bomb(str(tmp_path / "bang"))
    path.write_bytes(pickle.dumps(bomb))
    refusal(path)
    objects = np.empty(1, object)
    objects[0] = bomb
    np.savez(path, architecture=objects)
    refusal(path)
    small().save(path)
    with np.load(path) as file:
        arrays = dict(file)
    assert "1.b" in arrays
    np.savez(path, **arrays | {"1.b": objects})
    refusal(path)
    assert not (tmp_path / "bang").exists()


def test_cut_off_anywhere_it_is_refused(path):
    small().save(path)
    whole = path.read_bytes()
    for size in range(0, len(whole), 7):
        put(path, whole[:size])
        refusal(path)


def assert_refused_or_the_same(path, content, model):
    """Check that damage is found or harmless: some bytes of a zip mean nothing, such as a date."""
    put(path, content)
    try:
        again = Sequential.load(path)
    except ModelFileError:
        refusal(path)
    else:
        assert_same_bits(model, again)


def flipped(content, bit):
    damaged = bytearray(content)
    damaged[bit // 8] ^= 1 << bit % 8
    return bytes(damaged)


def test_any_flipped_bit_is_refused_or_harmless(path):
    model = small()
    model.save(path)
    whole = path.read_bytes()
    directory = whole.index(b"PK\x01\x02")  # no checksum guards what follows
    anywhere = np.random.default_rng(8).integers(0, 8 * directory, BIT_FLIPS)
    for bit in [*anywhere.tolist(), *range(8 * directory, 8 * len(whole), 3)]:
        assert_refused_or_the_same(path, flipped(whole, bit), model)


@pytest.mark.parametrize("compression", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_damaged_compression_is_refused(path, compression):
    model = small()
    model.save(path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    whole = path.read_bytes()
    for bit in range(8 * 46, 8 * 300, 41):
        assert_refused_or_the_same(path, flipped(whole, bit), model)


def test_a_layer_from_elsewhere_is_not_written(tmp_path):
    class Double(ReLU):
        pass

    with pytest.raises(ValueError, match=r"layer 0 .*Double is not a layer of nn\.layers"):
        Sequential([Double()]).save(tmp_path / "model.npz")
    assert not list(tmp_path.iterdir())
