"""A network in one compiled call: the same answers as layer by layer, whatever the layers."""

import numpy as np
import pytest

import weights
from nn import (
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
    fuse,
)
from nn.fast.fused import MAX_PROGRAMS, Fused
from nn.fast.kernels import COMPILING
from nn.fast.program import Program, UnknownLayerError
from nn.layers.rescaling import Rescaling

HEIGHT = 160 if COMPILING else 30  # of large maps
CLOSE = 1e-5  # as fuse promises: Winograd's tiles of 5x5 round more than direct sums


def network(*front, shape=(12, 11, 1), classes=7, end=(), seed=0):
    """Layers, then Flatten and Dense of the right size; BatchNorms with statistics of their own."""
    rng = np.random.default_rng(seed)
    for layer in front:
        shape = layer.output_shape(shape)
    layers = [*front]
    if len(shape) > 1:
        layers.append(Flatten())
        shape = Flatten().output_shape(shape)
    layers += [Dense(shape[0], classes, rng=rng), *end]
    model = Sequential(layers)
    for name, array in (model.named_params() | model.named_state()).items():
        if array.ndim == 1:
            positive = name.endswith("var")
            array[:] = rng.random(array.shape) + 0.5 if positive else rng.normal(size=array.shape)
    return model


def images(n, *shape, seed=1):
    return np.random.default_rng(seed).random((n, *shape), dtype=np.float32)


def refuse(*_args, **_kwargs):
    raise AssertionError("went layer by layer")


@pytest.fixture
def in_one_call(monkeypatch):
    """Fail if a fused network goes layer by layer."""
    monkeypatch.setattr(Fused, "forward", refuse)


def conv(C, OC, kernel=3, seed=0, **more):
    return Conv2D(C, OC, kernel, rng=np.random.default_rng(seed), **more)


FRONTS = {
    "convolution": lambda: [conv(1, 5)],
    "convolution, no bias": lambda: [conv(1, 5, bias=False)],
    "block": lambda: [conv(1, 34), ReLU(), MaxPool2D(2)],
    "block, pool first": lambda: [conv(1, 5), MaxPool2D(2), ReLU()],
    "pool alone after": lambda: [conv(1, 5), MaxPool2D(2)],
    "pool 3x1": lambda: [conv(1, 5), ReLU(), MaxPool2D((3, 1))],
    "stride": lambda: [conv(1, 5, (2, 3), stride=(2, 1)), ReLU()],
    "padding": lambda: [conv(1, 8, pad="same"), ReLU(), conv(8, 9, 4, pad=((0, 2), 1)), ReLU()],
    "winograd": lambda: [conv(1, 16, pad=1), ReLU(), conv(16, 35, pad=1), ReLU(), MaxPool2D(2)],
    "winograd, no pool": lambda: [conv(1, 9), conv(9, 6, pad=(1, 0)), ReLU(), conv(6, 3)],
    "winograd without ReLU": lambda: [conv(1, 9), conv(9, 6), MaxPool2D(2), BatchNorm(6)],
    "norm after": lambda: [conv(1, 5), ReLU(), MaxPool2D(2), BatchNorm(5), conv(5, 4, pad=1)],
    "norm before": lambda: [conv(1, 9), BatchNorm(9), ReLU(), MaxPool2D(2), BatchNorm(9), ReLU()],
    "norm before winograd": lambda: [conv(1, 9), ReLU(), conv(9, 5), BatchNorm(5), ReLU()],
    "norm before, winograd and pool": lambda: [
        conv(1, 9), conv(9, 5), BatchNorm(5), MaxPool2D(2), ReLU(), BatchNorm(5), BatchNorm(5),
    ],
    "norm before odd pool": lambda: [conv(1, 5), BatchNorm(5), ReLU(), MaxPool2D((2, 3))],
    "norm first": lambda: [BatchNorm(1), conv(1, 5), ReLU(), BatchNorm(5), MaxPool2D(2)],
    "norm between ReLU and pool": lambda: [conv(1, 5), ReLU(), BatchNorm(5), MaxPool2D(2), ReLU()],
    "pools": lambda: [MaxPool2D(3, stride=2, pad=1), AvgPool2D(2, stride=1), ReLU()],
    "mean, padded": lambda: [AvgPool2D(3, pad="same", count_pad=False), AvgPool2D(3, pad=1)],
    "pool, then padding": lambda: [MaxPool2D(2), conv(1, 9, pad=1), AvgPool2D(2), ReLU()],
    "rescaled": lambda: [Rescaling(2.0, -1.0), conv(1, 5, pad=2), ReLU(), Dropout(0.3)],
    "element-wise, padded": lambda: [
        ReLU(), conv(1, 5, pad=2), Rescaling(0.5, 1), conv(5, 2, pad=1),
    ],
    "dense": lambda: [Flatten(), Dense(132, 40), ReLU(), Dropout(0.5), BatchNorm(40)],
    "dense, norm before": lambda: [Flatten(), Dense(132, 40, bias=False), BatchNorm(40), ReLU()],
    "dense, norm twice": lambda: [
        Flatten(), Dense(132, 9), ReLU(), BatchNorm(9), BatchNorm(9), ReLU(),
    ],
    "flat ReLU": lambda: [Flatten(), Flatten(), ReLU(), Rescaling(3, 0)],
    "dropout first": lambda: [Dropout(0.5), conv(1, 5), Dropout(0.5), ReLU(), Dropout(0.2)],
}  # fmt: skip


@pytest.mark.usefixtures("in_one_call")
@pytest.mark.parametrize("classes", [7, 10, 40])
@pytest.mark.parametrize("front", FRONTS)
def test_any_network_equals_its_plain_layers(front, classes):
    model = network(*FRONTS[front](), classes=classes)
    fused = fuse(model, threads=1)
    for n in (1, 2, 13):
        x = images(n, 12, 11, 1)
        np.testing.assert_allclose(fused.predict_proba(x), model.predict_proba(x), atol=CLOSE)
        assert fused.predict_proba(x).dtype == np.float32


@pytest.mark.usefixtures("in_one_call")
@pytest.mark.parametrize("inputs", [1, 7, 8, 15, 16, 17, 33, 160])
@pytest.mark.parametrize("end", [[], [BatchNorm(10), ReLU()]], ids=["alone", "with norm and ReLU"])
def test_ten_outputs_of_any_number_of_inputs(inputs, end):
    model = network(Flatten(), shape=(1, inputs, 1), classes=10, end=end)
    x = images(5, 1, inputs)
    np.testing.assert_allclose(fuse(model).predict_proba(x), model.predict_proba(x), atol=1e-6)


@pytest.mark.usefixtures("in_one_call")
def test_softmax_at_the_end_or_not():
    x = images(3, 12, 11, 1)
    for end in ([], [Softmax()], [Softmax(), Dropout(0.5)], [ReLU()]):
        model = network(conv(1, 4), end=end)
        np.testing.assert_allclose(fuse(model).predict_proba(x), model.predict_proba(x), atol=2e-6)


@pytest.mark.usefixtures("in_one_call")
def test_images_of_every_kind():
    model = network(conv(1, 4), ReLU(), MaxPool2D(2))
    fused = fuse(model)
    x = images(5, 12, 11)
    frozen = x.copy()
    frozen.flags.writeable = False
    for kind in (
        (x * 255).astype(np.uint8), (x * 255).astype(np.uint8)[..., None], x, x[..., None],
        x.astype(np.float64), x.astype(np.float16), frozen, np.asfortranarray(x), x[::2, ::-1],
        np.broadcast_to(x[0], (3, 12, 11)), x[:, :, ::-1],
    ):  # fmt: skip
        given = kind.copy()
        np.testing.assert_allclose(fused.predict_proba(kind), model.predict_proba(kind), atol=1e-6)
        np.testing.assert_array_equal(kind, given)


@pytest.mark.usefixtures("in_one_call")
@pytest.mark.parametrize("n", [1, 2, 31, 32, 33, 100])
def test_the_shipped_network_and_any_number_of_images(n):
    model = weights.load()
    x = (images(n if COMPILING else min(n, 2), 28, 28) * 255).astype(np.uint8)
    np.testing.assert_allclose(fuse(model).predict_proba(x), model.predict_proba(x), atol=1e-5)


@pytest.mark.usefixtures("in_one_call")
def test_an_image_alone_gets_the_same_bits():
    model = network(conv(1, 16), ReLU(), MaxPool2D(2), BatchNorm(16), conv(16, 20, pad=1), ReLU())
    x = images(70, 12, 11)
    one, three = fuse(model, threads=1), fuse(model, threads=3)
    together = three.predict_proba(x)
    for n in range(0, 70, 1 if COMPILING else 23):
        np.testing.assert_array_equal(one.predict_proba(x[n : n + 1])[0], together[n])


@pytest.mark.usefixtures("in_one_call")
def test_every_change_of_a_parameter_is_seen():
    model = network(conv(1, 9), BatchNorm(9), ReLU(), conv(9, 20), ReLU(), BatchNorm(20))
    fused, x = fuse(model), images(2, 12, 11)
    for name, array in (model.named_params() | model.named_state()).items():
        changed = 0
        for i in np.linspace(0, array.size - 1, 9).astype(int):
            before = model.predict_proba(x)
            array.flat[i] += 1
            after = model.predict_proba(x)
            changed += not np.allclose(after, before, atol=2e-5)
            np.testing.assert_allclose(fused.predict_proba(x), after, atol=CLOSE, err_msg=name)
        assert changed, name


@pytest.mark.usefixtures("in_one_call")
def test_a_parameter_replaced_by_another_array_is_seen():
    model = network(conv(1, 9), ReLU(), conv(9, 20), ReLU())
    fused, x = fuse(model), images(2, 12, 11)
    for layer in model.layers:
        for name in layer.params:
            fused.predict_proba(x)
            layer.params[name] = layer.params[name] + 1
            np.testing.assert_allclose(fused.predict_proba(x), model.predict_proba(x), atol=2e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_act_as_in_plain_layers(bad):
    model = network(conv(1, 9), ReLU(), conv(9, 20), ReLU(), MaxPool2D(2))
    fused = fuse(model)
    x = images(2, 12, 11)
    fused.predict_proba(x)
    for array in model.named_params().values():
        good = array.flat[3]
        array.flat[3] = bad
        outcomes = []
        for predictor in (model, fused):
            try:
                outcomes.append(predictor.predict_proba(x))
            except FloatingPointError as error:
                outcomes.append(str(error))
        if isinstance(outcomes[0], str):
            assert outcomes[0] == outcomes[1]
        else:
            np.testing.assert_allclose(outcomes[1], outcomes[0], atol=2e-6)
        array.flat[3] = good
    x[1, 5, 5] = bad
    if np.isnan(bad):
        with pytest.raises(FloatingPointError, match="not a number"):
            fused.predict_proba(x)
    np.testing.assert_allclose(fused.predict_proba(x[:1]), model.predict_proba(x[:1]), atol=2e-6)


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((2, 12)), np.zeros((2, 12, 11, 2)), np.zeros((2, 9, 9), np.uint8),
        np.zeros((2, 1, 1)), np.zeros((2, 12, 11), int), np.zeros((2, 12, 11), complex),
        np.zeros(()), np.zeros((40, 9, 9)), np.zeros((40, 12, 11), int), np.zeros((0, 9, 9)),
    ],
    ids=lambda array: f"{array.shape} {array.dtype}",
)  # fmt: skip
def test_wrong_images_get_the_plain_layers_error(wrong):
    model = network(conv(1, 4), ReLU(), MaxPool2D(2))
    fused = fuse(model)
    fused.predict_proba(images(1, 12, 11))
    with pytest.raises(ValueError, match=r"expected|does not fit") as plain:
        model.predict_proba(wrong)
    with pytest.raises(ValueError, match=r"expected|does not fit") as fast:
        fused.predict_proba(wrong)
    assert str(fast.value) == str(plain.value)


def test_sizes_of_images_may_change():
    model = Sequential([conv(1, 9, pad=1), ReLU(), conv(9, 3), AvgPool2D(3), Flatten(), ReLU()])
    fused = fuse(model)
    for size in (5, 5, 6, 7, 5, *range(5, 6 + MAX_PROGRAMS), 5):
        x = images(2, size, 5)
        np.testing.assert_allclose(fused.predict_proba(x), model.predict_proba(x), atol=2e-6)
        assert 0 < len(fused._programs) <= MAX_PROGRAMS


class Doubled(ReLU):
    """A layer that the program does not know."""

    def _forward(self, x, train):
        out, cache = super()._forward(x, train)
        return 2 * out, cache


@pytest.mark.parametrize("model", [network(conv(1, 4), Doubled()), Sequential([conv(1, 4)])])
def test_unknown_layers_go_layer_by_layer(model):
    x, fused = images(2, 12, 11), fuse(model)
    with pytest.raises(UnknownLayerError):
        Program(model.layers, (12, 11, 1))
    for _ in range(2):
        np.testing.assert_allclose(fused.predict_proba(x), model.predict_proba(x), atol=2e-6)


def test_strided_parameters_go_layer_by_layer():
    model, x = network(conv(1, 9), ReLU()), images(2, 12, 11)
    w = model.layers[0].params["w"]
    model.layers[0].params["w"] = np.asfortranarray(w)
    with pytest.raises(UnknownLayerError):
        Program(model.layers, (12, 11, 1))
    np.testing.assert_allclose(fuse(model).predict_proba(x), model.predict_proba(x), atol=2e-6)


def test_large_maps_go_through_one_by_one():
    model = network(conv(1, 9), ReLU(), AvgPool2D(20), shape=(HEIGHT, 101, 1))
    x = images(2, HEIGHT, 101)
    np.testing.assert_allclose(fuse(model).predict_proba(x), model.predict_proba(x), atol=2e-6)


def test_training_between_readings():
    model = network(conv(1, 9), ReLU(), conv(9, 20), BatchNorm(20), ReLU())
    fused, x = fuse(model), images(4, 12, 11, 1)
    for _ in range(3):
        out = fused.forward(x, train=True)
        fused.backward(out)
        for name, w in fused.named_params().items():
            w -= 0.1 * fused.named_grads()[name]
        np.testing.assert_allclose(fused.predict_proba(x), model.predict_proba(x), atol=3e-6)
