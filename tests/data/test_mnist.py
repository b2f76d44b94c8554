"""MNIST's files: found, read, and downloaded from a server on loopback."""

import gzip
import hashlib
import time

import numpy as np
import pytest

from data import mnist
from data.errors import DataError
from data.mnist import NoDataError

NAMES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
IMAGES_NAME, LABELS_NAME = NAMES["train"]
IMAGES_MAGIC, LABELS_MAGIC = b"\0\0\x08\x03", b"\0\0\x08\x01"


def be32(*numbers):
    return b"".join(number.to_bytes(4, "big") for number in numbers)


def made_up(split):
    count = {"train": 7, "test": 3}[split]
    rng = np.random.default_rng(count)
    images = rng.integers(0, 256, (count, 28, 28), dtype=np.uint8)
    return images, rng.integers(0, 10, count, dtype=np.uint8)


def idx_files():
    """Small sets in MNIST's form: name without .gz -> plain IDX bytes."""
    files = {}
    for split, (images_name, labels_name) in NAMES.items():
        images, labels = made_up(split)
        files[images_name] = IMAGES_MAGIC + be32(len(images), 28, 28) + images.tobytes()
        files[labels_name] = LABELS_MAGIC + be32(len(labels)) + labels.tobytes()
    return files


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache, no MNIST_DIR and no mirror: a machine that has nothing."""
    folder = tmp_path / "cache"
    monkeypatch.setattr(mnist, "CACHE", folder)
    monkeypatch.setattr(mnist, "MIRRORS", ())
    monkeypatch.delenv("MNIST_DIR", raising=False)
    return folder


@pytest.fixture
def fill(cache, tmp_path):
    """A maker of folders with small files; another argument replaces the bytes of one file."""

    def fill(name="named", *, gzipped=True, **replaced):
        folder = tmp_path / name
        folder.mkdir()
        for file, content in idx_files().items():
            if gzipped:
                (folder / f"{file}.gz").write_bytes(gzip.compress(content))
            else:
                (folder / file).write_bytes(content)
        for file, content in replaced.items():
            (folder / file).write_bytes(content)
        return folder

    return fill


def assert_made_up(split, loaded):
    for array, expected in zip(loaded, made_up(split), strict=True):
        assert array.dtype == np.uint8
        np.testing.assert_array_equal(array, expected)


def refusal(folder, split="train"):
    """The message with which a set is refused, in one line."""
    with pytest.raises(DataError) as caught:
        mnist.load(split, folder)
    message = str(caught.value)
    assert not isinstance(caught.value, NoDataError)
    assert "\n" not in message
    return message


# The real files


@pytest.mark.parametrize(
    ("split", "count", "first", "mean"),
    [  # The means are those known to everyone who normalises by 0.1307: 0.13066 and 0.13251.
        ("train", 60_000, [5, 0, 4, 1, 9], 33.318421),
        ("test", 10_000, [7, 2, 1, 0, 4], 33.791224),
    ],
)
def test_real_files_are_read_as_known(mnist_dir, split, count, first, mean):
    images, labels = mnist.load(split, mnist_dir)
    assert images.shape == (count, 28, 28)
    assert labels.shape == (count,)
    assert images.dtype == labels.dtype == np.uint8
    assert labels[:5].tolist() == first
    assert images.mean() == pytest.approx(mean, abs=1e-6)
    assert images[:, 0, 0].max() == 0  # paper in the corner
    assert images.max() == 255


# Which folder


@pytest.mark.parametrize("gzipped", [True, False])
@pytest.mark.parametrize("split", ["train", "test"])
def test_reads_gzipped_and_plain_files(fill, split, gzipped):
    assert_made_up(split, mnist.load(split, fill(gzipped=gzipped)))


def test_a_gzipped_file_goes_before_a_plain_one(fill):
    assert_made_up("train", mnist.load("train", fill(**{IMAGES_NAME: b"an unfinished gunzip"})))


def test_arrays_may_be_written(fill):
    images, labels = mnist.load("train", str(fill()))
    images[0, 0, 0] = labels[0] = 9


def test_named_folder_goes_before_environment_and_cache(fill, cache, monkeypatch):
    assert mnist.find_local() is None
    fill("cache")
    assert mnist.find_local() == cache
    assert_made_up("test", mnist.load("test"))

    one_image = IMAGES_MAGIC + be32(1, 28, 28) + bytes(784)
    one_label = LABELS_MAGIC + be32(1) + b"\6"
    small = fill("small", gzipped=False, **{IMAGES_NAME: one_image, LABELS_NAME: one_label})
    monkeypatch.setenv("MNIST_DIR", str(small))
    assert mnist.find_local() == small
    assert mnist.load("train")[1].tolist() == [6]

    named = fill("named")
    assert mnist.find_local(named) == named
    assert_made_up("train", mnist.load("train", named))


def test_empty_environment_variable_names_nothing(fill, cache, monkeypatch):
    fill("cache")
    monkeypatch.setenv("MNIST_DIR", "")
    assert mnist.find_local() == cache


def test_home_is_expanded(fill, monkeypatch):
    monkeypatch.setenv("HOME", str(fill().parent))
    monkeypatch.setenv("USERPROFILE", str(fill("other").parent))
    assert_made_up("train", mnist.load("train", "~/named"))


@pytest.mark.parametrize("by_environment", [True, False])
def test_a_named_folder_lacking_files_is_an_error(fill, monkeypatch, by_environment):
    fill("cache")  # complete, and still not what was asked for
    folder = fill()
    (folder / f"{LABELS_NAME}.gz").unlink()
    if by_environment:
        monkeypatch.setenv("MNIST_DIR", str(folder))
    message = refusal(None if by_environment else folder)
    assert f"{folder} lacks {LABELS_NAME}.gz;" in message
    assert "--data-dir" in message
    assert "MNIST_DIR" in message
    assert mnist.find_local(None if by_environment else folder) is None
    assert_made_up("test", mnist.load("test", folder))  # whose two files are there


def test_a_named_folder_must_exist(cache, tmp_path):
    message = refusal(tmp_path / "nowhere")
    assert "nowhere is not a folder" in message
    assert IMAGES_NAME in message
    assert LABELS_NAME in message


def test_an_unknown_split_is_refused(fill):
    with pytest.raises(ValueError, match="'train' or 'test', not 'validation'"):
        mnist.load("validation", fill())


@pytest.mark.parametrize(
    ("labels", "complaint"),
    [
        ([0] * 8, "holds 8 labels for the 7 images of train-images"),
        ([0] * 6, "holds 6 labels for the 7 images of train-images"),
        ([0, 9, 9, 10, 0, 10, 0], "says that image 3 is a 10, not 0 to 9"),
    ],
)
def test_labels_that_do_not_fit_are_refused(fill, labels, complaint):
    content = LABELS_MAGIC + be32(len(labels)) + bytes(labels)
    folder = fill(gzipped=False, **{LABELS_NAME: content})
    message = refusal(folder)
    assert message.startswith(f"{folder / LABELS_NAME} {complaint}")
    assert message.endswith("; delete it or replace it with a good copy")


@pytest.mark.parametrize("name", NAMES["train"])
def test_a_damaged_file_is_refused_by_name(fill, name):
    folder = fill(**{f"{name}.gz": b""})
    assert refusal(folder).startswith(f"{folder / name}.gz is empty; delete it")


# Download


@pytest.fixture
def mirrors(server, cache, monkeypatch):
    """A server of the small files, whose mirror named "good" is the one that is asked."""
    server.files = {f"{name}.gz": gzip.compress(raw) for name, raw in idx_files().items()}
    sums = {name[:-3]: hashlib.sha256(raw).hexdigest() for name, raw in server.files.items()}
    monkeypatch.setattr(mnist, "SHA256", sums)
    monkeypatch.setattr(mnist, "MIRRORS", (server.address("good"),))
    return server


def assert_downloaded(mirrors, folder):
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == mirrors.files


def test_every_file_is_downloaded_once(mirrors, cache):
    assert_made_up("train", mnist.load("train"))
    assert_downloaded(mirrors, cache)
    assert_made_up("test", mnist.load("test"))
    assert len(mirrors.requests) == 4  # each file once, all by the first call


def test_a_download_is_announced_first(mirrors, cache, capsys):
    mnist.load("train")
    first, *_ = capsys.readouterr().err.splitlines()
    assert first == f"MNIST: not on this machine: downloading it, 12 MB, to {cache}"
    mnist.load("test")
    assert capsys.readouterr().err == ""


def test_only_what_the_cache_lacks_is_downloaded(mirrors, fill, cache):
    fill("cache")
    (cache / f"{LABELS_NAME}.gz").unlink()
    mnist.load("test")
    assert mirrors.requests == [("good", f"{LABELS_NAME}.gz")]


def test_local_files_need_no_network(mirrors, fill, monkeypatch):
    assert mnist.find_local() is None
    folder = fill()
    mnist.load("train", folder)
    monkeypatch.setenv("MNIST_DIR", str(folder))
    mnist.load("train")
    assert mirrors.requests == []


@pytest.mark.parametrize("behaviour", ["forbidden", "truncated", "wrong", "stalled"])
def test_after_a_bad_mirror_the_next_is_asked(mirrors, cache, behaviour):
    addresses = (mirrors.address(behaviour), mirrors.address("good"))
    mnist.download(cache, addresses, timeout=2 if behaviour == "stalled" else 10)
    assert_downloaded(mirrors, cache)
    # The bad one is asked once, not once for each file: four stalls would be a long wait.
    assert [asked for asked, _ in mirrors.requests] == [behaviour] + ["good"] * 4


def test_failures_of_all_mirrors_are_named(mirrors, cache, monkeypatch):
    bad = mirrors.address("forbidden"), mirrors.address("wrong")
    monkeypatch.setattr(mnist, "MIRRORS", bad)
    with pytest.raises(NoDataError) as caught:
        mnist.load("train")
    message = str(caught.value)
    assert message.startswith("MNIST is not on this machine and cannot be downloaded (http://")
    assert f"{bad[0]}{IMAGES_NAME}.gz: HTTP Error 403" in message
    assert f"{bad[1]}{IMAGES_NAME}.gz: not the expected file" in message
    assert "--data-dir" in message
    assert "MNIST_DIR" in message
    assert "\n" not in message
    assert list(cache.iterdir()) == []


def test_the_timeout_is_the_constant(mirrors, monkeypatch):
    monkeypatch.setattr(mnist, "MIRRORS", (mirrors.address("stalled"),))
    monkeypatch.setattr(mnist, "TIMEOUT", 0.1)
    start = time.monotonic()
    with pytest.raises(NoDataError, match="timed out"):
        mnist.load("test")
    assert time.monotonic() - start < 10


def test_an_unwritable_cache_is_refused(mirrors, cache):
    cache.write_text("a file where the folder should be")
    message = refusal(None)
    assert message.startswith(f"cannot save MNIST in {cache} (")
    assert "MNIST_DIR" in message
    assert mirrors.requests == []
