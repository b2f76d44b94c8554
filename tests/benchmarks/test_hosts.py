"""Hosts in network namespaces: links with a rate and a delay, and nothing that is left."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks import hosts, namespaces
from benchmarks.namespaces import HostsError, Link
from benchmarks.scaling import LINKS, exchange_time

SERVER = """
import socket
with socket.create_server(("10.77.0.2", 5000)) as server:
    print("ready", flush=True)
    connection, _ = server.accept()
    while data := connection.recv(1):
        connection.sendall(data)
"""
CLIENT = """
import socket, time
with socket.create_connection(("10.77.0.2", 5000)) as server:
    seconds = []
    for _ in range(5):
        start = time.monotonic()
        server.sendall(b"x")
        server.recv(1)
        seconds.append(time.monotonic() - start)
print(min(seconds))
"""


@pytest.fixture
def root():
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or not Path("/dev/net/tun").exists():
        pytest.skip("network namespaces need root")


def inside(name, code, **options):
    command = ["ip", "netns", "exec", name, sys.executable, "-c", code]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **options)


def test_a_message_takes_the_links_delay(root):
    with namespaces.hosts(2, Link(1e9, 0.02)) as names, inside(names[1], SERVER) as server:
        assert server.stdout.readline() == "ready\n"
        with inside(names[0], CLIENT) as client:
            round_trip = float(client.communicate(timeout=60)[0])
    assert 0.04 <= round_trip < 0.2
    assert not [line for line in namespaces.ip("netns", "list").splitlines() if "digits-" in line]


def test_what_runs_in_a_host_ends_with_it(root):
    start = time.monotonic()
    with namespaces.hosts(1, LINKS[0]) as (name,):
        sleeping = inside(name, "import time; time.sleep(600)")
        while name not in namespaces.ip("netns", "identify", str(sleeping.pid)):
            assert time.monotonic() < start + 60
    sleeping.communicate(timeout=60)


def test_a_lost_link_names_the_rank(root, tmp_path):
    """The training is slow, because its messages are: the link is lost in the middle of it."""
    with namespaces.hosts(2, Link(1e9, 0.03)) as names:
        command = ["tests.nn.training.mpi_run", str(tmp_path)]
        with hosts.start(names, command, tmp_path / "launcher") as run:
            deadline = time.monotonic() + 120
            while not (tmp_path / "pid-1").exists():
                assert time.monotonic() < deadline
                time.sleep(0.1)
            time.sleep(3)
            namespaces.ip("-n", names[1], "link", "set", "eth0", "down")
            _, errors = run.communicate(timeout=60)
        assert run.returncode != 0
        assert "rank 1 of 2, on digits-2: no sign of life for 5 s; saved" in errors
        for name in names:
            while namespaces.ip("netns", "pids", name):
                assert time.monotonic() < deadline + 60, "a rank is left"
    assert list(tmp_path.glob("checkpoint-*.npz"))


def test_without_root_it_is_one_line(monkeypatch, capsys):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert hosts.main(["--steps", "1"]) == 2
    printed = capsys.readouterr().err
    assert printed == "benchmarks.hosts: network namespaces need root: run it with sudo\n"


def test_a_failed_worker_is_one_line():
    with pytest.raises(HostsError, match="2 hosts: the last line"):
        hosts._figures(("", "a traceback\nthe last line\n"), "2 hosts")
    assert hosts._figures(('noise\nfigures: {"sum": 1}\n', ""), "") == {"sum": 1}


def test_the_model_grows_with_machines_and_delay():
    fast, slow = LINKS
    times = [exchange_time(fast, n) for n in (1, 2, 4, 64)]
    assert times[0] == 0
    assert times == sorted(times)
    assert all(exchange_time(slow, n) > exchange_time(fast, n) for n in (2, 4, 64))
