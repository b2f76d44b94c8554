"""By how much the memory of this process grew since a moment, at most."""

import resource
from contextlib import suppress
from pathlib import Path


def forget_peak() -> int:
    """Begin to look for the largest memory anew, where that is possible; return it, bytes."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return peak()


def peak() -> int:
    """Return the largest resident memory since `forget_peak`, bytes."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return 1024 * int(line.split()[1])
