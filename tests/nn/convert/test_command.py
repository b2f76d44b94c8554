"""The command line that converts in both directions."""

from nn import Sequential
from nn.convert.keras.__main__ import main
from tests.nn.convert.keras.files import IMAGE, small


def test_converts_both_ways_or_explains(tmp_path, capsys):
    source, npz, back = small(tmp_path / "a.h5"), tmp_path / "b.npz", tmp_path / "c.txt"
    assert main([str(source), str(npz)]) == 0
    assert f"wrote {npz}: 7 layers" in capsys.readouterr().out
    assert Sequential.load(npz).forward(IMAGE).shape == (1, 2)
    assert main([str(npz), str(back)]) == 2
    assert "ends with .keras, .h5" in capsys.readouterr().err
    assert main([str(source), str(back)]) == 2
    assert "one of the two files must be an .npz" in capsys.readouterr().err
    assert not back.exists()
