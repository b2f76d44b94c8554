"""Hosts on one machine: network namespaces, joined by links of a given rate and delay.

Needs root and iproute2. Where the kernel has ``netem``, each host has a veth pair to a bridge, and
``tc netem`` shapes what it sends. Elsewhere each host has a tap device, and a process passes frames
on between them, at the same rate and with the same delay: `relay`. Either way a host's link is full
duplex, and a frame waits for those that its host sent before. One process of a machine has hosts at
a time; another waits.
"""

import ctypes
import fcntl
import heapq
import multiprocessing
import os
import select
import shlex
import signal
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from guard.files import lock
from guard.processes import end_with_parent

PREFIX, BRIDGE = "digits-", "digits-br"
BRIDGE_END = "-br"  # ends the name of a host's device at the bridge
NETWORK = "10.77.0."
FRAME_SECONDS = 60e-6
"""Time of the longest frame that `relay` passes on, which is stored before it is sent."""

LOCK = Path(tempfile.gettempdir(), "digits-hosts.lock")
PATIENCE = 900.0
"""Seconds to wait for another process."""

TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0002, 0x1000
PR_SET_TIMERSLACK = 29
BROADCAST = b"\xff" * 6


class Link(NamedTuple):
    """What joins a host to all others.

    Attributes
    ----------
    rate : float
        Bits per second.
    delay : float
        Seconds from one host to another.
    """

    rate: float
    delay: float

    def __str__(self):
        return f"{self.rate / 1e9:g} Gbit/s, {1e6 * self.delay:g} µs"


class HostsError(RuntimeError):
    """The hosts cannot be made; the message says why, in one line."""


@contextmanager
def hosts(count: int, link: Link) -> Iterator[list[str]]:
    """Make hosts, and remove them in the end.

    Parameters
    ----------
    count : int
    link : Link

    Yields
    ------
    list of str
        Names of the namespaces. Host i has the address ``10.77.0.(i + 1)``.

    Raises
    ------
    HostsError
        If this process is not root's, if iproute2 is missing, or if another process keeps its hosts
        for longer than `PATIENCE`.
    """
    if os.geteuid() != 0:
        raise HostsError("network namespaces need root: run it with sudo")
    names = [f"{PREFIX}{i + 1}" for i in range(count)]
    with ExitStack() as made:
        try:
            made.enter_context(_alone())
            remove()  # what a killed process has left
            made.callback(remove)
            for name in names:
                ip("netns", "add", name)
                ip("-n", name, "link", "set", "lo", "up")
            if has_netem(names[0]):
                _join_by_bridge(names, link)
            else:
                made.enter_context(_joined_by_relay(names, link))
            for i, name in enumerate(names):
                ip("-n", name, "address", "add", f"{NETWORK}{i + 1}/24", "dev", "eth0")
                ip("-n", name, "link", "set", "eth0", "up")
        except FileNotFoundError:
            raise HostsError("no ip command: install iproute2") from None
        except subprocess.CalledProcessError as error:
            command = shlex.join(error.cmd)
            raise HostsError(f"{command}: {error.stderr.strip() or 'failed'}") from None
        yield names


@contextmanager
def _alone():
    """Wait until no other process has hosts: their names would be the same."""
    with open(LOCK, "w") as file:
        end = time.monotonic() + PATIENCE
        while True:
            try:
                lock(file.fileno())
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    raise HostsError("another process has hosts: wait until it ends") from None
                time.sleep(0.2)
        yield


def ip(*words: str) -> str:
    """Run iproute2's ``ip`` and return what it prints."""
    return _run("ip", *words)


def _run(*words):
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def has_netem(namespace: str) -> bool:
    """Return whether the kernel has ``netem``; try it on a namespace's loopback."""
    try:
        _run("tc", "-n", namespace, "qdisc", "add", "dev", "lo", "root", "netem", "delay", "1us")
        _run("tc", "-n", namespace, "qdisc", "del", "dev", "lo", "root")
    except subprocess.CalledProcessError:
        return False
    return True


def remove() -> None:
    """Delete all hosts and their bridge; what still runs in them is killed."""
    with suppress(subprocess.CalledProcessError, FileNotFoundError):
        for line in ip("netns", "list").splitlines():
            if line.startswith(PREFIX):
                name = line.split()[0]
                for pid in ip("netns", "pids", name).split():
                    with suppress(ProcessLookupError):
                        os.kill(int(pid), 9)
                with suppress(subprocess.CalledProcessError):
                    # Deleting a namespace deletes its end of the pair only some time later.
                    ip("link", "delete", f"{name}{BRIDGE_END}")
                ip("netns", "delete", name)
    with suppress(subprocess.CalledProcessError, FileNotFoundError):
        ip("link", "delete", BRIDGE)


def _join_by_bridge(names, link):
    ip("link", "add", BRIDGE, "type", "bridge")
    ip("link", "set", BRIDGE, "up")
    for name in names:
        end = f"{name}{BRIDGE_END}"
        ip("link", "add", "eth0", "netns", name, "type", "veth", "peer", "name", end)
        ip("link", "set", end, "master", BRIDGE, "up")
        _run(
            "tc", "-n", name, "qdisc", "add", "dev", "eth0", "root", "netem", "limit", "100000",
            "delay", f"{1e6 * link.delay:g}us", "rate", f"{link.rate:.0f}bit",
        )  # fmt: skip


@contextmanager
def _joined_by_relay(names, link):
    """Give each host a tap device, and run `relay` between them."""
    frame = min(65_000, max(1_500, int(link.rate * FRAME_SECONDS / 8)))
    taps = []
    for i, name in enumerate(names):
        tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        device = f"{PREFIX}tap{i + 1}"
        request = struct.pack("16sH22x", device.encode(), IFF_TAP | IFF_NO_PI)
        fcntl.ioctl(tap, TUNSETIFF, request)
        ip("link", "set", device, "netns", name)
        ip("-n", name, "link", "set", device, "name", "eth0", "mtu", str(frame))
        ip("-n", name, "link", "set", "eth0", "address", _address(i).hex(":"))
        ip("-n", name, "link", "set", "eth0", "txqueuelen", "10000")
        taps.append(tap)
    process = multiprocessing.get_context("fork").Process(
        target=_relay_until_end, args=(taps, link, os.getpid()), daemon=True
    )
    process.start()
    try:
        yield
    finally:
        process.kill()
        process.join()
        for tap in taps:
            os.close(tap)


def _relay_until_end(taps, link, parent):
    """Run `relay` for as long as the parent lives."""
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)  # the parent handles them, and ends this process
    end_with_parent(multiprocessing.parent_process().join, parent)
    relay(taps, link)


def _address(i):
    """Return a host's address on the link."""
    return bytes([2, 0, 0, 0, 0, i + 1])


def relay(taps: list[int], link: Link) -> None:
    """Pass frames on between tap devices, endlessly.

    A frame leaves its host when those before it have left, at the link's rate, and reaches the
    other host after the delay.

    Parameters
    ----------
    taps : list of int
        File descriptors; that of host i has the address 02:00:00:00:00:(i + 1).
    link : Link
    """
    with suppress(OSError):  # be woken in time, whatever the hosts compute
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    ctypes.CDLL(None).prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0)
    to = {_address(i): tap for i, tap in enumerate(taps)}
    free = dict.fromkeys(taps, 0.0)  # when a host has sent all before
    waiting: list[tuple[float, int, int, bytes]] = []
    count = 0
    while True:
        now = time.monotonic()
        while waiting and waiting[0][0] <= now:
            _, _, tap, frame = heapq.heappop(waiting)
            with suppress(OSError):  # as on a link: a frame that finds no room is lost
                os.write(tap, frame)
        timeout = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
        for tap in select.select(taps, [], [], timeout)[0]:
            with suppress(BlockingIOError, OSError):
                while True:
                    frame = os.read(tap, 1 << 16)
                    sent = max(time.monotonic(), free[tap]) + 8 * len(frame) / link.rate
                    free[tap] = sent
                    whom = taps if frame[:6] not in to else [to[frame[:6]]]
                    for other in whom:
                        if other != tap:
                            count += 1  # keeps the order of frames of one time
                            heapq.heappush(waiting, (sent + link.delay, count, other, frame))


def write_launcher(path: Path, cores: int) -> None:
    """Write a script for ``mpiexec -launcher ssh -launcher-exec`` that starts ranks in the hosts.

    Parameters
    ----------
    path : Path
    cores : int
        Cores of this machine: host i gets core i mod ``cores``.
    """
    path.write_text(f"""#!/bin/sh
# mpiexec calls it as it would call ssh: options, address, command
while [ "${{1#-}}" != "$1" ]; do shift; done
number=${{1#{NETWORK}}}; shift
exec ip netns exec {PREFIX}$number unshare --uts sh -c \\
    "hostname {PREFIX}$number; exec taskset -c $(( (number - 1) % {cores} )) $*"
""")
    path.chmod(0o755)
