"""Hosts in network namespaces: links with a rate and a delay, and nothing that is left."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks import hosts, namespaces
from benchmarks.namespaces import HostsError, Link
from benchmarks.scaling import LINKS, exchange_time
from tests.conftest import alone

ROOT = Path(__file__).parents[2]
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
    """The right to make network namespaces, whose names are fixed: for one test at a time."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or not Path("/dev/net/tun").exists():
        pytest.skip("network namespaces need root")
    with alone("namespaces"):
        yield


def inside(name, code, **options):
    command = ["ip", "netns", "exec", name, sys.executable, "-c", code]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **options)


def message_time(names):
    """Return the shortest of five round trips of a byte, in seconds."""
    with inside(names[1], SERVER) as server:
        assert server.stdout.readline() == "ready\n"
        with inside(names[0], CLIENT) as client:
            return float(client.communicate(timeout=60)[0])


def test_a_message_takes_the_links_delay(root):
    with namespaces.hosts(2, Link(1e9, 0.02)) as names:
        round_trip = message_time(names)
    assert 0.04 <= round_trip < 0.2
    assert not [line for line in namespaces.ip("netns", "list").splitlines() if "digits-" in line]


@pytest.fixture
def recorded(tmp_path, monkeypatch):
    """Replace tc by one that does nothing; return the file of its calls, and the real one."""
    real = shutil.which("tc")
    if real is None:
        pytest.skip("no tc: install iproute2")
    calls = tmp_path / "calls"
    (tmp_path / "tc").write_text(f'#!/bin/sh\nprintf "%s\\n" "$*" >> {calls}\n')
    (tmp_path / "tc").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    return calls, real


@pytest.mark.parametrize(
    ("link", "shape"),
    [
        (LINKS[0], "delay 50us rate 10000000000bit"),
        (LINKS[1], "delay 200us rate 1000000000bit"),
    ],
)
def test_netem_gets_the_links_delay_and_rate(root, recorded, link, shape):
    calls, real = recorded
    with namespaces.hosts(2, link) as names:
        assert message_time(names) < 5, "a bridge joins them"
        first, second, *shaped = calls.read_text().splitlines()
        assert first == "-n digits-1 qdisc add dev lo root netem delay 1us"
        assert second == "-n digits-1 qdisc del dev lo root"
        expected = f"qdisc add dev eth0 root netem limit 100000 {shape}"
        assert shaped == [f"-n {name} {expected}" for name in names]
        understood = subprocess.run([real, *shaped[0].split()], capture_output=True, text=True)
        assert understood.returncode == 0 or "qdisc kind is unknown" in understood.stderr
    assert namespaces.BRIDGE not in namespaces.ip("link", "show")


def test_hosts_of_a_killed_process_are_removed(root, monkeypatch):
    code = (
        "from benchmarks.namespaces import hosts, Link\n"
        "with hosts(3, Link(1e9, 1e-3)) as names: print(*names, flush=True); input()"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(
        command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as killed:
        assert killed.stdout.readline() == "digits-1 digits-2 digits-3\n"
        monkeypatch.setattr(namespaces, "PATIENCE", 0.1)
        with pytest.raises(HostsError, match="another process has hosts"), hosts_of(1):
            pass
        killed.kill()
    monkeypatch.setattr(namespaces, "PATIENCE", 60.0)  # its relay ends with it, and its lock
    with hosts_of(1) as names:
        assert names == ["digits-1"]
        assert namespaces.ip("netns", "list").count("digits-") == 1


def hosts_of(count):
    return namespaces.hosts(count, LINKS[0])


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
        command = ["tests.nn.training.mpi_run", str(tmp_path), "say", "3", "0"]
        with hosts.start(names, command, tmp_path / "launcher") as run:
            assert run.stdout.readline() == "taken\n", "rank 0 has taken three steps"
            namespaces.ip("-n", names[1], "link", "set", "eth0", "down")
            _, errors = run.communicate(timeout=120)
        assert run.returncode != 0
        assert "rank 1 of 2, on digits-2: no sign of life for 3 s; saved" in errors
        deadline = time.monotonic() + 60
        for name in names:
            while namespaces.ip("netns", "pids", name):
                assert time.monotonic() < deadline, "a rank is left"
                time.sleep(0.1)
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
