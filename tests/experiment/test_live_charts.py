"""The charts of a network as it learns can be drawn from incomplete notes, too."""

import numpy as np

from experiment import notes
from experiment.live_charts import Learning
from experiment.recorder import Recorder
from tests.runs import EPOCHS, STEPS, Simulation, digits


def drawn(noted):
    charts = Learning()
    charts.show(noted)
    charts.figure.canvas.draw()
    return charts


def test_draws_notes_without_filters(noted):
    """Those of a network that begins with a dense layer behind a pool, say."""
    whole = notes.read(noted)
    none = {"filters": whole["filters"][:, :0], "now": whole["now"][:0]}
    assert len(drawn(whole | none).figure.axes) > 3


def test_each_of_ten_digits_has_its_charts(noted):
    """Its picture and its probabilities, beside three curves and the filters."""
    whole = notes.read(noted)
    ten = {
        "labels": np.arange(10),
        "digits": np.repeat(whole["digits"][:1], 10, axis=0),
        "proba": np.repeat(whole["proba"][:, :1], 10, axis=1),
    }
    assert len(drawn(whole | ten).figure.axes) == 3 + 1 + 2 * 10


def test_draws_an_epoch_that_was_not_recorded(noted):
    whole = notes.read(noted)
    late = whole | {
        name: whole[name][whole["epoch" if name in notes.PER_NOTE else "moment"] > 1]
        for name in notes.SERIES
    }
    assert [text.get_text() for text in drawn(notes.until(late, 1)).figure.texts] == ["no data yet"]


def test_draws_notes_of_an_unstarted_run(tmp_path):
    images, labels = digits(40)
    with (simulation := Simulation(tmp_path)).trainer:
        Recorder(simulation.run, simulation.ema.model, images, labels, (STEPS,) * EPOCHS).save()
    charts = drawn(notes.read(tmp_path))
    assert [text.get_text() for text in charts.figure.texts] == ["no data yet"]
