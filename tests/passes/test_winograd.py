"""Training with Winograd's algorithm gives what direct convolutions give."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx

pytest.importorskip("numba")


def network(no_bias):
    net = mx.sym.Variable("data")
    for i, filters in enumerate((32, 48, 32)):
        net = mx.sym.Convolution(
            net, kernel=(3, 3), pad=(1, 1), num_filter=filters, no_bias=no_bias, name=f"c{i}"
        )
        net = mx.sym.Activation(net, act_type="relu")
    return mx.sym.LinearRegressionOutput(mx.sym.mean(net, axis=(2, 3)), name="out")


def operators(executor):
    graph = executor._program(True).graph
    return [node.op.op_name for node in graph.nodes if node.op is not None]


def trained(net, grad_req, frozen):
    shapes = {"data": (4, 16, 25, 27), "out_label": (4, 32)}
    requests = dict.fromkeys(net.list_arguments(), grad_req)
    requests.update(dict.fromkeys(frozen, "null"))
    executor = net.simple_bind(mx.cpu(), grad_req=requests, **shapes)
    rng = np.random.RandomState(0)
    for name, array in executor.arg_dict.items():
        array[:] = rng.randn(*array.shape) * (0.1 if "weight" in name else 1)
    for _ in range(2):
        executor.forward(is_train=True)
        executor.backward()
    gradients = {n: g.asnumpy() for n, g in executor.grad_dict.items() if g is not None}
    return executor, {**gradients, "out": executor.outputs[0].asnumpy()}


@pytest.mark.parametrize("no_bias", [False, True])
@pytest.mark.parametrize(
    ("grad_req", "frozen", "count"),
    [("write", (), 4), ("add", ("data",), 4), ("write", ("c1_weight", "c2_weight"), 4)],
)
def test_gradients(monkeypatch, no_bias, grad_req, frozen, count):
    executor, found = trained(network(no_bias), grad_req, frozen)
    assert operators(executor).count("_winograd_convolution") == count
    monkeypatch.setenv("MXNET_USE_FUSION", "0")
    plain, wanted = trained(network(no_bias), grad_req, frozen)
    assert "_winograd_convolution" not in operators(plain)
    assert found.keys() == wanted.keys()
    for name, value in wanted.items():
        np.testing.assert_allclose(found[name], value, 1e-3, 1e-4 * np.abs(value).max())


def test_prediction_and_other_convolutions_are_left_to_their_passes():
    net = mx.sym.Variable("data")
    for i, options in enumerate(({"stride": (2, 2)}, {"num_group": 2}, {"dilate": (2, 2)})):
        net = mx.sym.Convolution(
            net, kernel=(3, 3), num_filter=32, pad=(1, 1), name=f"c{i}", **options
        )
    executor = mx.sym.sum(net).simple_bind(mx.cpu(), data=(4, 32, 64, 64))
    assert "_winograd_convolution" not in operators(executor)
