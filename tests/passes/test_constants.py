"""Constant folding: what depends on no variable runs once, and nobody can tell the difference."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mxnet as mx
from mxnet.passes import constants
from passes.random_graphs import RandomGraph, random_graphs
from running import array, run_plainly

pytest.importorskip("numba", reason="without fused kernels every node runs each time")

SETTINGS = settings(
    max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
X = mx.sym.Variable("x")


def once(executor):
    """The names of nodes that run once."""
    lines = executor.debug_str().splitlines()
    return {line.split("_output")[0] for line in lines if line.endswith(", once")}


def bound(net, shape=(4, 6), **more):
    executor = net.simple_bind(mx.cpu(), x=shape, **more)
    for value in executor.arg_dict.values():
        value[:] = np.random.RandomState(0).uniform(-1, 1, value.shape)
    return executor


def counted(name="count"):
    return mx.sym.arange(24, name=name).reshape(shape=(4, 6), name=f"{name}_shaped")


def positions():
    count = mx.sym.contrib.arange_like(X, axis=1, name="count")
    wave = mx.sym.sin(mx.sym.expand_dims(count, axis=0, name="row"), name="wave")
    return mx.sym.broadcast_add(X, wave)


def masked():
    rows = mx.sym.arange(4, name="rows").reshape(shape=(4, 1), name="column")
    row = mx.sym.arange(6, name="columns").reshape(shape=(1, 6), name="row")
    mask = mx.sym.broadcast_greater(rows, row, name="mask")
    return mx.sym.where(mask, X, mx.sym.zeros((4, 6), name="none"), name="chosen")


def shape_of():
    shape = mx.sym.shape_array(X, name="shape")
    area = mx.sym.prod(mx.sym.cast(shape, dtype="float32", name="cast"), name="area")
    return mx.sym.broadcast_div(X, mx.sym.reshape(area, shape=(1, 1)))


def drawn():
    noise = mx.sym.random.uniform(shape=(4, 6), name="noise")
    dropped = mx.sym.Dropout(mx.sym.ones((4, 6), name="one"), p=0.5, name="dropped")
    return X * mx.sym.tanh(noise, name="squashed") + dropped


def output():
    wave = mx.sym.cos(counted(), name="wave")
    return mx.sym.Group([X * mx.sym.exp(wave, name="grown"), wave])


def views():
    return X * mx.sym.slice_axis(mx.sym.exp(counted(), name="grown"), axis=0, begin=0, end=4)


@pytest.mark.parametrize(
    ("net", "names"),
    [
        (positions(), {"count", "row", "wave"}),
        (
            masked(),
            {"rows", "column", "columns", "row", "mask", "none", "chosen_backward_zeros_like"},
        ),
        (shape_of(), {"shape", "cast", "area"}),
        (drawn(), {"one"}),
        (output(), {"count", "grown"}),
        (views(), {"count", "count_shaped", "grown"}),
        (X * mx.sym.tanh(X), set()),
    ],
)
def test_what_runs_once(net, names):
    executor = bound(net)
    assert once(executor) == names
    assert executor.memory == net.plan_memory(x=(4, 6))
    assert bool(executor.memory.prepared) == bool(names)


@pytest.mark.parametrize("net", [positions(), masked(), shape_of(), output(), views()])
def test_values_are_those_of_the_plain_run(net):
    executor = bound(net)
    arrays = {"x": executor.arg_dict["x"].asnumpy()}
    for step in range(3):
        arrays["x"] += step
        executor.arg_dict["x"][:] = arrays["x"]
        outputs = executor.forward(is_train=True)
        heads = [np.ones(out.shape, "float32") for out in outputs]
        executor.backward([array(head) for head in heads])
        want = run_plainly(net, arrays, heads, "write")
        for got, value in zip(outputs, want.outputs, strict=True):
            np.testing.assert_allclose(got.asnumpy(), value, 1e-6, 1e-6)
            got[:] = -1  # the next run writes it again
        gradient = executor.grad_dict["x"].asnumpy()
        np.testing.assert_allclose(gradient, want.gradients["x"], 1e-6, 1e-6)


def test_monitors_see_every_node():
    executor, seen = bound(positions()), []
    executor.set_monitor_callback(lambda name, value: seen.append(name))
    for _ in range(2):
        executor.forward(is_train=True)
    assert seen.count("count_output") == seen.count("wave_output") == 2


def test_the_reference_runs_every_node(monkeypatch):
    monkeypatch.setenv("MXNET_USE_FUSION", "0")
    monkeypatch.setenv("MXNET_SUBGRAPH_BACKEND", "NONE")
    assert not once(bound(positions()))


def test_what_is_written_to_is_no_constant():
    start = mx.sym.zeros((4, 6), name="start")
    net = mx.sym.sgd_mom_update(X, mx.sym.ones((4, 6), name="slope"), start, lr=0.5, momentum=0.5)
    executor = bound(net, grad_req="null")
    assert once(executor) == {"slope"}
    x = executor.arg_dict["x"].asnumpy()
    for _ in range(2):
        np.testing.assert_allclose(executor.forward()[0].asnumpy(), x - 0.5, 1e-6)


def wide_mask():
    count = mx.sym.arange(256 * 256, name="count")
    return mx.sym.sin(count, name="wave").reshape(shape=(256, 256), name="mask")


def test_a_large_constant_is_kept_where_it_is_in_memory_at_the_peak():
    mask = wide_mask()
    tripled = mx.sym.tile(X * mask, reps=(1, 3))
    net = mx.sym.slice_axis(mx.sym.sort(tripled, axis=1), axis=1, begin=0, end=256) * mask
    memory = net.plan_memory(grad_req="null", x=(256, 256))
    assert memory.prepared == 256 * 256 * 4


def test_a_large_constant_is_not_kept_where_that_takes_memory():
    net = mx.sym.sum(X * wide_mask(), axis=1)
    net = mx.sym.sort(mx.sym.tile(mx.sym.reshape(net, shape=(256, 1)), reps=(1, 2048)), axis=1)
    memory = net.plan_memory(grad_req="null", x=(256, 256))
    assert memory.prepared == 0


def test_layers_of_prediction_take_constant_weights():
    weight = mx.sym.ones((8, 6), name="weight") * 0.5
    net = mx.sym.FullyConnected(X, weight, num_hidden=8, no_bias=True)
    executor = bound(net, grad_req="null")
    for _ in range(2):
        got = executor.forward()[0].asnumpy()
    want = 0.5 * executor.arg_dict["x"].asnumpy().sum(1, keepdims=True) * np.ones((1, 8))
    np.testing.assert_allclose(got, want, 1e-5, 1e-5)


@SETTINGS
@given(graph=random_graphs(max_steps=24), data=st.data())
def test_random_graphs_with_constants(graph: RandomGraph, data):
    """Variables by constants, at random; small ones are kept, or all."""
    symbol = graph.symbol
    names = symbol.list_arguments()
    some = data.draw(st.sets(st.sampled_from(names))) if len(names) > 1 else set()
    given = {}
    for name in some:
        shape = graph.variables[name]
        count = mx.sym.arange(int(np.prod(shape)), name=f"count_{name}")
        given[name] = mx.sym.sin(count.reshape(shape=shape), name=f"wave_{name}")
    symbol = symbol(**given) if given else symbol
    arrays = {n: v for n, v in graph.arrays().items() if n in symbol.list_arguments()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(constants, "_SMALL", data.draw(st.sampled_from([0, 8, 1 << 16])))
        gradients = {name: array(np.zeros_like(value)) for name, value in arrays.items()}
        executor = symbol.bind(mx.cpu(), {n: array(v) for n, v in arrays.items()}, gradients)
        for _ in range(2):
            outputs = executor.forward(is_train=True)
            heads = [np.ones(out.shape, out.dtype) for out in outputs]
            executor.backward([array(head) for head in heads])
    want = run_plainly(symbol, arrays, heads, "write")
    for got, value in zip(outputs, want.outputs, strict=True):
        np.testing.assert_allclose(got.asnumpy(), value, 1e-4, 1e-5)
    for name, value in want.gradients.items():
        np.testing.assert_allclose(gradients[name].asnumpy(), value, 1e-4, 1e-5, err_msg=name)
