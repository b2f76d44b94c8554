"""The unit of pixels can be named on the command line of the commands that read."""

import pytest

import gui
import recognise
import weights
from nn import Rescaling, Sequential


@pytest.mark.parametrize(("unit", "right"), [("0..255", True), ("1..0", False)])
def test_recognise_takes_the_named_unit(tmp_path, capsys, unit, right):
    path = tmp_path / "m.npz"
    Sequential([Rescaling(1 / 255), *weights.load().layers]).save(path)
    picture = str(weights.SAMPLES / "7.png")
    assert recognise.main(["--weights", str(path), f"--pixels={unit}", picture]) == 0
    assert (capsys.readouterr().out.split("\t")[1] == "7") == right


def test_unknown_unit_is_refused(capsys):
    for command in (gui, recognise):
        with pytest.raises(SystemExit):
            command.main(["--pixels", "0..7"])
        assert "invalid choice: '0..7'" in capsys.readouterr().err
