"""A server on loopback that behaves as badly as the test asks."""

import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

import pytest


class Server(ThreadingHTTPServer):
    """Serves `files`; the first part of an address says how: /stalled/name stalls."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = {}
        self.requests = []  # (behaviour, name)
        self.closing = threading.Event()
        self.pair = threading.Barrier(2)

    def address(self, behaviour):
        return f"http://127.0.0.1:{self.server_port}/{behaviour}/"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        behaviour, name = unquote(self.path)[1:].split("/")
        self.server.requests.append((behaviour, name))
        if behaviour == "forbidden":
            self.send_error(403)
        elif behaviour == "no-http":
            self.wfile.write(b"hello\r\n")
        else:
            self.send_file(behaviour, self.server.files[name])

    def send_file(self, behaviour, content):
        if behaviour == "slow to begin":
            with suppress(OSError):
                self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Header: ")
                while not self.server.closing.wait(0.05):
                    self.wfile.write(b"x")
            return
        self.send_response(200)
        if behaviour != "endless":
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        half = len(content) // 2
        match behaviour:
            case "good":
                self.wfile.write(content)
            case "wrong":
                self.wfile.write(content[:-1] + bytes([content[-1] ^ 1]))
            case "truncated":
                self.wfile.write(content[:half])
            case "stalled":
                self.wfile.write(content[:half])
                self.server.closing.wait()
            case "dripping":
                with suppress(OSError):
                    while not self.server.closing.wait(0.05):
                        self.wfile.write(b"x")
            case "endless":
                self.wfile.write(content + bytes(1000))
            case "paired":  # two downloads of a file are in the middle of it at the same time
                self.wfile.write(content[:half])
                self.server.pair.wait(timeout=100)
                self.wfile.write(content[half:])

    def log_message(self, *args):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.closing.set()
        server.shutdown()
        thread.join()
