"""Systems: batches in turn, the fastest size of a call, weights for NCHW."""

import numpy as np
import pytest

from benchmarks.speed import system
from benchmarks.speed.common import keras_example
from benchmarks.speed.system import Job, System, nchw_weights

IMAGES = np.arange(7, dtype=np.uint8).repeat(4).reshape(7, 2, 2)
JOB = Job(None, IMAGES, np.arange(7), batch=3, threads=1)


class Recorder(System):
    """Notes what it is given; a call takes a second for each image beyond the first two."""

    def __init__(self, job):
        super().__init__(job)
        self.steps, self.now = [], 0

    def prepare(self, images):
        return images[:, 0, 0]

    def step(self, x, labels):
        self.steps.append((x.tolist(), labels.tolist()))
        return float(len(self.steps))

    def predict(self, x):
        self.now += max(0, len(x) - 2)
        return x


def test_training_cycles_over_whole_batches():
    recorder = Recorder(JOB)
    assert recorder.train(2).value == 1.5
    assert recorder.train(1).value == 3.0
    first, second = ([0, 1, 2], [0, 1, 2]), ([3, 4, 5], [3, 4, 5])
    assert recorder.steps == [first, second, first]


@pytest.mark.parametrize("images", [1, 5, 7])
def test_images_are_read_in_the_fastest_calls(monkeypatch, images):
    recorder = Recorder(JOB)
    monkeypatch.setattr(system, "IMAGES_A_CALL", (5, 2))
    monkeypatch.setattr(system.time, "perf_counter", lambda: recorder.now)
    assert recorder.read(images, 2).value.tolist() == list(range(images))
    assert max(map(len, recorder._calls[images])) == min(images, 2)


def test_each_repetition_is_timed_by_itself(monkeypatch):
    recorder = Recorder(JOB)
    monkeypatch.setattr(
        system.time, "perf_counter", lambda: recorder.now + 10 * len(recorder.steps)
    )
    assert recorder.train(3).seconds == [10, 10, 10]
    assert recorder.read(5, 2).seconds == [3, 3]


def test_weights_in_nchw_give_the_same_logits():
    model = keras_example()
    x = np.random.default_rng(0).random((2, 28, 28, 1), dtype=np.float32)
    w1, b1, w2, b2, w3, b3 = nchw_weights(model)
    maps = x.transpose(0, 3, 1, 2)
    for w, b in ((w1, b1), (w2, b2)):
        maps = _pooled(np.maximum(_convolved(maps, w) + b[:, None, None], 0))
    logits = maps.reshape(2, -1) @ w3.T + b3
    np.testing.assert_allclose(logits, model.forward(x), rtol=1e-4, atol=1e-4)


def _convolved(x, w):
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], axis=(2, 3))
    return np.einsum("nchwij,ocij->nohw", windows, w)


def _pooled(x):
    H, W = (size // 2 * 2 for size in x.shape[2:])
    x = x[:, :, :H, :W]
    return x.reshape(*x.shape[:2], H // 2, 2, W // 2, 2).max(axis=(3, 5))
