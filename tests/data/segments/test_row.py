"""The best division of a line into digits, against trying all divisions."""

from itertools import combinations, pairwise

import numpy as np
import pytest

from data.segments import row
from data.segments.graph import Block, Cut, Graph, Part


def blocks_of(boxes):
    return [Block([Part(box, k)]) for k, box in enumerate(boxes)]


def at_random(seed, n=6):
    """Return blocks in a row, and what a network answers to each run of them."""
    rng = np.random.default_rng(seed)
    left = np.cumsum(rng.uniform(15, 60, n))
    boxes = [(x, 0.0, x + rng.uniform(20, 60), rng.uniform(60, 110)) for x in left]
    return blocks_of(sorted(boxes)), rng.uniform(0.2, 1, (n, n + 1))


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


def score_of(blocks, division, confidence):
    """Return the score of a division, term by term; minus infinity if it is not allowed."""
    graph = Graph(blocks)
    runs = graph.runs(row.WIDEST * 100, row.MOST_BLOCKS)
    gaps, split = row.gap_odds(graph, 100), row.split_costs(graph, 100)
    if not set(division) <= set(runs):
        return -np.inf
    return sum(
        row.certainty(np.eye(10)[3] * confidence[i, j])
        - row.cost(graph, (i, j), runs[i, j], 100, gaps)
        - split[i]
        for i, j in division
    )


@pytest.mark.parametrize("seed", range(20))
def test_path_is_the_best_of_all(seed):
    blocks, confidence = at_random(seed)
    scores = [score_of(blocks, division, confidence) for division in all_divisions(len(blocks))]
    score, _ = row.read(blocks, 100, *network_of(confidence))
    assert score == pytest.approx(max(scores), abs=1e-4)


def odds_of(gap):
    graph = Graph(blocks_of([(0, 0, 40, 100), (40 + gap, 0, 80 + gap, 100)]))
    return row.gap_odds(graph, 100)[1]


def test_wider_gaps_speak_for_two_digits():
    odds = [odds_of(gap) for gap in (-30, -10, 0, 10, 30)]
    assert odds == sorted(odds)
    assert odds[0] < 0 < odds[-1]


def test_a_cut_costs_what_its_odds_say():
    parts = [Part((0, 0, 40, 100), 0), Part((41, 0, 80, 100), 1)]
    graph = Graph([Block(parts, [Cut(frozenset([0]), -3.0)])])
    assert row.split_costs(graph, 100) == pytest.approx([0, np.log(1 + np.exp(3)), 0])


def test_low_and_lying_parts_cost_more():
    def cost(wide, high):
        box = (0, 0, wide, high)
        graph = Graph(blocks_of([box]))
        return row.cost(graph, (0, 1), box, 100, row.gap_odds(graph, 100))

    assert cost(50, 100) < cost(50, 60) < cost(20, 30)
    assert cost(60, 60) < cost(200, 60)


def test_strokes_not_drawn_in_turn_cost_more():
    def cost(*turns):
        boxes = [(0, 0, 40, 100), (20, 0, 60, 100), (70, 0, 110, 100)]
        parts = [Part(box, k) for k, box in enumerate(boxes)]
        blocks = [Block([part], turn=turn) for part, turn in zip(parts, turns, strict=True)]
        graph = Graph(blocks)
        return row.cost(graph, (0, 2), (0, 0, 60, 100), 100, row.gap_odds(graph, 100))

    assert cost(0, 2, 1) == pytest.approx(cost(0, 1, 2) + row.BACK)
    assert cost(1, 0, 2) == cost(0, 1, 2)


def test_splitting_costs_where_blocks_overlap():
    costs = [
        row.split_costs(Graph(blocks_of([(0, 0, 40, 100), (40 + gap, 0, 80 + gap, 100)])), 100)[1]
        for gap in (-30, 30)
    ]
    assert costs[0] > 2
    assert costs[1] < 0.1


def test_a_piece_cut_off_is_no_sign():
    digit, dot, other = (0, 0, 50, 100), (55, 85, 65, 98), (80, 0, 130, 100)
    draw, classify = network_of(np.full((3, 4), 0.99))
    apart = blocks_of([digit, dot, other])
    assert row.read(apart, 100, draw, classify)[1].text == "3.3"
    joined = Block([Part(digit, 0), Part(dot, 1)], [Cut(frozenset([0]), -3.0)])
    read = row.read([joined, Block([Part(other, 2)])], 100, draw, classify)[1].text
    assert "." not in read
