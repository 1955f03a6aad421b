"""Sums and relus behind layers become parts of their products, and change nothing."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx

pytest.importorskip("numba")
pytest.importorskip("torch")


@pytest.fixture(autouse=True)
def suitable(monkeypatch):
    """As on a processor on which generated products are chosen."""
    monkeypatch.setattr("mxnet.ops.generated.suits_products", lambda: True)


def dense(data, width, name, **rest):
    return mx.sym.FullyConnected(data, num_hidden=width, name=name, **rest)


def convolution(data, filters, size, name):
    pad = (size // 2, size // 2)
    return mx.sym.Convolution(data, num_filter=filters, kernel=(size, size), pad=pad, name=name)


def towers():
    """Pixels through layers of all kinds, some of whose results are read twice."""
    net = mx.sym.relu(convolution(mx.sym.Variable("data"), 16, 3, "stem"))
    inner = mx.sym.Activation(convolution(net, 32, 1, "narrow"), act_type="relu")
    inner = mx.sym.relu(convolution(inner, 32, 3, "middle"))
    net = mx.sym.relu(convolution(inner, 16, 1, "wide") + net)
    net = mx.sym.relu(dense(net, 24, "one") * 1)
    both = dense(net, 24, "two", no_bias=True) + net
    return mx.sym.Group([dense(mx.sym.relu(both), 5, "three"), both])


def steps():
    """Rows of sequences, with residuals and a weight that serves twice."""
    data, weight = mx.sym.Variable("data"), mx.sym.Variable("shared")
    net = data
    for name in ("a", "b"):
        inner = dense(net, 40, name, flatten=False, no_bias=True, weight=weight)
        inner = mx.sym.Activation(inner, act_type="relu")
        net = dense(inner, 12, f"{name}_narrow", flatten=False) + net
    return mx.sym.LinearRegressionOutput(mx.sym.relu(net), name="loss")


NETWORKS = {
    "towers": (towers, {"data": (8, 3, 16, 16)}, 5),
    "steps": (steps, {"data": (3, 7, 12)}, 4),
}


def run(net, shapes, grad_req="write"):
    executor = net.simple_bind(mx.cpu(), grad_req=grad_req, **shapes)
    random = np.random.RandomState(0)
    for array in executor.arg_dict.values():
        array[:] = random.randn(*array.shape) * 0.3
    results = []
    for _ in range(2):
        executor.forward(is_train=True)
        heads = [mx.nd.ones(out.shape) for out in executor.outputs]
        executor.backward(heads)
        results += [array.asnumpy() for array in executor.outputs]
        results += [array.asnumpy() for array in executor.grad_dict.values()]
    return executor, results


@pytest.mark.parametrize("grad_req", ["write", "add"])
@pytest.mark.parametrize("name", NETWORKS)
def test_networks(name, grad_req, monkeypatch):
    make, shapes, fused = NETWORKS[name]
    executor, found = run(make(), shapes, grad_req)
    ops = [i.node.op for i in executor._program(True).forward.instructions]
    taken = [
        op
        for op in ops
        if getattr(op, "with_residual", False) or getattr(op, "activation", "none") == "relu"
    ]
    assert len(taken) == fused
    monkeypatch.setenv("MXNET_USE_FUSION", "0")
    _, wanted = run(make(), shapes, grad_req)
    for one, two in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one, two, 2e-4, 2e-4)


def test_what_is_read_stays():
    """A result that something else needs, or that the user sees, is not rectified in place."""
    data = mx.sym.Variable("data")
    hidden = dense(data, 8, "hidden")
    net = mx.sym.Group([hidden, mx.sym.relu(hidden), mx.sym.LeakyReLU(hidden, act_type="gelu")])
    executor, _ = run(net, {"data": (5, 6)})
    names = [i.node.op.op_name for i in executor._program(True).forward.instructions]
    assert "_fully_connected_product" not in names


def test_mirroring_is_respected():
    """What the user wants to be computed again is not made part of what is to stay."""
    data = mx.sym.Variable("data")
    with mx.AttrScope(force_mirroring="True"):
        again = mx.sym.relu(dense(data, 8, "again"))
    stays = dense(again, 8, "stays")
    with mx.AttrScope(force_mirroring="True"):
        net = mx.sym.relu(stays)
    executor, _ = run(net, {"data": (5, 6)})
    names = [i.node.op.op_name for i in executor._program(True).forward.instructions]
    assert names.count("_fully_connected_product") == 1
