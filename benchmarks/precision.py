"""``python -m benchmarks.precision``: steps in 16 bits against float32, and what convolutions allow.

Prints, for each workload, the least processor time of a training step in both, the planned memory, and
how far the gradients are apart; for networks of convolutions also the time of their kernels alone.
"""

from __future__ import annotations

import argparse
import fnmatch
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

import mxnet as mx

from .workloads import WORKLOADS, Workload, is_input, make_arrays

__all__ = ["Step", "compare", "kernels_alone", "main"]

DEFAULT = ("mlp-b100", "lenet*", "lstm-lm*", "transformer*", "inception*", "resnet*")


class Step:
    """A training step of a workload with the element type that it computes in."""

    def __init__(self, workload: Workload, arrays: dict, dtype: str | None, backend: str | None):
        symbol = workload.symbol
        names = symbol.list_arguments()
        request = {name: "null" if is_input(name) else "write" for name in names}
        shapes = {name: array.shape for name, array in arrays.items() if name in request}
        self.executor = symbol.simple_bind(
            mx.cpu(), grad_req=request, dtype=dtype, backend=backend, **shapes
        )
        for name, array in [*self.executor.arg_dict.items(), *self.executor.aux_dict.items()]:
            array[:] = arrays[name]
        self.best = float("inf")

    def __call__(self) -> None:
        self.executor.forward(is_train=True)
        self.executor.backward()

    def gradients(self) -> dict[str, np.ndarray]:
        """The gradients of all parameters."""
        return {k: g.asnumpy() for k, g in self.executor.grad_dict.items() if g is not None}

    @property
    def memory(self) -> str:
        """Planned memory in MiB."""
        report = self.executor.memory
        return "-" if report is None else f"{report.total / 2**20:.0f} MiB"


def least(call: Callable[[], Any], rounds: int) -> float:
    """The least processor time of a call in seconds."""
    best = float("inf")
    for _ in range(rounds):
        started = time.process_time()
        call()
        best = min(best, time.process_time() - started)
    return best


def difference(one: dict, other: dict) -> float:
    """The median over parameters of |a - b| / |a|."""
    norm = np.linalg.norm
    return float(np.median([norm(a - other[n]) / (norm(a) + 1e-30) for n, a in one.items()]))


def compare(workload: Workload, dtype: str, backend: str | None, rounds: int) -> list[str]:
    """One row of the table."""
    arrays = make_arrays(workload)
    steps = [Step(workload, arrays, None, None), Step(workload, arrays, dtype, backend)]
    for step in steps:
        step()
        step()
    apart = difference(*(step.gradients() for step in steps))
    for _ in range(rounds):
        for step in steps:
            step.best = min(step.best, least(step, 1))
    exact, low = steps
    return [
        workload.title, f"{exact.best * 1e3:.4g} ms", f"{low.best * 1e3:.4g} ms",
        f"{low.best / exact.best:.2f}", exact.memory, low.memory, f"{apart:.2g}",
    ]  # fmt: skip


def kernels_alone(workload: Workload, dtype: str, rounds: int) -> tuple[float, float]:
    """Seconds that the convolutions of a network take in float32 and in 16 bits, and nothing else."""
    symbol = workload.symbol
    internals = symbol.get_internals()
    shapes = dict(zip(internals.list_outputs(), internals.infer_shape(**workload.shapes)[1]))
    total = {"float32": 0.0, dtype: 0.0}
    known: dict[tuple, float] = {}
    for node in symbol._graph.nodes:
        if node.op is None or node.op.op_name != "Convolution":
            continue
        sizes = tuple(shapes[entry.name] for entry in node.inputs)
        first = is_input(node.inputs[0].name)
        for name in total:
            key = (node.op, sizes, first, name)
            if key not in known:
                known[key] = _convolution(node.op, sizes, not first, getattr(torch, name), rounds)
            total[name] += known[key]
    return total["float32"], total[dtype]


def _convolution(op: Any, sizes: tuple, deeper: bool, dtype: torch.dtype, rounds: int) -> float:
    data, weight, *bias = (torch.randn(size).to(dtype) for size in sizes)
    data = data.contiguous(memory_format=torch.channels_last)
    output = op.forward(data, weight, *bias, channels_last_storage=True)
    needs = (deeper, *(True for _ in (weight, *bias)))

    def step() -> None:
        op.forward(data, weight, *bias, channels_last_storage=True)
        op.backward(output, data, weight, needs=needs, channels_last_storage=True)

    step()
    return least(step, rounds)


def peak(dtype: torch.dtype, size: int = 3072) -> float:
    """The operations per second of a large matrix product."""
    matrix = torch.randn(size, size).to(dtype)
    return 2 * size**3 / least(lambda: torch.mm(matrix, matrix), 4)


def main(arguments: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.precision", description=__doc__)
    parser.add_argument("--only", nargs="+", default=DEFAULT, metavar="PATTERN")
    parser.add_argument("--dtype", default="bfloat16", choices=("bfloat16", "float16"))
    parser.add_argument("--backend", choices=("inductor",), help="who compiles the 16-bit steps")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tiny", action="store_true", help="the smallest sizes, as tests use them")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    if not options.tiny:
        speeds = [peak(dtype) / 1e9 for dtype in (torch.float32, getattr(torch, options.dtype))]
        print("Matrix products: {:.0f} and {:.0f} GFLOP/s\n".format(*speeds))
    print(
        f"| Training, 1 thread | float32 | {options.dtype} | ratio | memory | memory | gradients |"
    )
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, workload in WORKLOADS.items():
        if not any(fnmatch.fnmatch(name, pattern) for pattern in options.only):
            continue
        workload = workload.shrunk() if options.tiny else workload
        row = compare(workload, options.dtype, options.backend, options.rounds)
        print(f"| {' | '.join(row)} |", flush=True)
        if workload.pictures:
            exact, low = kernels_alone(workload, options.dtype, options.rounds)
            print(f"| – its convolutions alone | {exact * 1e3:.4g} ms | {low * 1e3:.4g} ms |"
                  f" {low / exact:.2f} | | | |", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
