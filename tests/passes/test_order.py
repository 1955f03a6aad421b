"""The order of execution: all that are allowed give equal bits, the one taken needs less memory."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mxnet as mx
from mxnet.passes import order, schedule
from mxnet.passes.liveness import Liveness, dependencies
from mxnet.passes.packing import largest_live
from passes.random_graphs import RandomGraph, random_graphs
from running import array

SETTINGS = settings(
    max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


@pytest.fixture(autouse=True)
def any_gain(monkeypatch):
    monkeypatch.setattr(order, "LEAST_GAIN", 1e-9)
    monkeypatch.setattr(order, "LEAST_BYTES", 1)


def towers(count=4, width=128):
    """Towers that share their weights, and are all compared with each other."""
    weights = [mx.sym.Variable(f"w{i}") for i in range(2)]

    def tower(net):
        for depth, weight in enumerate(weights):
            net = mx.sym.FullyConnected(net, weight, num_hidden=width >> depth, no_bias=True)
            net = mx.sym.tanh(net)
        return net

    ends = [tower(mx.sym.Variable(f"x{i}")) for i in range(count)]
    pairs = [mx.sym.square(a - b) for i, a in enumerate(ends) for b in ends[:i]]
    total = sum(mx.sym.sum(pair, axis=1) for pair in pairs)
    return total, {f"x{i}": (64, 32) for i in range(count)}


def early(count=6):
    """Products that are all made first and read one after the other."""
    data = mx.sym.Variable("x0")
    inner = [mx.sym.FullyConnected(data, num_hidden=64, name=f"i{t}") for t in range(count)]
    net = mx.sym.Variable("x1")
    for product in reversed(inner):
        net = product + mx.sym.FullyConnected(net, num_hidden=64, name=product.name + "h")
        net = mx.sym.tanh(net)
    return net, {"x0": (64, 8), "x1": (64, 64)}


def pyramid(depth=3):
    """An encoder, a decoder, and what skips from one to the other."""

    def layer(net, level, name):
        filters = 8 << level
        net = mx.sym.Convolution(net, kernel=(3, 3), pad=(1, 1), num_filter=filters, name=name)
        return mx.sym.relu(mx.sym.BatchNorm(net, name=f"{name}_norm"))

    net, skipped = mx.sym.Variable("x0"), []
    for level in range(depth):
        skipped.append(layer(net, level, f"down{level}"))
        net = mx.sym.Pooling(skipped[-1], kernel=(2, 2), stride=(2, 2), pool_type="max")
    for level in reversed(range(depth)):
        net = mx.sym.UpSampling(net, scale=2, sample_type="nearest")
        net = layer(mx.sym.Concat(net, skipped[level]), level, f"up{level}")
    return mx.sym.sum(net, axis=(1, 2, 3)), {"x0": (2, 4, 32, 32)}


def chain(layers=20):
    net = mx.sym.Variable("x0")
    for layer in range(layers):
        net = mx.sym.tanh(mx.sym.FullyConnected(net, num_hidden=64, name=f"fc{layer}"))
    return net, {"x0": (32, 64)}


def given_order(monkeypatch):
    monkeypatch.setattr(schedule, "better_orders", lambda joint, lifetimes: None)


def needed(memory):
    return memory.activations + memory.adopted


@pytest.mark.parametrize(
    ("make", "grad_req", "most"),
    [(towers, "write", 0.9), (early, "null", 0.6), (pyramid, "write", 0.95), (chain, "write", 1)],
)
def test_less_memory(make, grad_req, most, monkeypatch):
    net, shapes = make()
    with monkeypatch.context() as patch:
        given_order(patch)
        before = net.plan_memory(grad_req=grad_req, **shapes)
    after = net.plan_memory(grad_req=grad_req, **shapes)
    assert needed(after) <= most * needed(before)
    assert (after.steps == before.steps) == (most == 1)


def trained(net, shapes, steps=3, check=False):
    executor = net.simple_bind(mx.cpu(), check=check, **shapes)
    draws = np.random.RandomState(0)
    for value in executor.arg_dict.values():
        value[:] = draws.uniform(-0.5, 0.5, value.shape)
    found = []
    mx.random.seed(1)
    for _ in range(steps):
        executor.forward(is_train=True)
        executor.backward([mx.nd.ones(out.shape) for out in executor.outputs])
        values = {**executor.grad_dict, **executor.aux_dict, **executor.output_dict}
        found.append({name: value.asnumpy() for name, value in values.items()})
    executor.forward(is_train=False)
    found.append({name: value.asnumpy() for name, value in executor.output_dict.items()})
    return executor, found


def assert_equal(got, want):
    for one, other in zip(got, want, strict=True):
        assert one.keys() == other.keys()
        for name, value in one.items():
            np.testing.assert_array_equal(value, other[name], err_msg=name)


@pytest.mark.parametrize("make", [towers, early, pyramid])
def test_equal_bits(make, monkeypatch):
    net, shapes = make()
    with monkeypatch.context() as patch:
        given_order(patch)
        _, want = trained(net, shapes)
    executor, got = trained(net, shapes)
    assert executor.memory == net.plan_memory(**shapes)
    assert_equal(got, want)
    trained(net, shapes, 1, check=True)


def with_effects():
    """Draws, moving statistics that are read elsewhere, too, and an operator that is Python's."""
    data = mx.sym.Variable("x0")
    parts = [mx.sym.Dropout(mx.sym.tanh(data * (i + 1)), p=0.5) for i in range(3)]
    mean, variance = mx.sym.Variable("mean"), mx.sym.Variable("var")
    norms = [
        mx.sym.BatchNorm(part, mx.sym.Variable(f"g{i}"), mx.sym.Variable(f"b{i}"), mean, variance)
        for i, part in enumerate(parts)
    ]
    noise = mx.sym.random.normal(shape=(16, 8))
    custom = mx.sym.Custom(norms[0], op_type="counted_by_order_tests")
    again = mx.sym.BatchNorm(
        custom + noise, mx.sym.Variable("g"), mx.sym.Variable("b"), mean, variance
    )
    heads = [mx.sym.sum(each, axis=1) for each in (*norms, again, mx.sym.Dropout(data))]
    return mx.sym.Group(heads), {"x0": (16, 8)}


class Counted(mx.operator.CustomOp):
    def forward(self, is_train, req, in_data, out_data, aux):
        self.assign(out_data[0], req[0], in_data[0] * mx.nd.random.uniform(shape=(1, 8)))

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        self.assign(in_grad[0], req[0], out_grad[0])


@mx.operator.register("counted_by_order_tests")
class CountedProp(mx.operator.CustomOpProp):
    def create_operator(self, ctx, in_shapes, in_dtypes):
        return Counted()


def any_order(monkeypatch, seed):
    """Let graphs run in some allowed order, told by chance."""
    random = Random(seed)
    seen = []

    def shuffled(joint, lifetimes):
        before = dependencies(lifetimes)
        found = []
        border, count = len(joint.forward.nodes), len(joint.graph.nodes)
        for part in (range(border), range(border, count)):
            left = list(part)
            while left:
                ready = [p for p in left if set(before[p]) <= set(found)]
                found.append(random.choice(ready))
                left.remove(found[-1])
        liveness = Liveness(lifetimes)
        if not len(liveness.sizes):
            return None
        seen.append(liveness.profile(found))
        return order.Orders((seen[-1],), np.inf, lambda number: seen[-1])

    monkeypatch.setattr(schedule, "better_orders", shuffled)
    return seen


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("make", [towers, with_effects])
def test_any_allowed_order_gives_equal_bits(make, seed, monkeypatch):
    net, shapes = make()
    with monkeypatch.context() as patch:
        given_order(patch)
        _, want = trained(net, shapes)
    any_order(monkeypatch, seed)
    assert_equal(trained(net, shapes)[1], want)


def run(graph: RandomGraph):
    symbol, arrays = graph.symbol, graph.arrays()
    gradients = {name: array(np.zeros_like(value)) for name, value in arrays.items()}
    executor = symbol.bind(mx.cpu(), {n: array(v) for n, v in arrays.items()}, gradients)
    for _ in range(2):
        outputs = executor.forward(is_train=True)
        executor.backward([mx.nd.ones(out.shape) for out in outputs])
    found = dict(enumerate(out.asnumpy() for out in outputs))
    return executor, [{**found, **{name: value.asnumpy() for name, value in gradients.items()}}]


@SETTINGS
@given(graph=random_graphs(max_steps=30), seed=st.integers(0, 100))
def test_random_graphs_in_any_order(graph: RandomGraph, seed):
    """Equal bits, and just as much memory as the order was expected to take."""
    with pytest.MonkeyPatch.context() as patch:
        given_order(patch)
        _, want = run(graph)
    with pytest.MonkeyPatch.context() as patch:
        seen = any_order(patch, seed)
        executor, got = run(graph)
    assert_equal(got, want)
    plan = executor.memory._source[1]
    if seen:
        assert seen[-1].peaks == (largest_live(plan.buffers), executor.memory.adopted)


@SETTINGS
@given(graph=random_graphs(max_steps=30))
def test_random_graphs_in_the_order_that_is_taken(graph: RandomGraph):
    with pytest.MonkeyPatch.context() as patch:
        given_order(patch)
        before, want = run(graph)
    after, got = run(graph)
    assert_equal(got, want)

    def least(memory):
        return largest_live(memory._source[1].buffers) + memory.adopted

    assert least(after.memory) <= least(before.memory)
