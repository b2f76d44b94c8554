"""Results of known figures: medians, ratios, tables, the JSON file and the chart."""

import json

import pytest

from benchmarks.results import (
    RATE,
    TIME,
    Result,
    comparison,
    draw,
    machine,
    ratio_to_best_peer,
    table,
    write_json,
)

OWN = ("ours", "plain")
RATES = [
    Result.of("ours", [900, 1000, 1500], RATE),
    Result.of("plain", [800, 2000, 900], RATE),
    Result.of("slow", [100, 110, 90], RATE),
    Result.of("quick", [400, 410, 390], RATE),
]


def test_a_result_is_median_and_range():
    assert RATES[1] == Result("plain", 900, 800, 2000, RATE)


def test_the_ratio_is_to_the_fastest_peer():
    assert ratio_to_best_peer(RATES, OWN) == pytest.approx(2.5)


def test_the_shortest_time_is_best():
    times = [Result.of(name, [us], TIME) for name, us in (("ours", 50), ("a", 100), ("b", 25))]
    assert ratio_to_best_peer(times, OWN) == pytest.approx(0.5)


def test_without_peers_there_is_no_ratio():
    assert ratio_to_best_peer(RATES[:2], OWN) is None


def test_a_comparison_by_hand():
    assert comparison(RATES[::3], {"MB": ["7", "12"]}) == (
        "system  images/s  low   high  ours is  MB\n"
        "ours       1,000  900  1,500    1.00x   7\n"
        "quick        400  390    410    2.50x  12"
    )


def test_a_table_has_no_trailing_spaces():
    assert table(["a", "b"], [["wide", ""]]) == "a     b\nwide"


def test_the_json_file_has_the_documented_form(tmp_path):
    path = tmp_path / "new" / "figures.json"
    write_json(path, RATES[:1], None, cores=2)
    row = {"system": "ours", "median": 1000, "low": 900, "high": 1500, "unit": "images/s"}
    assert json.loads(path.read_text(encoding="utf-8")) == {
        "results": [row],
        "ratio_to_best_peer": None,
        "cores": 2,
    }


def test_the_chart_is_a_png(tmp_path):
    path = tmp_path / "chart.png"
    draw(path, {"one": RATES, "two": RATES[:1]}, OWN)
    assert path.read_bytes().startswith(b"\x89PNG")


def test_the_machine_lists_installed_packages():
    about = machine(threads=3)
    assert about["threads"] == 3
    assert {"python", "numpy"} <= about["versions"].keys()
