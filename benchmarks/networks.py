"""Networks as symbols, for benchmarks, examples and tests; in MXNet 1.x they run as they are.

Each function returns a symbol whose inputs are ``data`` (and states of recurrent layers) and
``softmax_label``. The names of their parameters are those that ``functional`` reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import mxnet as mx

__all__ = [
    "alexnet", "chain", "inception_bn", "inception_bn_28", "lenet", "lstm", "lstm_fused", "mlp",
    "resnet", "transformer", "vgg16",
]  # fmt: skip

Symbol = Any  # mx.sym.Symbol; 1.9.1 does not export it under a name that checkers know
EPSILON = 2e-5


def _dense(data: Symbol, size: int, name: str, **more: Any) -> Symbol:
    return mx.sym.FullyConnected(data, num_hidden=size, name=name, **more)


def _relu(data: Symbol, name: str) -> Symbol:
    return mx.sym.Activation(data, act_type="relu", name=name)


def _classify(data: Symbol, classes: int) -> Symbol:
    return mx.sym.SoftmaxOutput(_dense(data, classes, "fc"), name="softmax")


# -- perceptrons --------------------------------------------------------------------------------
def mlp(hidden: Sequence[int] = (128, 64), classes: int = 10) -> Symbol:
    """Fully connected layers with relu: data (n, features)."""
    net = mx.sym.Variable("data")
    for index, size in enumerate(hidden):
        net = _relu(_dense(net, size, f"fc{index}"), f"relu{index}")
    return _classify(net, classes)


def chain(layers: int = 1000, width: int = 32) -> Symbol:
    """Very many tiny layers: data (n, width)."""
    net = mx.sym.Variable("data")
    for index in range(layers):
        net = _dense(net, width, f"fc{index}")
        net = mx.sym.Activation(net, act_type="tanh", name=f"tanh{index}")
    return mx.sym.SoftmaxOutput(net, name="softmax")


# -- convolutional networks ---------------------------------------------------------------------
def lenet(classes: int = 10) -> Symbol:
    """LeCun et al. 1998 with tanh and max pooling: data (n, 1, 28, 28)."""
    net = mx.sym.Variable("data")
    for index, filters in enumerate((20, 50)):
        net = mx.sym.Convolution(net, kernel=(5, 5), num_filter=filters, name=f"conv{index}")
        net = mx.sym.Activation(net, act_type="tanh", name=f"tanh{index}")
        net = _pool(net, "max", 2, 2, 0, f"pool{index}")
    net = _dense(mx.sym.Flatten(net), 500, "fc0")
    return _classify(mx.sym.Activation(net, act_type="tanh", name="tanh2"), classes)


def _pool(data: Symbol, kind: str, kernel: int, stride: int, pad: int, name: str) -> Symbol:
    return mx.sym.Pooling(
        data, kernel=(kernel, kernel), stride=(stride, stride), pad=(pad, pad), pool_type=kind,
        name=name,
    )  # fmt: skip


def _normalised(
    data: Symbol, filters: int, kernel: int, stride: int, pad: int, name: str, relu: bool = True
) -> Symbol:
    """Convolution without bias, BatchNorm, and relu unless told otherwise."""
    net = mx.sym.Convolution(
        data, kernel=(kernel, kernel), stride=(stride, stride), pad=(pad, pad), num_filter=filters,
        no_bias=True, name=f"{name}_conv",
    )  # fmt: skip
    net = mx.sym.BatchNorm(net, fix_gamma=False, eps=EPSILON, name=f"{name}_bn")
    return _relu(net, f"{name}_relu") if relu else net


RESNETS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}


def resnet(units: Sequence[int] = RESNETS[50], width: int = 64, classes: int = 1000) -> Symbol:
    """Bottleneck residual network (He et al. 2015, stride in the 3x3): data (n, 3, h, w)."""
    net = _normalised(mx.sym.Variable("data"), width, 7, 2, 3, "stem")
    net = _pool(net, "max", 3, 2, 1, "stem_pool")
    for stage, count in enumerate(units):
        for unit in range(count):
            stride = 2 if stage > 0 and unit == 0 else 1
            net = _bottleneck(net, width << stage, stride, unit == 0, f"s{stage}u{unit}")
    net = mx.sym.Pooling(net, global_pool=True, kernel=(1, 1), pool_type="avg", name="pool")
    return _classify(mx.sym.Flatten(net), classes)


def _bottleneck(data: Symbol, filters: int, stride: int, project: bool, name: str) -> Symbol:
    net = _normalised(data, filters, 1, 1, 0, f"{name}a")
    net = _normalised(net, filters, 3, stride, 1, f"{name}b")
    net = _normalised(net, 4 * filters, 1, 1, 0, f"{name}c", relu=False)
    if project:
        data = _normalised(data, 4 * filters, 1, stride, 0, f"{name}p", relu=False)
    return _relu(net + data, f"{name}_relu")


INCEPTION_28 = (
    (32, 32), (32, 48), 80, (112, 48), (96, 64), (80, 80), (48, 96), 96, (176, 160), (176, 160),
)  # fmt: skip


def inception_bn_28(
    units: Sequence[Any] = INCEPTION_28, stem: int = 96, classes: int = 10
) -> Symbol:
    """The small Inception with BatchNorm for 28x28 pictures: data (n, 3, 28, 28).

    A unit is two parallel convolutions (filters of 1x1, of 3x3), or halves the size (filters).
    """
    net = _normalised(mx.sym.Variable("data"), stem, 3, 1, 1, "stem")
    for index, unit in enumerate(units):
        if isinstance(unit, int):
            paths = [
                _normalised(net, unit, 3, 2, 1, f"u{index}"),
                _pool(net, "max", 3, 2, 1, f"u{index}_pool"),
            ]
        else:
            paths = [
                _normalised(net, unit[0], 1, 1, 0, f"u{index}a"),
                _normalised(net, unit[1], 3, 1, 1, f"u{index}b"),
            ]
        net = mx.sym.Concat(*paths, dim=1, name=f"u{index}")
    net = mx.sym.Pooling(net, global_pool=True, kernel=(1, 1), pool_type="avg", name="pool")
    return _classify(mx.sym.Flatten(net), classes)


# Filters of 1x1; reduced and 3x3; reduced and double 3x3; behind the pooling, and its kind.
_INCEPTION = (
    ("3a", 64, 64, 64, 64, 96, 32, "avg"), ("3b", 64, 64, 96, 64, 96, 64, "avg"),
    ("3c", 0, 128, 160, 64, 96, 0, "max"),
    ("4a", 224, 64, 96, 96, 128, 128, "avg"), ("4b", 192, 96, 128, 96, 128, 128, "avg"),
    ("4c", 160, 128, 160, 128, 160, 128, "avg"), ("4d", 96, 128, 192, 160, 192, 128, "avg"),
    ("4e", 0, 128, 192, 192, 256, 0, "max"),
    ("5a", 352, 192, 320, 160, 224, 128, "avg"), ("5b", 352, 192, 320, 192, 224, 128, "max"),
)  # fmt: skip


def inception_bn(classes: int = 1000) -> Symbol:
    """Inception with BatchNorm (Ioffe & Szegedy 2015): data (n, 3, 224, 224)."""
    net = _normalised(mx.sym.Variable("data"), 64, 7, 2, 3, "stem1")
    net = _normalised(_pool(net, "max", 3, 2, 0, "pool1"), 64, 1, 1, 0, "stem2")
    net = _normalised(net, 192, 3, 1, 1, "stem3")
    net = _pool(net, "max", 3, 2, 0, "pool2")
    for name, single, reduce3, three, reduce_double, double, behind, kind in _INCEPTION:
        stride = 1 if single else 2
        paths = [_normalised(net, single, 1, 1, 0, f"i{name}_1")] if single else []
        step = _normalised(net, reduce3, 1, 1, 0, f"i{name}_3r")
        paths.append(_normalised(step, three, 3, stride, 1, f"i{name}_3"))
        step = _normalised(net, reduce_double, 1, 1, 0, f"i{name}_dr")
        step = _normalised(step, double, 3, 1, 1, f"i{name}_d1")
        paths.append(_normalised(step, double, 3, stride, 1, f"i{name}_d2"))
        step = _pool(net, kind, 3, stride, 1, f"i{name}_pool")
        paths.append(_normalised(step, behind, 1, 1, 0, f"i{name}_p") if behind else step)
        net = mx.sym.Concat(*paths, dim=1, name=f"i{name}")
    net = mx.sym.Pooling(net, global_pool=True, kernel=(1, 1), pool_type="avg", name="pool")
    return _classify(mx.sym.Flatten(net), classes)


def alexnet(classes: int = 1000) -> Symbol:
    """Krizhevsky et al. 2012 in one tower: data (n, 3, 224, 224)."""
    net = mx.sym.Variable("data")
    layers = ((11, 4, 0, 96, True), (5, 1, 2, 256, True), (3, 1, 1, 384, False),
              (3, 1, 1, 384, False), (3, 1, 1, 256, True))  # fmt: skip
    for index, (kernel, stride, pad, filters, pooled) in enumerate(layers):
        net = mx.sym.Convolution(
            net, kernel=(kernel, kernel), stride=(stride, stride), pad=(pad, pad),
            num_filter=filters, name=f"conv{index}",
        )  # fmt: skip
        net = _relu(net, f"conv{index}_relu")
        if index < 2:
            net = mx.sym.LRN(net, alpha=0.0001, beta=0.75, knorm=2, nsize=5, name=f"norm{index}")
        net = _pool(net, "max", 3, 2, 0, f"pool{index}") if pooled else net
    return _two_wide_layers(net, classes)


def vgg16(classes: int = 1000) -> Symbol:
    """Simonyan & Zisserman 2014, 16 layers: data (n, 3, 224, 224)."""
    net = mx.sym.Variable("data")
    for stage, (count, filters) in enumerate(((2, 64), (2, 128), (3, 256), (3, 512), (3, 512))):
        for layer in range(count):
            name = f"conv{stage}_{layer}"
            net = mx.sym.Convolution(net, kernel=(3, 3), pad=(1, 1), num_filter=filters, name=name)
            net = _relu(net, f"{name}_relu")
        net = _pool(net, "max", 2, 2, 0, f"pool{stage}")
    return _two_wide_layers(net, classes)


def _two_wide_layers(net: Symbol, classes: int) -> Symbol:
    net = mx.sym.Flatten(net)
    for index in range(2):
        net = _relu(_dense(net, 4096, f"fc{index}"), f"fc{index}_relu")
        net = mx.sym.Dropout(net, p=0.5, name=f"drop{index}")
    return _classify(net, classes)


# -- sequences ----------------------------------------------------------------------------------
def _embedded(vocabulary: int, embed: int) -> Symbol:
    """Words (n, time) as vectors (time, n, embed), or vectors (n, time, embed) as they come."""
    net = mx.sym.Variable("data")
    if vocabulary:
        net = mx.sym.Embedding(net, input_dim=vocabulary, output_dim=embed, name="embed")
    return mx.sym.transpose(net, axes=(1, 0, 2))


def _every_step(outputs: Symbol, size: int, classes: int) -> Symbol:
    label = mx.sym.Reshape(mx.sym.transpose(mx.sym.Variable("softmax_label")), shape=(-1,))
    net = _dense(mx.sym.Reshape(outputs, shape=(-1, size)), classes, "fc")
    return mx.sym.SoftmaxOutput(net, label, name="softmax")


def lstm(
    steps: int = 35,
    size: int = 200,
    layers: int = 2,
    classes: int = 10000,
    vocabulary: int = 10000,
    embed: int = 200,
    last_only: bool = False,
) -> Symbol:
    """LSTM unrolled into cells: data (n, steps) of words, or (n, steps, features) without them.

    Inputs ``state{layer}`` and ``cell{layer}`` (n, size) are where it begins. It classifies every
    step, the results being in the order of (time, n), or the last one only.
    """
    inputs = mx.sym.SliceChannel(
        _embedded(vocabulary, embed), num_outputs=steps, axis=0, squeeze_axis=True, name="words"
    )
    inputs = [inputs[step] for step in range(steps)]
    for layer in range(layers):
        inputs = _unrolled_layer(inputs, size, layer)
    if last_only:
        return _classify(inputs[-1], classes)
    return _every_step(mx.sym.Concat(*inputs, dim=0, name="steps"), size, classes)


def _unrolled_layer(inputs: list, size: int, layer: int) -> list:
    weights = {
        part: {kind: mx.sym.Variable(f"{part}{layer}_{kind}") for kind in ("weight", "bias")}
        for part in ("i2h", "h2h")
    }
    state, cell = mx.sym.Variable(f"state{layer}"), mx.sym.Variable(f"cell{layer}")
    outputs = []
    for step, data in enumerate(inputs):
        name = f"l{layer}t{step}_"
        gates = _dense(data, 4 * size, f"{name}i2h", **weights["i2h"])
        gates = gates + _dense(state, 4 * size, f"{name}h2h", **weights["h2h"])
        gates = mx.sym.SliceChannel(gates, num_outputs=4, axis=1, name=f"{name}gates")
        enter, forget, out = (mx.sym.Activation(gates[n], act_type="sigmoid") for n in (0, 1, 3))
        change = mx.sym.Activation(gates[2], act_type="tanh")
        cell = forget * cell + enter * change
        state = out * mx.sym.Activation(cell, act_type="tanh")
        outputs.append(state)
    return outputs


def lstm_fused(
    steps: int = 35,
    size: int = 200,
    layers: int = 2,
    classes: int = 10000,
    vocabulary: int = 10000,
    embed: int = 200,
    last_only: bool = False,
) -> Symbol:
    """The network of ``lstm`` as one operator, RNN; states and cells are (layers, n, size)."""
    net = mx.sym.RNN(
        _embedded(vocabulary, embed), mx.sym.Variable("lstm_parameters"), mx.sym.Variable("state"),
        mx.sym.Variable("cell"), state_size=size, num_layers=layers, mode="lstm", name="lstm",
    )  # fmt: skip
    if last_only:
        net = mx.sym.slice_axis(net, axis=0, begin=steps - 1, end=steps)
        return _classify(mx.sym.Reshape(net, shape=(-1, size)), classes)
    return _every_step(net, size, classes)


# -- attention ----------------------------------------------------------------------------------
def transformer(
    layers: int = 4, size: int = 256, heads: int = 4, steps: int = 128, classes: int = 10
) -> Symbol:
    """Transformer encoder (Vaswani et al. 2017, normalised first): data (n, steps, size)."""
    net = mx.sym.Variable("data")
    for layer in range(layers):
        net = _encoder_layer(net, size, heads, steps, f"l{layer}_")
    net = mx.sym.LayerNorm(net, eps=1e-5, name="ln")
    return _classify(mx.sym.mean(net, axis=1), classes)


def _encoder_layer(net: Symbol, size: int, heads: int, steps: int, name: str) -> Symbol:
    each = size // heads
    data = mx.sym.LayerNorm(net, eps=1e-5, name=f"{name}ln0")
    query, key, value = (
        _split_heads(_dense(data, size, f"{name}{part}", flatten=False), heads, steps, each)
        for part in ("query", "key", "value")
    )
    scores = mx.sym.batch_dot(query * each**-0.5, key, transpose_b=True, name=f"{name}scores")
    mixed = mx.sym.batch_dot(mx.sym.softmax(scores, axis=-1), value, name=f"{name}mixed")
    mixed = mx.sym.Reshape(mixed, shape=(-1, heads, steps, each))
    mixed = mx.sym.Reshape(mx.sym.transpose(mixed, axes=(0, 2, 1, 3)), shape=(-1, steps, size))
    net = net + _dense(mixed, size, f"{name}out", flatten=False)
    data = mx.sym.LayerNorm(net, eps=1e-5, name=f"{name}ln1")
    data = _relu(_dense(data, 4 * size, f"{name}wide", flatten=False), f"{name}relu")
    return net + _dense(data, size, f"{name}narrow", flatten=False)


def _split_heads(data: Symbol, heads: int, steps: int, each: int) -> Symbol:
    data = mx.sym.Reshape(data, shape=(-1, steps, heads, each))
    return mx.sym.Reshape(mx.sym.transpose(data, axes=(0, 2, 1, 3)), shape=(-1, steps, each))
