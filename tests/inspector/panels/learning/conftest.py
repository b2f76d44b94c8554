"""The Learning panel, open, with a drawing."""

import pytest

from tests.windows import SEVEN, draw, press, turn_to


@pytest.fixture
def learning(start):
    """Both windows with a drawing, the Learning panel open, the drawing said to be a 4."""
    app, inspector = start()
    draw(app, *SEVEN)
    panel = inspector.learning
    turn_to(app, panel)
    press(app, panel.pass_view.canvas, "<Key-4>", lambda: panel.lesson.label == 4)
    return app, inspector, panel
