"""Checkpoints: whole or refused, the newest two kept, and all arrays restored."""

import numpy as np
import pytest

from nn import Adam, BatchNorm, Dense, Sequential
from nn.training import checkpoint
from nn.training.checkpoint import CheckpointError
from nn.training.ema import EMA

ARRAYS = {"a/b": np.arange(6, dtype=np.float32).reshape(2, 3), "c": np.array([True, False])}


def gathered(training):
    """Copies of all arrays of a run."""
    return {name: array.copy() for name, array in checkpoint.gather(*training).items()}


def training(outputs=3):
    rng = np.random.default_rng(0)
    model = Sequential([Dense(2, outputs, rng=rng), BatchNorm(outputs)])
    return model, EMA(model, 0.9), Adam()


def test_what_is_read_is_what_was_written(tmp_path):
    progress = {"epoch": 3, "loss": 0.1 + 0.2, "history": [{"epoch": 1, "loss": 1 / 3}]}
    path = checkpoint.write(tmp_path, 7, progress, ARRAYS)
    got, arrays = checkpoint.read(path)
    assert got == progress
    assert arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(arrays[name], array)


def test_the_newest_two_are_kept(tmp_path):
    paths = [checkpoint.write(tmp_path, number, {}, ARRAYS) for number in (9, 10, 11, 1000)]
    assert checkpoint.find(tmp_path) == [paths[3], paths[2]]
    assert sorted(tmp_path.iterdir()) == sorted(paths[2:])


def test_flipped_bytes_and_cuts_are_noticed(tmp_path):
    """Or they do no harm: some bytes of a zip archive do not affect its content."""
    path = checkpoint.write(tmp_path, 1, {"epoch": 1}, ARRAYS)
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    noticed = 0
    for place in rng.choice(len(whole), 150, replace=False):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << rng.integers(8)
        path.write_bytes(damaged)
        try:
            progress, arrays = checkpoint.read(path)
        except CheckpointError:
            noticed += 1
        else:
            assert progress == {"epoch": 1}
            for name, array in ARRAYS.items():
                np.testing.assert_array_equal(arrays[name], array)
    assert noticed > 75
    for size in rng.choice(len(whole), 40, replace=False):
        path.write_bytes(whole[:size])
        with pytest.raises(CheckpointError):
            checkpoint.read(path)


def test_changed_content_is_noticed_by_its_checksum(tmp_path):
    path = checkpoint.write(tmp_path, 1, {"epoch": 1}, ARRAYS)
    with np.load(path) as file:
        arrays = dict(file)
    arrays["c"] = ~arrays["c"]
    np.savez(path, **arrays)
    with pytest.raises(CheckpointError, match="checksum"):
        checkpoint.read(path)


@pytest.mark.parametrize("name", ["progress", "checksum"])
def test_a_missing_entry_is_refused_by_name(tmp_path, name):
    path = checkpoint.write(tmp_path, 1, {}, ARRAYS)
    with np.load(path) as file:
        arrays = {key: array for key, array in file.items() if key != name}
    np.savez(path, **arrays)
    with pytest.raises(CheckpointError, match=name):
        checkpoint.read(path)


def test_a_full_disk_keeps_the_last_checkpoint(tmp_path, monkeypatch):
    good = checkpoint.write(tmp_path, 1, {"epoch": 1}, ARRAYS)

    def full(file, **arrays):
        file.write(b"some of it")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint.np, "savez", full)
    with pytest.raises(OSError, match="No space left"):
        checkpoint.write(tmp_path, 2, {"epoch": 2}, ARRAYS)
    assert list(tmp_path.iterdir()) == [good]
    assert checkpoint.read(good)[0] == {"epoch": 1}


@pytest.mark.parametrize("text", ["[]", "3", '"text"', "{}", "[" * 100_000, "{"])
def test_invalid_progress_with_a_checksum_is_refused(tmp_path, text):
    path = tmp_path / "checkpoint-00000001.npz"
    sums = np.array(checkpoint._checksum(text, ARRAYS))
    np.savez(path, progress=np.array(text), checksum=sums, **ARRAYS)
    with pytest.raises(CheckpointError, match="not a complete checkpoint"):
        checkpoint.read(path)


def test_nan_is_refused(tmp_path):
    path = checkpoint.write(tmp_path, 1, {}, {"model/0.w": np.array([1, np.nan])})
    with pytest.raises(CheckpointError, match=r"model/0\.w holds NaN or infinity"):
        checkpoint.read(path)


def test_half_written_files_are_deleted(tmp_path):
    (tmp_path / ".checkpoint-00000002.npz.x1y2").write_bytes(b"half")
    path = checkpoint.write(tmp_path, 3, {}, ARRAYS)
    assert list(tmp_path.iterdir()) == [path]


def test_restore_undoes_gather():
    model, ema, optimizer = training()
    for w in model.named_params().values():
        w += 1
    ema.update(model)
    optimizer.step(model.named_params(), {n: w * 2 for n, w in model.named_params().items()})
    model.layers[1].state["var"][...] = 5
    arrays = gathered((model, ema, optimizer))
    other = training()
    checkpoint.restore(arrays, *other)
    again = checkpoint.gather(*other)
    assert again.keys() == arrays.keys()
    assert {"model/1.var", "average/0.w", "optimiser/square/0.b"} <= arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(again[name], array)
        assert again[name] is not array


@pytest.mark.parametrize(
    "change", ["fewer", "more", "shape", "memory's shape", "memory's kind", "memory's name"]
)
def test_another_networks_arrays_change_nothing(change):
    arrays = checkpoint.gather(*training(4 if change == "shape" else 3))
    if change == "fewer":
        del arrays["model/0.w"]
    elif change == "more":
        arrays["model/9.w"] = np.ones(3)
    elif change == "memory's shape":
        arrays["optimiser/mean/0.w"] = np.ones(3, np.float32)
    elif change.startswith("memory"):
        arrays["optimiser/mood/0.w" if "kind" in change else "optimiser/mean"] = np.ones(3)
    model, ema, optimizer = training()
    before = {
        name: array.copy() for name, array in checkpoint.gather(model, ema, optimizer).items()
    }
    with pytest.raises(ValueError, match="another network"):
        checkpoint.restore(arrays, model, ema, optimizer)
    for name, array in checkpoint.gather(model, ema, optimizer).items():
        np.testing.assert_array_equal(array, before[name])
