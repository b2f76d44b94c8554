"""``python gui.py``: what it imports, its errors, and starting it from any folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import gui
from tests.conftest import need
from weights import SHIPPED
from weights.hand import store

ROOT = Path(gui.__file__).parent


@pytest.fixture
def weights(tmp_path):
    """A copy of the shipped network: one that only guesses would be warned of."""
    path = tmp_path / "weights.npz"
    path.write_bytes(SHIPPED.read_bytes())
    return path


def run(*command, cwd=ROOT, **environment):
    return subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=600,
    )


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere Tk needs no DISPLAY")
def test_the_module_runs_from_any_folder(weights, tmp_path):
    need("tkinter")
    done = run("-m", "gui", "--weights", weights, cwd=tmp_path, PYTHONPATH=str(ROOT), DISPLAY="")
    assert done.stderr.startswith("gui.py: no display")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 10
    assert [path.name for path in tmp_path.iterdir()] == [weights.name]


LIGHT = "assert not {'numba', 'matplotlib', 'h5py', 'onnx'} & set(sys.modules)"


def test_importing_the_window_imports_neither_numba_nor_matplotlib():
    done = run("-c", f"import sys, gui; {LIGHT}")
    assert (done.returncode, done.stderr) == (0, "")


def test_recognising_imports_neither_numba_nor_matplotlib(display, weights):
    code = (
        "import sys, types, gui\n"
        "app = gui.App(gui.Sequential.load(sys.argv[1]))\n"
        "app.draw_lines(types.SimpleNamespace(x=50, y=50))\n"
        "app.classify_handwriting()\n"
        "assert app.label['text'] != 'Thinking..'\n" + LIGHT
    )
    done = run("-c", code, weights)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("content", [None, b"", b"not a network"])
def test_bad_weights_are_one_line_and_exit_2(tmp_path, capsys, content):
    path = tmp_path / "bad.npz"
    if content is not None:
        path.write_bytes(content)
    assert gui.main(["--weights", str(path)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("gui.py: ")
    assert str(path) in err
    assert err.count("\n") == 1


def test_a_hand_of_another_suffix_is_refused(tmp_path, capsys):
    assert gui.main(["--hand", str(tmp_path / "hand.npz")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"gui.py: {tmp_path / 'hand.npz'}: a hand is a .json file")


def opened(arguments, monkeypatch):
    """Return what the window of a command was opened with; it is closed at once."""
    found = []
    monkeypatch.setattr(gui.App, "mainloop", lambda app: found.append((app.hand, app.model)))
    assert gui.main(arguments) == 0
    return found[0]


def test_your_own_hand_goes_with_shipped_network(display, weights, tmp_path, monkeypatch):
    own, named = store.user_file(), tmp_path / "other.json"
    assert opened([], monkeypatch)[0].path == own
    assert opened(["--weights", str(weights)], monkeypatch)[0] is None
    given = ["--weights", str(weights), "--hand", str(named)]
    assert opened(given, monkeypatch)[0].path == named
    assert not own.exists()
    assert not named.exists()


def test_a_damaged_hand_leaves_the_shipped_network(display, tmp_path, monkeypatch, capsys):
    (tmp_path / "hand.json").write_text("damaged")
    _, model = opened(["--hand", str(tmp_path / "hand.json")], monkeypatch)
    shipped = gui.Sequential.load(SHIPPED).named_params()
    assert all((model.named_params()[name] == array).all() for name, array in shipped.items())
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"gui.py: {tmp_path / 'hand.json'}: not a usable file")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere Tk needs no DISPLAY")
def test_without_a_display_the_samples_are_read(weights, monkeypatch, capsys):
    need("tkinter")
    monkeypatch.delenv("DISPLAY", raising=False)
    assert gui.main(["--weights", str(weights)]) == 0
    out, err = capsys.readouterr()
    assert err.startswith("gui.py: no display")
    for remedy in ("DISPLAY", "xvfb-run", "recognise.py"):
        assert remedy in err
    assert err.count("\n") == 1
    names = [Path(line.split("\t")[0]).name for line in out.splitlines()]
    assert names == [f"{digit}.png" for digit in range(10)]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere Tk needs no DISPLAY")
def test_without_a_display_the_pixels_unit_stays(weights, monkeypatch, capsys):
    need("tkinter")
    monkeypatch.delenv("DISPLAY", raising=False)
    given = []
    monkeypatch.setattr(gui.recognise, "main", lambda arguments: given.extend(arguments) or 0)
    assert gui.main(["--weights", str(weights), "--pixels", "0..255"]) == 0
    assert f"--weights={weights}" in given
    assert "--pixels=0..255" in given


@pytest.fixture
def no_tkinter(tmp_path):
    """The environment of a Python that was built without tkinter."""
    (tmp_path / "tkinter.py").write_text("raise ModuleNotFoundError('No module named _tkinter')")
    return {"PYTHONPATH": str(tmp_path)}


def test_without_tkinter_the_missing_package_is_named(no_tkinter, weights):
    done = run("gui.py", "--weights", weights, **no_tkinter)
    assert done.returncode == 2
    assert done.stderr.startswith("gui.py: ")
    assert "python3-tk" in done.stderr
    assert "python-tk" in done.stderr
    assert done.stderr.count("\n") == 1


def test_without_tkinter_only_the_window_fails(no_tkinter):
    code = "import gui\ntry:\n    gui.App()\nexcept ImportError as error:\n    print(error)\n"
    done = run("-c", code, **no_tkinter)
    assert (done.returncode, done.stderr) == (0, "")
    assert "python3-tk" in done.stdout


def test_as_an_entry_point_main_takes_the_arguments(monkeypatch, capsys):
    """A console script calls `main` without arguments and exits with what it returns."""
    monkeypatch.setattr(sys, "argv", ["digits", "--weights", "nowhere.npz"])
    assert gui.main() == 2
    assert capsys.readouterr().err.startswith("digits: nowhere.npz: ")
