"""The notes of a run, as they were after an earlier epoch."""

import numpy as np
import pytest

from experiment import notes


def test_until_leaves_out_what_came_later(noted):
    whole = notes.read(noted)
    early = notes.until(whole, 1)
    assert early["step"].tolist() == [2, 4]
    assert early["moment"].tolist() == [0, 1]
    assert len(early["validation"]) == 1
    np.testing.assert_array_equal(early["now"], whole["filters"][1])


def test_until_an_unrecorded_epoch_keeps_latest_filters(noted):
    """A run that was watched from its second epoch on has no notes of the first."""
    whole = notes.read(noted)
    late = whole | {
        name: whole[name][whole["epoch" if name in notes.PER_NOTE else "moment"] > 1]
        for name in notes.SERIES
    }
    early = notes.until(late, 1)
    assert len(early["step"]) == len(early["moment"]) == 0
    np.testing.assert_array_equal(early["now"], whole["now"])


def test_arrays_of_other_names_are_refused(noted):
    whole = notes.read(noted)
    del whole["ratio"]
    notes.write(noted, whole)
    with pytest.raises(ValueError, match=r"watch\.npz: not the notes of a run"):
        notes.read(noted)
