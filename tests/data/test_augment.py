"""Warps: worked examples, a naive loop, and the limits of each kind."""

import functools

import numpy as np
import pytest

from data import augment
from data.augment import Warp
from tests.conftest import missing

STILL = {"rotation": 0, "scale": 0, "shear": 0, "shift": 0, "elastic": 0, "pen": 0}


def rng():
    return np.random.default_rng(0)


def photo(n=3, side=28):
    return rng().integers(0, 256, (n, side, side), dtype=np.uint8)


@pytest.fixture(params=["compiled", "NumPy"])
def ways(request):
    """Return the functions that do the work: warp and redraw, compiled or not."""
    if request.param == "NumPy":
        return augment._warp, augment._redraw
    if augment.kernels is None:
        missing("no numba here")
    return augment.kernels.warp, augment.kernels.redraw


@pytest.fixture
def warped(ways):
    """Return a function that warps as it is told."""
    return functools.partial(apply, ways[0])


def apply(how, images, matrix=((1, 0), (0, 1)), shift=(0, 0), pull=None):
    n = len(images)
    out = np.empty_like(images)
    how(
        images,
        np.array([matrix] * n, np.float32),
        np.array([shift] * n, np.float32),
        np.zeros((n, 4, 4, 2), np.float32) if pull is None else pull.astype(np.float32),
        out,
    )
    return out


def test_a_warp_of_nothing_changes_nothing():
    images = photo()
    np.testing.assert_array_equal(Warp(**STILL)(images, rng()), images)


def test_shift_by_hand(warped):
    """What is seen at (x, y) was at (x + 2, y - 1) before; outside there is paper."""
    images = photo()
    expected = np.zeros_like(images)
    expected[:, 1:, :-2] = images[:, :-1, 2:]
    np.testing.assert_array_equal(warped(images, shift=(2, -1)), expected)


def test_half_a_pixel_is_the_mean_of_two(warped):
    image = np.zeros((1, 4, 4), np.uint8)
    image[0, 1, 1], image[0, 1, 2] = 100, 60
    assert warped(image, shift=(0.5, 0))[0, 1].tolist() == [50, 80, 30, 0]


def test_a_quarter_turn_is_numpys(warped):
    images = photo()
    turned = warped(images, matrix=((0, -1), (1, 0)))
    np.testing.assert_array_equal(turned, np.rot90(images, axes=(1, 2)))


@pytest.mark.parametrize("seed", range(3))
def test_any_matrix_samples_as_a_naive_loop_does(seed, warped):
    draw = np.random.default_rng(seed)
    image = photo(1, 9)
    matrix, shift = draw.normal(0, 1, (2, 2)), draw.normal(0, 2, 2)
    pull = draw.normal(0, 1, (1, 4, 4, 2))
    got = warped(image, matrix, shift, pull)[0]

    def at(row, column):
        return int(image[0, row, column]) if 0 <= row < 9 and 0 <= column < 9 else 0

    for v in range(9):
        for u in range(9):
            # The pull between the four knots around (v, u), on a grid of 3 x 3 cells.
            i, j, b, a = v // 3, u // 3, v % 3 / 3, u % 3 / 3
            corners = pull[0, i : i + 2, j : j + 2]
            pulled = np.einsum("i,j,ijk->k", [1 - b, b], [1 - a, a], corners)
            x, y = matrix @ (u - 4, v - 4) + (4, 4) + shift + pulled
            left, top = int(np.floor(x)), int(np.floor(y))
            a, b = x - left, y - top
            expected = (1 - b) * ((1 - a) * at(top, left) + a * at(top, left + 1))
            expected += b * ((1 - a) * at(top + 1, left) + a * at(top + 1, left + 1))
            assert abs(got[v, u] - expected) <= 1


@pytest.mark.parametrize(
    ("pen", "expected"),
    [
        (1, [[0, 200, 80, 0], [200, 200, 200, 80], [80, 200, 80, 80], [0, 80, 80, 80]]),
        (-1, [[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]),
        (0.25, [[0, 50, 20, 0], [50, 200, 110, 20], [20, 110, 20, 20], [0, 20, 20, 80]]),
        (-0.5, [[0, 0, 0, 0], [0, 100, 40, 0], [0, 40, 0, 0], [0, 0, 0, 40]]),
        (0, [[0, 0, 0, 0], [0, 200, 80, 0], [0, 80, 0, 0], [0, 0, 0, 80]]),
    ],
)
def test_another_pen_by_hand(ways, pen, expected):
    image = np.uint8([[[0, 0, 0, 0], [0, 200, 80, 0], [0, 80, 0, 0], [0, 0, 0, 80]]])
    drawn = np.empty_like(image)
    ways[1](image, np.float32([pen]), drawn)
    assert drawn[0].tolist() == expected


def test_pen_makes_lines_finer_or_broader(ways):
    line = np.zeros((2, 9, 9), np.uint8)
    line[:, 3:6] = 255  # three pixels broad; at its ends, where the image ends, is paper
    drawn = np.empty_like(line)
    ways[1](line, np.float32([-1, 1]), drawn)
    assert np.flatnonzero(drawn[0, :, 4]).tolist() == [4]
    assert np.flatnonzero(drawn[1, :, 4]).tolist() == [2, 3, 4, 5, 6]


def test_each_image_draws_its_own_warp():
    images = np.repeat(photo(1), 3, axis=0)
    once, again = (Warp()(images, rng()) for _ in range(2))
    np.testing.assert_array_equal(once, again)
    assert not np.array_equal(once[0], once[1])
    np.testing.assert_array_equal(images, photo(1).repeat(3, axis=0))  # and the input is kept


@pytest.mark.parametrize(
    ("kind", "least"),
    [("rotation", 20), ("scale", 0.3), ("shear", 0.3), ("shift", 3), ("elastic", 2), ("pen", 1)],
)
def test_each_kind_of_warp_moves_something(kind, least):
    images = photo()
    assert not np.array_equal(Warp(**STILL | {kind: least})(images, rng()), images)


def test_shift_stays_within_its_bounds():
    dot = np.zeros((500, 28, 28), np.uint8)
    dot[:, 14, 14] = 255
    moved = Warp(**STILL | {"shift": 2})(dot, rng()).astype(float)
    rows = (moved.sum(axis=2) @ np.arange(28)) / moved.sum(axis=(1, 2)) - 14
    assert 1.8 < np.abs(rows).max() <= 2.05


def bar(wide=4, tall=20, left=8, n=400):
    images = np.zeros((n, 28, 28), np.uint8)
    images[:, 4 : 4 + tall, left : left + wide] = 255
    return images


def test_about_the_share_asked_for_are_scans():
    changed = (Warp(**STILL | {"scans": 0.4})(bar(), rng()) != bar()).any(axis=(1, 2))
    assert 0.25 < changed.mean() < 0.4  # 7 in 8 of 0.4, less those of even edges that get sharper


def test_scans_are_stretched_up_to_a_square():
    scans = Warp(**STILL | {"scans": 1})(bar(), rng()) > 127
    wide, tall = scans.any(axis=1).sum(axis=1), scans.any(axis=2).sum(axis=1)
    assert wide.max() > 16
    assert np.median(wide[wide > 8]) > 9
    assert tall.max() <= 20 + 4
    assert (wide <= 4).mean() > 0.1, "not every scan is stretched"
    columns = scans[wide > 9].mean(axis=(0, 1))  # those that are
    assert columns[:14].sum() == pytest.approx(columns[14:].sum(), rel=0.1), "about the middle"


def test_a_wide_digit_is_not_made_narrower():
    flat = bar(wide=20, tall=4, left=4)
    scans = Warp(**STILL | {"scans": 1})(flat, rng()) > 127
    assert (scans.any(axis=1).sum(axis=1) >= 20).all()


def test_lines_of_scans_are_up_to_2_wider():
    scans = Warp(**STILL | {"scans": 1})(bar(), rng()) > 200
    tall = scans.any(axis=2).sum(axis=1)
    assert set(tall) == {20, 22, 24}


def test_scans_in_two_tones_have_few_greys():
    soft = np.tile(np.linspace(0, 255, 28).astype(np.uint8), (400, 28, 1))
    scans = Warp(**STILL | {"scans": 1})(soft, rng())
    greys = ((scans > 0) & (scans < 255)).mean(axis=(1, 2))
    assert greys.min() < 0.1
    assert (greys > 0.8).mean() > 0.3


def test_an_image_is_warped_as_if_alone():
    images = photo(16)
    for warp in (Warp(), Warp(scans=0.5)):
        uniform, normal = warp.numbers(16, rng())
        whole = warp.apply(images, uniform, normal)
        for part in (slice(5, 11), slice(15, 16)):
            alone = warp.apply(images[part], uniform[part], normal[part])
            np.testing.assert_array_equal(alone, whole[part])


def test_an_empty_batch_is_an_empty_batch():
    for warp in (Warp(), Warp(scans=1)):
        assert warp(np.zeros((0, 28, 28), np.uint8), rng()).shape == (0, 28, 28)
