"""How long the first training step takes, with binding, where kernels are on disk and where none is.

``python -m benchmarks.first WORKLOAD`` is a process that measures one; ``report`` starts fresh ones.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

from .compare import ROOT
from .report import duration, table, write_json

WORKLOADS = ("mlp-b100", "lenet-b64", "lstm-lm-fused-b32", "inception-bn-28-b32", "resnet-50-b8")
STEADY = 1.0  # seconds of steps after the first one, of which the shortest counts


def measure(name: str, tiny: bool) -> dict[str, float]:
    """Seconds of binding, of that with the first step, and of a later step."""
    import numpy as np

    import mxnet as mx

    from .workloads import INPUTS, WORKLOADS

    mx.nd.zeros((1,)).wait_to_read()  # torch is there before
    workload = WORKLOADS[name].shrunk() if tiny else WORKLOADS[name]
    names = workload.symbol.list_arguments()
    requirements = {each: "null" if each in INPUTS else "write" for each in names}
    start = time.perf_counter()
    executor = workload.symbol.simple_bind(mx.cpu(), grad_req=requirements, **workload.shapes)
    bound = time.perf_counter()

    def step() -> float:
        begun = time.perf_counter()
        executor.forward(is_train=True)
        executor.backward()
        return time.perf_counter() - begun

    step()
    first = time.perf_counter()
    steady = [step(), step()]
    while time.perf_counter() - first < STEADY * (not tiny):
        steady.append(step())
    assert np.isfinite(executor.outputs[0].asnumpy()).all()
    return {"bind": bound - start, "first": first - start, "steady": min(steady)}


def run(name: str, cache: str, tiny: bool, threads: int) -> dict[str, float]:
    """The same in a fresh process that keeps kernels in a folder."""
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "NUMBA_CACHE_DIR": cache}
    environment["PYTHONPATH"] = os.pathsep.join((str(ROOT), os.environ.get("PYTHONPATH", "")))
    command = [sys.executable, "-m", "benchmarks.first", name, *["--tiny"] * tiny]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def report(options: argparse.Namespace, note: Callable[[str], None]) -> str:
    """The table as Markdown; the figures also go to first.json."""
    rows, results = [], []
    threads = options.threads[0]
    for name in WORKLOADS:
        if not any(fnmatch.fnmatch(name, pattern) for pattern in options.only):
            continue
        found: dict[str, list[dict[str, float]]] = {"cold": [], "warm": []}
        for number in range(options.rounds):
            note(f"first step of {name}, round {number + 1}")
            with tempfile.TemporaryDirectory() as cache:
                for state in found.values():
                    state.append(run(name, cache, options.tiny, threads))
        least = {state: min(each["first"] for each in runs) for state, runs in found.items()}
        steady = min(each["steady"] for runs in found.values() for each in runs)
        shown = [f"{duration(each)} ({each / steady:.2f})" for each in least.values()]
        rows.append([name, *shown, duration(steady)])
        results.append({"workload": name, "threads": threads, "steady": steady, **found})
    write_json(options.output / "first.json", {"first": results})
    header = ["workload", "no kernels on disk", "kernels on disk", "a later step"]
    return f"## First steps\n\nBinding and one training step, {threads} thread.\n\n" + table(
        header, rows
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("workload")
    parser.add_argument("--tiny", action="store_true")
    options: Any = parser.parse_args()
    print(json.dumps(measure(options.workload, options.tiny)))


if __name__ == "__main__":
    main()
