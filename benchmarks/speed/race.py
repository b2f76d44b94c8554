"""One run of the race: a process that trains a network once and reads images with it.

``python -m benchmarks.speed.race FOLDER`` is what `benchmarks.race` starts and times, once for each
system and seed. It reads the task from the folder, loads MNIST in a background thread while the
system is imported and set up, trains, reads the images that are held back, and prints a line of
JSON. Only NumPy and `data.mnist` are imported for all systems alike.
"""

import importlib
import json
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from data import mnist

Batches = Iterator[tuple[np.ndarray, np.ndarray]]

TASK, ARRAYS, MODEL = "task.json", "arrays.npz", "model.npz"
PHASES = ("start", "set up", "load", "train", "read")
"""The parts of a run's time, one after the other: the start of Python and of this module; imports
and the network; what loading the images takes beyond that; training; reading the held-back ones."""

PARAMS = ("w", "b", "gamma", "beta")
"""The parameters of all layers."""


@dataclass(frozen=True)
class Task:
    """What a process has to do, as its parent writes it to a folder.

    Attributes
    ----------
    target : str
        The system's class as "module:class"; it is given the task, the path of the untrained
        model and ``options``. See `System`.
    options : dict
        Further arguments of the class.
    data_dir : str, optional
        Folder of the four MNIST files.
    on_test : bool
        Whether the MNIST test set is read at the end, instead of the held-out training images.
    seed : int
        Seed of what a system draws itself.
    threads : int
    betas : tuple of 2 float
        Adam's.
    label_smoothing : float
    """

    target: str
    options: dict[str, Any]
    data_dir: str | None
    on_test: bool
    seed: int
    threads: int
    betas: tuple[float, float]
    label_smoothing: float


class Plan(NamedTuple):
    """The course of a training, the same for every system.

    Attributes
    ----------
    order : ndarray of int, shape (images of all steps,)
        Indices of training images, in the order of training; each batch is the next ones.
    ends : ndarray of int, shape (steps,)
        Where each batch ends in ``order``.
    rates : ndarray, float64, shape (steps,)
        Learning rates.
    held_out : ndarray of int
        Indices of the training images that are held out.
    """

    order: np.ndarray
    ends: np.ndarray
    rates: np.ndarray
    held_out: np.ndarray

    def first(self, steps: int) -> "Plan":
        """Return the plan of the first steps only."""
        ends = self.ends[:steps]
        return Plan(self.order[: ends[-1]], ends, self.rates[:steps], self.held_out)


class Layer(NamedTuple):
    """A layer of the untrained network.

    Attributes
    ----------
    kind : str
        Its class in `nn.layers`.
    config : dict
        The arguments of this class.
    params : list of ndarray
        Weights before biases, in the layouts of `nn.layers`.
    """

    kind: str
    config: dict[str, Any]
    params: list[np.ndarray]


class System:
    """Base class of the systems that race.

    Parameters
    ----------
    task : Task
    model : Path
        File of the untrained network, as `nn.Sequential.save` writes it.
    """

    def __init__(self, task: Task, model: Path):
        self.task = task
        self.model = model

    def train(self, batches: Batches, rates: np.ndarray) -> None:
        """Take one step for each batch.

        Parameters
        ----------
        batches : iterator of (images, labels)
            uint8 arrays, (N, 28, 28) and (N,).
        rates : ndarray, float64, shape (steps,)
            Learning rate of each step.
        """
        raise NotImplementedError

    def classify(self, images: np.ndarray) -> np.ndarray:
        """Return the class of each image.

        Parameters
        ----------
        images : ndarray, uint8, (N, 28, 28)

        Returns
        -------
        ndarray of int, shape (N,)
        """
        raise NotImplementedError


def write(folder: Path, task: Task, plan: Plan) -> None:
    """Write what `run` reads, except the untrained network."""
    (folder / TASK).write_text(json.dumps(asdict(task)), encoding="utf-8")
    np.savez(folder / ARRAYS, **plan._asdict())


def run(folder: Path) -> dict[str, Any]:
    """Run the task in a folder; return accuracy in [0, 1] and the seconds of each phase."""
    marks = [time.perf_counter()]
    task = Task(**json.loads((folder / TASK).read_text(encoding="utf-8")))
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: task.threads])
    with np.load(folder / ARRAYS) as arrays:
        plan = Plan(**arrays)
    with ThreadPoolExecutor(1) as pool:
        loading = pool.submit(load, task, plan)
        system = make(task, folder / MODEL)
        marks.append(time.perf_counter())
        (images, labels), held_back = loading.result()
    marks.append(time.perf_counter())
    system.train(batches(images, labels, plan), plan.rates)
    marks.append(time.perf_counter())
    accuracy = float((system.classify(held_back[0]) == held_back[1]).mean())
    marks.append(time.perf_counter())
    seconds = dict(zip(PHASES[1:], np.diff(marks).tolist(), strict=True))
    return {"accuracy": accuracy, "seconds": seconds}


def read_layers(model: Path) -> list[Layer]:
    """Return the layers in the file of a network, for the systems that build them anew."""
    with np.load(model) as arrays:
        described = json.loads(arrays["architecture"].item())["layers"]
        return [
            Layer(
                config.pop("type"),
                config,
                [arrays[f"{i}.{name}"] for name in PARAMS if f"{i}.{name}" in arrays],
            )
            for i, config in enumerate(described)
        ]


def make(task: Task, model: Path) -> System:
    """Import and create the task's system."""
    module, _, name = task.target.partition(":")
    return getattr(importlib.import_module(module), name)(task, model, **task.options)


def load(task: Task, plan: Plan) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """Return images and labels of MNIST's training set, and those to read at the end."""
    images, labels = train = mnist.load("train", task.data_dir)
    if task.on_test:
        return train, mnist.load("test", task.data_dir)
    return train, (images[plan.held_out], labels[plan.held_out])


def batches(images: np.ndarray, labels: np.ndarray, plan: Plan) -> Batches:
    """Yield the plan's batches."""
    start = 0
    for end in plan.ends.tolist():
        chosen = plan.order[start:end]
        yield images[chosen], labels[chosen]
        start = end


if __name__ == "__main__":
    print(json.dumps(run(Path(sys.argv[1]))), flush=True)
