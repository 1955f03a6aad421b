"""What ``Module.fit`` costs beyond a bare loop over an executor, on LeNet.

python -m benchmarks.fit [--batch 64] [--batches 30] [--rounds 8] [--threads 1]

Both train on the same batches of an NDArrayIter with SGD and momentum. The loop copies a batch to the
executor, runs it forward and backward and updates all weights at once, no more; ``fit`` also counts
the accuracy of every batch. They do whole epochs in turns, in one process; the least time counts.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import time
from collections.abc import Callable

import numpy as np

from . import networks

OPTIMIZER = {"learning_rate": 0.01, "momentum": 0.9}


def loop_epoch(symbol: object, data: object) -> Callable[[], None]:
    """An epoch of the bare loop."""
    import mxnet as mx

    shapes = {d.name: d.shape for d in (*data.provide_data, *data.provide_label)}
    executor = symbol.simple_bind(
        mx.cpu(),
        grad_req={n: "null" if n in shapes else "write" for n in symbol.list_arguments()},
        **shapes,
    )
    arguments = executor.arg_dict
    names = [name for name in arguments if name not in shapes]
    for name in names:
        mx.init.Xavier()(mx.init.InitDesc(name), arguments[name])
    weights = [arguments[name] for name in names]
    gradients = [executor.grad_dict[name] for name in names]
    batch_size = data.batch_size
    optimizer = mx.optimizer.create("sgd", rescale_grad=1 / batch_size, **OPTIMIZER)
    updater = mx.optimizer.get_updater(optimizer)
    numbers = list(range(len(names)))
    x, y = arguments["data"], arguments["softmax_label"]

    def epoch() -> None:
        data.reset()
        for batch in data:
            batch.data[0].copyto(x)
            batch.label[0].copyto(y)
            executor.forward(is_train=True)
            executor.backward()
            updater(numbers, gradients, weights)

    return epoch


def fit_epoch(symbol: object, data: object) -> Callable[[], None]:
    """An epoch of ``fit``."""
    import mxnet as mx

    quiet = logging.getLogger("benchmarks.fit")
    quiet.setLevel(logging.CRITICAL)
    module = mx.mod.Module(symbol, logger=quiet)

    def epoch() -> None:
        data.reset()
        module.fit(data, num_epoch=1, optimizer="sgd", optimizer_params=OPTIMIZER,
                   initializer=mx.init.Xavier())  # fmt: skip

    return epoch


def main() -> None:
    """Run both in turns and report."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--batches", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    import torch

    import mxnet as mx

    torch.set_num_threads(options.threads)
    random = np.random.RandomState(0)
    count = options.batch * options.batches
    x = random.uniform(size=(count, 1, 28, 28)).astype("float32")
    y = random.randint(0, 10, count).astype("float32")
    symbol = networks.lenet()
    kinds = {
        kind: make(symbol, mx.io.NDArrayIter(x, y, options.batch))
        for kind, make in (("loop", loop_epoch), ("fit", fit_epoch))
    }
    best: dict[str, tuple[float, float]] = {}
    for turn in range(options.rounds + 1):
        for kind, epoch in kinds.items():
            used, started = time.process_time(), time.perf_counter()
            epoch()
            found = (time.perf_counter() - started, time.process_time() - used)
            if turn:  # the first one warms up
                best[kind] = tuple(map(min, best.get(kind, found), found))  # type: ignore[assignment]
    print(f"LeNet, {options.batches} batches of {options.batch}, load {os.getloadavg()[0]:.1f}")
    for kind, (wall, used) in best.items():
        wall, used = (seconds / options.batches * 1e3 for seconds in (wall, used))
        print(f"  {kind:<6}{wall:8.3f} ms a step{used:8.3f} ms of processor")
    ratios = [fit / loop for fit, loop in zip(best["fit"], best["loop"], strict=True)]
    print(f"  fit / loop {ratios[0]:.3f}, of processor time {ratios[1]:.3f}")


if __name__ == "__main__":
    sys.exit(main())
