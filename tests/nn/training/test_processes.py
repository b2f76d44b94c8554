"""Processes: the collective operations of one, and launchers without MPI."""

import sys

import numpy as np
import pytest

from nn.training.launch import SIZES, LaunchError, join
from nn.training.processes import SingleProcess


@pytest.fixture(autouse=True)
def no_launcher(monkeypatch):
    for name in SIZES:
        monkeypatch.delenv(name, raising=False)


def test_rows_are_summed_pairwise_in_their_order():
    rows = np.array([[1e8, 1], [1, 2], [1, 4], [-1e8, 8], [3, 16]], np.float32)
    # In float32 1e8 + 1 is 1e8: one after the other, or in float64, the rows add up to 3 or 5.
    np.testing.assert_array_equal(SingleProcess().all_reduce_sum(rows[[0, 3, 1, 2]], 4), [2, 15])
    np.testing.assert_array_equal(SingleProcess().all_reduce_sum(rows, 5), [3, 31])


def tree(rows):
    """The same sum from above: halves of a power of two, the larger one first."""
    if len(rows) == 1:
        return rows[0]
    half = 2 ** ((len(rows) - 1).bit_length() - 1)
    return tree(rows[:half]) + tree(rows[half:])


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 16, 21])
def test_the_sum_is_that_of_a_tree(n):
    rows = np.random.default_rng(n).standard_normal((n, 50), np.float32)
    expected = tree(list(rows))
    np.testing.assert_array_equal(SingleProcess().all_reduce_sum(rows, n), expected)


@pytest.mark.parametrize("size", [1, 2, 3, 7])
@pytest.mark.parametrize("items", [0, 1, 4, 10])
def test_shares_are_contiguous_and_complete(size, items):
    class Some(SingleProcess):
        pass

    Some.size = size
    shares = [list(range(items))[Some().share(items, rank)] for rank in range(size)]
    assert sum(shares, []) == list(range(items))  # noqa: RUF017
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_without_a_launcher_it_is_one_process(monkeypatch):
    monkeypatch.setitem(sys.modules, "nn.training.mpi", None)
    assert type(join()) is SingleProcess
    monkeypatch.setenv("PMI_SIZE", "1")
    assert type(join()) is SingleProcess


@pytest.mark.parametrize("name", SIZES)
def test_without_mpi4py_it_says_what_to_install(monkeypatch, name):
    monkeypatch.setenv(name, "2")
    monkeypatch.setitem(sys.modules, "nn.training.mpi", None)
    with pytest.raises(LaunchError, match=r"one of 2 ranks.*pip install mpi4py mpich"):
        join()


@pytest.mark.parametrize(
    "text", ["abc", "", "0", "-1", "2.5", "\u00b2", "9" * 30, "1 2", "2\n3\x1b"]
)
@pytest.mark.parametrize("name", SIZES)
def test_no_number_of_ranks_is_refused(monkeypatch, name, text):
    monkeypatch.setenv(name, text)
    with pytest.raises(LaunchError, match=f"{name}=.*not a number of ranks") as caught:
        join()
    assert len(str(caught.value).splitlines()) == 1
