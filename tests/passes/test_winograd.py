"""Training with Winograd's algorithm gives what direct convolutions give."""

from __future__ import annotations

from functools import partial

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


def trained(net, grad_req, frozen, size=(25, 27), dtype=None):
    shapes = {"data": (4, 32, *size), "out_label": (4, 32)}
    requests = dict.fromkeys(net.list_arguments(), grad_req)
    requests.update(dict.fromkeys(frozen, "null"))
    executor = net.simple_bind(mx.cpu(), grad_req=requests, dtype=dtype, **shapes)
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


@pytest.mark.parametrize("no_bias", [False, True])
@pytest.mark.parametrize(("size", "count"), [((28, 27), 6), ((29, 30), 0)])
def test_gradients_of_bfloat16(monkeypatch, no_bias, size, count):
    """Fewer convolutions gain; relus are parts of those that do, and weights have float32 at once."""
    monkeypatch.setattr("mxnet.ops.generated.suits_products", lambda: True)
    executor, found = trained(network(no_bias), "write", (), size, "bfloat16")
    names = operators(executor)
    assert names.count("_winograd_convolution") == count
    assert names.count("_winograd_weight") == count / 2
    assert ("Activation" in names) == (count == 0)
    monkeypatch.setenv("MXNET_USE_FUSION", "0")
    executor, plain = trained(network(no_bias), "write", (), size, "bfloat16")
    assert operators(executor).count("_cast_like") - names.count("_cast_like") == count / 2
    _, exact = trained(network(no_bias), "write", (), size)
    for name, value in exact.items():
        far = np.abs(plain[name] - value).max()
        assert np.abs(found[name] - value).max() < 1.5 * far + 1e-6, name


def test_processors_with_other_units_keep_convolutions_of_bfloat16(monkeypatch):
    monkeypatch.setattr("mxnet.ops.generated.suits_products", lambda: False)
    executor, _ = trained(network(False), "write", (), (28, 27), "bfloat16")
    assert not any("winograd" in name for name in operators(executor))


def widened_filters(weight):
    return get_op("_winograd_filters")().forward(weight, out=None)


def assert_rounded_once(found, exact):
    """Whether bfloat16 numbers are those next to exact ones, but for what float32 loses before."""
    far = (found.double() - exact).abs()
    assert found.dtype == torch.bfloat16
    assert (far <= 2.0**-8 * exact.abs() + 3e-5 * exact.abs().max()).all()
    rounding = (exact.bfloat16().double() - exact).norm()
    assert far.norm() < 1.01 * rounding


CASES = {  # n, c, k, height, width, pad, what is behind the sums
    "plain": (2, 32, 48, 13, 22, 1, ""),
    "pads": (3, 48, 32, 9, 15, 0, "bias"),
    "all": (2, 16, 64, 10, 7, 1, "bias residual relu"),
    "groups": (5, 48, 80, 58, 61, 1, "residual"),
}


@pytest.mark.parametrize("case", CASES)
def test_bfloat16(case):
    """Rounded once, or not at all, to the same bits on any number of threads."""
    n, c, k, h, w, pad, behind = CASES[case]
    torch.manual_seed(0)
    data, weight, bias = torch.randn(n, c, h, w), torch.randn(k, c, 3, 3), torch.randn(k)
    data, weight, bias = data.bfloat16(), weight.bfloat16(), bias.bfloat16()
    exact = torch.conv2d(data.double(), weight.double(), padding=pad)
    others = [torch.randn(exact.shape).bfloat16()] if "residual" in behind else []
    exact += sum(each.double() for each in others)
    exact += bias.double().view(-1, 1, 1) if "bias" in behind else 0
    exact = exact.clamp_min(0) if "relu" in behind else exact
    op = get_op("_winograd_convolution")(
        num_filter=k, pad=pad, no_bias="bias" not in behind, with_residual=bool(others),
        activation="relu" if "relu" in behind else "none",
    )  # fmt: skip
    inputs = data, widened_filters(weight), bias if "bias" in behind else None, *others
    on_threads(partial(op.forward, *inputs, out=None, workspace=None), exact)
    d_output = torch.randn(exact.shape).bfloat16()
    exact = torch.nn.grad.conv2d_weight(data.double(), weight.shape, d_output.double(), padding=pad)
    op = get_op("_winograd_weight")(pad=pad)
    for memory_format in (torch.contiguous_format, torch.channels_last):
        out = torch.empty(weight.shape).to(memory_format=memory_format)
        on_threads(partial(op.forward, d_output, data, out=out, workspace=None), exact)


def on_threads(compute, exact):
    before, found = torch.get_num_threads(), []
    for threads in (1, 2):
        torch.set_num_threads(threads)
        try:
            found.append(compute().clone())
        finally:
            torch.set_num_threads(before)
    if found[0].dtype == torch.bfloat16:
        assert_rounded_once(found[0], exact)
    else:
        assert (found[0] - exact).abs().max() < 3e-5 * exact.abs().max()
    assert torch.equal(*found)


def test_step_by_step_gives_the_same_in_bfloat16(monkeypatch):
    data, weight = torch.randn(2, 32, 9, 10).bfloat16(), torch.randn(48, 32, 3, 3).bfloat16()
    d_output = torch.randn(2, 48, 9, 10).bfloat16()
    monkeypatch.setattr("mxnet.ops.winograd.has_kernels", lambda: False)
    op = get_op("_winograd_convolution")(num_filter=48, pad=1, no_bias=True)
    exact = torch.conv2d(data.double(), weight.double(), padding=1)
    filters = widened_filters(weight)
    assert_rounded_once(op.forward(data, filters, out=None, workspace=None), exact)
    exact = torch.nn.grad.conv2d_weight(data.double(), weight.shape, d_output.double(), padding=1)
    op = get_op("_winograd_weight")()
    found = op.forward(d_output, data, out=None, workspace=None)
    assert (found - exact).abs().max() < 3e-5 * exact.abs().max()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_what_is_no_number_spreads(dtype):
    data, weight = torch.ones(1, 16, 14, 14), torch.ones(16, 16, 3, 3)
    data[0, 3, 6, 7], data[0, 4, 13, 13] = float("nan"), float("inf")
    op = get_op("_winograd_convolution")(num_filter=16, pad=1, no_bias=True, activation="relu")
    filters = widened_filters(weight.to(dtype))
    found = op.forward(data.to(dtype), filters, out=None, workspace=None)
    plain = torch.conv2d(data, weight, padding=1)
    assert not found.isfinite()[~plain.isfinite()].any()
    assert found[..., :4].isfinite().all()


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
