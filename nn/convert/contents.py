"""Tell what a file is by its first bytes, whatever its name is.

Files that people take for a model, but that cannot be read, are named, with the command that makes
a file of them that can.
"""

import os
import zipfile

from guard.files import open_file

from ..saving.npz import check_directory
from .errors import ConversionError, errors_in

HEAD = 512
"""First bytes that are looked at."""

TO_ONNX = "torch.onnx.export(model, torch.zeros(1, 1, 28, 28), 'model.onnx', external_data=False)"
TF_TO_ONNX = "python -m tf2onnx.convert"
PYTORCH = f"a PyTorch file, which only its Python code can open; there: {TO_ONNX}"

NAMED = (
    (0, b"version https://git-lfs", "a Git LFS pointer, not the file itself: run git lfs pull"),
    (4, b"TFL3", f"a TFLite model: {TF_TO_ONNX} --tflite FILE --output model.onnx"),
    (0, b"\x80\x02", PYTORCH.replace("PyTorch file", "Python pickle, as old PyTorch writes")),
    (0, b"\x80\x03", "a Python pickle, which runs code when read: save the model itself"),
    (0, b"\x80\x04", "a Python pickle, which runs code when read: save the model itself"),
    (0, b"\x80\x05", "a Python pickle, which runs code when read: save the model itself"),
    (0, b"\x1f\x8b", "compressed with gzip: unpack it first, with gzip -d or tar -xzf"),
    (0, b"\x93NUMPY", "a single array, not a model: save the whole model"),
    (0, b"7z\xbc\xaf", "a 7-Zip archive: unpack it first"),
    (0, b"Rar!", "a RAR archive: unpack it first"),
)  # fmt: skip
"""Where some bytes stand, and what the file is then."""

TEXT = (
    (b"<!doctype html", "a web page, not the file: download the raw file"),
    (b"<html", "a web page, not the file: download the raw file"),
    (b'{"format": "layers-model"', "a TensorFlow.js model: convert it with tensorflowjs_converter"),
    (b'"modeltopology"', "a TensorFlow.js model: convert it with tensorflowjs_converter"),
    (b'"class_name"', "the description of a Keras model without its weights: save the whole model "
     "with model.save('model.keras')"),
    (b'"__metadata__"', "a safetensors file, which has weights only: export the model to ONNX"),
)  # fmt: skip
"""Lower-case text in the first bytes, and what the file is then."""


def kind_of(path: str | os.PathLike) -> str:
    """Return which reader a file is for: ``"keras"``, ``"onnx"`` or ``"npz"``.

    Raises
    ------
    ConversionError
        If it is something else; the message says what, and what to do.
    """
    path = os.fspath(path)
    with errors_in(path):
        if os.path.isdir(path):
            raise ConversionError(f"{path}: {_folder(path)}")
        with open_file(path) as file:
            head = file.read(HEAD)
            if head.startswith(b"PK"):
                return _zip(path, file)
    if not head.strip(b"\0"):
        raise ConversionError(f"{path}: the file is empty; save or download it again")
    if head.startswith(b"\x89HDF\r\n\x1a\n"):
        return "keras"
    for at, magic, what in NAMED:
        if head[at:].startswith(magic):
            raise ConversionError(f"{path}: {what.replace('FILE', os.path.basename(path))}")
    for magic, what in TEXT:
        if magic in head.lower():
            raise ConversionError(f"{path}: {what}")
    if path.lower().endswith(".pb") and not path.lower().endswith(".onnx.pb"):
        raise ConversionError(f"{path}: a graph of TensorFlow: {_saved_model('FOLDER')}")
    if head[0] in (0x08, 0x12, 0x1A, 0x22, 0x3A) or path.lower().endswith(".onnx"):
        return "onnx"  # the key of the first field of a ModelProto
    raise ConversionError(
        f"{path}: not a model of any known format (.npz, Keras's .h5 and .keras, .onnx); "
        "save it again or name another file"
    )


def _zip(path, file) -> str:
    """Tell what a zip archive is by the names of its members."""
    try:
        check_directory(file)
        file.seek(0)
        with zipfile.ZipFile(file) as archive:
            names = [name.replace("\\", "/") for name in archive.namelist()]
    except ValueError:
        return "npz"  # whose reader says what is wrong
    except Exception as error:  # zipfile raises many kinds for a damaged file
        raise ValueError(f"the archive is damaged ({error or type(error).__name__})") from error
    if "config.json" in names:
        return "keras"
    if any(name.endswith("data.pkl") for name in names):
        raise ConversionError(f"{path}: {PYTORCH}")
    if any(name.endswith("saved_model.pb") for name in names):
        raise ConversionError(f"{path}: a SavedModel in a zip: unpack it, then {_saved_model('.')}")
    if any(name.endswith(".json") for name in names) and "model.weights.h5" not in names:
        raise ConversionError(f"{path}: a zip that holds no model; unpack it and name a file in it")
    return "npz"


def _folder(path: str) -> str:
    """Say what a folder is."""
    if os.path.isfile(os.path.join(path, "saved_model.pb")):
        return f"a SavedModel, which is a folder: {_saved_model(path)}"
    if os.path.isfile(os.path.join(path, "config.json")):
        return "a .keras file that was unpacked: zip what is in the folder, and name it model.keras"
    return "a folder; name a model's file"


def _saved_model(path: str) -> str:
    return f"{TF_TO_ONNX} --saved-model {path} --output model.onnx"
