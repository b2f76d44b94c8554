"""The race on small sets: its course, one run in this process, its command and figures."""

import json
from dataclasses import replace

import numpy as np
import pytest

from benchmarks import race
from benchmarks.speed import race as running
from benchmarks.speed.race_process import Finish, start
from benchmarks.speed.worker import BenchmarkError, Candidate, SystemFailedError
from data import mnist
from data.augment import Warp
from data.batches import BatchMix
from experiment.digits import held_out
from recipes import RECIPES, network
from tests.conftest import compiled
from tests.train_command import run as run_train
from tests.train_command import weights_of, write_digits

RECIPE = replace(RECIPES["fast"], epochs=2)
FAKES = "tests.benchmarks.fake_race"
IMAGES = 300


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_digits(tmp_path_factory.mktemp("digits"))


def task(folder, target, **changes):
    args = race.parse(["--threads", "1", "--data-dir", str(folder)])
    return replace(race.task("ours", RECIPE, 0, args), target=target, **changes)


def test_each_epoch_trains_on_each_image_once():
    plan = race.plan(RECIPE, 0, IMAGES)
    held, rest = held_out(IMAGES)
    first, second = np.split(plan.order, 2)
    assert plan.ends[-1] == len(plan.order)
    np.testing.assert_array_equal(np.sort(first), np.sort(rest))
    np.testing.assert_array_equal(np.sort(second), np.sort(rest))
    np.testing.assert_array_equal(plan.held_out, held)
    assert (first != second).any()


def test_rates_rise_and_fall_to_zero():
    rates = race.plan(replace(RECIPE, epochs=9), 0, IMAGES).rates
    assert len(rates) == 18  # of 250 images in 128 and 122
    assert np.argmax(rates) == round(0.25 * 18)
    assert rates.max() == RECIPE.lr
    assert rates[-1] == pytest.approx(0, abs=1e-12)


def test_each_seed_has_an_order_of_its_own():
    orders = [race.plan(RECIPE, seed, IMAGES).order for seed in (0, 0, 1)]
    np.testing.assert_array_equal(orders[0], orders[1])
    assert (orders[0] != orders[2]).any()


def test_batches_follow_the_order():
    images, labels = np.arange(50, dtype=np.uint8), np.arange(50, 100, dtype=np.uint8)
    plan = running.Plan(np.array([4, 2, 9, 0]), np.array([3, 4]), np.array([0.1, 0.2]), None)
    batches = [[part.tolist() for part in batch] for batch in running.batches(images, labels, plan)]
    assert batches == [[[4, 2, 9], [54, 52, 59]], [[0], [50]]]


@compiled
def test_weights_are_those_of_train_py(folder, tmp_path):
    """All but the last layer's, which train.py divides by a temperature."""
    epochs = ["--epochs", str(RECIPE.epochs), "--threads", "1"]
    assert run_train(folder, tmp_path / "run", "--recipe", "fast", *epochs) == 0
    expected = weights_of(tmp_path / "run")

    ours = task(folder, race.CANDIDATES["ours"].target)
    images, labels = mnist.load("train", folder)
    plan = race.plan(RECIPE, 0, len(labels))
    network(RECIPE, 0).save(tmp_path / "model.npz")
    system = running.make(ours, tmp_path / "model.npz")
    system.train(running.batches(images, labels, plan), plan.rates)
    trained = system.network.named_params()
    *compared, _, _ = trained
    for name in compared:
        np.testing.assert_array_equal(trained[name], expected[name], err_msg=name)


@pytest.mark.parametrize("on_test", [True, False])
def test_a_run_reads_the_images_asked_for(folder, tmp_path, on_test):
    plan = race.plan(RECIPE, 0, len(mnist.load("train", folder)[1]))
    running.write(tmp_path, task(folder, f"{FAKES}:Threes", on_test=on_test), plan)
    result = running.run(tmp_path)
    if on_test:
        _, labels = mnist.load("test", folder)
    else:
        labels = mnist.load("train", folder)[1][plan.held_out]
    assert result["accuracy"] == pytest.approx((labels == 3).mean())
    assert list(result["seconds"]) == list(running.PHASES[1:])


def test_phases_add_up_to_the_time(folder):
    plan = race.plan(RECIPE, 0, len(mnist.load("train", folder)[1]))
    finish = start(task(folder, f"{FAKES}:Threes"), plan, network(RECIPE, 0))
    assert list(finish.phases) == list(running.PHASES)
    assert min(finish.phases.values()) >= 0
    assert sum(finish.phases.values()) == pytest.approx(finish.seconds)


@pytest.mark.parametrize(
    ("fake", "message"), [("Failing", "for a second line"), ("Vanishing", "status 7")]
)
def test_a_failed_run_is_reported(folder, fake, message):
    plan = race.plan(RECIPE, 0, len(mnist.load("train", folder)[1]))
    with pytest.raises(SystemFailedError, match=message):
        start(task(folder, f"{FAKES}:{fake}"), plan, network(RECIPE, 0))


def test_the_layers_of_a_file_are_the_networks(tmp_path):
    model = network(RECIPE, 5)
    model.save(tmp_path / "model.npz")
    layers = running.read_layers(tmp_path / "model.npz")
    assert [layer.kind for layer in layers] == [type(layer).__name__ for layer in model.layers]
    params = [array for layer in layers for array in layer.params]
    for read, expected in zip(params, model.named_params().values(), strict=True):
        np.testing.assert_array_equal(read, expected)


@pytest.mark.parametrize(
    "change",
    [{"weight_decay": 0.1}, {"ema_decay": 0.9}, {"dropout": 0.1},
     {"mix": BatchMix(Warp())}, {"last_mix": BatchMix(synthetic=0.1)}],
)  # fmt: skip
def test_a_recipe_that_peers_lack_is_refused(change):
    race.check(RECIPE)
    with pytest.raises(BenchmarkError, match="recipe fast"):
        race.check(replace(RECIPE, **change))


def entries():
    finish = [Finish(a, s, {}) for a, s in ((0.99, 4.0), (0.992, 5.0), (0.985, 7.0), (0.987, 9.0))]
    return [race.Entry("ours", "numba 1", finish[:2]), race.Entry("other", "2", finish[2:])]


def test_a_comparison_by_hand():
    assert race.comparison(entries()) == (
        "system  version  accuracy  lowest    sd  seconds   low  high  ours is\n"
        "ours    numba 1    99.10%  99.00%  0.14     4.50  4.00  5.00    1.00x\n"
        "other         2    98.60%  98.50%  0.14     8.00  7.00  9.00    1.78x"
    )


def test_the_ratio_is_to_the_fastest_peer():
    ours, other = entries()
    slow = race.Entry("slow", "3", [Finish(0.99, 100.0, {})])
    assert race.ratio_to_best_peer([ours, slow, other]) == pytest.approx(8 / 4.5)
    assert race.ratio_to_best_peer([ours]) is None
    assert race.ratio_to_best_peer([other, slow]) is None


def test_the_command_writes_every_run(folder, tmp_path, monkeypatch, capsys):
    fakes = {"ours": Candidate(f"{FAKES}:Threes", ("numpy",)),
             "missing": Candidate("a:B", ("no_such_package",)),
             "failing": Candidate(f"{FAKES}:Failing", ("numpy",))}  # fmt: skip
    monkeypatch.setattr(race, "CANDIDATES", fakes)
    path = tmp_path / "figures.json"
    arguments = ["--seeds", "2", "--data-dir", str(folder), "--json", str(path)]
    assert race.main([*arguments, "--systems", *fakes]) == 0
    printed = capsys.readouterr().out
    assert "not installed: missing needs no_such_package" in printed
    assert "failing failed: for a second line" in printed
    assert "seed  1  ours" in printed
    figures = json.loads(path.read_text(encoding="utf-8"))
    assert figures["ratio_to_best_peer"] is None
    (ours,) = figures["results"]
    assert len(ours["runs"]) == 2
    assert ours["mean_accuracy"] == pytest.approx((mnist.load("test", folder)[1] == 3).mean())
    assert ours["mean_seconds"] == pytest.approx(np.mean([one["seconds"] for one in ours["runs"]]))


def test_ours_may_not_fail(folder, monkeypatch, capsys):
    monkeypatch.setattr(race, "CANDIDATES", {"ours": Candidate(f"{FAKES}:Failing", ("numpy",))})
    assert race.main(["--seeds", "1", "--data-dir", str(folder)]) == 2
    assert capsys.readouterr().err == "benchmarks.race: for a second line\n"


@pytest.mark.parametrize("arguments", [["--seeds", "0"], ["--threads", "0"], ["--systems", "none"]])
def test_a_bad_argument_is_reported(arguments, capsys):
    with pytest.raises(SystemExit) as exit_:
        race.main(arguments)
    assert exit_.value.code == 2
    assert arguments[0] in capsys.readouterr().err
