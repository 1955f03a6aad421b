"""A process that runs one workload in one system, a round at a time, when it is told to.

It is started by ``compare`` and answers with one JSON object per line: first {"ready": ...}, {"skip":
reason} or {"error": text}; then, to each line {"seconds": s, "steps": n}, the times it measured.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import os
import sys
import time
import traceback
from pathlib import Path

BLOCK = 0.002  # seconds; short steps are timed several at a time, but none for longer than this


def set_threads(threads: int, pin: bool) -> None:
    """Before anything else is imported: how many threads libraries may start, and where."""
    for name in ("OMP", "MKL", "OPENBLAS", "NUMEXPR"):
        os.environ[f"{name}_NUM_THREADS"] = str(threads)
    if pin and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])


def measure(step, seconds: float, most: int, block: int) -> dict:
    """Repeat a step for some time; the shortest wall-clock and processor seconds of one step."""
    walls, processor = [], []
    end = time.perf_counter() + seconds
    while len(walls) < 2 or (time.perf_counter() < end and len(walls) * block < most):
        used, started = time.process_time(), time.perf_counter()
        for _ in range(block):
            step()
        walls.append((time.perf_counter() - started) / block)
        processor.append((time.process_time() - used) / block)
        if most == 1:
            break
    middle = sorted(walls)[len(walls) // 2]
    return {"wall": min(walls), "processor": min(processor), "median": middle,
            "steps": len(walls) * block}  # fmt: skip


def block_size(step) -> int:
    """How many steps fit into a block."""
    started = time.perf_counter()
    step()
    return max(1, int(BLOCK / max(time.perf_counter() - started, 1e-7)))


def serve(options: argparse.Namespace, say) -> None:
    """Set up, warm up, save the values, then measure as often as asked."""
    started = time.perf_counter()
    import numpy as np

    from .engines import ENGINES, Case, NotHere
    from .workloads import WORKLOADS

    engine = ENGINES[options.engine]
    if importlib.util.find_spec(engine.package) is None:
        say({"skip": f"{engine.package} is not installed"})
        return
    if options.device not in engine.devices:
        say({"skip": f"{engine.title} is not measured on a {options.device.upper()}"})
        return
    if options.dtype not in engine.dtypes:
        say({"skip": f"{engine.title} is not measured in {options.dtype}"})
        return
    workload = WORKLOADS[options.workload].chosen(options.tiny, options.batch)
    with np.load(options.folder / "arrays.npz") as file:
        arrays = dict(file)
    train = options.mode == "training"
    case = Case(
        workload, arrays, train, options.threads, engine.option, options.device, options.dtype
    )
    module = importlib.import_module(f".engines.{engine.module}", __package__)
    try:
        step, values = module.make(case)
        step()
    except NotHere as reason:
        say({"skip": str(reason)})
        return
    first = time.perf_counter() - started
    np.savez(options.folder / f"{options.engine}.npz", **values())
    for _ in range(2):
        step()
    block = block_size(step)
    say({"ready": {"version": module.version(engine.option), "set-up": first}})
    for line in sys.stdin:
        request = json.loads(line)
        say(measure(step, request["seconds"], request["steps"], block))


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("engine", "workload", "mode"):
        parser.add_argument(name)
    parser.add_argument("folder", type=Path)
    parser.add_argument("threads", type=int)
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--device", choices=("cpu", "gpu"), default="cpu")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--batch", type=int)
    parser.add_argument("--free", action="store_true", help="let threads run on any core")
    options = parser.parse_args()
    # Libraries print; what they say goes to the error stream.
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def say(message: dict) -> None:
        print(json.dumps(message), file=replies, flush=True)

    set_threads(options.threads, not options.free)
    try:
        serve(options, say)
    except Exception as error:
        first = str(error).strip().partition("\n")[0]
        trace = traceback.format_exc(limit=-3).strip()
        say({"error": f"{type(error).__name__}: {first}", "trace": trace})


if __name__ == "__main__":
    main()
