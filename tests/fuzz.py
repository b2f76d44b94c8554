"""Fuzz a reader of files: ``python -m tests.fuzz READER --minutes 10``.

Atheris mutates valid files, guided by coverage. A reader may read an input or refuse it with its
own error. It fails if it raises another exception, takes more than five seconds or 1 GiB of memory,
or tries to unpickle, start a program (but the child that reads HDF5) or connect.
"""

import argparse
import os
import resource
import sys
import tempfile
import time
import warnings
from pathlib import Path

import atheris

ROOT = Path(__file__).parents[1]
WATCHED = ("zipfile", "tarfile", "PIL", "data", "nn", "weights")
ARRAYS = (
    "nn/layers/**/*", "nn/fast/*", "nn/training/e*", "nn/training/trainer", "nn/loss", "nn/optim",
    "nn/model", "nn/convert/digits", "data/canvas", "data/pictures/[gilpr]*", "data/pictures/tone",
    "data/pictures/photograph",
)  # fmt: skip
"""Modules that compare arrays: Atheris 3.0.0 leaks the result of each comparison that it watches,
which took 1 GiB after 35,000 inputs."""


def modules(patterns):
    """Return the names of the modules that match patterns of paths."""
    paths = (path for pattern in patterns for path in ROOT.glob(f"{pattern}.py"))
    return [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths]


with atheris.instrument_imports(include=WATCHED, exclude=modules(ARRAYS)):
    from tests.readers import READERS

SECONDS = 5  # CPU time per input
MEMORY = 1 << 30  # bytes
MAX_LEN = 20_000  # bytes of an input, if no valid file is longer
FORBIDDEN = {
    "pickle.find_class", "os.system", "os.exec", "os.posix_spawn", "os.fork", "subprocess.Popen",
    "socket.connect",
}  # fmt: skip


def forbid(events):
    """Return an audit hook that aborts on forbidden events."""

    def hook(event, arguments):
        if event in events:
            os.write(2, f"{event} {arguments}\n".encode())
            os.abort()

    return hook


def _children():
    """Return the processor time of children that have ended, in seconds."""
    times = os.times()
    return times.children_user + times.children_system


def one_input(reader, path):
    """Return the function that Atheris calls with each input."""

    def test(content):
        if not content:
            return
        start = time.process_time() + _children()
        try:
            reader.read(path, content[0], content[1:])
        except reader.refusals as error:
            lines = len(str(error).split("\n"))
            if lines != 1 and b"\n" not in content:  # names in the input are escaped when printed
                raise AssertionError("a refusal is one line") from error
        spent = time.process_time() + _children() - start
        assert spent < SECONDS, f"{spent:.1f} s"
        used = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        assert used < MEMORY, f"{used} bytes of memory"

    return test


def main():
    """Run the command; Atheris ends the process."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("reader", choices=READERS)
    parser.add_argument("--minutes", type=float, default=10)
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    memory = "/dev/shm" if os.path.isdir("/dev/shm") else None  # a disk is much slower
    with tempfile.TemporaryDirectory(dir=memory) as scratch:
        folder, corpus = Path(scratch, "at hand"), Path(scratch, "corpus")
        folder.mkdir()
        corpus.mkdir()
        reader = READERS[args.reader]()
        seeds = reader.seeds(folder)
        for i, seed in enumerate(seeds):
            (corpus / str(i)).write_bytes(seed)
        allowed = {"subprocess.Popen"} if getattr(reader, "starts", False) else set()
        sys.addaudithook(forbid(FORBIDDEN - allowed))
        resource.setrlimit(resource.RLIMIT_DATA, (2 * MEMORY, 2 * MEMORY))  # protects the machine
        atheris.Setup(
            [
                sys.argv[0],
                str(corpus),
                f"-max_total_time={60 * args.minutes:.0f}",
                f"-timeout={20 * SECONDS}",  # wall time, on a machine that may be busy
                "-rss_limit_mb=0",  # measured above, after every input
                f"-max_len={max(MAX_LEN, 2 * max(map(len, seeds)))}",  # longer ones are cut
                "-print_final_stats=1",
                f"-report_slow_units={20 * SECONDS}",
                f"-artifact_prefix={Path.cwd()}/fuzz-{args.reader}-",
            ],
            one_input(reader, folder / reader.name),
        )
        atheris.Fuzz()


if __name__ == "__main__":
    main()
