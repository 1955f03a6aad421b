"""Time the steps of workloads in several systems, in turns, after their results were compared."""

from __future__ import annotations

import json
import math
import os
import selectors
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from .engines import ENGINES
from .workloads import WORKLOADS, Workload, make_arrays

__all__ = ["OURS", "Plan", "Row", "Timing", "compare"]

OURS = "remx"
# Of systems that round to 16 bits, each at other places: how far apart, and what is next to nothing.
LOW_LIMITS = 0.25, 1e-2
ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Plan:
    """What to run: names of workloads and systems, modes, numbers of threads, and how long.

    ``seconds``: per system and round; ``patience``: seconds for setting up one system;
    ``mxnet_python``: the interpreter of an environment with MXNet 1.9.1; ``device``: "cpu" or "gpu";
    ``dtype``: what products are computed in; ``batch``: another batch size.
    """

    workloads: Sequence[str]
    engines: Sequence[str]
    modes: Sequence[str] = ("training", "inference")
    threads: Sequence[int] = (1, 2)
    rounds: int = 5
    seconds: float = 0.3
    steps: int = 10**9
    patience: float = 600
    mxnet_python: str | None = None
    tiny: bool = False
    pin: bool = True
    device: str = "cpu"
    dtype: str = "float32"
    batch: int | None = None


@dataclass
class Timing:
    """One system in one row: seconds per step (the least of all rounds), or why there are none.

    ``wall`` and ``processor``: of the clock and of all its threads; ``median``: of the clock;
    ``difference``: the largest relative difference of outputs and gradients from ours.
    """

    engine: str
    wall: float = math.inf
    processor: float = math.inf
    median: float = math.inf
    steps: int = 0
    set_up: float = 0.0
    version: str = ""
    difference: float | None = None
    problem: str = ""

    def add(self, measured: dict) -> None:
        """Take in a round."""
        for key in ("wall", "processor", "median"):
            setattr(self, key, min(getattr(self, key), measured[key]))
        self.steps += measured["steps"]


@dataclass
class Row:
    """A workload in one mode with one number of threads."""

    workload: str
    title: str
    mode: str
    threads: int
    timings: dict[str, Timing] = field(default_factory=dict)

    def ratio(self, engine: str, clock: str = "wall") -> float | None:
        """How many times as long as ours the other takes; None without two valid results."""
        ours, other = self.timings.get(OURS), self.timings.get(engine)
        if not ours or not other or ours.problem or other.problem:
            return None
        return getattr(other, clock) / getattr(ours, clock)

    def as_json(self) -> dict[str, Any]:
        """For the file of results."""
        result = asdict(self)
        for name, timing in result["timings"].items():
            for key in ("wall", "processor", "median"):
                timing[key] = timing[key] if math.isfinite(timing[key]) else None
            timing["ratio"] = self.ratio(name)
            timing["processor_ratio"] = self.ratio(name, "processor")
        return result


def compare(plan: Plan, note: Callable[[str], None]) -> Iterator[Row]:
    """Run a plan; yields each row when it is done. ``note`` takes progress and warnings."""
    absent: dict[str, str] = {}
    for name in plan.workloads:
        workload = WORKLOADS[name].chosen(plan.tiny, plan.batch)
        with tempfile.TemporaryDirectory() as text:
            folder = Path(text)
            (folder / "benchmarks").symlink_to(Path(__file__).parent)
            np.savez(folder / "arrays.npz", **make_arrays(workload))
            for mode in plan.modes:
                for threads in plan.threads:
                    row = Row(name, workload.title, mode, threads)
                    _run_row(plan, row, workload, folder, absent, note)
                    yield row


def _run_row(
    plan: Plan, row: Row, workload: Workload, folder: Path, absent: dict[str, str], note: Callable
) -> None:
    workers: dict[str, _Worker] = {}
    try:
        for name in plan.engines:
            engine = ENGINES[name]
            if row.mode == "training" and not engine.trains:
                continue
            if engine.option == "channels_last" and not workload.pictures:
                continue
            timing = row.timings[name] = Timing(name, problem=absent.get(name, ""))
            if timing.problem:
                continue
            note(f"{row.workload} {row.mode} threads {row.threads}: setting up {name}")
            worker = _start(plan, row, name, folder, timing, note)
            if worker is not None:
                workers[name] = worker
                continue
            if timing.problem.endswith("not installed"):
                absent[name] = timing.problem
        limits = (workload.tolerance,) if plan.dtype == "float32" else LOW_LIMITS
        _check_values(row, limits, folder, note)
        for number in range(plan.rounds):
            order = list(workers) if number % 2 == 0 else list(workers)[::-1]
            for name in order:
                if not row.timings[name].problem:
                    _measure(plan, workers[name], row.timings[name])
    finally:
        for worker in workers.values():
            worker.stop()
        for file in folder.glob("*.npz"):
            if file.name != "arrays.npz":
                file.unlink()


def _start(
    plan: Plan, row: Row, name: str, folder: Path, timing: Timing, note: Callable
) -> _Worker | None:
    python = plan.mxnet_python if name == "mxnet" else sys.executable
    if python is None:
        timing.problem = "the interpreter of its environment (--mxnet-python) is not installed"
        note(f"  {name}: {timing.problem}")
        return None
    worker = _Worker(python, name, row, folder, plan)
    reply = worker.read(plan.patience)
    if reply is None:
        timing.problem = f"not set up within {plan.patience:.0f} s"
    elif "ready" in reply:
        timing.version, timing.set_up = reply["ready"]["version"], reply["ready"]["set-up"]
        return worker
    else:
        timing.problem = reply.get("skip") or reply["error"]
    note(f"  {name}: {(reply or {}).get('trace', timing.problem)}")
    worker.stop()
    return None


def _measure(plan: Plan, worker: _Worker, timing: Timing) -> None:
    worker.ask({"seconds": plan.seconds, "steps": plan.steps})
    reply = worker.read(plan.patience)
    if reply is None or "error" in reply:
        timing.problem = reply["error"] if reply else "no answer"
    else:
        timing.add(reply)


class _Worker:
    """The process of one system; it imports nothing from the current folder but ``benchmarks``."""

    def __init__(self, python: str, engine: str, row: Row, folder: Path, plan: Plan):
        environment = dict(os.environ)
        # The interpreter of 1.9.1 must not find the package of the same name that lies here.
        paths = [folder] if engine == "mxnet" else [folder, ROOT]
        environment["PYTHONPATH"] = os.pathsep.join(map(str, paths))
        environment["PYTHONDONTWRITEBYTECODE"] = "1"
        command = [
            python, "-m", "benchmarks.worker", engine, row.workload, row.mode, str(folder),
            str(row.threads), *["--tiny"] * plan.tiny, *["--free"] * (not plan.pin),
            "--device", plan.device, "--dtype", plan.dtype,
            *([] if plan.batch is None else ["--batch", str(plan.batch)]),
        ]  # fmt: skip
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by stop()
        self.process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=self.errors, text=True,
        )  # fmt: skip
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.process.stdout, selectors.EVENT_READ)

    def ask(self, request: dict) -> None:
        try:
            print(json.dumps(request), file=self.process.stdin, flush=True)
        except BrokenPipeError:
            pass  # read() says what happened

    def read(self, patience: float) -> dict | None:
        """The next reply, None when it does not come in time; a crash is an error, too."""
        if not self.selector.select(patience):
            return None
        line = self.process.stdout.readline()
        return json.loads(line) if line else {"error": self._last_words()}

    def _last_words(self) -> str:
        status = self.process.wait()
        self.errors.seek(0)
        lines = self.errors.read().decode(errors="replace").strip().splitlines()
        return "\n".join([f"the process ended with status {status}", *lines[-3:]])

    def stop(self) -> None:
        self.process.stdin.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.selector.close()
        self.errors.close()


def _check_values(row: Row, limits: Sequence[float], folder: Path, note: Callable) -> None:
    """Compare with our values; a system that computes something else gets no time."""
    ours = folder / f"{OURS}.npz"
    if not ours.exists():
        return
    with np.load(ours) as file:
        reference = dict(file)
    for name, timing in row.timings.items():
        path = folder / f"{name}.npz"
        if name == OURS or timing.problem or not path.exists():
            continue
        with np.load(path) as file:
            other = dict(file)
        timing.difference, worst = largest_difference(reference, other, *limits[1:])
        if not timing.difference <= limits[0]:
            timing.problem = f"{worst} differs by {timing.difference:.2g} from that of {OURS}"
            note(f"  {name}: {timing.problem}")


def largest_difference(one: dict, other: dict, little: float = 1e-3) -> tuple[float, str]:
    """The largest relative distance (2-norm) between arrays of the same name, and that name.

    Gradients that are next to nothing, such as that of a bias before a softmax, are taken relative
    to a part of all gradients, ``little``.
    """
    if set(one) != set(other):
        return math.inf, f"the list of values ({', '.join(sorted(set(one) ^ set(other))[:3])})"
    norms = {name: np.linalg.norm(array.astype("float64")) for name, array in one.items()}
    gradients = math.hypot(*(norms[name] for name in norms if name.startswith("grad:")))
    worst, where = 0.0, "output"
    for name, array in one.items():
        if array.shape != other[name].shape:
            return math.inf, f"the shape of {name}"
        least = little * gradients if name.startswith("grad:") else 0.0
        distance = np.linalg.norm(array.astype("float64") - other[name])
        distance /= max(norms[name], least, 1e-30)
        if not distance <= worst:
            worst, where = float(distance), name
    return worst, where
