"""Predictions piece by piece: the same results in less memory."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mxnet as mx
from mxnet import planning
from mxnet.passes import pieces
from mxnet.passes.target import available_kernels

pytestmark = pytest.mark.skipif(
    not available_kernels("cpu"), reason="without fused kernels graphs run as they are"
)

BATCH, CHANNELS = 6, 4


def convolved(net, size=3):
    return mx.sym.Convolution(
        net, kernel=(size, size), pad=(size // 2,) * 2, num_filter=CHANNELS
    )  # fmt: skip


LAYERS = {
    "convolution": convolved,
    "point": lambda net: convolved(net, 1),
    "normalisation": lambda net: mx.sym.BatchNorm(net, fix_gamma=False),
    "relu": mx.sym.relu,
    "tanh": lambda net: mx.sym.Activation(net, act_type="tanh"),
    "scaled": lambda net: 0.5 * net + 0.1,
    "pool": lambda net: mx.sym.Pooling(
        net, kernel=(3, 3), pad=(1, 1), stride=(1, 1), pool_type="max"
    ),
    "lrn": lambda net: mx.sym.LRN(net, nsize=3),
    "residual": lambda net: net + convolved(net),
    "dropout": lambda net: mx.sym.Dropout(net, p=0.5),
    "over the batch": lambda net: mx.sym.broadcast_sub(net, mx.sym.mean(net, axis=0, keepdims=True)),
    "shape": lambda net: mx.sym.reshape_like(net * 2, net),
}  # fmt: skip


@pytest.fixture
def anything_in_pieces(monkeypatch):
    for name, value in (
        ("_LEAST_PEAK", 1),
        ("_MOST_TIME", 1e6),
        ("_LEAST_GAIN", 9),
        ("_LOWEST", 0),
    ):
        monkeypatch.setattr(pieces, name, value)


def predicted(net, shape, **options):
    executor = net.simple_bind(mx.cpu(), grad_req="null", data=shape, **options)
    draws = np.random.RandomState(0)
    for array in (*executor.arg_arrays, *executor.aux_arrays):
        array[:] = draws.uniform(0.1, 1, array.shape)
    for _ in range(2):  # the first run records
        outputs = [out.asnumpy() for out in executor.forward(is_train=False)]
    return executor, outputs


def in_pieces(memory):
    return [name for name in memory.steps if "_piece" in name]


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(kinds=st.lists(st.sampled_from(sorted(LAYERS)), min_size=1, max_size=7), data=st.data())
def test_random_networks(anything_in_pieces, kinds, data):
    values = [mx.sym.Variable("data")]
    for kind in kinds:
        values.append(
            LAYERS[kind](values[data.draw(st.integers(max(0, len(values) - 2), len(values) - 1))])
        )
    net = mx.sym.Group([values[-1], values[data.draw(st.integers(1, len(values) - 1))]])
    shape = (BATCH, CHANNELS, 5, 5)
    _, got = predicted(net, shape)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pieces, "_LEAST_PEAK", 1 << 60)
        _, want = predicted(net, shape)
    for one, other in zip(got, want, strict=True):
        np.testing.assert_allclose(one, other, 1e-4, 1e-5)


def layers(width=1024, classes=16):
    net = mx.sym.Variable("data")
    for i in range(2):
        net = mx.sym.relu(mx.sym.FullyConnected(net, num_hidden=width, name=f"f{i}"))
    return mx.sym.softmax(mx.sym.FullyConnected(net, num_hidden=classes, name="f"), name="s")


@pytest.mark.slow
def test_memory_of_wide_layers(monkeypatch):
    monkeypatch.setattr(pieces, "_MOST_TIME", 1.0)
    executor, got = predicted(layers(), (8192, 16))
    assert in_pieces(executor.memory)
    monkeypatch.setattr(pieces, "_LEAST_PEAK", 1 << 60)
    whole, want = predicted(layers(), (8192, 16))
    assert not in_pieces(whole.memory)

    def features(memory):
        return memory.activations + memory.adopted

    assert 2 * features(executor.memory) < features(whole.memory)
    np.testing.assert_allclose(got[0], want[0], 1e-4, 1e-6)
    _, again = predicted(layers(), (8192, 16), check=True)
    np.testing.assert_array_equal(again[0], want[0])


def test_pieces_are_computed_where_they_are_joined(anything_in_pieces):
    net = mx.sym.relu(mx.sym.sqrt(mx.sym.Variable("data")))
    net = mx.sym.broadcast_sub(net, mx.sym.mean(net, axis=0, keepdims=True))
    planned = planning.make_plan(net, "null", {}, None, {"data": (BATCH, 8)})
    joins = [p for p, n in enumerate(planned.joint.graph.nodes) if n.op is not None and n.op.joins]
    assert joins
    assert {key for p in joins for key in planned.joint.graph.sources[p]} == set(planned.plan.parts)


@pytest.mark.parametrize(
    "net",
    [
        mx.sym.softmax(mx.sym.Variable("data"), axis=0),
        mx.sym.BatchNorm(mx.sym.Variable("data"), axis=0),
        mx.sym.mean(mx.sym.Variable("data"), axis=0),
    ],
)
def test_what_mixes_samples_stays_whole(anything_in_pieces, net):
    assert not in_pieces(net.plan_memory(grad_req="null", data=(BATCH, 8)))


def test_parameters_are_not_read_too_often():
    """A layer with few samples takes as long as its parameters take to read."""
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=1 << 17, no_bias=True)
    net = mx.sym.sum(mx.sym.relu(net), axis=1)
    assert not in_pieces(net.plan_memory(grad_req="null", data=(16, 64)))
