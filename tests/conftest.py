"""What several tests need: a display, the real MNIST, and a rule for when they are missing."""

import os

# Before NumPy is imported: where every core has a worker, a second thread of BLAS only waits.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import gc
import importlib
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest
from tqdm import tqdm

from benchmarks import browser
from data import mnist
from nn.fast.workers import usable_cores

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

tqdm.monitor_interval = 0  # no thread of its own, for the sake of `display`
gc.disable()  # until all tests are collected: a quarter of that time were collections of garbage


def missing(reason):
    """Skip the test, or fail it where everything is promised to be there (``NO_SKIPS=1``)."""
    if os.environ.get("NO_SKIPS") == "1":
        pytest.fail(f"{reason}, and NO_SKIPS=1 promises that it is there")
    pytest.skip(reason, allow_module_level=True)


def need(name):
    """Return a module, or do without the test where there is none."""
    try:
        return importlib.import_module(name)
    except ImportError:
        missing(f"this Python has no {name}")


compiled = pytest.mark.skipif(
    os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="nothing is compiled"
)


def pytest_xdist_auto_num_workers():
    """Return the number of workers: one more than cores, for tests often wait for a process."""
    return usable_cores() + 1


FIRST = ("kernels", "display", "chromium", "mpiexec")
"""Groups of tests that take long: they begin first, or one worker would be left with them."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark what needs the real MNIST or a display; make groups, each for one worker.

    One screen has one focus, one browser is started, a kernel is compiled once: such tests are
    a group. All others are a group for each file.
    """
    for item in items:
        for fixture, mark in (("mnist_dir", "mnist"), ("display", "gui")):
            if fixture in item.fixturenames:
                item.add_marker(mark)
        shared = [name for name in FIRST if name in item.fixturenames]
        if item.path.is_relative_to(Path(__file__).parent / "nn" / "fast"):
            shared.append("kernels")
        item.add_marker(pytest.mark.xdist_group([*shared, str(item.path)][0]))

    def place(item):
        (group,) = item.get_closest_marker("xdist_group").args
        return FIRST.index(group) if group in FIRST else len(FIRST)

    items.sort(key=place)


def pytest_collection_finish():
    collect_and_freeze()
    gc.enable()


def collect_and_freeze():
    """Collect garbage, and never look again at what is left.

    With all tests collected and all modules imported, a collection takes half a second, and
    `display` collects after each of its tests.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def mnist_dir():
    """The folder of the real MNIST files; nothing is downloaded for a test."""
    folder = mnist.find_local()
    if folder is None:
        missing("no MNIST here: set MNIST_DIR to the folder of its four files")
    return folder


@pytest.fixture(scope="session", autouse=True)
def no_hand(tmp_path_factory):
    """Keep the user's own hand out of the tests, and out of the commands that they start."""
    for name in ("XDG_DATA_HOME", "WIN_PD_OVERRIDE_LOCAL_APPDATA"):
        os.environ[name] = str(tmp_path_factory.getbasetemp() / "user")


@contextmanager
def alone(what):
    """Wait until no other process is in such a block, of any run of the tests on this machine."""
    with open(Path(tempfile.gettempdir(), f"digits-tests-{what}.lock"), "w") as lock:
        if fcntl is not None:
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture
def display():
    """A display that Tk can open a window on, for this test alone.

    A display has one focus: where two processes open windows on it, Tk may crash.
    """
    tkinter = need("tkinter")
    name = os.environ.get("DISPLAY", "").replace(os.sep, "-")
    with alone(f"display{name}"):
        try:
            tkinter.Tk().destroy()
        except tkinter.TclError as error:
            missing(f"no display: {error}")
        yield
        # Tcl aborts if another thread's garbage collection finds what is left of a window.
        collect_and_freeze()


@pytest.fixture(scope="session")
def chromium():
    """Headless Chromium, one for all tests of a process."""
    try:
        with browser.chromium() as driver:
            yield driver
    except browser.BrowserError as error:
        missing(str(error))
