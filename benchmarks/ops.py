"""Each hot operator by itself: bound and run here, and the equivalent call of PyTorch.

Both run in one process on one thread and take turns. Training is forward and backward.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .report import duration, table, write_json

BLOCK = 0.002  # seconds, as in ``worker``


@dataclass(frozen=True)
class Hot:
    """An operator with its parameters, the shapes of its inputs, and the call of PyTorch.

    ``torch_call`` takes torch.nn.functional (as ``F``) and the inputs in the order of the symbol.
    """

    title: str
    op: str
    parameters: dict
    shapes: tuple
    torch_call: Callable
    integers: int = 0  # the number of values, where the first input is an index
    backward: bool = True


def _conv(kernel: int, filters: int, stride: int = 1) -> dict:
    side = (kernel // 2, kernel // 2)
    return {"kernel": (kernel, kernel), "pad": side, "stride": (stride, stride),
            "num_filter": filters, "no_bias": True}  # fmt: skip


_POOL = {"kernel": (3, 3), "stride": (2, 2), "pad": (1, 1)}
_ROWS = ((1024, 1024),)
_IMAGES = ((8, 64, 56, 56),)

HOT = (
    Hot("FullyConnected 32x784 to 128", "FullyConnected", {"num_hidden": 128},
        ((32, 784), (128, 784), (128,)), lambda F, x, w, b: F.linear(x, w, b)),
    Hot("FullyConnected 1120x200 to 10000", "FullyConnected", {"num_hidden": 10000},
        ((1120, 200), (10000, 200), (10000,)), lambda F, x, w, b: F.linear(x, w, b)),
    Hot("Convolution 8x64x56x56, 3x3", "Convolution", _conv(3, 64),
        (*_IMAGES, (64, 64, 3, 3)), lambda F, x, w: F.conv2d(x, w, None, 1, 1)),
    Hot("Convolution 8x64x56x56, 1x1 to 256", "Convolution", _conv(1, 256),
        (*_IMAGES, (256, 64, 1, 1)), lambda F, x, w: F.conv2d(x, w)),
    Hot("Pooling max 3x3, 8x64x56x56", "Pooling", {**_POOL, "pool_type": "max"}, _IMAGES,
        lambda F, x: F.max_pool2d(x, 3, 2, 1)),
    Hot("Pooling avg 3x3, 8x64x56x56", "Pooling", {**_POOL, "pool_type": "avg"}, _IMAGES,
        lambda F, x: F.avg_pool2d(x, 3, 2, 1)),
    Hot("BatchNorm 8x64x56x56", "BatchNorm", {"fix_gamma": False}, (*_IMAGES, (64,), (64,)),
        lambda F, x, g, b: F.batch_norm(x, None, None, g, b, True, 0.1, 1e-3)),
    Hot("LayerNorm 1024x1024", "LayerNorm", {}, (*_ROWS, (1024,), (1024,)),
        lambda F, x, g, b: F.layer_norm(x, (1024,), g, b)),
    Hot("relu 1024x1024", "Activation", {"act_type": "relu"}, _ROWS, lambda F, x: F.relu(x)),
    Hot("sigmoid 1024x1024", "Activation", {"act_type": "sigmoid"}, _ROWS,
        lambda F, x: x.sigmoid()),
    Hot("tanh 1024x1024", "Activation", {"act_type": "tanh"}, _ROWS, lambda F, x: x.tanh()),
    Hot("gelu 1024x1024", "LeakyReLU", {"act_type": "gelu"}, _ROWS, lambda F, x: F.gelu(x)),
    Hot("softmax 1024x1024", "softmax", {}, _ROWS, lambda F, x: F.softmax(x, -1)),
    Hot("log_softmax 1024x1024", "log_softmax", {}, _ROWS, lambda F, x: F.log_softmax(x, -1)),
    Hot("elemwise_add 16x16", "elemwise_add", {}, ((16, 16), (16, 16)), lambda F, x, y: x + y),
    Hot("elemwise_add 1024x1024", "elemwise_add", {}, _ROWS * 2, lambda F, x, y: x + y),
    Hot("elemwise_mul 1024x1024", "elemwise_mul", {}, _ROWS * 2, lambda F, x, y: x * y),
    Hot("broadcast_add 1024x1024 + 1024", "broadcast_add", {}, (*_ROWS, (1, 1024)),
        lambda F, x, y: x + y),
    Hot("exp 1024x1024", "exp", {}, _ROWS, lambda F, x: x.exp()),
    Hot("sum over rows 1024x1024", "sum", {"axis": 1}, _ROWS, lambda F, x: x.sum(1)),
    Hot("sum over columns 1024x1024", "sum", {"axis": 0}, _ROWS, lambda F, x: x.sum(0)),
    Hot("mean 1024x1024", "mean", {}, _ROWS, lambda F, x: x.mean()),
    Hot("dot 256x256", "dot", {}, ((256, 256),) * 2, lambda F, x, y: x @ y),
    Hot("batch_dot 32x128x64", "batch_dot", {"transpose_b": True}, ((32, 128, 64),) * 2,
        lambda F, x, y: x @ y.transpose(1, 2)),
    Hot("transpose 1024x1024", "transpose", {}, _ROWS, lambda F, x: x.t().contiguous()),
    Hot("Concat 2 of 1024x512", "Concat", {"dim": 1}, ((1024, 512),) * 2,
        lambda F, x, y: F.torch.cat((x, y), 1)),
    Hot("slice_axis 1024x1024 to 512", "slice_axis", {"axis": 1, "begin": 0, "end": 512}, _ROWS,
        lambda F, x: x[:, :512].contiguous()),
    Hot("Embedding 1120 of 10000x200", "Embedding", {"input_dim": 10000, "output_dim": 200},
        ((1120,), (10000, 200)), lambda F, i, w: F.embedding(i, w), 10000),
    Hot("take 1120 of 10000x200", "take", {}, ((10000, 200), (1120,)),
        lambda F, w, i: w[i], 0, False),
    Hot("argmax 1024x1024", "argmax", {"axis": 1}, _ROWS, lambda F, x: x.argmax(1), 0, False),
)  # fmt: skip


def make_ours(hot: Hot, arrays: list[np.ndarray], train: bool) -> tuple[Callable, Callable]:
    """A step of a bound symbol, and its output."""
    import mxnet as mx

    inputs = [mx.sym.Variable(f"in{n}") for n in range(len(arrays))]
    symbol = getattr(mx.sym, hot.op)(*inputs, **hot.parameters)
    wanted = {f"in{n}": "write" if train and _differentiable(hot, n) else "null"
              for n in range(len(arrays))}  # fmt: skip
    shapes = {f"in{n}": array.shape for n, array in enumerate(arrays)}
    executor = symbol.simple_bind(mx.cpu(), grad_req=wanted, **shapes)
    for n, array in enumerate(arrays):
        executor.arg_dict[f"in{n}"][:] = array
    heads = [mx.nd.ones(executor.outputs[0].shape)]

    def step() -> None:
        executor.forward(is_train=train or hot.op == "BatchNorm")
        if train:
            executor.backward(heads)

    return step, lambda: executor.outputs[0].asnumpy()


def _differentiable(hot: Hot, position: int) -> bool:
    return not (hot.integers and position == 0)


def make_theirs(hot: Hot, arrays: list[np.ndarray], train: bool) -> tuple[Callable, Callable]:
    """A step of eager PyTorch, and its output."""
    import torch
    import torch.nn.functional as F

    inputs = [torch.from_numpy(array.copy()) for array in arrays]
    for n, array in enumerate(arrays):
        if np.all(array == np.round(array)):
            inputs[n] = inputs[n].long()
        elif train:
            inputs[n].requires_grad_(_differentiable(hot, n))
    kept: dict[str, Any] = {}
    with torch.no_grad():
        ones = torch.ones_like(hot.torch_call(F, *inputs))

    def forward() -> None:
        with torch.inference_mode():
            kept["output"] = hot.torch_call(F, *inputs)

    def both() -> None:
        for tensor in inputs:
            tensor.grad = None
        kept["output"] = hot.torch_call(F, *inputs)
        kept["output"].backward(ones)

    return (both if train else forward), lambda: kept["output"].detach().numpy()


def make_inputs(hot: Hot) -> list[np.ndarray]:
    """Normal numbers, and indices where those are needed."""
    random = np.random.RandomState(0)
    arrays = [random.standard_normal(shape).astype("float32") for shape in hot.shapes]
    position = {"Embedding": 0, "take": 1}.get(hot.op)
    if position is not None:
        rows = hot.shapes[1 - position][0]
        arrays[position] = random.randint(rows, size=hot.shapes[position]).astype("float32")
    return arrays


def alternate(steps: list[Callable], rounds: int, seconds: float) -> list[float]:
    """The least time of each step, measured in turns."""
    blocks = []
    for step in steps:
        step()
        step()
        started = time.perf_counter()
        step()
        blocks.append(max(1, int(BLOCK / max(time.perf_counter() - started, 1e-7))))
    best = [math.inf] * len(steps)
    for _ in range(rounds):
        for n, step in enumerate(steps):
            end = time.perf_counter() + seconds
            while True:
                started = time.perf_counter()
                for _ in range(blocks[n]):
                    step()
                now = time.perf_counter()
                best[n] = min(best[n], (now - started) / blocks[n])
                if now >= end:
                    break
    return best


def compare(hot: Hot, train: bool, rounds: int, seconds: float) -> dict[str, Any]:
    """Our time and theirs, after the outputs were compared."""
    arrays = make_inputs(hot)
    ours, our_output = make_ours(hot, arrays, train)
    theirs, their_output = make_theirs(hot, arrays, train)
    ours()
    theirs()
    np.testing.assert_allclose(our_output(), their_output(), rtol=1e-3, atol=1e-3)
    times = alternate([ours, theirs], rounds, seconds)
    return {"op": hot.title, "train": train, "remx": times[0], "torch": times[1]}


def report(options: argparse.Namespace, note: Callable[[str], None]) -> str:
    """The table as Markdown; the figures also go to ops.json."""
    import torch

    torch.set_num_threads(1)
    results, rows = [], []
    seconds = min(options.seconds, 0.05)
    for hot in HOT[:2] if options.tiny else HOT:
        note(f"operator {hot.title}")
        cells = [hot.title]
        for train in (False, True) if hot.backward else (False,):
            found = compare(hot, train, options.rounds, seconds)
            results.append(found)
            ratio = found["torch"] / found["remx"]
            cells += [duration(found["remx"]), duration(found["torch"]), f"{ratio:.2f}"]
        rows.append(cells + ["–"] * (7 - len(cells)))
    write_json(options.output / "ops.json", {"operators": results})
    header = ["one thread", "forward: remx", "PyTorch", "ratio", "forward and backward: remx",
              "PyTorch", "ratio"]  # fmt: skip
    return "## Operators\n\n" + table(header, rows)
