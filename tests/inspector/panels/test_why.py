"""The panel of attributions: what `nn.explain` computes, for the digit that is chosen."""

import numpy as np

from nn import explain
from tests.windows import (
    SEVEN,
    choose,
    draw,
    find,
    network_input,
    picture_of,
    probabilities_of,
    settle,
    turn_to,
)


def test_results_are_those_of_explain(start):
    app, inspector = start()
    draw(app, *SEVEN)
    why = inspector.why
    turn_to(app, why)
    assert why.digit == probabilities_of(app).argmax()
    find(why, "3").invoke()
    choose(app, why.layer, 0)
    settle(app, lambda: not why.busy)
    assert "supports 3" in why.note["text"]
    x = network_input(app)
    gradients, maps = explain.gradients(app.model, x, 3), explain.maps(app.model, x)
    np.testing.assert_array_equal(why.results["saliency"], explain.saliency(gradients[0])[0])
    np.testing.assert_allclose(
        why.results["gradient x input"], explain.gradient_times_input(gradients[0], x)[0]
    )
    np.testing.assert_allclose(
        why.results["Grad-CAM"], explain.grad_cam(maps[2], gradients[2])[0], rtol=1e-5
    )
    *_, fall = explain.occlusion(app.model, x, 3)
    np.testing.assert_array_equal(why.results["occlusion"], fall)
    for method, values in why.results.items():
        assert why.captions[method]["text"] == f"strongest: {np.abs(values).max():.4f}"


def test_pictures_change_with_the_digit(start):
    app, inspector = start()
    draw(app, *SEVEN)
    why = inspector.why
    turn_to(app, why)
    pictures = []
    for digit in ("3", "8", "3"):
        find(why, digit).invoke()
        settle(app, lambda: not why.busy)
        pictures.append(picture_of(why.pictures["gradient x input"]))
    np.testing.assert_array_equal(pictures[0], pictures[2])
    assert (pictures[0] != pictures[1]).any()


def test_pointing_names_the_value(start):
    app, inspector = start()
    draw(app, *SEVEN)
    why = inspector.why
    turn_to(app, why)
    settle(app, lambda: not why.busy)
    picture = why.pictures["saliency"]
    side = len(picture_of(picture)) // 28
    picture.event_generate("<Motion>", x=10 * side + 1, y=6 * side + 1)
    value = why.results["saliency"][6, 10]
    assert inspector.status["text"] == f"saliency, row 6, column 10: {value:.5f}"
