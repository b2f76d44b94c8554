"""The notes of a run, as they were after an earlier epoch."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from experiment import notes
from experiment.live_charts import Learning


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


@given(
    name=st.sampled_from(sorted(notes.AXES)),
    shape=st.lists(st.integers(0, 300), max_size=4),
    dtype=st.sampled_from(["f4", "f8", "i8", "u1", "U5", "S3", "c8", "?"]),
)
@settings(
    max_examples=60, derandomize=True, deadline=None, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
def test_notes_of_any_shape_are_drawn_or_refused(noted, name, shape, dtype):
    if np.prod(shape, dtype=float) > 1e6:
        shape = shape[:2]
    whole = dict(np.load(noted / notes.FILE))
    notes.write(noted, whole | {name: np.zeros(shape, dtype)})
    read, refused = None, ""
    try:
        read = notes.read(noted)
    except ValueError as error:
        refused = str(error)
    finally:
        notes.write(noted, whole)
    assert len(refused.splitlines()) <= 1
    if read is not None:
        Learning().show(read)
