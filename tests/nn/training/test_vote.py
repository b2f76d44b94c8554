"""Teaching trains the last dense layer alone, and keeps what it answered before."""

import numpy as np
import pytest

from nn import Conv2D, Dense, Flatten, ReLU, Sequential, Softmax
from nn.training import vote

K, R, FEATURES = 4, 300, 20


@pytest.fixture
def rng():
    return np.random.default_rng(5)


@pytest.fixture(params=[True, False], ids=["with bias", "without bias"])
def dense(request, rng):
    layer = Dense(FEATURES, K, bias=request.param, rng=rng)
    layer.params["w"] *= 4
    return layer


@pytest.fixture
def rehearsed(rng):
    return rng.standard_normal((R, FEATURES)).astype(np.float32)


def taught_by(dense, rng, count=3, variations=2):
    """Features of drawings, and labels that are not the vote's answers."""
    x = 0.7 * rng.standard_normal((count, 1, FEATURES)).astype(np.float32)
    x = x + 0.05 * rng.standard_normal((count, variations, FEATURES)).astype(np.float32)
    return x, (answers(dense.params, x[:, 0]) + 1) % K


def answers(params, x):
    return (x @ params["w"] + params.get("b", 0)).argmax(axis=1)


def naive_loss(params, before, rehearsed, taught, labels, weights):
    """The loss of the module's docstring, term by term, in float64."""

    def log_softmax(parameters, row):
        z = row.astype(np.float64) @ parameters["w"].astype(np.float64)
        z = z + parameters.get("b", np.zeros(K))
        return z - np.log(np.exp(z).sum())

    total = 0.0
    for row in rehearsed:
        aim, answer = np.exp(log_softmax(before, row)), log_softmax(params, row)
        total -= float(aim @ answer) / len(rehearsed)
    for drawing, label, weight in zip(taught, labels, weights, strict=True):
        for row in drawing:
            total -= weight / len(drawing) * log_softmax(params, row)[label]
    for name in params:
        moved = params[name].astype(np.float64) - before[name]
        total += vote.PULL / 2 * float((moved**2).sum())
    return total


def test_taught_drawings_are_answered_as_labelled(dense, rehearsed, rng):
    taught, labels = taught_by(dense, rng)
    params = vote.teach(dense, rehearsed, taught, labels)
    assert answers(params, taught[:, 0]).tolist() == labels.tolist()


def test_most_rehearsed_answers_stay(dense, rehearsed, rng):
    taught, labels = taught_by(dense, rng)
    before = answers(dense.params, rehearsed)
    after = answers(vote.teach(dense, rehearsed, taught, labels), rehearsed)
    alone = answers(vote.teach(dense, rehearsed[:1], taught, labels), rehearsed)
    assert (after == before).mean() > 0.85
    assert (after == before).sum() > (alone == before).sum(), "rehearsal did not help"


def test_result_is_the_minimum_of_the_loss(dense, rehearsed, rng, monkeypatch):
    """No small step along a random direction lowers the naive loss by more than rounding."""
    monkeypatch.setattr(vote, "ROUNDS", 1)
    monkeypatch.setattr(vote, "WEIGHT", 0.05)
    monkeypatch.setattr(vote, "STEPS", 200)
    taught, labels = taught_by(dense, rng)
    params = vote.teach(dense, rehearsed, taught, labels)
    given = dense.params, rehearsed, taught, labels, [0.05] * len(labels)
    lowest = naive_loss(params, *given)
    assert lowest < naive_loss(dense.params, *given) - 0.01
    for _ in range(20):
        step = {name: 0.05 * rng.standard_normal(a.shape) for name, a in params.items()}
        for sign in (-1, 1):
            there = {name: params[name] + sign * step[name] for name in params}
            assert naive_loss(there, *given) > lowest - 1e-6


def test_gradient_is_the_slope_of_the_loss(rehearsed, rng, monkeypatch):
    """The pull, too, which is made large here so that it is seen."""
    monkeypatch.setattr(vote, "PULL", 0.7)
    dense = Dense(FEATURES, K, rng=rng, dtype=np.float64)
    taught, labels = taught_by(dense, rng)
    rows = taught.reshape(-1, FEATURES).astype(np.float64)
    repeated = np.repeat(labels, taught.shape[1])
    loss = vote._loss(dense, rehearsed.astype(np.float64), rows, repeated, np.ones(len(rows)))
    at = vote._flat(dense.params) + rng.standard_normal(K * FEATURES + K)
    _, gradient = loss(at)
    for i in rng.choice(len(at), 12, replace=False):
        step = 1e-5 * (np.arange(len(at)) == i)
        slope = (loss(at + step)[0] - loss(at - step)[0]) / 2e-5
        assert gradient[i] == pytest.approx(slope, rel=1e-5, abs=1e-7)


def test_order_of_drawings_does_not_matter(dense, rehearsed, rng, monkeypatch):
    monkeypatch.setattr(vote, "STEPS", 200)
    taught, labels = taught_by(dense, rng)
    one = vote.teach(dense, rehearsed, taught, labels)
    other = vote.teach(dense, rehearsed, taught[::-1], labels[::-1])
    for name in one:
        np.testing.assert_allclose(one[name], other[name], atol=0.02)


def test_nothing_taught_changes_nothing(dense, rehearsed):
    params = vote.teach(dense, rehearsed, np.zeros((0, 2, FEATURES), np.float32), np.zeros(0, int))
    for name, array in dense.params.items():
        assert (params[name] == array).all()
        assert params[name] is not array


def test_arguments_are_left_unchanged(dense, rehearsed, rng):
    taught, labels = taught_by(dense, rng)
    given = [*dense.params.values(), rehearsed, taught, labels]
    copies = [array.copy() for array in given]
    vote.teach(dense, rehearsed, taught, labels)
    for array, copy in zip(given, copies, strict=True):
        np.testing.assert_array_equal(array, copy)


def test_contradicting_drawings_end_finite(dense, rehearsed, rng):
    taught, _ = taught_by(dense, rng, count=1)
    twice = np.concatenate([taught, taught])
    params = vote.teach(dense, rehearsed, twice, np.array([0, 1]))
    assert all(np.isfinite(array).all() for array in params.values())


def test_minimise_solves_a_quadratic(rng):
    root = rng.standard_normal((12, 12))
    matrix, right = root @ root.T + 0.1 * np.eye(12), rng.standard_normal(12)
    found = vote.minimise(
        lambda x: (float(x @ matrix @ x / 2 - right @ x), matrix @ x - right), np.zeros(12), 200
    )
    np.testing.assert_allclose(found, np.linalg.solve(matrix, right), rtol=0.02, atol=0.02)


def small(*end):
    rng = np.random.default_rng(1)
    return Sequential([Conv2D(1, 2, 5, stride=3, rng=rng), ReLU(), Flatten(), *end])


@pytest.mark.parametrize("end", [[], [Softmax()]])
def test_features_and_vote_make_the_network(end, rng):
    model = small(Dense(128, 10, rng=rng), *end)
    images = rng.random((70, 28, 28), dtype=np.float32)
    params = {"w": rng.standard_normal((128, 10)).astype(np.float32), "b": np.zeros(10, np.float32)}
    found = vote.features(model, images) @ params["w"] + params["b"]
    other = vote.with_vote(model, params)
    assert vote.vote_of(model) == 3
    assert (other.predict_proba(images).argmax(axis=1) == found.argmax(axis=1)).all()
    assert other.layers[0].params["w"] is model.layers[0].params["w"]
    assert model.layers[3].params["w"] is not params["w"]


@pytest.mark.parametrize("end", [[], [Dense(128, 10), ReLU()]])
def test_a_network_without_a_vote_is_refused(end):
    with pytest.raises(ValueError, match="ends with a dense layer"):
        vote.vote_of(small(*end))
