"""Pooling ahead of an activation computes what pooling behind it does."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx


def network(activation, kernel=(2, 2), stride=(2, 2), pad=(0, 0), **options):
    net = mx.sym.Convolution(mx.sym.Variable("data"), kernel=(3, 3), num_filter=4, name="conv")
    net = activation(net)
    net = mx.sym.Pooling(net, kernel=kernel, stride=stride, pad=pad, pool_type="max", **options)
    return mx.sym.SoftmaxOutput(mx.sym.FullyConnected(net, num_hidden=3, name="fc"), name="softmax")


def activated(kind):
    return lambda net: mx.sym.Activation(net, act_type=kind)


def trained(net, fused, monkeypatch, req="write"):
    monkeypatch.setenv("MXNET_USE_FUSION", str(int(fused)))
    monkeypatch.setenv("MXNET_SUBGRAPH_BACKEND", "" if fused else "NONE")
    executor = net.simple_bind(mx.cpu(), data=(3, 2, 10, 10), grad_req=req)
    rng = np.random.RandomState(1)
    for name, array in executor.arg_dict.items():
        values = rng.randint(3, size=3) if name == "softmax_label" else rng.randn(*array.shape)
        array[:] = mx.nd.array(values)
    for _ in range(2):
        executor.forward(is_train=True)
        executor.backward()
    results = {name: array.asnumpy() for name, array in executor.grad_dict.items()}
    return {**results, "output": executor.outputs[0].asnumpy()}, executor


def position(executor, name):
    names = [node.op.op_name for node in executor._program(True).graph.nodes if node.op]
    return names.index(name)


@pytest.mark.parametrize("req", ["write", "add"])
@pytest.mark.parametrize(
    "activation",
    [activated("tanh"), activated("relu"), activated("sigmoid"), mx.sym.relu, mx.sym.tanh],
)
@pytest.mark.parametrize("windows", [{}, {"kernel": (3, 3), "pad": (1, 1)}], ids=["", "padded"])
def test_gradients(activation, windows, req, monkeypatch):
    net = network(activation, **windows)
    ours, executor = trained(net, True, monkeypatch, req)
    reference, plain = trained(net, False, monkeypatch, req)
    name = next(n for n in ("Activation", "relu", "tanh") if n in str(executor._program(True)))
    assert position(executor, name) > position(executor, "Pooling")
    assert position(plain, name) < position(plain, "Pooling")
    totals = [each.memory.total - each.memory.scratch for each in (executor, plain)]
    assert totals[0] <= totals[1]
    for key, value in reference.items():
        np.testing.assert_allclose(ours[key], value, rtol=1e-4, atol=1e-5, err_msg=key)


@pytest.mark.parametrize(
    "net",
    [
        network(activated("softsign")),
        network(activated("tanh"), pooling_convention="full"),
        network(lambda net: mx.sym.BlockGrad(mx.sym.tanh(net))),
    ],
    ids=["not from its result", "windows without data", "another operator"],
)
def test_what_is_left_alone(net, monkeypatch):
    _, executor = trained(net, True, monkeypatch)
    name = next(n for n in ("Activation", "tanh") if n in str(executor._program(True)))
    assert position(executor, name) < position(executor, "Pooling")


def test_an_activation_with_another_reader_stays(monkeypatch):
    tanh = mx.sym.tanh(mx.sym.Convolution(mx.sym.Variable("data"), kernel=(3, 3), num_filter=4))
    pooled = mx.sym.Pooling(tanh, kernel=(2, 2), stride=(2, 2), pool_type="max")
    net = mx.sym.Group([mx.sym.MakeLoss(mx.sym.sum(pooled)), mx.sym.MakeLoss(mx.sym.sum(tanh))])
    _, executor = trained(net, True, monkeypatch)
    assert position(executor, "tanh") < position(executor, "Pooling")
