"""The program installed away from the checkout: what the wheel holds, how its commands start."""

import email
import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.conftest import missing
from tests.mnist_files import write_noise

ROOT = Path(__file__).parents[1]
SETUPTOOLS = 77  # as pyproject.toml asks for: the first that knows ``license = MIT``
ROOMS = {
    "nn", "data", "weights", "samples", "experiment", "inspector", "benchmarks", "guard",
    "gui.py", "recipes.py", "recognise.py", "train.py",
}  # fmt: skip
LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "build", "*.egg-info", "cache", "runs")


def run(*command, cwd, **more):
    """Run a command in a folder, without what leads Python to the checkout."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"} | more
    return subprocess.run(
        [*map(str, command)], cwd=cwd, env=environment, capture_output=True, text=True, timeout=300
    )


def checked(*command, cwd, **more):
    """Return what a command prints; fail where its exit status is not 0."""
    done = run(*command, cwd=cwd, **more)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built from a copy of the checkout: setuptools writes beside what it builds."""
    for name in ("pip", "setuptools"):
        if importlib.util.find_spec(name) is None:
            missing(f"this Python has no {name} to build a wheel with")
    version = importlib.metadata.version("setuptools")
    if int(version.partition(".")[0]) < SETUPTOOLS:
        missing(f"setuptools {version} is too old to build a wheel with")
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    shutil.copytree(ROOT, source, ignore=LEFT_OUT)
    checked(
        sys.executable, "-m", "pip", "wheel", "--no-build-isolation", "--no-deps", "--no-index",
        "--wheel-dir", folder, source, cwd=folder,
    )  # fmt: skip
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def programs(wheel, tmp_path_factory):
    """The folder of the commands in a fresh environment with the wheel in it.

    The dependencies are those of the Python that runs the tests: nothing is downloaded.
    """
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    python = programs / "python"
    checked(
        sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index",
        wheel, cwd=folder,
    )  # fmt: skip
    site = checked(
        python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder
    )
    dependencies = [path for path in sys.path if Path(path).name.endswith("-packages")]
    Path(site.strip(), "dependencies.pth").write_text("\n".join(dependencies), encoding="utf-8")
    return programs


@pytest.mark.parametrize(
    "command", [("digits-recognise",), ("python", "-m", "recognise")], ids=" ".join
)
def test_all_ten_samples_are_read_elsewhere(command, programs, tmp_path):
    program, *rest = command
    lines = checked(programs / program, *rest, cwd=tmp_path).splitlines()
    samples = programs.parents[0]
    assert len(lines) == 10
    for digit, line in enumerate(lines):
        path, answer, _ = line.split("\t")
        assert (Path(path).name, answer) == (f"{digit}.png", str(digit))
        assert samples in Path(path).parents, "read from the checkout, not from the environment"


@pytest.mark.parametrize(
    "command",
    [
        ("digits",),
        ("digits-recognise",),
        ("digits-train",),
        ("python", "-m", "gui"),
        ("python", "-m", "train"),
    ],
    ids=" ".join,
)
def test_command_starts_in_any_folder(command, programs, tmp_path):
    program, *rest = command
    name = f"{rest[-1]}.py" if rest else program
    assert checked(programs / program, *rest, "--help", cwd=tmp_path).startswith(f"usage: {name} ")


def test_training_writes_where_it_was_started(programs, tmp_path):
    (tmp_path / "digits").mkdir()
    write_noise(tmp_path / "digits")
    checked(
        programs / "digits-train", "--quick", "--epochs", "1", "--data-dir", "digits",
        cwd=tmp_path, NUMBA_DISABLE_JIT="1",
    )  # fmt: skip
    assert len(list(tmp_path.glob("runs/*/model.npz"))) == 1


def test_installed_program_downloads_into_the_users_cache(programs, tmp_path):
    show = "from data import mnist; print(mnist.CACHE)"
    found = checked(programs / "python", "-c", show, cwd=tmp_path, XDG_CACHE_HOME=str(tmp_path))
    assert found.strip() == str(tmp_path / "handmade-digits")


def test_wheel_holds_neither_tests_nor_data(wheel):
    with zipfile.ZipFile(wheel) as archive:
        rooms = {name.partition("/")[0] for name in archive.namelist() if "dist-info" not in name}
    assert rooms == ROOMS


def test_older_python_needs_no_newer_library(wheel):
    """Where pip finds no NumPy for a Python, it lists all there are and hides the real reason."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith("METADATA")]
        metadata = email.message_from_bytes(archive.read(name))
    assert metadata["Requires-Python"] == ">=3.11"
    required = [Requirement(text) for text in metadata.get_all("Requires-Dist")]
    older = {"python_version": "3.10", "extra": ""}
    asked = [one for one in required if one.marker is None or one.marker.evaluate(older)]
    assert required
    assert not [str(one) for one in asked if one.specifier]


@pytest.mark.parametrize("command", ["gui.py", "recognise.py", "train.py"])
def test_command_on_older_python_is_one_line(command):
    pretend = "import runpy, sys; sys.version_info = (3, 10, 13); runpy.run_path(sys.argv[1])"
    done = run(sys.executable, "-c", pretend, ROOT / command, cwd=ROOT)
    assert done.returncode == 1
    assert done.stderr == "Python 3.11 or newer is needed; this is Python 3.10\n"
