"""The segmentation graph: nodes, edges, what they hold, and cuts that cross."""

import numpy as np
import pytest

from data.segments.graph import Block, Cut, Graph, Part


def part(left, right, name, top=0.0):
    return Part((float(left), float(top), float(right), 100.0), name)


def names(graph, run):
    return "".join(part.ink for part in graph.inside(run))


@pytest.fixture(name="crossing")
def _crossing():
    """A stroke, and a block of four parts with two cuts that cross and one on their right."""
    cut = Block(
        [part(60, 80, "a"), part(80, 100, "b"), part(80, 100, "c"), part(100, 140, "d")],
        [
            Cut(frozenset([0, 1, 2]), -3.0),
            Cut(frozenset([0, 1]), -1.0),
            Cut(frozenset([0, 2]), -2.0),
        ],
    )
    return Graph([Block([part(0, 40, "s")]), cut])


def test_edges_are_what_lies_between_nested_nodes(crossing):
    runs = crossing.runs(1000, 8)
    assert len(crossing) == 6
    inks = {names(crossing, run) for run in runs}
    assert inks == {"s", "sab", "sac", "sabc", "sabcd", "ab", "ac", "abc", "abcd",
                    "c", "cd", "b", "bd", "d"}  # fmt: skip


def test_every_path_takes_each_part_once(crossing):
    runs = crossing.runs(1000, 8)

    def paths(node):
        if node == len(crossing) - 1:
            yield ""
        for i, j in runs:
            if i == node:
                yield from (names(crossing, (i, j)) + rest for rest in paths(j))

    found = list(paths(0))
    assert len(found) > 5
    assert {"".join(sorted(path)) for path in found} == {"abcds"}


def test_boxes_are_around_the_parts_between(crossing):
    runs = crossing.runs(1000, 8)
    by_ink = {names(crossing, run): box for run, box in runs.items()}
    assert by_ink["sac"] == (0, 0, 100, 100)
    assert by_ink["bd"] == (80, 0, 140, 100)


def test_wide_candidates_are_left_out_but_blocks(crossing):
    inks = {names(crossing, run) for run in crossing.runs(45, 8)}
    assert inks == {"s", "ab", "ac", "abc", "abcd", "c", "b", "d"}


def test_candidates_have_a_limited_number_of_blocks():
    graph = Graph([Block([part(30 * k, 30 * k + 20, "xyz"[k])]) for k in range(3)])
    assert {names(graph, run) for run in graph.runs(1000, 2)} == {"x", "y", "z", "xy", "yz"}


def test_gaps_are_between_all_on_both_sides():
    graph = Graph(
        [Block([part(0, 50, "x")]), Block([part(10, 30, "y")]), Block([part(60, 90, "z")])]
    )
    np.testing.assert_array_equal(graph.gaps(), [10 - 50, 60 - 50])


def test_odds_are_those_of_cuts_in_order(crossing):
    assert crossing.odds[crossing.bounds].tolist() == [0, 0, 0]
    inner = {names(crossing, (1, k)): crossing.odds[k] for k in (2, 3, 4)}
    assert inner == {"ab": -1.0, "ac": -2.0, "abc": -3.0}
    assert crossing.cut.tolist() == [False, True]


def test_coming_back_to_a_digit_is_counted():
    def returns(*turns, run):
        blocks = [Block([part(30 * k, 30 * k + 20, "x")], turn=t) for k, t in enumerate(turns)]
        return Graph(blocks).returns(run)

    assert returns(4, 7, 9, run=(0, 3)) == 0, "strokes of other lines do not count"
    assert returns(0, 2, 1, run=(0, 1)) == 0
    assert returns(0, 2, 1, run=(0, 2)) == 1
    assert returns(0, 2, 4, 1, 3, run=(0, 3)) == 2
    assert returns(None, None, run=(0, 2)) == 0
