"""Random networks of the kinds that people train, and random use of their executors.

A network follows from a number alone, so that a failure can be had again: ``RandomNetwork(number)``.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

import numpy as np

import mxnet as mx
from running import Result, array, run_plainly

__all__ = ["RandomNetwork", "exercise"]

CHANNELS = [1, 3, 5, 16, 17, 20, 32, 50]
_LARGEST = 1 << 26  # multiplications of a convolution
_SHAKEN = 3e-6  # of the largest number of an array: what any order of summation may change


class RandomNetwork:
    """A symbol, the shapes of its data, and the numbers from which indices are drawn.

    ``draw`` has made it, and goes on to draw how it is used; ``steps`` is for messages.
    """

    def __init__(self, number: int):
        self.draw = random.Random(number)
        self.shapes: dict[str, tuple[int, ...]] = {}
        self.indices: dict[str, int] = {}
        self.values: list[tuple[mx.sym.Symbol, tuple[int, ...]]] = []
        self.heads: list[mx.sym.Symbol] = []
        self.steps: list[str] = []
        with mx.name.NameManager():
            self.compose()
        self.symbol = mx.sym.Group(self.heads)

    def __repr__(self) -> str:
        return f"RandomNetwork({self.shapes}: {'; '.join(self.steps)})"

    def compose(self) -> None:
        draw = self.draw
        batch = draw.choice([1, 2, 3, 7, 16, 33, 64])
        flavour = draw.choice(["images", "images", "rows", "sequences"])
        if flavour == "images":
            size = draw.choice([(4, 4), (7, 7), (9, 5), (8, 8)] + [(16, 16)] * (batch <= 16))
            shape: tuple[int, ...] = (batch, draw.choice(CHANNELS), *size)
        elif flavour == "rows":
            shape = (batch, draw.choice([1, 7, 32, 100]))
        else:
            shape = (draw.choice([1, 3, 7]), batch, draw.choice([4, 16, 20]))
        self.shapes["data"] = shape
        self.add(mx.sym.Variable("data"))
        for _ in range(draw.randint(3, 12)):
            near = self.values[-3:] if draw.random() < 0.75 else self.values
            data, shape = draw.choice(near)
            kinds = [step for step, fits in STEPS if fits(shape)]
            self.add(draw.choice(kinds)(self, data, shape))
        self.finish()

    def add(self, symbol: mx.sym.Symbol | None) -> None:
        """Note a value; None where a step found that it would be too large or empty."""
        if symbol is not None:
            known = {n: s for n, s in self.shapes.items() if n in symbol.list_inputs()}
            shape = symbol.infer_shape(**known)[1][0]
            self.values.append((symbol, shape))
            self.steps.append(f"{symbol.name}{shape}")

    def finish(self) -> None:
        """Losses on what nothing reads, and at times an inner value beside them."""
        read = {entry for value, _ in self.values for entry in value._outputs[0].node.inputs}
        loose = [pair for pair in self.values if pair[0]._outputs[0] not in read]
        for number, (value, shape) in enumerate(loose[-3:]):
            kind = self.draw.choice(["plain", "softmax", "linear"])
            if kind == "softmax" and len(shape) > 1:
                self.indices[f"loss{number}_label"] = int(np.prod(shape[1:]))
                value = mx.sym.SoftmaxOutput(mx.sym.Flatten(value), name=f"loss{number}")
            elif kind == "linear" and len(shape) > 1:
                value = mx.sym.LinearRegressionOutput(value, name=f"loss{number}")
            self.heads.append(value)
        if self.draw.random() < 0.2:
            self.heads.append(self.draw.choice(self.values)[0])

    def arrays(self) -> dict[str, np.ndarray]:
        """Values of all variables, so that results are of moderate size."""
        rng = np.random.RandomState(self.draw.randrange(1 << 30))
        arguments, _, states = self.symbol.infer_shape(**self.shapes)
        names = [*self.symbol.list_arguments(), *self.symbol.list_auxiliary_states()]
        found = {}
        for name, shape in zip(names, [*arguments, *states], strict=True):
            if name in self.indices:
                value = rng.randint(0, self.indices[name], shape)
            elif name.endswith(("gamma", "moving_var")):
                value = rng.uniform(0.6, 1.4, shape)
            else:
                fan_in = np.prod(shape[1:]) if name.endswith("weight") else 1.6
                value = rng.normal(0, 1.2 / np.sqrt(fan_in), shape)
            found[name] = value.astype("float32")
        return found


# -- steps -----------------------------------------------------------------------------------------


def convolution(net: RandomNetwork, data, shape):
    draw = net.draw
    kernel = draw.choice([(1, 1), (3, 3), (3, 3), (5, 5), (7, 7), (1, 3), (2, 2)])
    stride, dilate, pad = (1, 1), (1, 1), tuple(size // 2 for size in kernel)
    if draw.random() < 0.5:
        stride, dilate = (
            draw.choice([(1, 1), (2, 2), (2, 1), (1, 2)]),
            draw.choice([(1, 1), (2, 1)]),
        )
        pad = draw.randint(0, 3), draw.randint(0, 3)
    extents = [
        n + 2 * p - d * (k - 1) for n, p, d, k in zip(shape[2:], pad, dilate, kernel, strict=True)
    ]
    filters = draw.choice(CHANNELS)
    if min(extents) < 1 or np.prod([*shape, *kernel, filters]) > _LARGEST:
        return None
    return mx.sym.Convolution(
        data, kernel=kernel, stride=stride, dilate=dilate, pad=pad, num_filter=filters,
        no_bias=draw.random() < 0.4,
    )  # fmt: skip


def normalisation(net: RandomNetwork, data, shape):
    axis = net.draw.choice([1, 1, 1, *range(len(shape))])
    chances = {"fix_gamma": 0.4, "use_global_stats": 0.2}
    flags = {name: net.draw.random() < chance for name, chance in chances.items()}
    return mx.sym.BatchNorm(data, axis=axis, eps=1e-2, **flags)


def pooling(net: RandomNetwork, data, shape):
    if min(shape[2:]) < 2:
        return mx.sym.Pooling(data, kernel=(1, 1), global_pool=True, pool_type="avg")
    kind, stride = net.draw.choice(["max", "avg"]), net.draw.choice([(1, 1), (2, 2)])
    return mx.sym.Pooling(data, kernel=(2, 2), stride=stride, pool_type=kind)


def activation(net: RandomNetwork, data, shape):
    kind = net.draw.choice(["relu", "relu", "tanh", "sigmoid", "gelu", "leaky", "clip"])
    if kind == "clip":
        return mx.sym.clip(data, -1.5, 1.5)
    if kind in ("gelu", "leaky"):
        return mx.sym.LeakyReLU(data, act_type=kind)
    return mx.sym.Activation(data, act_type=kind)


def dense(net: RandomNetwork, data, shape):
    flatten = net.draw.random() < 0.6
    size = net.draw.choice([1, 3, 17, 32, 50])
    if np.prod(shape[1:]) > 6000:
        return None
    return mx.sym.FullyConnected(
        data, num_hidden=size, flatten=flatten, no_bias=net.draw.random() < 0.4
    )


def joining(net: RandomNetwork, data, shape):
    other = net.draw.choice([value for value, its in net.values if its == shape])
    kinds: list[Callable] = [
        lambda: data + other,
        lambda: other - data,
        lambda: data * mx.sym.tanh(other),
        lambda: mx.sym.tanh(data) + mx.sym.tanh(data) * 0.5,
        lambda: mx.sym.maximum(data, other),
        lambda: mx.sym.Concat(data, other, dim=net.draw.randrange(len(shape))),
    ]
    return net.draw.choice(kinds)() if np.prod(shape) < 1 << 18 else None


def moving(net: RandomNetwork, data, shape):
    axis = net.draw.randrange(len(shape))
    order = net.draw.sample(range(len(shape)), len(shape))
    kinds: list[Callable] = [
        lambda: mx.sym.transpose(data, axes=tuple(order)),
        lambda: mx.sym.Reshape(data, shape=(0, -1)),
        lambda: mx.sym.slice_axis(data, axis=axis, begin=shape[axis] // 3, end=shape[axis]),
        lambda: mx.sym.mean(data, axis=axis, keepdims=True),
        lambda: mx.sym.flip(data, axis=axis),
    ]
    return net.draw.choice(kinds)()


def other(net: RandomNetwork, data, shape):
    kinds: list[Callable] = [
        lambda: mx.sym.Dropout(data, p=0.3),
        lambda: mx.sym.LayerNorm(data, eps=1e-2),
        lambda: mx.sym.softmax(data, axis=net.draw.randrange(len(shape))),
        lambda: data * mx.sym.ones_like(data) + 0.5,
        lambda: mx.sym.Cast(mx.sym.Cast(data, dtype="float64") * 0.5, dtype="float32"),
        lambda: mx.sym.BlockGrad(data),
        lambda: 1.0 / (data * data + 1.0),
    ]
    return net.draw.choice(kinds)()


def loop(net: RandomNetwork, data, shape):
    """As many steps as the values say, and what makes something of the last in place."""
    if np.prod(shape) > 4000:
        return None
    _, (_, last) = mx.sym.contrib.while_loop(
        lambda count, value: count < 3,
        lambda count, value: (value, (count + 1, mx.sym.tanh(value))),
        (mx.sym.zeros(1), data),
        max_iterations=4,
    )
    return last / 2


def recurrent(net: RandomNetwork, data, shape):
    size, mode = net.draw.choice([3, 16, 20]), net.draw.choice(["lstm", "gru", "rnn_tanh"])
    states = [mx.sym.zeros((1, shape[1], size)) for _ in range(1 + (mode == "lstm"))]
    parameters = mx.sym.Variable(f"weights{len(net.values)}_weight")
    return 2 * mx.sym.RNN(data, parameters, *states, state_size=size, num_layers=1, mode=mode)


def images(shape) -> bool:
    return len(shape) == 4


def planes(shape) -> bool:
    return len(shape) > 1


STEPS: list[tuple[Callable, Callable[[tuple], bool]]] = [
    *[(convolution, images)] * 4, *[(normalisation, planes)] * 2, (pooling, images),
    *[(activation, planes)] * 2, (dense, planes), *[(joining, planes)] * 2, (moving, planes),
    (other, planes), (loop, planes), (recurrent, lambda shape: len(shape) == 3 and shape[0] < 9),
]  # fmt: skip


# -- use -------------------------------------------------------------------------------------------


def exercise(net: RandomNetwork) -> None:
    """Run a network in random ways, each run against the plain one; AssertionError where they differ."""
    draw, symbol = net.draw, net.symbol
    names = symbol.list_arguments()
    kinds = draw.choice([["write"], ["add"], ["null"], ["write", "add", "null"]])
    wanted = {n: "null" if n.endswith("label") else draw.choice(kinds) for n in names}
    check = draw.random() < 0.15
    executor = symbol.simple_bind(mx.cpu(), grad_req=wanted, check=check, **net.shapes)
    for step in range(4):
        if step == 0 or draw.random() < 0.6:
            change(executor, net.arrays(), "set" if step == 0 else draw.choice(["set", "scale"]))
        if draw.random() < 0.2:
            executor.set_monitor_callback(draw.choice([None, lambda name, value: None]))
        run(net, executor, wanted, draw.random() < 0.6)


def change(executor, arrays: Mapping[str, np.ndarray], how: str) -> None:
    """New values for all variables, or other ones for some, in place."""
    for name, value in arrays.items():
        bound = executor.arg_dict if name in executor.arg_dict else executor.aux_dict
        if how == "set":
            bound[name][:] = value
        elif name.endswith(("weight", "gamma", "moving_var")):
            bound[name] *= 0.9


def run(net: RandomNetwork, executor, wanted: Mapping[str, str], train: bool) -> None:
    before = {
        name: value.asnumpy() for name, value in {**executor.arg_dict, **executor.aux_dict}.items()
    }
    start = {n: g.asnumpy() for n, g in executor.grad_dict.items() if g is not None}
    mx.random.seed(0)
    outputs = [output.asnumpy() for output in executor.forward(is_train=train)]
    rng = np.random.RandomState(len(outputs))
    heads = [rng.uniform(-1, 1, output.shape).astype(output.dtype) for output in outputs]
    asked = wanted if train else "null"
    if train:
        executor.backward([array(head) for head in heads])

    def plain(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        # What is written to has to be an array of its own.
        copies = {name: value.copy() for name, value in arrays.items()}
        return everything(run_plainly(net.symbol, copies, heads, asked, train, start))

    states = {name: value.asnumpy() for name, value in executor.aux_dict.items()}
    gradients = {n: g.asnumpy() for n, g in executor.grad_dict.items() if g is not None and train}
    got = everything(Result(outputs, gradients, {}, states))
    want = plain(before)
    compare(got, want, lambda: [plain(shaken(net, before, seed)) for seed in range(3)])


def everything(result: Result) -> dict[str, np.ndarray]:
    named = {f"output {n}": value for n, value in enumerate(result.outputs)}
    named.update((f"gradient of {name}", value) for name, value in result.gradients.items())
    return {**named, **result.auxiliary}


def shaken(net: RandomNetwork, arrays: Mapping[str, np.ndarray], seed: int) -> dict:
    """The same values, each a little different."""
    rng = np.random.RandomState(seed)
    found = {}
    for name, value in arrays.items():
        noise = rng.normal(0, _SHAKEN * np.abs(value).max(initial=0), value.shape)
        found[name] = value if name in net.indices else (value + noise).astype(value.dtype)
    return found


def compare(got: Mapping, want: Mapping, others: Callable[[], list[dict]]) -> None:
    """Results are close, or as far apart as small changes of what they are made of bring them."""
    shaken_results: list[dict] = []
    for name, value in want.items():
        error = np.abs(got[name].astype("float64") - value).max(initial=0)
        if error <= 2e-4 * np.abs(value).max(initial=0) + 1e-5:
            continue
        shaken_results = shaken_results or others()
        moved = max(np.abs(each[name] - value).max() for each in shaken_results)
        assert error <= 60 * moved, f"{name} is wrong by {error:.3g}, of {np.abs(value).max():.3g}"
