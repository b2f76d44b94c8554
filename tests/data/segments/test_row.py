"""The best division of a line into digits, against trying all divisions."""

from itertools import combinations, pairwise

import numpy as np
import pytest

from data.segments import row
from data.segments.row import Part


def parts_of(boxes):
    return [Part(box, k) for k, box in enumerate(boxes)]


def at_random(seed, n=6):
    """Return parts in a row, and what a network answers to each run of them."""
    rng = np.random.default_rng(seed)
    left = np.cumsum(rng.uniform(15, 60, n))
    boxes = [(x, 0.0, x + rng.uniform(20, 60), rng.uniform(60, 110)) for x in left]
    confidence = rng.uniform(0.2, 1, (n, n + 1))
    return sorted(parts_of(boxes), key=lambda part: part.box[0]), confidence


def network_of(confidence):
    """Return functions that draw a run as its two ends, and answer to it."""

    def draw(parts):
        image = np.zeros((28, 28), np.float32)
        image[0, 0], image[0, 1] = parts[0].ink, parts[-1].ink + 1
        return image

    def classify(images):
        answers = np.zeros((len(images), 10), np.float32)
        answers[:, 3] = [confidence[int(i[0, 0]), int(i[0, 1])] for i in images]
        return answers

    return draw, classify


def all_divisions(n):
    for k in range(n):
        for inner in combinations(range(1, n), k):
            ends = [0, *inner, n]
            yield list(pairwise(ends))


@pytest.mark.parametrize("seed", range(20))
def test_path_is_the_best_of_all(seed):
    parts, confidence = at_random(seed)
    parts = [part._replace(ink=k) for k, part in enumerate(parts)]
    allowed, split = set(row.candidates(parts, 100)), row.split_costs(parts, 100)
    scores = [
        sum(
            row.TRUST * np.log(confidence[i, j]) - row.cost(parts, (i, j), 100)
            - (split[i] if i else 0)
            for i, j in division
        )
        for division in all_divisions(len(parts))
        if set(division) <= allowed
    ]  # fmt: skip
    score, _ = row.read(parts, 100, *network_of(confidence))
    assert score == pytest.approx(max(scores), abs=1e-4)


def test_wider_gaps_speak_for_two_digits():
    odds = [
        row.gap_odds(parts_of([(0, 0, 40, 100), (40 + gap, 0, 80 + gap, 100)]), 100)[1]
        for gap in (-30, -10, 0, 10, 30)
    ]
    assert odds == sorted(odds)
    assert odds[0] < 0 < odds[-1]


def test_a_cut_speaks_for_one_digit():
    parts = [Part((0, 0, 40, 100), 0), Part((41, 0, 80, 100), 1, glue=3.0)]
    assert row.gap_odds(parts, 100)[1] == -3


def test_low_and_lying_parts_cost_more():
    def cost(wide, high):
        return row.cost(parts_of([(0, 0, wide, high)]), (0, 1), 100)

    assert cost(50, 100) < cost(50, 60) < cost(20, 30)
    assert cost(60, 60) < cost(200, 60)


def test_splitting_costs_where_parts_overlap():
    costs = [
        row.split_costs(parts_of([(0, 0, 40, 100), (40 + gap, 0, 80 + gap, 100)]), 100)[1]
        for gap in (-30, 30)
    ]
    assert costs[0] > 2
    assert costs[1] < 0.1


def test_a_piece_cut_off_is_no_sign():
    def read(glue):
        parts = [
            Part((0, 0, 50, 100), 0),
            Part((55, 85, 65, 98), 1, glue),
            Part((80, 0, 130, 100), 2),
        ]
        draw, classify = network_of(np.full((3, 4), 0.99))
        return row.read(parts, 100, draw, classify)[1].text

    assert read(0.0) == "3.3"
    assert "." not in read(3.0)
