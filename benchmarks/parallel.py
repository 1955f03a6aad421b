"""Data-parallel steps of ResNet-50 in two workers: against one worker, and against PyTorch.

python -m benchmarks.parallel [--batch 32] [--size 64] [--steps 3] [--rounds 4] [--workers 2]

A step is forward, backward, exchange and update (SGD with momentum), with one thread for each
worker, which is pinned to a core. The same processes do all kinds of step in turns; each figure is
the least time of a round. "alone" is rank 0 without the others, "side by side" is all of them at
once, without an exchange: what the machine itself takes for two programs at a time.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from .workloads import Workload, make_arrays

MOMENTUM = {"learning_rate": 1e-3, "momentum": 0.9}


def module_step(workload: Workload, arrays: dict[str, np.ndarray], kvstore: Any) -> Callable:
    """A training step of a Module."""
    import mxnet as mx

    module = mx.mod.Module(workload.symbol)
    batch = mx.io.DataBatch([mx.nd.array(arrays["data"])], [mx.nd.array(arrays["softmax_label"])])
    shapes = [("data", arrays["data"].shape)]
    module.bind(shapes, [("softmax_label", arrays["softmax_label"].shape)])
    names = (workload.symbol.list_arguments(), workload.symbol.list_auxiliary_states())
    inputs = ("data", "softmax_label")
    module.set_params(
        *({n: mx.nd.array(arrays[n]) for n in group if n not in inputs} for group in names)
    )
    module.init_optimizer(kvstore, "sgd", MOMENTUM)

    return lambda: module.train_step(batch)


def torch_step(workload: Workload, arrays: dict[str, np.ndarray], parallel: bool) -> Callable:
    """The same step in PyTorch, channels-last, which is its fastest here."""
    import torch

    from .engines import Case
    from .engines.pytorch import Network

    network = Network(Case(workload, arrays, True, 1, "channels_last"))
    names = [n for n, p in network.parameters.items() if p.requires_grad]

    class Net(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            for number, name in enumerate(names):
                parameter = torch.nn.Parameter(network.parameters[name].detach())
                self.register_parameter(f"p{number}", parameter)

        def forward(self, data: Any) -> Any:
            own = {name: getattr(self, f"p{number}") for number, name in enumerate(names)}
            return network.logits({**network.parameters, **own}, data=data)

    net: torch.nn.Module = Net()
    if parallel:
        net = torch.nn.parallel.DistributedDataParallel(net, gradient_as_bucket_view=True)
    optimizer = torch.optim.SGD(net.parameters(), MOMENTUM["learning_rate"], 0.9)

    def step() -> None:
        optimizer.zero_grad()
        logits = net(network.inputs["data"])
        torch.nn.functional.cross_entropy(logits, network.label).backward()
        optimizer.step()

    return step


def measure(step: Callable, count: int) -> tuple[float, float]:
    """Wall-clock and processor seconds of a step."""
    used, started = time.process_time(), time.perf_counter()
    for _ in range(count):
        step()
    return (time.perf_counter() - started) / count, (time.process_time() - used) / count


def worker(options: argparse.Namespace) -> None:
    """Measure in one worker; rank 0 reports."""
    rank = int(os.environ["RANK"])
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[rank % len(cores)]})
    import torch

    import mxnet as mx

    torch.set_num_threads(1)
    sizes = {"units": (1, 1, 1, 1), "width": 8} if options.tiny else {}
    shape = (3, options.size, options.size)
    workload = Workload("resnet", "ResNet-50", "resnet", options.batch, shape, sizes)
    arrays = make_arrays(workload)
    store = mx.kv.create("dist_sync")
    local = module_step(workload, arrays, None)
    kinds = {
        "remx, alone": (local, True),
        "remx, side by side": (local, False),
        "remx, dist_sync": (module_step(workload, arrays, store), False),
        "PyTorch, side by side": (torch_step(workload, arrays, False), False),
        "PyTorch, DistributedDataParallel": (torch_step(workload, arrays, True), False),
    }
    best: dict[str, tuple[float, float]] = {}
    for turn in range(options.rounds + 1):
        for kind, (step, alone) in kinds.items():
            store.barrier()
            if alone and rank:
                continue
            found = measure(step, options.steps if turn else 1)
            if turn:  # the first one warms up
                best[kind] = tuple(map(min, best.get(kind, found), found))  # type: ignore[assignment]
    store.barrier()
    if rank == 0:
        report(options, store.num_workers, best, sum(a.size for a in arrays.values()))


def report(options: argparse.Namespace, workers: int, best: dict, numbers: int) -> None:
    """Print the times and what follows from them."""
    print(
        f"ResNet-50, {numbers / 1e6:.1f} million numbers, batch {options.batch} of "
        f"{options.size}x{options.size} a worker, {workers} workers, load {os.getloadavg()[0]:.1f}"
    )
    for kind, (wall, processor) in best.items():
        print(f"  {kind:<34}{wall * 1e3:9.1f} ms{processor * 1e3:9.1f} ms of processor")
    for clock, name in enumerate(("of wall-clock time", "of processor time")):
        took = {kind: both[clock] for kind, both in best.items()}
        ours, theirs = took["remx, dist_sync"], took["PyTorch, DistributedDataParallel"]
        print(
            f"  {name}: scaling efficiency {took['remx, alone'] / ours:.3f}, against side by side "
            f"{took['remx, side by side'] / ours:.3f} (PyTorch "
            f"{took['PyTorch, side by side'] / theirs:.3f}); remx / DistributedDataParallel "
            f"{ours / theirs:.3f}"
        )


def main() -> int:
    """Start the workers, or be one of them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--tiny", action="store_true", help="a small network, as tests use it")
    options = parser.parse_args()
    if "RANK" in os.environ:
        worker(options)
        return 0
    from mxnet.launch import launch

    command = [sys.executable, "-m", "benchmarks.parallel", *sys.argv[1:]]
    return launch(command, options.workers, {"OMP_NUM_THREADS": "1"})


if __name__ == "__main__":
    sys.exit(main())
