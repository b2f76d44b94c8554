"""Gradients that go out early: which, when, and that the sum is the same."""

from concurrent.futures import Future

import numpy as np
import pytest

import nn
from nn import SGD
from nn.schedule import constant
from nn.training.early import EarlySum, last_layers
from nn.training.processes import SingleProcess
from nn.training.trainer import SHARD, Trainer
from recipes import RECIPES, build
from tests.runs import digits, network


@pytest.mark.parametrize("engine", [lambda model: model, nn.fuse], ids=["plain", "fast"])
def test_the_last_layers_hold_most_parameters(engine):
    model = build(RECIPES["default"], 0)
    net = engine(model)
    first, names = last_layers(net)
    params = model.named_params()
    early = sum(params[name].size for name in names)
    assert 0.75 <= early / sum(w.size for w in params.values()) < 0.95
    held = [w for layer in net.layers[first:] for w in layer.params.values()]
    assert all(any(params[name] is w for w in held) for name in names)
    assert len(held) == len(names)


def test_one_layer_has_nothing_to_send_early():
    model = nn.Sequential([nn.Flatten(), nn.Dense(64, 10)])
    assert last_layers(model)[1] == []


class Two(SingleProcess):
    """As if there were another rank, which adds nothing."""

    size = 2

    def __init__(self):
        super().__init__()
        self.started = []

    def share(self, items, rank=None):
        return slice(0, items)

    def start_sum(self, rows, total):
        self.started.append(rows.copy())
        future = Future()
        if not len(rows):  # the other rank has them all
            return future
        future.set_result(self.all_reduce_sum(rows, total))
        return future


def test_it_starts_with_the_last_shard():
    processes, rows = Two(), np.ones((3, 5), np.float32)
    sums = EarlySum(processes, rows, 3)
    for started in (0, 0, 1):
        sums.add_shard()
        assert len(processes.started) == started
    np.testing.assert_array_equal(sums.result(), [3] * 5)
    assert EarlySum(processes, rows[:, :0], 3).result() is None
    EarlySum(processes, rows[:0], 3)
    assert len(processes.started) == 2, "a rank without shards takes part at once"


def test_early_gradients_are_out_before_the_first():
    """When the sum starts, the gradients of the first layers are those of the step before."""
    processes = Two()
    seen = []
    start = processes.start_sum
    with Trainer(
        network(), SGD(0.1), constant(0.1), threads=1, engine=nn.fuse, processes=processes
    ) as trainer:
        processes.start_sum = lambda rows, total: (
            seen.append(trainer._rows[0]["0.w"].copy()) or start(rows, total)
        )
        images, labels = digits(SHARD)
        for _ in range(2):
            trainer.step(images, labels)
            after = trainer._rows[0]["0.w"].copy()
            assert len(seen) == 1
            assert not np.array_equal(seen.pop(), after)
            assert len(processes.started.pop()) == 2


@pytest.mark.parametrize("engine", [lambda model: model, nn.fuse], ids=["plain", "fast"])
def test_the_weights_are_those_of_one_sum(engine):
    results = []
    for processes in (SingleProcess(), Two()):
        model = network(dropout=0.4, batchnorm=True)
        with Trainer(
            model, SGD(0.1), constant(0.1), threads=2, engine=engine, processes=processes
        ) as trainer:
            for _ in range(3):
                trainer.step(*digits())
        results.append(model.named_params() | model.named_state())
    for name, w in results[0].items():
        np.testing.assert_array_equal(results[1][name], w)
