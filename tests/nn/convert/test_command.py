"""The command line that converts in both directions."""

import numpy as np

import weights
from nn import Sequential
from nn.convert import keras
from nn.convert.keras.__main__ import main
from tests.nn.convert.keras.files import IMAGE, small


def test_command_converts_both_ways_or_explains(tmp_path, capsys):
    source, npz, back = small(tmp_path / "a.h5"), tmp_path / "b.npz", tmp_path / "c.txt"
    assert main([str(source), str(npz)]) == 0
    assert f"wrote {npz}: 7 layers" in capsys.readouterr().out
    assert Sequential.load(npz).forward(IMAGE).shape == (1, 2)
    assert main([str(npz), str(back)]) == 2
    assert "ends with .keras, .h5" in capsys.readouterr().err
    assert main([str(source), str(back)]) == 2
    assert "one of the two files must be an .npz" in capsys.readouterr().err
    assert not back.exists()


def test_unit_of_pixels_is_kept_in_the_file(tmp_path, capsys):
    shipped = Sequential.load(weights.SHIPPED)
    source, npz = tmp_path / "bytes.h5", tmp_path / "m.npz"
    other = shipped.copy()
    other.layers[0].params["w"] /= 255
    keras.save(other, source)
    x = np.random.default_rng(0).random((2, 28, 28, 1), dtype=np.float32)
    for options in ([], ["--pixels", "0..255"]):
        assert main([str(source), str(npz), *options]) == 0
        assert f"{source}: reads pixels as 0..255" in capsys.readouterr().out
        found = Sequential.load(npz).predict_proba(x)
        np.testing.assert_allclose(found, shipped.predict_proba(x), atol=1e-5)
    source, npz = small(tmp_path / "a.h5"), tmp_path / "b.npz"
    assert main([str(source), str(npz), "--pixels", "mnist"]) == 2
    assert "a.h5: " in capsys.readouterr().err
