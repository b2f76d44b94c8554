"""The gradient check passes on the network as it is, and catches every classic bug."""

import importlib
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import nn
from nn import Dense, Flatten, MaxPool2D, ReLU, Sequential, gradcheck

from .bugs import BUGS


@pytest.fixture
def sick_nn(tmp_path, monkeypatch):
    """Return a function that imports a copy of `nn` with a bug planted, as a package of its own."""
    monkeypatch.syspath_prepend(tmp_path)
    copy = tmp_path / "sick_nn"

    def infect(bug):
        shutil.copytree(Path(nn.__file__).parent, copy)
        file = copy / bug.file
        file.write_text(bug.plant(file.read_text(encoding="utf-8")), encoding="utf-8")
        return importlib.import_module("sick_nn.gradcheck")

    yield infect
    for name in [name for name in sys.modules if name.startswith("sick_nn")]:
        del sys.modules[name]


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_planted_bug_fails_its_case(bug, sick_nn):
    check = dict(sick_nn(bug).cases())[bug.case]
    assert not all(row.passed for row in check()), f"{bug.name} went unnoticed"


@pytest.mark.parametrize("case", dict(gradcheck.cases()))
def test_case_passes(case):
    assert all(row.passed for row in dict(gradcheck.cases())[case]())


def test_skips_elements_whose_step_changes_a_choice():
    x = np.array([[-1.0, 1e-5, 2.0, -3e-5]])
    (row,) = gradcheck.check(Sequential([ReLU()]), x, np.random.default_rng(0))
    assert (row.compared, row.skipped) == (2, 2)
    assert row.passed


def test_leaves_input_and_parameters_as_they_were():
    rng = np.random.default_rng(1)
    model = Sequential([MaxPool2D(2), Flatten(), Dense(4, 3, rng=rng, dtype=np.float64)])
    x = rng.standard_normal((2, 4, 4, 1))
    before = x.copy(), {name: w.copy() for name, w in model.named_params().items()}
    gradcheck.check(model, x, rng)
    np.testing.assert_array_equal(x, before[0])
    for name, w in model.named_params().items():
        np.testing.assert_array_equal(w, before[1][name])


class Wrong(ReLU):
    """A ReLU whose backward is ``fault(right gradient)``."""

    def __init__(self, fault):
        super().__init__()
        self.fault = fault

    def backward(self, dout):
        return self.fault(super().backward(dout))


@pytest.mark.parametrize(
    "fault",
    [lambda dx: dx * (1 + 1e-6), lambda dx: dx * np.nan, lambda dx: dx[:, :-1], lambda dx: 0 * dx],
    ids=["off by a millionth", "NaN", "another shape", "zero"],
)
def test_wrong_gradient_fails(fault):
    x = np.random.default_rng(2).standard_normal((3, 4)) + 0.01
    (row,) = gradcheck.check(Sequential([Wrong(fault)]), x, np.random.default_rng(3))
    assert not row.passed


def test_names_the_worst_element():
    def spoil(dx):
        dx[1, 2] += 0.5
        return dx

    x = np.abs(np.random.default_rng(4).standard_normal((3, 4))) + 0.1
    (row,) = gradcheck.check(Sequential([Wrong(spoil)]), x, np.random.default_rng(5))
    assert row.where == (1, 2)
    measured, computed = row.pair
    assert row.error == pytest.approx(abs(measured - computed) / max(map(abs, row.pair)))


@pytest.mark.parametrize(("error", "status"), [(1e-9, 0), (1e-6, 1)])
def test_command_prints_every_row_and_fails_with_any(error, status, capsys, monkeypatch):
    rows = [
        gradcheck.Row("x", 1e-12, (0,), 5, 0),
        gradcheck.Row("w", error, (4, 2), 30, 7, (-1.5, 0.25)),
    ]
    monkeypatch.setattr(gradcheck, "cases", lambda: iter([("Dense", lambda: rows)]))
    assert gradcheck.main() == status
    printed = capsys.readouterr().out
    assert all(text in printed for text in ("Dense", "(4, 2)", f"{error:.1e}", "30", "7"))
    assert ("FAILED measured -1.5, computed 0.25" in printed) == bool(status)


def test_a_reader_that_stops_ends_it_quietly():
    with subprocess.Popen(
        [sys.executable, "-m", "nn.gradcheck", "Dense"], cwd=Path(nn.__file__).parents[1],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as checking:  # fmt: skip
        assert checking.stdout.readline().startswith(b"layer")
        checking.stdout.close()  # as `| head` does
        assert checking.stderr.read() == b""
    assert checking.returncode == 0
