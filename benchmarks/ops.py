"""Each hot operator by itself: bound and run here, and the equivalent call of PyTorch.

Both run in one process on one thread and take turns. Training is forward and backward, from a head
gradient and to a gradient array that the program owns, which costs us a copy where PyTorch hands
over tensors. ``CALLS`` are calls on tiny arrays, which show what a call costs beyond PyTorch's own.
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
    Hot("InstanceNorm 8x64x56x56", "InstanceNorm", {"eps": 1e-5}, (*_IMAGES, (64,), (64,)),
        lambda F, x, g, b: F.instance_norm(x, weight=g, bias=b)),
    Hot("Deconvolution 8x64x28x28, 4x4", "Deconvolution",
        {"kernel": (4, 4), "stride": (2, 2), "pad": (1, 1), "num_filter": 32},
        ((8, 64, 28, 28), (64, 32, 4, 4)), lambda F, x, w: F.conv_transpose2d(x, w, None, 2, 1)),
    Hot("square 1024x1024", "square", {}, _ROWS, lambda F, x: x.square()),
    Hot("clip 1024x1024", "clip", {"a_min": -0.5, "a_max": 0.5}, _ROWS,
        lambda F, x: x.clamp(-0.5, 0.5)),
    Hot("softsign 1024x1024", "softsign", {}, _ROWS, lambda F, x: F.softsign(x)),
    Hot("broadcast_mul 1024x1024 · 1024", "broadcast_mul", {}, (*_ROWS, (1, 1024)),
        lambda F, x, y: x * y),
    Hot("broadcast_maximum 1024x1024", "broadcast_maximum", {}, _ROWS * 2,
        lambda F, x, y: F.torch.maximum(x, y)),
    Hot("max over rows 1024x1024", "max", {"axis": 1}, _ROWS, lambda F, x: x.amax(1)),
    Hot("norm 1024x1024", "norm", {"axis": 1}, _ROWS, lambda F, x: x.norm(dim=1)),
    Hot("where 1024x1024", "where", {}, _ROWS * 3,
        lambda F, c, x, y: F.torch.where(c != 0, x, y), 0, False),
    Hot("topk 10 of 1024x1024", "topk", {"k": 10, "ret_typ": "value"}, _ROWS,
        lambda F, x: x.topk(10)[0]),
    Hot("sort 1024x1024", "sort", {}, _ROWS, lambda F, x: x.sort(stable=True)[0]),
    Hot("stack 2 of 1024x512", "stack", {"axis": 1, "num_args": 2}, ((1024, 512),) * 2,
        lambda F, x, y: F.torch.stack((x, y), 1)),
    Hot("tile 1024x512 to 1024x1024", "tile", {"reps": (1, 2)}, ((1024, 512),),
        lambda F, x: x.tile(1, 2)),
    Hot("pick 1024 of 1024x1024", "pick", {}, (*_ROWS, (1024,)),
        lambda F, x, i: x.gather(1, i.unsqueeze(1)).squeeze(1), 0, False),
)  # fmt: skip


@dataclass(frozen=True)
class Call:
    """A call on arrays of 4 by 4 (``a`` to ``d``) and an index (``i``), here and with PyTorch."""

    title: str
    ours: Callable
    theirs: Callable


CALLS = (
    Call("a + b", lambda nd, a, b, c, d, i: a + b, lambda F, a, b, c, d, i: a + b),
    Call("c += b", lambda nd, a, b, c, d, i: c.__iadd__(b),
         lambda F, a, b, c, d, i: c.__iadd__(b)),
    Call("a[1:3]", lambda nd, a, b, c, d, i: a[1:3], lambda F, a, b, c, d, i: a[1:3]),
    Call("a[:, 1]", lambda nd, a, b, c, d, i: a[:, 1],
         lambda F, a, b, c, d, i: a[:, 1].contiguous()),
    Call("a.reshape((2, 8))", lambda nd, a, b, c, d, i: a.reshape((2, 8)),
         lambda F, a, b, c, d, i: a.reshape((2, 8))),
    Call("a.sum()", lambda nd, a, b, c, d, i: a.sum(), lambda F, a, b, c, d, i: a.sum()),
    Call("a.mean(axis=1)", lambda nd, a, b, c, d, i: a.mean(axis=1),
         lambda F, a, b, c, d, i: a.mean(1)),
    Call("a.T", lambda nd, a, b, c, d, i: a.T, lambda F, a, b, c, d, i: a.t().contiguous()),
    Call("relu(a)", lambda nd, a, b, c, d, i: nd.relu(a), lambda F, a, b, c, d, i: F.relu(a)),
    Call("exp(a)", lambda nd, a, b, c, d, i: nd.exp(a), lambda F, a, b, c, d, i: a.exp()),
    Call("dot(a, b)", lambda nd, a, b, c, d, i: nd.dot(a, b), lambda F, a, b, c, d, i: a.mm(b)),
    Call("broadcast_add(a, b)", lambda nd, a, b, c, d, i: nd.broadcast_add(a, b),
         lambda F, a, b, c, d, i: F.torch.add(a, b)),
    Call("elemwise_add(a, b, out=c)", lambda nd, a, b, c, d, i: nd.elemwise_add(a, b, out=c),
         lambda F, a, b, c, d, i: F.torch.add(a, b, out=c)),
    Call("concat(a, b, dim=1)", lambda nd, a, b, c, d, i: nd.concat(a, b, dim=1),
         lambda F, a, b, c, d, i: F.torch.cat((a, b), 1)),
    Call("softmax(a)", lambda nd, a, b, c, d, i: nd.softmax(a),
         lambda F, a, b, c, d, i: F.softmax(a, -1)),
    Call("FullyConnected(a, b)",
         lambda nd, a, b, c, d, i: nd.FullyConnected(a, b, num_hidden=4, no_bias=True),
         lambda F, a, b, c, d, i: F.linear(a, b)),
    Call("take(a, i)", lambda nd, a, b, c, d, i: nd.take(a, i), lambda F, a, b, c, d, i: a[i]),
    Call("argmax(a, axis=1)", lambda nd, a, b, c, d, i: nd.argmax(a, axis=1),
         lambda F, a, b, c, d, i: a.argmax(1)),
    Call("one_hot(i, 4)", lambda nd, a, b, c, d, i: nd.one_hot(i, 4),
         lambda F, a, b, c, d, i: F.one_hot(i, 4)),
    Call("random.uniform(shape=(4, 4))",
         lambda nd, a, b, c, d, i: nd.random.uniform(shape=(4, 4)),
         lambda F, a, b, c, d, i: F.torch.rand((4, 4))),
    Call("sgd_update(d, b, out=d)",
         lambda nd, a, b, c, d, i: nd.sgd_update(d, b, lr=0.1, wd=0.01, out=d),
         lambda F, a, b, c, d, i: d.mul_(0.999).add_(b, alpha=-0.1)),
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
    position = {"Embedding": 0, "take": 1, "pick": 1}.get(hot.op)
    if hot.op == "where":
        arrays[0] = (arrays[0] > 0).astype("float32")
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


def compare_calls(rounds: int, seconds: float) -> list[dict[str, Any]]:
    """Our time and theirs of the calls on tiny arrays."""
    import torch
    import torch.nn.functional as F

    import mxnet as mx

    random = np.random.RandomState(0)
    values = [random.standard_normal((4, 4)).astype("float32") for _ in range(4)]
    arrays = [*map(mx.nd.array, values), mx.nd.array([0, 2, 1])]
    tensors = [*(torch.from_numpy(value.copy()) for value in values), torch.tensor([0, 2, 1])]
    results = []
    for call in CALLS:
        ours, theirs = call.ours, call.theirs
        with torch.no_grad():
            times = alternate(
                [lambda: ours(mx.nd, *arrays), lambda: theirs(F, *tensors)],  # noqa: B023
                rounds,
                seconds,
            )
        results.append({"op": call.title, "remx": times[0], "torch": times[1]})
    return results


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
    calls = compare_calls(options.rounds, seconds)
    write_json(options.output / "ops.json", {"operators": results, "calls": calls})
    header = ["one thread", "forward: remx", "PyTorch", "ratio", "forward and backward: remx",
              "PyTorch", "ratio"]  # fmt: skip
    tiny = [[f"`{found['op']}`", duration(found["remx"]), duration(found["torch"]),
             f"{(found['remx'] - found['torch']) * 1e6:.1f} µs"] for found in calls]  # fmt: skip
    return (
        "## Operators\n\n"
        + table(header, rows)
        + "\n\n"
        + table(["4x4, one thread", "remx", "PyTorch", "difference"], tiny)
    )
