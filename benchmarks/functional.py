"""The networks of ``networks`` once more, as functions for eager and tracing systems.

Each takes ``ops`` (the same few functions of torch, see ``engines.pytorch``, or of JAX, see
``engines.jax``), the parameters ``p`` by the names of the symbol, and the inputs by name; it
returns logits. They are written as users of those systems write them, with their fused functions for
LSTM layers and attention.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .networks import EPSILON, INCEPTION_28, RESNETS

Arrays = Mapping[str, Any]


def _dense(ops: Any, p: Arrays, name: str, x: Any) -> Any:
    return ops.linear(x, p[f"{name}_weight"], p[f"{name}_bias"])


def mlp(
    ops: Any, p: Arrays, data: Any, hidden: Sequence[int] = (128, 64), classes: int = 10
) -> Any:
    for index in range(len(hidden)):
        data = ops.relu(_dense(ops, p, f"fc{index}", data))
    return _dense(ops, p, "fc", data)


def chain(ops: Any, p: Arrays, data: Any, layers: int = 1000, width: int = 32) -> Any:
    for index in range(layers):
        data = ops.tanh(_dense(ops, p, f"fc{index}", data))
    return data


def lenet(ops: Any, p: Arrays, data: Any, classes: int = 10) -> Any:
    for index in range(2):
        data = ops.conv(data, p[f"conv{index}_weight"], p[f"conv{index}_bias"])
        data = ops.max_pool(ops.tanh(data), 2, 2, 0)
    data = data.reshape(data.shape[0], -1)
    return _dense(ops, p, "fc", ops.tanh(_dense(ops, p, "fc0", data)))


def _normalised(
    ops: Any, p: Arrays, name: str, x: Any, stride: int = 1, pad: int = 0, relu: bool = True
) -> Any:
    x = ops.conv(x, p[f"{name}_conv_weight"], None, stride, pad)
    statistics = (p[f"{name}_bn_{part}"] for part in ("moving_mean", "moving_var", "gamma", "beta"))
    x = ops.batch_norm(x, *statistics, EPSILON)
    return ops.relu(x) if relu else x


def resnet(
    ops: Any,
    p: Arrays,
    data: Any,
    units: Sequence[int] = RESNETS[50],
    width: int = 64,
    classes: int = 1000,
) -> Any:
    net = ops.max_pool(_normalised(ops, p, "stem", data, 2, 3), 3, 2, 1)
    for stage, count in enumerate(units):
        for unit in range(count):
            name, stride = f"s{stage}u{unit}", 2 if stage > 0 and unit == 0 else 1
            step = _normalised(ops, p, f"{name}a", net)
            step = _normalised(ops, p, f"{name}b", step, stride, 1)
            step = _normalised(ops, p, f"{name}c", step, relu=False)
            if unit == 0:
                net = _normalised(ops, p, f"{name}p", net, stride, relu=False)
            net = ops.relu(step + net)
    return _dense(ops, p, "fc", ops.global_pool(net))


def inception_bn_28(
    ops: Any,
    p: Arrays,
    data: Any,
    units: Sequence[Any] = INCEPTION_28,
    stem: int = 96,
    classes: int = 10,
) -> Any:
    net = _normalised(ops, p, "stem", data, 1, 1)
    for index, unit in enumerate(units):
        name = f"u{index}"
        if isinstance(unit, int):
            paths = [_normalised(ops, p, name, net, 2, 1), ops.max_pool(net, 3, 2, 1)]
        else:
            paths = [
                _normalised(ops, p, f"{name}a", net),
                _normalised(ops, p, f"{name}b", net, 1, 1),
            ]
        net = ops.concat(paths, 1)
    return _dense(ops, p, "fc", ops.global_pool(net))


def lstm(
    ops: Any,
    p: Arrays,
    data: Any,
    steps: int = 35,
    size: int = 200,
    layers: int = 2,
    classes: int = 10000,
    vocabulary: int = 10000,
    embed: int = 200,
    last_only: bool = False,
    **states: Any,
) -> Any:
    if vocabulary:
        data = ops.embedding(p["embed_weight"], data)
    kinds = ("i2h{}_weight", "h2h{}_weight", "i2h{}_bias", "h2h{}_bias")
    weights = [tuple(p[kind.format(layer)] for kind in kinds) for layer in range(layers)]
    start = [(states[f"state{layer}"], states[f"cell{layer}"]) for layer in range(layers)]
    net = ops.lstm(ops.swap(data, 0, 1), weights, start)
    return _dense(ops, p, "fc", net[-1] if last_only else net.reshape(-1, size))


def transformer(
    ops: Any,
    p: Arrays,
    data: Any,
    layers: int = 4,
    size: int = 256,
    heads: int = 4,
    steps: int = 128,
    classes: int = 10,
) -> Any:
    def norm(name: str, x: Any) -> Any:
        return ops.layer_norm(x, p[f"{name}_gamma"], p[f"{name}_beta"], 1e-5)

    def split(x: Any) -> Any:
        return ops.swap(x.reshape(-1, steps, heads, size // heads), 1, 2)

    for layer in range(layers):
        name = f"l{layer}_"
        x = norm(f"{name}ln0", data)
        parts = [split(_dense(ops, p, f"{name}{part}", x)) for part in ("query", "key", "value")]
        mixed = ops.swap(ops.attention(*parts), 1, 2).reshape(-1, steps, size)
        data = data + _dense(ops, p, f"{name}out", mixed)
        x = ops.relu(_dense(ops, p, f"{name}wide", norm(f"{name}ln1", data)))
        data = data + _dense(ops, p, f"{name}narrow", x)
    return _dense(ops, p, "fc", ops.mean(norm("ln", data), 1))
