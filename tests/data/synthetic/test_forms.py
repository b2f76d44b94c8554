"""The families: each digit has its own, drawable, and their ranges are reached."""

import numpy as np
import pytest

from data.synthetic import handwriting
from data.synthetic.forms import FORMS
from data.synthetic.parts import Hand
from tests.data.synthetic.strokes import reaches, vertices, written

NAMES = [f"{form.label} {form.name}" for form in FORMS]


def test_every_digit_has_forms():
    assert {form.label for form in FORMS} == set(range(10))
    assert all(form.weight > 0 for form in FORMS)
    assert len(set(NAMES)) == len(FORMS)


@pytest.mark.parametrize("form", FORMS, ids=NAMES)
def test_form_stays_on_its_grid(form):
    strokes = form.write(Hand(500, np.random.default_rng(0)))
    assert all(len(stroke) >= 2 for stroke in strokes)
    assert all((np.asarray(turn) >= 0).all() for stroke in strokes for _, turn in stroke)
    assert all((np.asarray(turn) <= 1).all() for stroke in strokes for _, turn in stroke)
    for z in vertices(strokes, 500):
        assert np.isfinite(z).all()
        assert np.abs(z.real - 30).max() < 95
        assert np.abs(z.imag - 50).max() < 75


@pytest.mark.parametrize("form", FORMS, ids=NAMES)
def test_form_is_drawn_legibly_each_time_anew(form):
    images, labels = handwriting.draw([form], 200, np.random.default_rng(1))
    assert (labels == form.label).all()
    assert len(np.unique(images.reshape(200, -1), axis=0)) == 200
    assert (images.max(axis=(1, 2)) > 150).all(), "all ink is missing"
    assert ((images > 128).mean(axis=(1, 2)) < 0.35).all(), "a blot"


def test_stems_of_1_lean_and_bend():
    ((top, middle, foot),) = (stroke.T for stroke in written(1, "a stem"))
    assert reaches((foot - top).real, -12, 10)
    assert reaches((middle - (top + foot) / 2).real, -5, 5)


def test_bars_of_7_are_at_any_height():
    for name, lowest, highest in (("with a bar", 0.25, 0.75), ("with a low bar", 0.67, 0.77)):
        stem, bar = written(7, name)
        top, foot = stem[:, 3].imag, stem[:, -1].imag
        assert reaches((bar[:, 1].imag - top) / (foot - top), lowest, highest)


def test_round_tops_of_7_bend_down_twice():
    stroke, bar = written(7, "with a round top and a bar")
    start, _, top, right, _, foot = stroke.T
    assert (start.imag > top.imag).all()
    assert (right.imag > top.imag).all()
    assert (right.real > start.real + 30).all()
    assert (foot.imag == 100).all()
    assert (bar[:, 1].imag < 90).all()


def test_stems_of_flagged_1_lean_right_more():
    stroke = written(1, "with a flag")[0]
    lean = (stroke[:, 3] - stroke[:, -1]).real
    assert reaches(lean, -12, 30)
    assert (lean > 0).mean() > 0.6


def test_bars_of_7_cross_the_stem():
    stem, bar = written(7, "with a bar")
    right, foot = stem[:, 3], stem[:, -1]
    share = (bar[:, 1] - right).imag / (foot - right).imag
    crossed = (right + share * (foot - right)).real  # were the stem straight
    assert (bar[:, 0].real < crossed).mean() > 0.97
    assert (bar[:, -1].real > crossed).mean() > 0.97


def test_serifs_of_7_hang_from_its_left():
    stroke = written(7, "with a serif")[0]
    assert reaches((stroke[:, 0] - stroke[:, 1]).imag, 5, 22)


def test_stems_of_4_start_at_any_height():
    angle, stem = written(4, "open")
    knee, end = angle[:, 2], angle[:, -1]
    share = (stem[:, 0] - knee).real / (end - knee).real
    crossed = (knee + share * (end - knee)).imag
    above = crossed - stem[:, 0].imag
    assert reaches(above, -2, 60)
    assert (above < -1).mean() > 0.01
    assert (stem[:, -1].imag - crossed > 10).all()


def test_low_bars_of_4_leave_a_short_stem():
    angle, stem = written(4, "open, its bar near the foot")
    assert reaches(angle[:, 2].imag, 70, 86)
    assert (np.ptp(stem.imag, axis=1) < 85).all()
    assert (stem[:, -1].imag > angle[:, -1].imag).all()


def test_closed_4_closes():
    angle, stem = written(4, "closed")
    assert np.abs(angle[:, 0] - stem[:, 0]).max() < 12


def test_lightning_is_one_stroke_that_crosses_nothing():
    (stroke,) = written(4, "like a bolt of lightning")
    start, _, knee, side, _, foot = stroke.T
    assert (knee.real < side.real - 30).all()
    assert (start.imag < knee.imag).all()
    assert (foot.imag > side.imag + 30).all()


@pytest.mark.parametrize(("digit", "name", "to"), [
    (6, "of one stroke", (24, 64)), (9, "with a stem, straight or bent", (22, 58)),
])  # fmt: skip
def test_heads_and_bowls_are_tiny_to_large(digit, name, to):
    (stroke,) = written(digit, name)
    ring = stroke[:, -8:] if digit == 6 else stroke[:, :9]
    assert reaches(np.ptp(ring.imag, axis=1), *to)


def test_heads_of_9_are_open_or_closed():
    (stroke,) = written(9, "with a stem, straight or bent")
    gap = np.abs(stroke[:, 0] - stroke[:, 9])
    assert (gap < 4).any()
    assert (gap > 18).any()


def test_tails_of_9_go_left_and_come_up():
    hooked, curled = (
        written(9, name)[0][:, -1] for name in ("with a hooked tail", "with a tail like a g")
    )
    assert reaches(hooked.real, 8, 34)
    assert reaches(curled.imag, 70, 90)
    assert (curled.real < 26).all()


def test_waists_of_3_are_deep_to_hardly_any():
    (stroke,) = written(3, "of two arcs")
    assert reaches(stroke[:, 7].real, 12, 44)


def test_bases_of_2_are_short_to_long():
    for name, low, high in (("with a corner", 38, 65), ("with hardly a base", 24, 34)):
        (stroke,) = written(2, name)
        assert reaches((stroke[:, -1] - stroke[:, -4]).real, low, high)


def test_caps_of_5_touch_or_are_detached():
    body, cap = written(5, "in two strokes")
    gap = np.abs(cap[:, 0] - body[:, 0])
    assert (gap < 1).any()
    assert (gap > 10).any()
    assert reaches(np.abs(cap[:, -1] - cap[:, 0]), 32, 54)


def test_caps_of_5_can_cross_the_stem():
    body, cap = written(5, "its cap across the stem")
    left, right = (cap[:, 0] - body[:, 0]).real, (cap[:, -1] - body[:, 0]).real
    assert reaches(left, -26, -8)
    assert (right > 5).all()
    assert reaches(right - left, 40, 70)


def test_rings_of_0_are_open_to_overlapping():
    (ring,) = written(0, "a ring, open to overlapping")
    centred = ring - (30 + 50j)
    width = np.abs(centred.real).max(axis=1, keepdims=True)
    turned = np.angle(centred.real / width + 1j * centred.imag / 50)
    swept = np.degrees(np.abs(np.unwrap(turned, axis=1)[:, -1] - turned[:, 0]))
    assert reaches(swept, 330, 418)


def test_pens_of_0_come_from_inside_the_ring():
    (stroke,) = written(0, "begun inside its ring")
    centred = stroke - (30 + 50j)
    width = np.abs(centred.real).max(axis=1)
    from_middle = np.abs(centred[:, 0].real / width + 1j * centred[:, 0].imag / 50)
    assert reaches(from_middle, 0.05, 0.65)


def test_8_is_written_from_either_side():
    (stroke,) = written(8, "of one stroke")
    start = (stroke[:, 0] - stroke[:, :8].mean(axis=1)).real
    assert (start > 5).mean() > 0.4
    assert (start < -5).mean() > 0.1


def test_rings_of_8_meet_nearly():
    upper, lower = written(8, "of two rings")
    gap = lower.imag.min(axis=1) - upper.imag.max(axis=1)
    assert np.abs(gap).max() < 15
