"""Reading in one call that other processes and machines can make."""

import pickle
import tarfile

import numpy as np

import weights
from experiment import reading
from experiment.answers import COLUMNS
from recognise import read
from tests.conftest import missing
from tests.pictures import save_line

SAMPLES = sorted(map(str, weights.SAMPLES.glob("[0-9].png")))


def test_a_call_returns_rows_and_errors(tmp_path):
    rows = read([SAMPLES[3], str(tmp_path / "missing.png"), SAMPLES[7]])
    assert all(row.keys() == {*COLUMNS, "error"} for row in rows)
    (bad,) = (row for row in rows if row["error"])
    assert "missing.png" in bad["error"]
    assert {bad[name] for name in COLUMNS} == {None}
    rows.remove(bad)
    assert [(row["file"], row["text"]) for row in rows] == [(SAMPLES[3], "3"), (SAMPLES[7], "7")]
    assert rows[0]["probability"] > 0.9
    assert read(SAMPLES[3]) == rows[:1], "one name is a call of its own"


def test_the_call_and_its_result_can_be_pickled():
    again = pickle.loads(pickle.dumps(read))
    rows = read(SAMPLES[1])
    assert again is read
    assert pickle.loads(pickle.dumps(rows)) == rows


def test_a_process_loads_the_network_once(monkeypatch):
    loaded, load = [], weights.load
    monkeypatch.setattr(weights, "load", lambda *args: loaded.append(args) or load(*args))
    reading._network.cache_clear()
    for name in SAMPLES[:3]:
        read(name)
    assert len(loaded) == 1


def test_patterns_and_archives_are_read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("b.png", "a.png", "c[1].png"):
        save_line(tmp_path / name)
    with tarfile.open("all.tar", "w") as tar:
        tar.add("b.png")
        tar.add("a.png")
    rows = read(["*.tar", "?.png", "c[1].png", "x*.png"])
    names = ["all.tar/b.png", "all.tar/a.png", "a.png", "b.png", "c[1].png"]
    assert [row["file"] for row in rows if not row["error"]] == names
    (error,) = (row["error"] for row in rows if row["error"])
    assert error == "x*.png: no file matches this pattern"


def test_what_is_done_is_not_read(tmp_path, monkeypatch):
    images = np.random.default_rng(0).integers(1, 256, (5, 28, 28), np.uint8)
    np.save(tmp_path / "a.npy", images)
    stack, files = str(tmp_path / "a.npy"), [save_line(tmp_path / f"{i}.png") for i in range(3)]
    opened, prepare = [], reading.folders.prepare
    monkeypatch.setattr(
        reading.folders, "prepare", lambda file, find: opened.append(file) or prepare(file, find)
    )
    done = {files[1], f"{stack}[0]", f"{stack}[3]"}
    answers = reading.recognise(weights.load(), [*files, stack], print, done=done)
    left = [files[0], files[2], f"{stack}[1]", f"{stack}[2]", f"{stack}[4]"]
    assert [file for file, _ in answers] == left
    assert opened == [files[0], files[2]]


def test_dask_reads_in_other_processes(tmp_path):
    try:
        from dask.distributed import Client, LocalCluster
    except ImportError:
        missing("no dask: python -m pip install -e '.[dask]'")
    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, local_directory=tmp_path
        ) as cluster,
        Client(cluster) as client,
    ):
        answers = client.gather(client.map(read, SAMPLES))
    assert answers == [read(name) for name in SAMPLES]
