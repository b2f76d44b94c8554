"""The network as a whole: the chain, predictions, replicas, the table, and that it learns."""

import numpy as np
import pytest

from nn import (
    SGD,
    AvgPool2D,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    MaxPool2D,
    ReLU,
    Sequential,
    Softmax,
    SoftmaxCrossEntropy,
)
from nn.model import IMAGES_AT_A_TIME, as_input
from tests import naive
from tests.nn.networks import images, network

# Forward and backward


def test_forward_and_backward_by_hand():
    model = Sequential([Dense(1, 2, dtype=np.float64), ReLU(), Dense(2, 1, dtype=np.float64)])
    first, _, last = model.layers
    first.params["w"][:], last.params["w"][:] = [[2, -3]], [[5], [7]]
    assert model.forward(np.array([[10.0], [-10]]), train=True).tolist() == [[100], [210]]
    assert model.backward(np.array([[1.0], [1]])).tolist() == [[10], [-21]]
    named = {name: dw.tolist() for name, dw in model.named_grads().items()}
    assert named == {"0.w": [[50, -70]], "0.b": [5, 7], "2.w": [[20], [30]], "2.b": [2]}


@pytest.mark.parametrize("last", [(), (Softmax(),)])
def test_the_chain_of_layers_equals_measured_slopes(last):
    rng = np.random.default_rng(1)
    model = Sequential(
        [
            Conv2D(1, 2, 3, rng=rng, dtype=np.float64),
            BatchNorm(2, dtype=np.float64),
            AvgPool2D(2, stride=1),
            Flatten(),
            Dense(8, 3, rng=rng, dtype=np.float64),
            *last,
        ]
    )
    x, labels = rng.standard_normal((3, 5, 5, 1)), np.array([2, 0, 1])
    loss = SoftmaxCrossEntropy(0.1)

    def value():
        return loss.forward(model.forward(x, train=True), labels)

    value()
    analytic = {"x": model.backward(loss.backward()), **model.named_grads()}
    for name, array in {"x": x, **model.named_params()}.items():
        slopes = naive.slope(value, array)
        np.testing.assert_allclose(analytic[name], slopes, rtol=1e-5, atol=1e-9, err_msg=name)


def test_named_arrays_are_the_arrays_themselves():
    model = network()
    params, state = model.named_params(), model.named_state()
    assert list(params) == ["0.w", "0.b", "1.gamma", "1.beta", "6.w", "6.b"]
    assert list(state) == ["1.mean", "1.var"]
    assert params["6.w"] is model.layers[6].params["w"]
    assert state["1.var"] is model.layers[1].state["var"]
    assert model.named_grads() == {}
    model.backward(model.forward(as_input(images(2)), train=True))
    assert model.named_grads().keys() == params.keys()


# Predictions


@pytest.mark.parametrize("last", [(), (Softmax(),)], ids=["logits", "softmax"])
def test_probabilities_are_the_softmax_of_the_logits_once(last):
    logits = network().forward(as_input(images(5)))
    proba = network(*last).predict_proba(images(5))
    assert proba.dtype == np.float32
    np.testing.assert_allclose(proba, naive.softmax(logits.astype(np.float64)), rtol=1e-5)


@pytest.mark.parametrize("axes", [3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.float16, np.float32, np.float64])
def test_images_are_bytes_or_fractions(dtype, axes):
    whole = np.where(images(4) < 128, 0, 255).astype(np.uint8)  # exact in every dtype
    given = whole if dtype == np.uint8 else (whole / 255).astype(dtype)
    given = given if axes == 3 else given[..., None]
    before = given.copy()
    proba = network().predict_proba(given)
    np.testing.assert_array_equal(proba, network().predict_proba(whole))
    np.testing.assert_array_equal(given, before)


def test_bytes_are_read_as_fractions_of_255():
    x = as_input(np.arange(256, dtype=np.uint8).reshape(1, 16, 16))
    assert (x.shape, x.dtype) == ((1, 16, 16, 1), np.float32)
    np.testing.assert_allclose(x.ravel(), np.arange(256) / 255, rtol=2e-7)
    assert (x.min(), x.max()) == (0, 1)


@pytest.mark.parametrize("N", [1, IMAGES_AT_A_TIME, 2 * IMAGES_AT_A_TIME + 3])
def test_many_images_equal_one_by_one_in_order(N):
    model, many = network(), images(N)
    proba = model.predict_proba(many)
    assert proba.shape == (N, 3)
    one_by_one = [model.predict_proba(image[None])[0] for image in many]
    np.testing.assert_allclose(proba, one_by_one, rtol=1e-4, atol=1e-6)


def test_images_pass_in_bounded_chunks(monkeypatch):
    model, sizes = network(), []
    forward = model.forward
    monkeypatch.setattr(model, "forward", lambda x: (sizes.append(len(x)), forward(x))[1])
    model.predict_proba(images(2 * IMAGES_AT_A_TIME + 3))
    assert sizes == [IMAGES_AT_A_TIME, IMAGES_AT_A_TIME, 3]


@pytest.mark.parametrize("last", [(), (Softmax(),)], ids=["logits", "softmax"])
@pytest.mark.parametrize("shape", [(0, 8, 8), (0, 8, 8, 1)])
def test_no_images_give_no_probabilities(last, shape):
    proba = network(*last).predict_proba(np.zeros(shape, np.uint8))
    assert (proba.shape, proba.dtype) == ((0, 3), np.float32)


def test_predicting_leaves_no_trace():
    model = network()
    kept = {name: array.copy() for name, array in model.named_state().items()}
    first = model.predict_proba(images(3))
    np.testing.assert_array_equal(model.predict_proba(images(3)), first)
    for name, array in model.named_state().items():
        np.testing.assert_array_equal(array, kept[name])
    with pytest.raises(RuntimeError, match="backward without a training forward"):
        model.backward(first)


def test_a_float64_network_still_answers_in_float32():
    proba = network(dtype=np.float64).predict_proba(images(3))
    assert proba.dtype == np.float32
    np.testing.assert_allclose(proba, network().predict_proba(images(3)), rtol=1e-3)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (np.zeros((8, 8), np.uint8), r"\(N, H, W\) or \(N, H, W, C\), got \(8, 8\)"),
        (np.zeros((1, 1, 8, 8, 1), np.uint8), r"got \(1, 1, 8, 8, 1\)"),
        (np.zeros((1, 8, 8), np.int64), "uint8 or float in .* got int64"),
        (np.zeros((1, 8, 8), bool), "got bool"),
        (np.zeros((1, 8, 8, 3), np.uint8), r"Conv2D: expected .* \(N, H, W, 1\), got \(1, 8, 8, 3"),
        (np.zeros((1, 9, 11), np.uint8), r"Dense: expected .* \(N, 64\), got \(1, 80\)"),
    ],
)
def test_refuses_what_is_no_batch_of_its_images(given, message):
    with pytest.raises(ValueError, match=message):
        network().predict_proba(given)


# Replicas


def test_a_replica_shares_the_parameters_and_nothing_else():
    model = network()
    x = as_input(images(4))
    model.backward(model.forward(x, train=True))
    grads = {name: dw.copy() for name, dw in model.named_grads().items()}
    twin = model.replica()
    for name, array in model.named_params().items():
        assert twin.named_params()[name] is array
    for name, array in model.named_state().items():
        np.testing.assert_array_equal(twin.named_state()[name], array)
        assert not np.shares_memory(twin.named_state()[name], array)
    assert twin.named_grads() == {}
    with pytest.raises(RuntimeError):
        twin.backward(np.ones((4, 3), np.float32))

    state = {name: array.copy() for name, array in model.named_state().items()}
    twin.backward(twin.forward(x[:2], train=True))
    for name, array in model.named_state().items():
        np.testing.assert_array_equal(array, state[name])
    for name, dw in model.named_grads().items():
        np.testing.assert_array_equal(dw, grads[name])
    assert model.backward(np.ones((4, 3), np.float32)).shape == x.shape  # its own memory is kept


def test_a_replica_sees_every_step():
    model = network()
    twin = model.replica()
    before = twin.predict_proba(images(3))
    model.backward(model.forward(as_input(images(3)), train=True))
    SGD(0.1).step(model.named_params(), model.named_grads())
    for name, array in model.named_params().items():
        np.testing.assert_array_equal(twin.named_params()[name], array)
    assert (twin.predict_proba(images(3)) != before).any()


def test_adopting_state_copies_the_numbers():
    model, twin = network(), network()
    twin.forward(as_input(images(4)), train=True)
    before = {name: array.copy() for name, array in twin.named_state().items()}
    held = model.named_state()
    model.adopt_state(twin)
    twin.forward(as_input(images(4)), train=True)
    for name, array in held.items():
        assert model.named_state()[name] is array
        np.testing.assert_array_equal(array, before[name])
        assert (twin.named_state()[name] != before[name]).all()


def test_dropouts_are_the_layers_that_draw():
    model = Sequential([Dropout(0.1), ReLU(), Dropout(0.2), Flatten()])
    assert model.dropouts() == [model.layers[0], model.layers[2]]


def test_a_replica_has_its_own_dropout_generator():
    model = Sequential([Dropout(0.5, rng=np.random.default_rng(1))])
    assert model.replica().layers[0].rng is not model.layers[0].rng


# The table


def test_summary_by_hand():
    model = Sequential(
        [
            Conv2D(1, 32, 3),
            ReLU(),
            MaxPool2D(2),
            BatchNorm(32),
            Conv2D(32, 64, (3, 5), stride=(1, 2), pad="same", bias=False),
            AvgPool2D(3),
            Flatten(),
            Dropout(0.5),
            Dense(512, 10),
            Softmax(),
        ]
    )
    rows = [" ".join(line.split()) for line in model.summary().splitlines()]
    assert rows == [
        "layer output parameters multiply-adds",
        "Conv2D (26, 26, 32) 320 194,688",  # 9 * 32 + 32; 26 * 26 * 9 * 32
        "ReLU (26, 26, 32) 0 0",
        "MaxPool2D (13, 13, 32) 0 0",
        "BatchNorm (13, 13, 32) 64 0",
        "Conv2D (13, 7, 64) 30,720 2,795,520",  # 15 * 32 * 64; times 13 * 7
        "AvgPool2D (4, 2, 64) 0 0",
        "Flatten (512,) 0 0",
        "Dropout (512,) 0 0",
        "Dense (10,) 5,130 5,120",
        "Softmax (10,) 0 0",
        "total 36,234 2,995,328",
    ]


def test_summarys_columns_line_up_and_follow_the_input():
    lines = Sequential([Conv2D(3, 1, 2), ReLU()]).summary((4, 6, 3)).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert lines[1].split() == ["Conv2D", "(3,", "5,", "1)", "13", "180"]


def test_summary_refuses_images_that_do_not_fit():
    with pytest.raises(ValueError, match=r"Dense: expected .* \(N, 64\)"):
        network().summary((10, 10, 1))


def test_a_network_without_layers_is_not_saved(tmp_path):
    with pytest.raises(ValueError, match="without layers"):
        Sequential([]).save(tmp_path / "empty.npz")
    assert not list(tmp_path.iterdir())


def test_a_copy_has_its_own_arrays():
    rng = np.random.default_rng(0)
    model = Sequential([Dense(3, 2, rng=rng), BatchNorm(2)])
    twin = model.copy()
    x = rng.standard_normal((4, 3)).astype(np.float32)
    np.testing.assert_array_equal(twin.forward(x), model.forward(x))
    for array in (twin.named_params() | twin.named_state()).values():
        array += 1
    assert (model.layers[1].params["gamma"] == 1).all()
    assert (model.layers[1].state["mean"] == 0).all()
    assert not np.array_equal(twin.forward(x), model.forward(x))
