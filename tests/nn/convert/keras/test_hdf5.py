"""HDF5 files that point elsewhere or declare arrays they do not store."""

import h5py

from nn.convert.keras.read import read
from tests.nn.convert.keras.files import CONV, small, small_layers
from tests.nn.convert.refusals import refusal


def weights_of(path):
    return h5py.File(path, "a")


def test_links_out_of_the_file_are_not_followed(tmp_path):
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["secret"] = CONV
    kernel = "model_weights/conv/conv/kernel:0"
    for link in (h5py.ExternalLink("other.h5", "/secret"), h5py.SoftLink("/model_weights")):
        path = small(tmp_path / "m.h5")
        with weights_of(path) as file:
            del file[kernel]
            file[kernel] = link
        assert "is a link, which is not followed" in refusal(read, path)
    path = small(tmp_path / "m.h5")
    (tmp_path / "raw").write_bytes(CONV.tobytes())
    with weights_of(path) as file:
        del file[kernel]
        raw = [(str(tmp_path / "raw"), 0, h5py.h5f.UNLIMITED)]
        file.create_dataset(kernel, (3, 3, 1, 1), "f4", external=raw)
    assert "stored in another file" in refusal(read, path)
    path = small(tmp_path / "m.h5")
    layout = h5py.VirtualLayout((3, 3, 1, 1), "f4")
    layout[...] = h5py.VirtualSource(str(tmp_path / "other.h5"), "secret", (3, 3, 1, 1))
    with weights_of(path) as file:
        del file[kernel]
        file.create_virtual_dataset(kernel, layout)
    assert "stored in another file" in refusal(read, path)


def test_array_not_stored_is_not_allocated(tmp_path):
    layers = small_layers()
    layers[1]["config"].update(filters=2**40, kernel_size=[1, 1])
    path = small(tmp_path / "m.h5", layers)
    with weights_of(path) as file:
        del file["model_weights/conv/conv/kernel:0"]
        file.create_dataset("model_weights/conv/conv/kernel:0", (1, 1, 1, 2**40), "f4", chunks=True)
    assert "not stored or too large" in refusal(read, path)
