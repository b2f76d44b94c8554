"""Results of benchmarks: medians, ratios, tables, JSON files and charts."""

import json
import platform
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from nn.fast.workers import usable_cores
from nn.saving.atomic import atomic_write

RATE, TIME = "images/s", "µs"
PACKAGES = ("numpy", "numba", "torch", "tensorflow", "tensorflow-cpu", "keras", "onnxruntime")


@dataclass(frozen=True)
class Result:
    """A system's figures over several rounds.

    The figure of a round is that of its fastest step or call (`benchmarks.speed.worker.alternate`).

    Attributes
    ----------
    system : str
    median, low, high : float
    unit : str
        `RATE` or `TIME`.
    """

    system: str
    median: float
    low: float
    high: float
    unit: str

    @classmethod
    def of(cls, system: str, rounds: Sequence[float], unit: str) -> "Result":
        """Return the result for the figures of all rounds."""
        return cls(system, statistics.median(rounds), min(rounds), max(rounds), unit)


def ratio(ours: Result, other: Result) -> float:
    """Return the speed of ours relative to another system; above 1 ours is faster."""
    if ours.unit == RATE:
        return ours.median / other.median
    return other.median / ours.median


def ratio_to_best_peer(results: Sequence[Result], own: Sequence[str]) -> float | None:
    """Return the speed of the first result relative to the fastest peer.

    Parameters
    ----------
    results : sequence of Result
    own : sequence of str
        Names of this project's systems, which are not peers.

    Returns
    -------
    float or None
        None if there is no peer.
    """
    ours = results[0]
    return min((ratio(ours, peer) for peer in results if peer.system not in own), default=None)


def comparison(results: Sequence[Result], extra: dict[str, Sequence[str]] | None = None) -> str:
    """Return a table of results, with the speed of the first relative to each."""
    header = ["system", results[0].unit, "low", "high", "ours is"]
    rows = [
        [
            r.system,
            *(f"{x:,.0f}" for x in (r.median, r.low, r.high)),
            f"{ratio(results[0], r):.2f}x",
        ]
        for r in results
    ]
    for name, column in (extra or {}).items():
        header.append(name)
        for row, cell in zip(rows, column, strict=True):
            row.append(cell)
    return table(header, rows)


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return rows of text in columns: the first aligned left, the others right."""
    lines = [header, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])]).rstrip()
        for line in lines
    )


def machine(threads: int) -> dict[str, Any]:
    """Return what figures depend on: processor, cores, threads, versions and date."""
    versions = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return {
        "date": datetime.now().astimezone().isoformat(timespec="minutes"),
        "machine": f"{_processor()}, {platform.system()} {platform.machine()}",
        "cores": usable_cores(),
        "threads": threads,
        "versions": versions,
    }


def _processor():
    """Return the processor's name, which `platform` lacks on Linux."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def write_json(path: Path, results: Sequence[Result], best: float | None, **more: Any) -> None:
    """Write results, the ratio to the best peer, and other figures by name, as JSON."""
    write(path, {"results": [asdict(r) for r in results], "ratio_to_best_peer": best, **more})


def write(path: Path, content: dict[str, Any]) -> None:
    """Write figures as JSON."""
    with atomic_write(path) as file:
        file.write(json.dumps(content, indent=2, ensure_ascii=False).encode() + b"\n")


def draw(path: Path, panels: dict[str, Sequence[Result]], own: Sequence[str]) -> None:
    """Draw each panel's results as bars with a range, this project's in another colour."""
    from matplotlib.figure import Figure  # imported late: workers do not need it

    figure = Figure(figsize=(8, 1 + 0.4 * sum(map(len, panels.values()))), layout="constrained")
    for axes, (title, results) in zip(
        figure.subplots(len(panels), squeeze=False)[:, 0], panels.items(), strict=True
    ):
        spread = [[r.median - r.low for r in results], [r.high - r.median for r in results]]
        bars = axes.barh(
            [r.system for r in results],
            [r.median for r in results],
            xerr=spread,
            color=["tab:orange" if r.system in own else "tab:blue" for r in results],
        )
        axes.bar_label(bars, [f"{r.median:,.0f}" for r in results], padding=4)
        axes.invert_yaxis()
        axes.margins(x=0.15)
        axes.set(title=title, xlabel=results[0].unit)
    with atomic_write(path) as file:
        figure.savefig(file, format="png", dpi=110)
