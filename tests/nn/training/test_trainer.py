"""Training on shards equals training on the batch; the same bits for any number of threads."""

import tracemalloc

import numpy as np
import pytest

import nn
from nn import SGD, Adam, BatchNorm, Dense, Dropout, Flatten, Sequential, SoftmaxCrossEntropy
from nn.loss import NO_CLASS
from nn.schedule import constant
from nn.training.processes import SingleProcess
from nn.training.trainer import SHARD, DivergedError, Trainer, evaluate, shards
from tests.runs import digits, network


def train(model, images, labels, steps=3, **options):
    with Trainer(model, SGD(0.1, momentum=0.9), constant(0.1), **options) as trainer:
        return [trainer.step(images, labels) for _ in range(steps)]


def parameters(model):
    return {**model.named_params(), **model.named_state()}


def test_sharded_steps_equal_steps_of_the_batch():
    images, labels = digits()
    assert len(labels) % SHARD, "the last shard must be a smaller one"
    sharded, whole = network(), network()
    loss, optimizer = SoftmaxCrossEntropy(0.1), SGD(0.1, momentum=0.9)
    x = (images / np.float32(255))[..., None]
    expected = []
    for _ in range(3):
        logits = whole.forward(x, train=True)
        expected.append((loss.forward(logits, labels), int((logits.argmax(1) == labels).sum())))
        whole.backward(loss.backward())
        optimizer.step(whole.named_params(), whole.named_grads())
    steps = train(sharded, images, labels, label_smoothing=0.1)
    assert [step.correct for step in steps] == [correct for _, correct in expected]
    np.testing.assert_allclose([s.loss for s in steps], [value for value, _ in expected], rtol=1e-5)
    for name, w in whole.named_params().items():
        np.testing.assert_allclose(sharded.named_params()[name], w, atol=1e-6)


@pytest.mark.parametrize("engine", [lambda model: model, nn.fuse], ids=["plain", "fast"])
def test_any_number_of_threads_gives_the_same_bits(engine):
    results = []
    for threads in (1, 2, 5):
        model = network(dropout=0.4, batchnorm=True)
        train(model, *digits(), threads=threads, seed=3, engine=engine)
        results.append(parameters(model))
    for name, array in results[0].items():
        np.testing.assert_array_equal(array, results[1][name])
        np.testing.assert_array_equal(array, results[2][name])


def test_the_seed_decides_the_dropout_masks():
    models = []
    for seed in (1, 1, 2):
        models.append(network(dropout=0.4))
        train(models[-1], *digits(), seed=seed)
    weights = [model.named_params()["0.w"] for model in models]
    np.testing.assert_array_equal(weights[0], weights[1])
    assert not np.array_equal(weights[0], weights[2])


def test_every_shard_and_step_has_its_own_mask():
    lost = set()

    class Spy(Dropout):
        def forward(self, x, train=False):
            out = super().forward(x, train)
            lost.add((out == 0).tobytes())
            return out

    model = Sequential([Flatten(), Spy(0.5), Dense(64, 10, rng=np.random.default_rng(0))])
    images = np.full((2 * SHARD, 8, 8), 200, np.uint8)
    train(model, images, np.zeros(2 * SHARD, int), steps=3)
    assert len(lost) == 6


@pytest.mark.parametrize(
    ("batch", "sizes"),
    [
        (0, []),
        (1, [1]),
        (8, [8]),
        (9, [8, 1]),
        (20, [10, 10]),
        (31, [16, 15]),
        (64, [32, 32]),
        (65, [32, 32, 1]),
        (128, [32, 32, 32, 32]),
    ],
)
def test_a_batch_is_cut_for_two_threads(batch, sizes):
    cut = shards(batch)
    assert [part.stop - part.start for part in cut] == sizes
    assert [i for part in cut for i in range(batch)[part]] == list(range(batch))


def test_the_ranks_parts_make_up_the_batch():
    processes = SingleProcess()
    processes.size = 4
    seen = []
    for processes.rank in range(4):
        with Trainer(network(), SGD(0.1), constant(0.1), threads=1, processes=processes) as trainer:
            seen.append([list(range(n))[trainer.part(n)] for n in (8, 40, 128)])
    for parts, n in zip(zip(*seen, strict=True), (8, 40, 128), strict=True):
        assert [i for part in parts for i in part] == list(range(n))


def test_running_statistics_are_means_over_the_shards():
    images, labels = digits(2 * SHARD + SHARD // 2)
    model = Sequential([BatchNorm(1, momentum=0.5), Flatten(), Dense(64, 10)])
    train(model, images, labels, steps=1)
    x = images / 255
    first, second, half = (part.mean() for part in np.split(x, [SHARD, 2 * SHARD]))
    expected = 0.5 * (2 * first + 2 * second + half) / 5
    np.testing.assert_allclose(model.layers[0].state["mean"], [expected], rtol=1e-5)


def test_a_nan_loss_stops_with_advice():
    model = network()
    images, labels = digits()
    train(model, images, labels, steps=1)
    model.named_params()["0.w"][0, 0, 0, 0] = np.nan
    before = model.named_params()["0.b"].copy()
    with pytest.raises(DivergedError, match=r"nan at step 0, learning rate 0\.1.*lower"):
        train(model, images, labels)
    np.testing.assert_array_equal(model.named_params()["0.b"], before)


def test_an_error_in_a_worker_reaches_the_caller():
    images, labels = digits()
    with pytest.raises(ValueError, match="Conv2D: expected an array of shape"):
        train(network(), np.stack([images] * 3, axis=-1), labels)


def test_images_of_no_class_count_only_as_loss():
    images, labels = digits(40)
    labels[:15] = NO_CLASS
    (step,) = train(network(), images, labels, steps=1)
    (even,) = train(network(), images, np.full(40, NO_CLASS), steps=1)
    assert (step.images, step.classed) == (40, 25)
    assert (even.classed, even.correct) == (0, 0)
    assert step.correct <= 25


def test_evaluation_by_hand():
    class Known:
        def predict_proba(self, images):
            return np.array([[0.5, 0.25, 0.25], [0.125, 0.75, 0.125]], np.float32)

    loss, accuracy = evaluate(Known(), None, np.array([0, 2]))
    assert loss == pytest.approx((np.log(2) + np.log(8)) / 2, rel=1e-6)
    assert accuracy == 0.5


def test_memory_stays_flat_over_a_hundred_steps():
    images, labels = digits(128)
    model = network(dropout=0.5, batchnorm=True)
    peaks = []
    with Trainer(model, Adam(1e-3), constant(1e-3), threads=2, engine=nn.fuse) as trainer:
        trainer.step(images, labels)
        tracemalloc.start()
        try:
            for _ in range(5):
                tracemalloc.reset_peak()
                for _ in range(20):
                    trainer.step(images, labels)
                peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    # A batch takes up 33 KB; what Python and NumPy keep of small things settles far below that.
    assert peaks[-1] - peaks[0] < 160 * 1024, f"more than 2 KB a step: {peaks}"
