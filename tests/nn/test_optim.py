"""Optimizers: steps worked by hand, and what all of them promise."""

import numpy as np
import pytest

from nn import SGD, Adadelta, Adam

EVERY = pytest.mark.parametrize(
    "make",
    [
        lambda **a: SGD(0.1, **a),
        lambda **a: SGD(0.1, momentum=0.9, **a),
        lambda **a: SGD(0.1, momentum=0.9, nesterov=True, **a),
        lambda **a: Adam(0.1, **a),
        lambda **a: Adadelta(**a),
    ],
    ids=["SGD", "momentum", "Nesterov", "Adam", "Adadelta"],
)


def path(optimizer, gradients, start=1.0, shape=(1,)):
    """Where one weight is after each step."""
    params, places = {"w": np.full(shape, start)}, []
    for dw in gradients:
        optimizer.step(params, {"w": np.full(shape, float(dw))})
        places.append(params["w"].flat[0])
    return places


# By hand


def test_sgd_by_hand():
    assert path(SGD(0.1), [0.5, -1, 2]) == pytest.approx([0.95, 1.05, 0.85], rel=1e-14)


def test_momentum_by_hand():
    # velocities 0.5, 0.9 * 0.5 + 0.5 = 0.95, 0.9 * 0.95 - 1 = -0.145
    places = path(SGD(0.1, momentum=0.9), [0.5, 0.5, -1])
    assert places == pytest.approx([0.95, 0.855, 0.8695], rel=1e-14)


def test_nesterov_by_hand():
    # steps dw + 0.9 * velocity: 0.5 + 0.45, 0.5 + 0.855, -1 - 0.1305
    places = path(SGD(0.1, momentum=0.9, nesterov=True), [0.5, 0.5, -1])
    assert places == pytest.approx([0.905, 0.7695, 0.88255], rel=1e-14)


def test_adam_by_hand():
    # beta1 1/2, beta2 3/4. Step 1: mean 1/2 * 4 = 2 and square 1/4 * 16 = 4, corrected
    # 2 / (1/2) = 4 and 4 / (1/4) = 16: step 0.1 * 4 / 4. Step 2, dw = -2: mean 1 - 1 = 0.
    # Step 3, dw = 6: mean 3 / (7/8) = 24/7 and square 3/4 * (3 + 1) + 9 = 12 over 37/64.
    places = path(Adam(0.1, betas=(0.5, 0.75), eps=0.0), [4, -2, 6])
    third = 0.9 - 0.1 * (24 / 7) / np.sqrt(12 / (37 / 64))
    assert places == pytest.approx([0.9, 0.9, third], rel=1e-14)


@pytest.mark.parametrize("dw", [1e-3, 5.0, -2e4])
def test_adams_first_step_is_the_learning_rate(dw):
    (place,) = path(Adam(0.1), [dw])
    assert place == pytest.approx(1 - 0.1 * np.sign(dw), rel=1e-5)


def test_adams_eps_stands_outside_the_root_after_correction():
    # corrected mean and root mean square are both 3, so the step is 3 / (3 + 1)
    assert path(Adam(1.0, eps=1.0), [3]) == pytest.approx([1 - 0.75], rel=1e-14)


def test_defaults_are_those_of_the_papers():
    """A gradient as small as eps halves Adam's step; Adadelta's first is that of its two means."""
    assert path(Adam(), [1e-8]) == pytest.approx([1 - 0.0005], rel=1e-12)
    assert path(Adadelta(), [1.0]) == pytest.approx([1 - (1e-6 / (0.05 + 1e-6)) ** 0.5], rel=1e-12)


def test_adadelta_by_hand():
    # rho 3/4, eps 1. Step 1: square 1/4 * 32 = 8, step 32**0.5 * sqrt(1 / 9), so its square
    # 32/9 counts 8/9. Step 2, dw = 0: no step, square 6, step square 2/3. Step 3, dw = 6:
    # square 9/2 + 9 = 27/2, step 6 * sqrt((2/3 + 1) / (27/2 + 1)).
    optimizer = Adadelta(rho=0.75, eps=1.0)
    first = -np.sqrt(32) / 3
    third = first - 6 * np.sqrt((5 / 3) / (29 / 2))
    places = path(optimizer, [np.sqrt(32), 0, 6], start=0.0)
    assert places == pytest.approx([first, first, third], rel=1e-14)


def test_adadelta_follows_the_paper_number_by_number():
    rho, eps = 0.95, 1e-6
    gradients = np.random.default_rng(1).standard_normal(50)
    w, mean_square_gradient, mean_square_step, expected = 1.0, 0.0, 0.0, []
    for g in gradients:  # algorithm 1, lines 4 to 7
        mean_square_gradient = rho * mean_square_gradient + (1 - rho) * g**2
        step = -((mean_square_step + eps) ** 0.5) / (mean_square_gradient + eps) ** 0.5 * g
        mean_square_step = rho * mean_square_step + (1 - rho) * step**2
        w += step
        expected.append(w)
    assert path(Adadelta(), gradients) == pytest.approx(expected, rel=1e-12)


def test_adadeltas_rate_scales_the_step_only():
    gradients = [1.0, -0.5, 2]
    full, half = path(Adadelta(), gradients, 0.0), path(Adadelta(0.5), gradients, 0.0)
    assert half == pytest.approx([place / 2 for place in full], rel=1e-14)


# Weight decay


@EVERY
def test_decay_alone_shrinks_by_the_rate(make):
    optimizer = make(weight_decay=0.25)
    lr = optimizer.lr
    places = path(optimizer, [0, 0], start=8.0, shape=(2, 2))
    assert places == pytest.approx([8 * (1 - lr / 4), 8 * (1 - lr / 4) ** 2], rel=1e-14)
    assert all(not array.any() for memory in optimizer.memory.values() for array in memory.values())


@EVERY
def test_decay_is_decoupled_from_the_gradients_memory(make):
    gradients = np.random.default_rng(1).standard_normal(4)
    plain, decayed = make(), make(weight_decay=0.25)
    steps = np.diff([1, *path(plain, gradients, shape=(1, 1))])
    w, expected = 1.0, []
    for step in steps:
        w = w * (1 - plain.lr / 4) + step
        expected.append(w)
    assert path(decayed, gradients, shape=(1, 1)) == pytest.approx(expected, rel=1e-12)


@EVERY
def test_decay_spares_biases_and_scales(make):
    gradients = [1.0, -2.0]
    decayed = path(make(weight_decay=0.25), gradients, shape=(3,))
    assert decayed == path(make(), gradients, shape=(3,))
    for shape in [(1, 3), (2, 1, 1, 1)]:
        assert path(make(weight_decay=0.25), gradients, shape=shape) != decayed


def test_decay_follows_the_learning_rate_of_the_step():
    params = {"w": np.full((1, 1), 8.0)}
    SGD(1.0, weight_decay=0.5).step(params, {"w": np.zeros((1, 1))}, lr=0.5)
    assert params["w"][0, 0] == 6


# What all of them promise


@EVERY
def test_steps_in_place_and_leaves_gradients(make):
    rng = np.random.default_rng(1)
    params = {"0.w": rng.standard_normal((3, 2)).astype(np.float32), "0.b": np.zeros(2, np.float32)}
    held, grads = dict(params), {name: np.ones_like(array) for name, array in params.items()}
    optimizer = make(weight_decay=0.01)
    for _ in range(3):
        optimizer.step(params, grads, lr=np.float64(0.1))
    assert optimizer.steps == 3
    for name, array in held.items():
        assert params[name] is array
        assert array.dtype == np.float32
        np.testing.assert_array_equal(grads[name], 1)
    for memory in optimizer.memory.values():
        assert {name: (a.shape, a.dtype) for name, a in memory.items()} == {
            name: (a.shape, a.dtype) for name, a in params.items()
        }


@EVERY
def test_each_weight_remembers_only_itself(make):
    gradients = np.random.default_rng(1).standard_normal((5, 2))
    params, optimizer = {"a": np.ones(1), "b": np.ones(1)}, make()
    for a, b in gradients:
        optimizer.step(params, {"a": np.array([a]), "b": np.array([b])})
    assert params["a"][0] == path(make(), gradients[:, 0])[-1]
    assert params["b"][0] == path(make(), gradients[:, 1])[-1]


@EVERY
def test_a_step_may_have_its_own_rate(make):
    one, two = {"w": np.ones(1)}, {"w": np.ones(1)}
    grads = {"w": np.array([2.0])}
    make().step(one, grads)
    optimizer = make()
    optimizer.step(two, grads, lr=optimizer.lr / 4)
    assert 1 - two["w"][0] == pytest.approx((1 - one["w"][0]) / 4, rel=1e-12)
    assert optimizer.lr == make().lr


@EVERY
def test_goes_down_a_valley(make):
    optimizer = make()
    params, width = {"w": np.array([1.0, -2.0])}, np.array([1.0, 3.0])
    for step in range(2000):
        optimizer.step(params, {"w": width * params["w"]}, lr=optimizer.lr * (1 - step / 2000))
    assert np.abs(params["w"]).max() < 1e-2


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SGD(0), "lr must be positive"),
        (lambda: Adam(float("nan")), "lr must be positive"),
        (lambda: Adadelta(-1), "lr must be positive"),
        (lambda: Adam(weight_decay=-0.1), "weight_decay must not be negative"),
        (lambda: SGD(momentum=1), "momentum must be in"),
        (lambda: Adam(betas=(0.9, 1.0)), "betas must be in"),
        (lambda: Adam(betas=(-0.1, 0.9)), "betas must be in"),
        (lambda: Adadelta(rho=1), "rho must be in"),
    ],
)
def test_refuses_settings_out_of_range(make, message):
    with pytest.raises(ValueError, match=message):
        make()
