"""Many small keys over two workers: in buckets, and one by one.

python -m benchmarks.kvstore [--keys 160] [--kib 16] [--workers 2] [--steps 20]
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time

KIB = 1024


def seconds(step, steps: int) -> float:
    """The median time of a step, after one to warm up."""
    step()
    times = []
    for _ in range(steps):
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def worker(keys: int, kib: int, steps: int) -> None:
    """Measure in one worker; rank 0 reports."""
    import mxnet as mx

    store = mx.kv.create("dist_sync")
    names = [f"key{number}" for number in range(keys)]
    shape = (kib * KIB // 4,)
    gradients = [mx.nd.ones(shape) for _ in names]
    weights = [mx.nd.zeros(shape) for _ in names]
    store.init(names, weights)

    def bucketed() -> None:
        for name, gradient in zip(names, gradients, strict=True):
            store.push(name, gradient)
        for name, weight in zip(names, weights, strict=True):
            store.pull(name, out=weight)

    def one_by_one() -> None:
        for name, gradient, weight in zip(names, gradients, weights, strict=True):
            store.push(name, gradient)
            store.pull(name, out=weight)

    found = {
        "all at once": lambda: store.pushpull(names, gradients, out=weights),
        "pushes, then pulls": bucketed,
        "push and pull by key": one_by_one,
    }
    times = {}
    for label, step in found.items():
        store.barrier()
        times[label] = seconds(step, steps)
    if store.rank == 0:
        slowest = times["push and pull by key"]
        print(f"{keys} keys of {kib} KiB, {store.num_workers} workers, median of {steps} steps")
        for label, took in times.items():
            print(f"  {label:<22}{took * 1e3:8.2f} ms{slowest / took:8.1f} x")


def main() -> int:
    """Start the workers, or be one of them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--keys", type=int, default=160)
    parser.add_argument("--kib", type=int, default=16)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--steps", type=int, default=20)
    options = parser.parse_args()
    if "RANK" in os.environ:
        worker(options.keys, options.kib, options.steps)
        return 0
    from mxnet.launch import launch

    return launch([sys.executable, "-m", "benchmarks.kvstore", *sys.argv[1:]], options.workers)


if __name__ == "__main__":
    sys.exit(main())
