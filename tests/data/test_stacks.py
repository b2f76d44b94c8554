"""Stacks: every image once, in order, in chunks; anything else is refused by name."""

import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from data import canvas, mnist, stacks
from data.errors import DataError
from nn import Dense, Flatten, Sequential


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr(stacks, "CHUNK", 4)


def images(n=10, *shape, dtype=np.uint8):
    x = np.random.default_rng(n).integers(0, 256, (n, *(shape or (28, 28))), np.uint8)
    return x if dtype == np.uint8 else (x / 255).astype(dtype)


def save(path, array):
    np.save(path, array)
    return str(path)


@pytest.mark.parametrize("dtype", [np.uint8, np.float16, np.float32, np.float64])
@pytest.mark.parametrize("shape", [(28, 28), (28, 28, 1)])
def test_a_stack_is_read_in_ordered_chunks(tmp_path, dtype, shape):
    x = images(10, *shape, dtype=dtype)
    file = save(tmp_path / "digits.npy", x)
    got = list(stacks.chunks(file))
    assert [len(chunk.images) for chunk in got] == [4, 4, 2]
    assert [(chunk.start, chunk.of) for chunk in got] == [(0, 10), (4, 10), (8, 10)]
    np.testing.assert_array_equal(
        np.concatenate([chunk.images for chunk in got]), x.reshape(10, 28, 28)
    )
    names = [name for chunk in got for name in chunk.names]
    assert names == [f"{file}[{i}]" for i in range(10)]


@pytest.mark.parametrize("write", [np.savez, np.savez_compressed])
def test_an_archive_is_read_without_its_labels(tmp_path, write):
    file = str(tmp_path / "mnist.npz")
    first, second = images(5), images(6)
    write(file, x_train=first, y_train=np.arange(5), x_test=second, y_test=np.arange(6))
    got = list(stacks.chunks(file))
    np.testing.assert_array_equal(
        np.concatenate([chunk.images for chunk in got]), np.concatenate([first, second])
    )
    assert [name for chunk in got for name in chunk.names] == [
        *(f"{file}/x_train[{i}]" for i in range(5)),
        *(f"{file}/x_test[{i}]" for i in range(6)),
    ]


@pytest.mark.parametrize("shape", [(60, 40), (60, 40, 1), (60, 40, 3)])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_another_size_is_prepared_like_a_picture(tmp_path, shape, dtype):
    x = np.full((3, *shape), 255, np.uint8)
    for i in range(3):
        x[i, 10:50, 10 + 5 * i : 15 + 5 * i] = 0
    file = save(tmp_path / "pages.npy", x if dtype == np.uint8 else (x / 255).astype(dtype))
    (got,) = stacks.chunks(file)
    for image, page in zip(got.images, x, strict=True):
        expected = canvas.from_image(Image.fromarray(page.squeeze()))
        assert expected.any()
        np.testing.assert_array_equal(image, expected)


@pytest.mark.parametrize(
    ("array", "says"),
    [
        (np.zeros((3, 28), np.uint8), "a stack of images has shape"),
        (np.zeros((3, 28, 28, 2), np.uint8), "a stack of images has shape"),
        (np.zeros((3, 0, 28), np.uint8), "a stack of images has shape"),
        (np.zeros((0, 28, 28), np.uint8), "a stack of images has shape"),
        (np.zeros((3, 28, 28), np.int64), "dtype int64: images are uint8"),
        (np.full((3, 28, 28), 255.0), r"in \[0, 1\]: divide by 255"),
        (np.full((3, 28, 28), np.nan), r"in \[0, 1\]"),
        (np.zeros((3, 28, 28), np.uint8, order="F"), "column by column"),
    ],
)
def test_an_array_of_no_images_is_refused(tmp_path, array, says):
    file = save(tmp_path / "odd.npy", array)
    with pytest.raises(DataError, match=says) as error:
        list(stacks.chunks(file))
    assert str(error.value).startswith(file)


def test_a_vast_header_is_not_read(tmp_path):
    content = b"\x93NUMPY\2\0" + (1 << 31).to_bytes(4, "little") + b" " * 1000
    with zipfile.ZipFile(tmp_path / "bomb.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("images.npy", content)
    with pytest.raises(DataError, match=r"bomb\.npz/images: its header takes more than 10,000"):
        list(stacks.chunks(str(tmp_path / "bomb.npz")))


def test_another_compression_method_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("images.npy", b"")
    with pytest.raises(DataError, match=r"a\.npz/images: compressed in a way"):
        list(stacks.chunks(str(tmp_path / "a.npz")))


def test_a_truncated_stack_is_read_until_cut(tmp_path):
    file = save(tmp_path / "cut.npy", images(10))
    with open(file, "r+b") as stream:
        stream.truncate(stream.seek(0, io.SEEK_END) - 3 * 784 - 5)
    chunks = stacks.chunks(file)
    assert len(next(chunks).images) == 4
    with pytest.raises(DataError, match="truncated after image 6"):
        next(chunks)


def test_a_file_without_arrays_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "labels.npz", "w") as archive, archive.open("y.npy", "w") as y:
        np.save(y, np.arange(3))
    for name, content in (
        ("text.npy", b"no array"),
        ("text.npz", b"no archive"),
        ("labels.npz", 0),
    ):
        if content:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(DataError, match=name):
            list(stacks.chunks(str(tmp_path / name)))
    with pytest.raises(OSError, match=r"gone\.npy"):
        list(stacks.chunks(str(tmp_path / "gone.npy")))


def test_pickled_objects_are_never_loaded(tmp_path):
    file = tmp_path / "objects.npy"
    np.save(file, np.array([[[print]]], object), allow_pickle=True)
    with pytest.raises(DataError):
        list(stacks.chunks(str(file)))


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_dark_ink_of_mnists_size_is_inverted(tmp_path, mnist_dir, dtype):
    digits = mnist.load("test", mnist_dir)[0][:6]
    full = 255 if dtype == np.uint8 else 1
    x = digits if dtype == np.uint8 else (digits / 255).astype(dtype)
    mixed = np.concatenate([full - x[:3], x[3:]])
    got = np.concatenate([c.images for c in stacks.chunks(save(tmp_path / "a.npy", mixed))])
    np.testing.assert_allclose(got, x, atol=1e-6)
    assert got.dtype == dtype


def test_floats_from_minus_one_are_mapped(tmp_path, mnist_dir):
    x = (mnist.load("test", mnist_dir)[0][:6] / 255).astype(np.float32)
    for stack in (2 * x - 1, 1 - 2 * x):
        got = np.concatenate([c.images for c in stacks.chunks(save(tmp_path / "a.npy", stack))])
        np.testing.assert_allclose(got, x, atol=1e-6)


def test_channels_first_are_read(tmp_path):
    x = images(5)
    got = np.concatenate([c.images for c in stacks.chunks(save(tmp_path / "a.npy", x[:, None]))])
    np.testing.assert_array_equal(got, x)


def test_normalised_floats_are_refused_with_the_cause(tmp_path):
    x = (images(3) / 255 - 0.1307) / 0.3081
    file = save(tmp_path / "normalised.npy", x)
    with pytest.raises(DataError, match=r"in \[0, 1\] or \[-1, 1\], not in .*undo their norm"):
        list(stacks.chunks(file))


def test_floats_from_minus_one_beyond_one_are_refused(tmp_path):
    file = save(tmp_path / "wide.npy", 2.5 * images(3) / 255 - 1)
    with pytest.raises(DataError, match=r"not in \[-1, 1\.5\]"):
        list(stacks.chunks(file))


def test_a_network_is_not_taken_for_images(tmp_path):
    Sequential([Flatten(), Dense(784, 10)]).save(tmp_path / "model.npz")
    with pytest.raises(DataError, match=r"a network, not images: name it with --weights"):
        list(stacks.chunks(str(tmp_path / "model.npz")))
