"""What costs hardly anything is computed again: less memory, equal bits."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx
from mxnet.passes import spare

pytest.importorskip("numba", reason="normalisations are fused by generated kernels")

SWITCH = "MXNET_BACKWARD_DO_MIRROR"


@pytest.fixture(autouse=True)
def no_switch(monkeypatch):
    monkeypatch.delenv(SWITCH, raising=False)


def convolutions(layers=4, filters=32):
    net = mx.sym.Variable("data")
    for i in range(layers):
        net = mx.sym.Convolution(
            net, kernel=(3, 3), pad=(1, 1), num_filter=filters, no_bias=True, name=f"c{i}"
        )
        net = mx.sym.BatchNorm(net, fix_gamma=False, name=f"b{i}")
        net = mx.sym.Activation(net, act_type="relu", name=f"a{i}")
    return mx.sym.sum(net, axis=(1, 2, 3))


def layer_norms(layers=4, width=64):
    net = mx.sym.Variable("data")
    for i in range(layers):
        inner = mx.sym.LayerNorm(net, name=f"n{i}")
        net = net + mx.sym.FullyConnected(inner, num_hidden=width, flatten=False, name=f"f{i}")
    return mx.sym.sum(net, axis=1)


def trained(net, shape):
    executor = net.simple_bind(mx.cpu(), data=shape)
    draws = np.random.RandomState(0)
    for name, array in executor.arg_dict.items():
        array[:] = draws.uniform(-1, 1, array.shape) + ("gamma" in name)
    for _ in range(2):
        executor.forward(is_train=True)
        executor.backward(mx.nd.ones(executor.outputs[0].shape))
    found = {**executor.grad_dict, **executor.aux_dict, **executor.output_dict}
    return executor, {name: array.asnumpy() for name, array in found.items()}


def again(memory):
    return [name for name in memory.steps if name.endswith("_again")]


@pytest.mark.parametrize(
    ("net", "shape"), [(convolutions(), (8, 32, 24, 24)), (layer_norms(), (2048, 64))]
)
def test_less_memory_and_equal_bits(net, shape, monkeypatch):
    monkeypatch.setattr(spare, "_MOST_TIME", 1.0)
    executor, got = trained(net, shape)
    monkeypatch.setenv(SWITCH, "0")
    kept, want = trained(net, shape)
    assert again(executor.memory)
    assert not again(kept.memory)
    assert executor.memory.total < kept.memory.total
    for name, value in want.items():
        np.testing.assert_array_equal(got[name], value, err_msg=name)


def test_no_more_time_than_allowed(monkeypatch):
    net, counts = convolutions(), []
    for share in (0.0, 0.05, 1.0):
        monkeypatch.setattr(spare, "_MOST_TIME", share)
        counts.append(len(again(net.plan_memory(data=(8, 32, 24, 24)))))
    assert counts[0] == 0 < counts[1] <= counts[2] <= 4


def test_only_what_is_made_of_values_kept_anyway(monkeypatch):
    """The sum below the normalisation is nowhere else needed: it would have to be kept instead."""
    monkeypatch.setattr(spare, "_MOST_TIME", 1.0)
    data = mx.sym.Variable("data")
    normal = mx.sym.LayerNorm(data + data, name="n")
    net = mx.sym.sum(mx.sym.BlockGrad(normal) * mx.sym.FullyConnected(data, num_hidden=64))
    assert not again(net.plan_memory(data=(2048, 64)))


def test_small_values_are_kept(monkeypatch):
    monkeypatch.setattr(spare, "_MOST_TIME", 1.0)
    assert not again(convolutions().plan_memory(data=(1, 32, 4, 4)))
