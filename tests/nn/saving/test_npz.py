"""Archives of arrays, sound, damaged and hostile."""

import struct
import tracemalloc
import zipfile

import numpy as np
import pytest

from nn.saving import npz
from nn.saving.npz import read_arrays, write_arrays

# Reading


def test_reads_what_savez_wrote(tmp_path):
    rng = np.random.default_rng(1)
    arrays = {"0.w": rng.standard_normal((3, 2)), "n": np.array(3, np.uint8), "s": np.array("é")}
    for save in (np.savez, np.savez_compressed):
        save(tmp_path / "a.npz", **arrays)
        read = read_arrays(tmp_path / "a.npz")
        assert list(read) == list(arrays)
        for name, array in arrays.items():
            assert read[name].dtype == array.dtype
            np.testing.assert_array_equal(read[name], array)


def test_arrays_beyond_the_limit_are_not_read(tmp_path, monkeypatch):
    np.savez(tmp_path / "a.npz", a=np.zeros(100, np.uint8), b=np.zeros(100, np.uint8))
    size = 2 * (128 + 100)  # each array has a header of 128 bytes
    assert read_arrays(tmp_path / "a.npz", size).keys() == {"a", "b"}
    monkeypatch.setattr(npz, "_read_array", None)
    with pytest.raises(ValueError, match=f"more than {size - 1} bytes"):
        read_arrays(tmp_path / "a.npz", size - 1)


def test_bytes_after_an_array_are_refused(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros(3))
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("a.npy", (tmp_path / "a.npy").read_bytes() + b"\0")
    with pytest.raises(ValueError, match=r"a\.npy"):
        read_arrays(tmp_path / "a.npz")


@pytest.mark.parametrize("content", [b"", b"not an archive", b"\x80\x04]\x94."])
def test_file_that_is_no_archive_is_refused(tmp_path, content):
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(ValueError, match=r"not an \.npz archive"):
        read_arrays(tmp_path / "a.npz")


def test_missing_file_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_arrays(tmp_path / "nothing.npz")


def tracked_refusal(path):
    """Return the message of a refusal, which takes little memory."""
    tracemalloc.start()
    try:
        with pytest.raises(ValueError) as caught:  # noqa: PT011
            read_arrays(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 20e6
    return str(caught.value)


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_understated_zip_bomb_is_not_unpacked(tmp_path, method):
    """It unpacks to 40 MB; the central directory says 272 bytes."""
    path = tmp_path / "a.npz"
    np.save(tmp_path / "a.npy", np.zeros(18))
    content = (tmp_path / "a.npy").read_bytes()
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("a.npy", content + bytes(40_000_000))
    whole = bytearray(path.read_bytes())
    place = whole.rindex(b"PK\1\2") + 24
    whole[place : place + 4] = struct.pack("<I", len(content))
    path.write_bytes(whole)
    message = tracked_refusal(path)
    assert ("NumPy does not use" if method != zipfile.ZIP_DEFLATED else "damaged") in message


def test_huge_directory_is_not_read(tmp_path, monkeypatch):
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w") as archive:
        for i in range(20):
            archive.writestr(f"{i:060000}.npy", b"")
    monkeypatch.setattr(npz.zipfile, "ZipFile", None)
    assert "its list of arrays takes more" in tracked_refusal(path)


def test_zip64_is_refused(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, a=np.zeros(3))
    whole = path.read_bytes()
    path.write_bytes(whole[:-22] + b"PK\6\7" + bytes(16) + whole[-22:])
    with pytest.raises(ValueError, match="its list of arrays takes more"):
        read_arrays(path)


def test_two_arrays_of_one_name_are_refused(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros(3))
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.write(tmp_path / "a.npy", "a.npy")
        archive.write(tmp_path / "a.npy", "a")
    with pytest.raises(ValueError, match="two of its arrays have the same name"):
        read_arrays(tmp_path / "a.npz")


def test_paths_as_names_write_nothing(tmp_path):
    inside = tmp_path / "inside"
    inside.mkdir()
    np.save(tmp_path / "a.npy", np.zeros(3))
    content = (tmp_path / "a.npy").read_bytes()
    (tmp_path / "a.npy").unlink()
    names = ["../out.npy", str(tmp_path / "root.npy"), "C:\\out.npy", "~/out.npy"]
    with zipfile.ZipFile(inside / "a.npz", "w") as archive:
        for name in names:
            archive.writestr(name, content)
    assert len(read_arrays(inside / "a.npz")) == len(names)
    assert sorted(tmp_path.rglob("*")) == [inside, inside / "a.npz"]


@pytest.mark.parametrize("array", [np.zeros(2, "M8[s]"), np.zeros(2, "f4,i4"), np.zeros(2, "c8")])
def test_only_numbers_and_texts_are_read(tmp_path, array):
    np.savez(tmp_path / "a.npz", a=array)
    with pytest.raises(ValueError, match="not the array it claims to be"):
        read_arrays(tmp_path / "a.npz")


def test_arrays_beyond_the_limit_are_not_written(tmp_path):
    arrays = {"a": np.zeros(1000, np.uint8)}
    write_arrays(tmp_path / "a.npz", arrays, 1000 + npz.HEADER_BYTES)
    read_arrays(tmp_path / "a.npz", 1000 + npz.HEADER_BYTES)
    with pytest.raises(ValueError, match=r"b\.npz: its arrays take"):
        write_arrays(tmp_path / "b.npz", arrays, 999 + npz.HEADER_BYTES)
    assert not (tmp_path / "b.npz").exists()
