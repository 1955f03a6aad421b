"""Training with Winograd's algorithm gives what direct convolutions give."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import mxnet as mx
from mxnet.ops.core import get_op
from mxnet.ops.winograd import transformed_filters

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
    shapes = {"data": (4, 32, 25, 27), "out_label": (4, 32)}
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
    ("grad_req", "frozen", "convolutions", "weights"),
    [("write", (), 6, 3), ("add", ("data",), 5, 3), ("write", ("c1_weight", "c2_weight"), 6, 1)],
)
def test_gradients(monkeypatch, no_bias, grad_req, frozen, convolutions, weights):
    executor, found = trained(network(no_bias), grad_req, frozen)
    assert operators(executor).count("_winograd_convolution") == convolutions
    assert operators(executor).count("_winograd_weight") == weights
    monkeypatch.setenv("MXNET_USE_FUSION", "0")
    plain, wanted = trained(network(no_bias), grad_req, frozen)
    assert not any("winograd" in name for name in operators(plain))
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
    assert not any("winograd" in name for name in operators(executor))


@pytest.mark.parametrize("threads", [1, 2])
def test_derivative_by_filters(threads):
    """Sums over several groups of images, whose sizes are no multiples of what is done at a time."""
    torch = pytest.importorskip("torch")
    op = get_op("_winograd_weight")()
    torch.manual_seed(0)
    data, d_output = torch.randn(5, 48, 58, 61), torch.randn(5, 80, 58, 61)
    exact = torch.nn.grad.conv2d_weight(data.double(), (80, 48, 3, 3), d_output.double(), padding=1)
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        for memory_format in (torch.contiguous_format, torch.channels_last):
            out = torch.empty(80, 48, 3, 3).to(memory_format=memory_format)
            found = op.forward(d_output, data, out=out, workspace=None)
            assert found is out
            assert (found - exact).abs().max() < 3e-5 * exact.abs().max()
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("available", [True, False])
@pytest.mark.parametrize("for_data", [True, False])
def test_filters(monkeypatch, available, for_data):
    monkeypatch.setattr("mxnet.ops.winograd.wants_products", lambda: available)
    weight = torch.randn(32, 48, 3, 3)
    exact = transformed_filters(weight.double(), for_data)
    for given in (weight, weight.contiguous(memory_format=torch.channels_last)):
        out = torch.empty(exact.shape)
        for found in (
            transformed_filters(given, for_data),
            transformed_filters(given, for_data, out),
        ):
            torch.testing.assert_close(found.double(), exact, rtol=1e-5, atol=1e-6)
        torch.testing.assert_close(out.double(), exact, rtol=1e-5, atol=1e-6)
