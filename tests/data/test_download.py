"""Downloads from a server on loopback: whole and correct, or not at all."""

import hashlib
import socket
import threading

import pytest

from data import download
from data.download import DownloadError, fetch

CONTENT = bytes(range(256)) * 100
SHORT = {"stalled": 0.2, "dripping": 0.5, "slow%20to%20begin": 0.5}  # seconds
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def server(server, monkeypatch):
    server.files["file"] = CONTENT
    monkeypatch.setattr(download, "MAX_SIZE", len(CONTENT))
    return server


def test_a_whole_file_is_renamed_to_its_path(server, tmp_path, capsys):
    path = tmp_path / "mine"
    fetch(server.address("good") + "file", path, SHA256, timeout=10)
    assert path.read_bytes() == CONTENT
    assert list(tmp_path.iterdir()) == [path]
    assert "file: 100%" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("behaviour", "complaint"),
    [
        ("truncated", "ended after 12800 of 25600 bytes"),
        ("wrong", "wrong SHA-256"),
        ("forbidden", "HTTP Error 403: Forbidden"),
        ("stalled", "timed out"),
        ("dripping", "timed out: the server sends too little"),
        ("slow%20to%20begin", "timed out"),
        ("endless", "longer than 25600 bytes"),
        ("no-http", "hello"),
    ],
)
def test_a_bad_response_changes_nothing(server, tmp_path, behaviour, complaint):
    path = tmp_path / "mine"
    path.write_bytes(b"as before")
    url = server.address(behaviour) + "file"
    with pytest.raises(DownloadError) as caught:
        fetch(url, path, SHA256, timeout=SHORT.get(behaviour, 10))
    message = str(caught.value)
    assert message.startswith(f"{url}: ")
    assert complaint in message
    assert "\n" not in message
    assert path.read_bytes() == b"as before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_refusal_leaves_no_connection_open(server, tmp_path):
    with pytest.raises(DownloadError) as caught:
        fetch(server.address("forbidden") + "file", tmp_path / "mine", SHA256, timeout=10)
    assert caught.value.__cause__.closed


def test_a_refused_connection_is_a_download_error(server, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(DownloadError, match="refused"):
        fetch(f"http://127.0.0.1:{port}/file", tmp_path / "mine", SHA256, timeout=10)
    assert list(tmp_path.iterdir()) == []


def test_an_interruption_leaves_no_file(tmp_path, monkeypatch):
    def interrupted(url, timeout):
        yield CONTENT[:100]
        assert len(list(tmp_path.iterdir())) == 1
        raise KeyboardInterrupt

    monkeypatch.setattr(download, "_receive", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fetch("http://127.0.0.1/file", tmp_path / "mine", SHA256, timeout=10)
    assert list(tmp_path.iterdir()) == []


def test_leftovers_of_killed_downloads_are_removed(server, tmp_path):
    (tmp_path / ".mine.abcd1234.tmp").write_bytes(CONTENT[:100])
    fetch(server.address("good") + "file", tmp_path / "mine", SHA256, timeout=10)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_two_downloads_at_once_both_succeed(server, tmp_path):
    path = tmp_path / "mine"
    failures = []

    def run():
        try:
            fetch(server.address("paired") + "file", path, SHA256, timeout=10)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(server.requests) == 2
    assert path.read_bytes() == CONTENT
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_folder_is_no_download_error(server, tmp_path):
    with pytest.raises(FileNotFoundError):
        fetch(server.address("good") + "file", tmp_path / "no" / "mine", SHA256, timeout=10)
    assert server.requests == []
