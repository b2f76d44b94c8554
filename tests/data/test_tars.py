"""Archives of pictures: what is read, where it lies, and what is refused in one line."""

import io
import os
import pickle
import tarfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data import tars
from data.canvas import open_image
from data.errors import DataError
from data.pictures.open import MAX_BYTES
from tests.pictures import LYING, UPRIGHT, save_line


@pytest.fixture
def pictures(tmp_path):
    """Two picture files' contents."""
    return [
        Path(save_line(tmp_path / f"{i}.png", line)).read_bytes()
        for i, line in enumerate((UPRIGHT, LYING))
    ]


def write(path, *entries):
    """Write an archive of (name or TarInfo, content)."""
    with tarfile.open(path, "w") as tar:
        for entry, content in entries:
            info = tarfile.TarInfo(entry) if isinstance(entry, str) else entry
            if info.isreg():
                info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return str(path)


def special(name, kind, target=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info, b""


def found(archive):
    errors = []
    members = list(tars.find(archive, errors.append))
    return members, [str(error) for error in errors]


def test_pictures_are_found_in_their_order(tmp_path, pictures):
    long = "folder/" * 30 + "ü.PNG"
    archive = write(
        tmp_path / "a.tar",
        special("b", tarfile.DIRTYPE), ("b/2.png", pictures[0]), ("notes.txt", b"no picture"),
        (long, pictures[1]),
    )  # fmt: skip
    members, errors = found(archive)
    assert members == [f"{archive}/b/2.png", f"{archive}/{long}"]
    assert errors == []
    for member, content in zip(members, pictures, strict=True):
        with tars.open_member(pickle.loads(pickle.dumps(member)), MAX_BYTES) as file:
            assert file.read() == content
    assert open_image(members[0]).size == open_image(str(tmp_path / "0.png")).size


@pytest.mark.parametrize(
    ("name", "kind", "says"),
    [
        ("a.png", tarfile.SYMTYPE, "a link"),
        ("a.png", tarfile.LNKTYPE, "a link"),
        ("a.png", tarfile.CHRTYPE, "not an ordinary file"),
        ("a.png", tarfile.BLKTYPE, "not an ordinary file"),
        ("a.png", tarfile.FIFOTYPE, "not an ordinary file"),
        ("a.png", tarfile.GNUTYPE_SPARSE, "not an ordinary file"),
        ("../a.png", tarfile.REGTYPE, "leads out of the archive"),
        ("b/../../a.png", tarfile.REGTYPE, "leads out of the archive"),
        ("/etc/a.png", tarfile.REGTYPE, "leads out of the archive"),
    ],
)
def test_a_hostile_member_gets_one_line(tmp_path, pictures, name, kind, says):
    archive = write(
        tmp_path / "a.tar", special(name, kind, "/etc/passwd"), ("good.png", pictures[0])
    )
    members, errors = found(archive)
    assert members == [f"{archive}/good.png"]
    (line,) = errors
    assert line.startswith(f"{archive}/")
    assert says in line


def claiming(size, name="bomb.png"):
    """The header of a member of any size."""
    info = tarfile.TarInfo(name)
    info.size = size
    return info.tobuf(tarfile.GNU_FORMAT)


def test_a_claimed_size_takes_no_memory(tmp_path, pictures):
    path = tmp_path / "a.tar"
    path.write_bytes(claiming(1 << 50) + b"x" * 512)
    members, _ = found(str(path))
    with pytest.raises(DataError, match="the archive ends in it"):
        open_image(members[0])
    path.write_bytes(claiming(MAX_BYTES + 1) + bytes(MAX_BYTES + 1024))
    (member,), _ = found(str(path))
    with pytest.raises(DataError, match=r"bomb\.png: more than 33,554,432 bytes"):
        open_image(member)


@pytest.mark.parametrize(
    "kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK]
)
def test_a_huge_extended_header_is_refused(tmp_path, kind):
    info = tarfile.TarInfo("x")
    info.type, info.size = kind, 1 << 30
    path = tmp_path / "a.tar"
    with open(path, "wb") as file:
        file.write(info.tobuf(tarfile.GNU_FORMAT))
        file.truncate(1 << 31)
    assert found(str(path)) == ([], [f"{path}: not a complete tar archive: write it again"])


def test_a_chain_of_headers_is_refused(tmp_path):
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 512
    path = tmp_path / "a.tar"
    path.write_bytes((info.tobuf(tarfile.GNU_FORMAT) + b"n" * 512) * 5000)
    assert found(str(path)) == ([], [f"{path}: not a complete tar archive: write it again"])


def test_members_that_overlap_are_refused(tmp_path):
    path = tmp_path / "a.tar"
    path.write_bytes(2 * claiming(512) + claiming(-1024) + bytes(2048))
    members, errors = found(str(path))
    assert len(members) <= 2
    assert errors == [f"{path}: not a complete tar archive: write it again"]


@pytest.mark.parametrize("content", [b"", b"\0" * 1024, b"PK\3\4" + b"x" * 600])
def test_no_picture_or_no_archive_is_one_line(tmp_path, content):
    path = tmp_path / "a.tar"
    path.write_bytes(content)
    members, (line,) = found(str(path))
    assert members == []
    assert line.startswith(f"{path}: no")


def test_a_fifo_is_no_archive(tmp_path):
    os.mkfifo(tmp_path / "a.tar")
    members, (line,) = found(str(tmp_path / "a.tar"))
    assert members == []
    assert "not an ordinary file" in line


def test_a_compressed_archive_says_what_to_do(tmp_path):
    assert found("a.tar.gz") == ([], ["a.tar.gz: compressed: make it a plain .tar, or unpack it"])
    _, (line,) = found(str(tmp_path / "missing.tar"))
    assert "missing.tar" in line


@settings(max_examples=200, deadline=5000)
@given(st.data())
def test_a_damaged_archive_is_never_more_than_lines(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "damaged.tar"
    write(path, ("a.png", b"1" * 700), ("b" * 120 + ".png", b"2" * 100), ("c.png", b"3"))
    content = bytearray(path.read_bytes()[:6144])
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    members, errors = found(str(path))
    assert len(members) <= 3
    for member in members:
        assert member.startswith(f"{path}/")
        with pytest.raises(DataError):
            open_image(member)
    assert all(str(path) in line for line in errors)
