"""Pens and scanners: strokes drawn by hand, and every kind of pen that is promised."""

import numpy as np
import pytest

from data import canvas
from data.synthetic import pens

MIDDLE = canvas.MIDDLE


def ink(*strokes):
    """Return one digit's strokes, each a list of (x, y)."""
    starts = np.cumsum([0, *map(len, strokes)]).astype(np.int32)
    points = np.concatenate([np.array(stroke, np.float32) for stroke in strokes])
    return pens.Ink(points, starts, np.array([0, len(strokes)], np.int32))


def draw(strokes, width=2.0, edge=1.0, stretch=0.0, square=0.0, rough=0.0, seed=0):
    pen = np.array([[width, edge, stretch, square, rough]], np.float32)
    return pens.draw(ink(*strokes), pen, np.random.default_rng(seed))[0]


@pytest.fixture(params=["kernel", "NumPy"])
def how(request, monkeypatch):
    """Draw with the kernel, then without it."""
    if request.param == "NumPy":
        monkeypatch.setattr(pens, "kernels", None)
    elif pens.kernels is None:
        pytest.skip("no numba here: NumPy draws")
    else:
        monkeypatch.setattr(pens.kernels, "COMPILING", True)  # without the JIT, as plain Python


@pytest.fixture
def steady(monkeypatch):
    """Let every pen press evenly."""
    monkeypatch.setattr(pens, "_pressure", lambda ink, *_: np.ones(len(ink.points), np.float32))


STEM = [[(0, y) for y in range(0, 101, 5)]]
SLASH = [[(k, k) for k in range(0, 101, 5)]]


@pytest.mark.usefixtures("how", "steady")
def test_stem_is_as_wide_as_its_pen():
    """The line's middle lies on the rim of two columns; the box is 20 tall."""
    image = draw(STEM, width=4, edge=1)
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    assert len(rows) == 20
    assert len(columns) == 4
    middle = image[14]
    np.testing.assert_array_equal(middle[middle > 0], [255, 255, 255, 255])


@pytest.mark.usefixtures("how", "steady")
def test_ends_are_round_or_square():
    """A square end fills both corners of the line's first row."""
    round_, square = (draw(STEM, width=6, edge=0.5, square=s) for s in (0, 1))
    first = np.flatnonzero(round_.any(axis=1))[0]
    assert (round_[first] > 128).sum() <= 4
    assert (square[first] > 128).sum() == 6


@pytest.mark.usefixtures("how", "steady")
def test_stretched_digit_fills_a_square_more():
    """Its lines are stretched as well: those that go down are wider than those that go across."""
    cross = [[(0, y) for y in range(0, 101, 5)], [(x - 25, 50) for x in range(0, 51, 5)]]
    plain, stretched = (draw(cross, width=2, edge=0.2, stretch=s) for s in (0, 1))
    wide = [np.ptp(np.flatnonzero(image.any(axis=0))) + 1 for image in (plain, stretched)]
    assert wide[0] in (10, 11, 12)
    assert wide[1] >= 18
    down = [(image[6] > 128).sum() for image in (plain, stretched)]
    assert down[1] > down[0]


@pytest.mark.usefixtures("how", "steady")
def test_edges_have_two_tones_or_fade():
    greys = [
        ((image > 0) & (image < 255)).sum() for image in (draw(SLASH, edge=e) for e in (0.01, 2))
    ]
    assert greys[0] < 6
    assert greys[1] > 30


@pytest.mark.usefixtures("how", "steady")
def test_rough_edges_differ_from_place_to_place():
    smooth, rough = (draw(STEM, width=4, edge=0.05, rough=r) for r in (0, 0.5))
    assert np.ptp((smooth > 128).sum(axis=1)[6:22]) == 0
    assert np.ptp((rough > 128).sum(axis=1)[6:22]) > 0


@pytest.mark.usefixtures("how")
def test_broken_ink_leaves_a_gap(monkeypatch):
    monkeypatch.setattr(pens, "BREAKING", 1.0)
    lengths = []
    for seed in range(20):
        image = draw(STEM, width=1.5, seed=seed)
        rows = image.any(axis=1)
        lengths.append(rows.sum())
        assert rows.sum() >= 10
    assert min(lengths) < 19


@pytest.mark.usefixtures("how", "steady")
def test_pressure_makes_lines_wider(monkeypatch):
    plain = draw(STEM, width=4, edge=0.2)
    heavy = np.linspace(0.6, 1.5, 21).astype(np.float32)
    monkeypatch.setattr(pens, "_pressure", lambda *_: heavy)
    image = draw(STEM, width=4, edge=0.2)
    assert (image[6] > 128).sum() < (plain[6] > 128).sum() < (image[20] > 128).sum()


def test_pens_of_every_kind_are_chosen():
    n = 5000
    width, edge, stretch, square, rough = pens.choose(
        np.full(n, 5.0), np.ones(n), np.random.default_rng(0)
    ).T
    assert width.min() == pytest.approx(pens.THINNEST, abs=0.05)
    assert width.max() == 5
    assert np.median(width) == pytest.approx(2.5, abs=0.1)
    assert (edge < 0.5).mean() > 0.03
    assert (edge > 1.8).mean() > 0.02
    assert (edge <= width).all()
    assert (stretch > 0).mean() == pytest.approx(pens.STRETCHED, abs=0.02)
    assert set(square) == {0, 1}
    assert (rough > 0.1).mean() > 0.05


def test_narrow_hollow_digits_have_finer_lines():
    narrow = ink([(0, 0), (20, 100)])
    limits = pens.widest_lines(narrow, np.array([5.0]), np.array([1.0]))
    assert limits == pytest.approx(5 * max(0.4, 0.2 / pens.NARROW))
    assert pens.widest_lines(narrow, np.array([5.0]), np.array([0.0])) == 5


def test_blots_fit_the_box():
    pen = pens.choose(np.full(50, 5.0), np.full(50, 8.0), np.random.default_rng(0))
    assert pen[:, 0].max() <= pens.WIDEST < canvas.BOX


def test_smooth_noise_changes_slowly():
    noise = pens.smooth_noise(40_001, np.random.default_rng(0))
    assert len(noise) == 40_001
    assert noise.std() == pytest.approx(0.82, abs=0.03)
    assert np.corrcoef(noise[1:], noise[:-1])[0, 1] > 0.85
