"""Readers of files, with valid files of each kind: shared by `tests.test_hostile` and `tests.fuzz`.

An input is a file, or the parts of an archive, which is then made with correct checksums: the old
ones would reject nearly every change. The first byte of an input says which it is.
"""

import gzip
import io
import tarfile
import warnings
import zipfile

import numpy as np
from PIL import Image

import weights
from data import canvas, idx, stacks, tars
from data.errors import DataError
from nn import (
    Adam,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    MaxPool2D,
    ModelFileError,
    ReLU,
    Sequential,
    convert,
)
from nn.convert import keras, onnx
from nn.convert.keras import read as keras_read
from nn.schedule import constant
from nn.training import checkpoint as checkpoints
from nn.training.checkpoint import CheckpointError
from nn.training.ema import EMA
from nn.training.run import Run
from nn.training.trainer import Trainer

BREAK = b"\0PART\0"  # separates the parts


def network():
    """Return a small network for digits."""
    rng = np.random.default_rng(0)
    return Sequential(
        [Conv2D(1, 2, 3, rng=rng), ReLU(), MaxPool2D(5), Flatten(), Dense(2 * 5 * 5, 10, rng=rng)]
    )


def archive(content, method):
    """Make a zip with correct checksums from parts: names and contents in turn."""
    parts = content.split(BREAK)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as made, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about duplicate names
        for name, part in zip(parts[::2], parts[1::2], strict=False):
            made.writestr(name.decode("latin1").replace("\0", "") or "a.npy", part)
    return file.getvalue()


def parts_of(content):
    """Return the parts from which `archive` makes the same archive."""
    with zipfile.ZipFile(io.BytesIO(content)) as made:
        return BREAK.join(part for n in made.namelist() for part in (n.encode(), made.read(n)))


def made_of(kind, content):
    """Return the file that an input describes."""
    if kind % 3 == 0:
        return content
    return archive(content, (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)[kind % 3 - 1])


def seeds_of(path):
    """Return a valid archive as two inputs: as a file, and in parts."""
    content = path.read_bytes()
    return [b"\0" + content, b"\1" + parts_of(content)]


class Model:
    """`weights.load`: reads a model and runs it once."""

    refusals = (ModelFileError,)
    name = "model.npz"

    def seeds(self, folder):
        network().save(folder / "seed.npz")
        return seeds_of(folder / "seed.npz")

    def read(self, path, kind, content):
        path.write_bytes(made_of(kind, content))
        weights.load(path)


def other_network():
    """Return a small network with other layers."""
    rng = np.random.default_rng(1)
    layers = [Conv2D(1, 2, 5, stride=7, pad=2, rng=rng), BatchNorm(2), ReLU(), Dropout(0.5)]
    return Sequential([*layers, Flatten(), Dense(32, 10, rng=rng)])


class Onnx:
    """`weights.load` of an ONNX file."""

    refusals = (ModelFileError,)
    name = "model.onnx"

    def seeds(self, folder):
        files = []
        for made in (network(), other_network()):
            onnx.save(made, folder / "seed.onnx")
            files.append(b"\0" + (folder / "seed.onnx").read_bytes())
        return files

    def read(self, path, kind, content):
        path.write_bytes(content)
        weights.load(path)


class Keras:
    """Keras's archives, in parts, read in this process; its HDF5 files, read in a child."""

    refusals = (ModelFileError,)
    name = "model.keras"
    starts = True  # it may start a process

    def seeds(self, folder):
        files = []
        for made in (network(), other_network()):
            keras.save(made, folder / "seed.keras")
            keras.save(made, folder / "seed.h5")
            files.append(b"\1" + parts_of((folder / "seed.keras").read_bytes()))
            files.append(b"\0" + (folder / "seed.h5").read_bytes())
        return files

    def read(self, path, kind, content):
        if kind % 3:
            path.write_bytes(made_of(kind, content))
            keras_read.read(path)
        else:
            path = path.with_suffix(".h5")
            path.write_bytes(content)
            convert.load(path)


class Checkpoint:
    """`Run.resume`: reads a checkpoint; inputs in parts get the correct checksum."""

    refusals = (CheckpointError,)
    name = "checkpoint-00000001.npz"

    def __init__(self):
        self.trainer = Trainer(network(), Adam(), constant(0.1), threads=1)
        self.ema = EMA(self.trainer.model, 0.9)

    def run(self, folder):
        return Run(self.trainer, self.ema, folder, {"seed": 0})

    def seeds(self, folder):
        path = self.run(folder).save()
        content = path.read_bytes()
        with zipfile.ZipFile(path) as made:
            names = [name for name in made.namelist() if name != "checksum.npy"]
            parts = BREAK.join(part for n in names for part in (n.encode(), made.read(n)))
        return [b"\0" + content, b"\1" + parts]

    def read(self, path, kind, content):
        path.write_bytes(made_of(kind, content))
        if kind % 3:
            try:
                arrays = checkpoints.read_arrays(path)
                text = str(arrays["progress"])
            except (ValueError, KeyError):
                return
            others = {n: a for n, a in arrays.items() if n not in ("progress", "checksum", "file")}
            checksum = np.array(checkpoints._checksum(text, others))
            np.savez(path, progress=np.array(text), checksum=checksum, **others)
        self.run(path.parent).resume(lambda line: None)


class Idx:
    """`idx.read`: images and labels, plain, gzipped, or gzipped here."""

    refusals = (DataError,)
    name = "file.gz"

    def seeds(self, folder):
        images = bytes.fromhex("00000803 00000002 00000002 00000003 000102030405 fafbfcfdfeff")
        labels = bytes.fromhex("00000801 00000003 070009")
        return [
            bytes([kind]) + content
            for content in (images, labels)
            for kind, content in ((0, gzip.compress(content)), (1, content), (2, content))
        ]

    def read(self, path, kind, content):
        if kind % 3 == 2:
            path = path.with_suffix("")
        path.write_bytes(gzip.compress(content, 1) if kind % 3 == 1 else content)
        try:
            idx.read(path, (2, 3))
        finally:
            idx.read(path, ())


class Stack:
    """`stacks.chunks`: an ``.npz`` file, in parts or not, or an ``.npy`` file."""

    refusals = (DataError,)
    name = "stack.npz"

    def seeds(self, folder):
        images = np.arange(2 * 28 * 28).reshape(2, 28, 28).astype(np.uint8)
        np.savez(folder / "seed.npz", images=images, labels=np.arange(2))
        np.save(folder / "seed.npy", images[:, :5, :7] / np.float32(255))
        return [*seeds_of(folder / "seed.npz"), b"\3" + (folder / "seed.npy").read_bytes()]

    def read(self, path, kind, content):
        if kind % 6 == 3:
            path = path.with_suffix(".npy")
        path.write_bytes(made_of(kind, content))
        for chunk in stacks.chunks(str(path)):
            assert chunk.images.shape == (len(chunk.names), 28, 28)
            assert 0 <= chunk.images.min() <= chunk.images.max() <= 255


class Tar:
    """`tars.find` and `tars.open_member`: the pictures in an archive."""

    refusals = (DataError, OSError)
    name = "pictures.tar"

    def seeds(self, folder):
        (folder / "a.png").write_bytes(b"no picture, which nobody looks at here")
        files = []
        for kind, name in ((tarfile.GNU_FORMAT, "a"), (tarfile.PAX_FORMAT, "long/" * 30 + "ü")):
            with tarfile.open(folder / "seed.tar", "w", format=kind) as archive:
                archive.add(folder / "a.png", f"{name}.png")
                archive.add(folder / "a.png", "b.png")
            files.append(b"\0" + (folder / "seed.tar").read_bytes()[:-8000])
        return files

    def read(self, path, kind, content):
        path.write_bytes(content)
        errors = []
        for member in tars.find(str(path), errors.append):
            with tars.open_member(member, 1 << 20) as file:
                assert len(file.read()) <= len(content)
        if errors:
            raise errors[0]


class Picture:
    """`canvas.open_image` and `canvas.from_image`."""

    refusals = (DataError,)
    name = "picture"

    def seeds(self, folder):
        grey = Image.fromarray(np.arange(192, dtype=np.uint8).reshape(12, 16))
        exif = Image.Exif()
        exif[0x0112] = 6  # turned by a quarter
        saved = [(grey.convert(mode), "PNG", {}) for mode in ("1", "L", "LA", "P", "RGBA", "I;16")]
        saved += [(grey.convert(mode), "TIFF", {}) for mode in ("L", "CMYK", "I", "F", "I;16")]
        saved += [(grey, "TIFF", {"compression": how}) for how in ("tiff_lzw", "packbits", "jpeg")]
        saved += [(grey, "JPEG", {"exif": exif}), (grey.convert("CMYK"), "JPEG", {})]
        saved += [(grey.convert("RGB"), "JPEG", {"progressive": True}), (grey, "BMP", {})]
        saved += [(grey, "GIF", {"save_all": True, "append_images": [grey.rotate(90)]})]
        files = []
        for image, kind, options in saved:
            file = io.BytesIO()
            image.save(file, kind, **options)
            files.append(b"\0" + file.getvalue())
        return files

    def read(self, path, kind, content):
        path.write_bytes(content)
        digit = canvas.from_image(canvas.open_image(path))
        assert digit.shape == (28, 28)
        assert digit.dtype == np.float32
        assert 0 <= digit.min() <= digit.max() <= 1


READERS = {
    "model": Model,
    "onnx": Onnx,
    "keras": Keras,
    "checkpoint": Checkpoint,
    "idx": Idx,
    "stack": Stack,
    "tar": Tar,
    "image": Picture,
}
