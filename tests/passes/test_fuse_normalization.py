"""Networks with fused normalisations compute what they compute without."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch

import mxnet as mx
from mxnet.passes import fuse_normalization

pytest.importorskip("numba", reason="generated kernels need numba")


@pytest.fixture(autouse=True)
def small_arrays_too(monkeypatch):
    monkeypatch.setattr(fuse_normalization, "_FEWEST", 1)


def random_network(seed):
    """Convolutions, normalisations, residual sums and poolings, with several readers of values."""
    draw = random.Random(seed)
    net = mx.sym.Variable("data")
    values = [mx.sym.Convolution(net, kernel=(3, 3), pad=(1, 1), num_filter=6, no_bias=True)]
    for _ in range(draw.randint(2, 6)):
        net = draw.choice(values[-3:])
        if draw.random() < 0.6:
            net = mx.sym.Convolution(net, kernel=(1, 1), num_filter=6)
        net = mx.sym.BatchNorm(
            net,
            fix_gamma=draw.random() < 0.5,
            eps=draw.choice((1e-3, 2e-5)),
            momentum=draw.choice((0.9, 0.5)),
            use_global_stats=draw.random() < 0.1,
        )
        if draw.random() < 0.1:
            values.append(net)
        if draw.random() < 0.5:
            net = draw.choice(((net + values[-1]), (values[-1] + net)))
        if draw.random() < 0.8:
            net = (
                mx.sym.relu(net) if draw.random() < 0.3 else mx.sym.Activation(net, act_type="relu")
            )
        values.append(net)
    net = mx.sym.Pooling(
        sum(values[-2:], values[-1]), kernel=(2, 2), stride=(2, 2), pool_type="max"
    )
    net = mx.sym.FullyConnected(mx.sym.Flatten(net), num_hidden=3)
    return mx.sym.SoftmaxOutput(net, name="softmax")


def trained(net, fused, monkeypatch, req="write", **options):
    """Gradients, moving statistics, the output and the operators after two steps."""
    monkeypatch.setenv("MXNET_USE_FUSION", str(int(fused)))
    executor = net.simple_bind(mx.cpu(), grad_req=req, **options)
    rng = np.random.RandomState(0)
    for arrays in (executor.arg_dict, executor.aux_dict):
        for name, array in arrays.items():
            values = rng.randn(*array.shape)
            if name.endswith(("gamma", "var")):
                values = 1 + 0.2 * np.abs(values)
            elif name.endswith("weight"):
                values /= np.sqrt(np.prod(array.shape[1:]))
            elif name == "softmax_label":
                values = np.abs(values).astype(int) % 3
            array[:] = mx.nd.array(values)
    for _ in range(2):
        executor.forward(is_train=True)
        executor.backward()
    results = {f"d_{k}": v.asnumpy() for k, v in executor.grad_dict.items()}
    results.update((k, v.asnumpy()) for k, v in executor.aux_dict.items())
    results["output"] = executor.outputs[0].asnumpy()
    return results, executor


def assert_close(ours, reference):
    for name, value in reference.items():
        # A bias or beta ahead of a normalisation has no gradient but the rounding of large terms.
        allowed = 2e-4 * np.abs(value).max() + 2e-4
        assert np.abs(ours[name] - value).max() <= allowed, name


@pytest.mark.parametrize("seed", range(25))
def test_random_networks(seed, monkeypatch):
    net = random_network(seed)
    options = {"data": (3, 3, 6, 6), "req": random.Random(seed).choice(("write", "add"))}
    ours, _ = trained(net, True, monkeypatch, **options)
    reference, _ = trained(net, False, monkeypatch, **options)
    assert_close(ours, reference)


def distance(results, exact):
    """How far results are from exact ones, in relation to these; of all together."""
    errors = [np.abs(results[k] - v).mean() / (np.abs(v).mean() + 1e-2) for k, v in exact.items()]
    return np.mean(errors)


def test_random_networks_in_16_bits(monkeypatch):
    distances = []
    for seed in range(12):
        net, options = random_network(seed), {"data": (4, 3, 8, 8)}
        exact, _ = trained(net, False, monkeypatch, **options)
        options["dtype"] = "bfloat16"
        ours, _ = trained(net, True, monkeypatch, check=True, **options)
        plain, _ = trained(net, False, monkeypatch, **options)
        distances.append((distance(ours, exact), distance(plain, exact)))
    ours, plain = np.mean(distances, axis=0)
    assert ours < 1.1 * plain


def residual_unit():
    data = mx.sym.Variable("data")
    net = mx.sym.Convolution(data, kernel=(3, 3), pad=(1, 1), num_filter=4, no_bias=True)
    net = mx.sym.Activation(mx.sym.BatchNorm(net), act_type="relu")
    net = mx.sym.BatchNorm(mx.sym.Convolution(net, kernel=(1, 1), num_filter=8, no_bias=True))
    side = mx.sym.Convolution(data, kernel=(1, 1), num_filter=8, no_bias=True)
    net = mx.sym.Activation(net + mx.sym.BatchNorm(side), act_type="relu")
    return mx.sym.SoftmaxOutput(mx.sym.FullyConnected(net, num_hidden=3), name="softmax")


def operators(executor):
    return [n.op.op_name for n in executor._program(True).graph.nodes if n.op is not None]


def test_a_residual_unit_is_three_nodes(monkeypatch):
    net = residual_unit()
    ours, executor = trained(net, True, monkeypatch, data=(2, 3, 5, 5))
    names = operators(executor)
    assert names.count("_batch_norm_add_relu") == names.count("_backward__batch_norm_add_relu") == 1
    assert names.count("_batch_norm_relu") == names.count("_backward__batch_norm_relu") == 2
    assert not {"BatchNorm", "Activation", "elemwise_add"} & set(names)
    reference, _ = trained(net, False, monkeypatch, data=(2, 3, 5, 5))
    assert_close(ours, reference)


def test_a_residual_unit_in_16_bits(monkeypatch):
    net, shape = residual_unit(), (8, 3, 5, 5)
    exact, _ = trained(net, False, monkeypatch, data=shape)
    ours, executor = trained(net, True, monkeypatch, data=shape, dtype="bfloat16")
    assert "BatchNorm" not in operators(executor)
    plain, _ = trained(net, False, monkeypatch, data=shape, dtype="bfloat16")
    assert distance(ours, exact) < 1.2 * distance(plain, exact) < 0.1
    _, executor = trained(net, True, monkeypatch, data=shape, dtype="float16")
    assert operators(executor).count("BatchNorm") == 3


@pytest.mark.parametrize("shape", [(64, 6), (4, 6, 5, 5)], ids=str)
def test_data_of_16_bits(shape, monkeypatch):
    """Data that are declared as such: of two dimensions, and with dense channels."""
    net = mx.sym.Cast(mx.sym.Variable("data"), dtype="bfloat16")
    net = mx.sym.relu(mx.sym.BatchNorm(net, fix_gamma=False))
    net = mx.sym.SoftmaxOutput(mx.sym.Flatten(mx.sym.Cast(net, dtype="float32")), name="softmax")
    ours, executor = trained(net, True, monkeypatch, data=shape)
    assert "_backward__batch_norm_relu" in operators(executor)
    plain, _ = trained(net, False, monkeypatch, data=shape)
    for name, value in plain.items():
        assert np.abs(ours[name] - value).max() <= 0.02 * np.abs(value).max() + 1e-4, name


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_native_programs_call_the_kernels(dtype, monkeypatch):
    """On any number of threads, with the same results."""
    data = mx.sym.Cast(mx.sym.Variable("data"), dtype=dtype)
    net = mx.sym.relu(mx.sym.BatchNorm(data, fix_gamma=False))
    net = mx.sym.LinearRegressionOutput(mx.sym.Cast(net, dtype="float32"), name="softmax")
    results = []
    for threads in (1, 2):
        monkeypatch.setattr(torch, "get_num_threads", lambda threads=threads: threads)
        ours, executor = trained(net, True, monkeypatch, data=(512, 256))
        program = executor._program(True)
        calls = [*program.forward._calls, *program.backward._calls]
        modules = {getattr(getattr(call, "func", call), "__module__", None) for call in calls}
        assert not any("normalization" in str(module) for module in modules)
        results.append(ours)
    for name, value in results[0].items():
        np.testing.assert_array_equal(value, results[1][name])


def test_gradients_of_joined_channels(monkeypatch):
    data = mx.sym.Variable("data")
    paths = []
    for filters in (4, 3):
        net = mx.sym.Convolution(data, kernel=(3, 3), num_filter=filters, no_bias=True)
        paths.append(mx.sym.relu(mx.sym.BatchNorm(net, fix_gamma=False)))
    net = mx.sym.Convolution(mx.sym.Concat(*paths), kernel=(3, 3), num_filter=2, no_bias=True)
    net = mx.sym.SoftmaxOutput(mx.sym.FullyConnected(net, num_hidden=3), name="softmax")
    ours, executor = trained(net, True, monkeypatch, data=(3, 2, 9, 8))
    assert operators(executor).count("_backward__batch_norm_relu") == 2
    reference, _ = trained(net, False, monkeypatch, data=(3, 2, 9, 8))
    assert_close(ours, reference)


def test_computed_again_within_a_budget(monkeypatch):
    net, options = residual_unit(), {"data": (8, 3, 12, 12)}
    reference, executor = trained(net, True, monkeypatch, **options)
    budget = int(executor.memory.total * 0.92)
    ours, executor = trained(net, True, monkeypatch, memory_budget=budget, **options)
    assert executor.memory.total <= budget
    assert "_batch_norm_add_relu" in operators(executor)
    assert_close(ours, reference)


@pytest.mark.parametrize(
    "options",
    [{"use_global_stats": True}, {"output_mean_var": True}, {"axis": 2}],
    ids=lambda options: next(iter(options)),
)
def test_what_is_left_alone(options, monkeypatch):
    net = mx.sym.BatchNorm(mx.sym.Variable("data"), **options)[0]
    net = mx.sym.SoftmaxOutput(mx.sym.relu(net), multi_output=True, name="softmax")
    executor = net.simple_bind(mx.cpu(), data=(2, 3, 4, 4))
    assert "BatchNorm" in operators(executor)


@pytest.mark.parametrize("relu", [False, True])
@pytest.mark.parametrize("shape", [(3, 5, 40, 31), (2, 1, 64, 64), (40, 3, 8, 9)], ids=str)
def test_dense_data(shape, relu, monkeypatch):
    net = mx.sym.BatchNorm(mx.sym.Variable("data"), fix_gamma=False)
    net = mx.sym.relu(net) if relu else net
    net = mx.sym.MakeLoss(net * mx.sym.Variable("scale"))
    ours, executor = trained(net, True, monkeypatch, data=shape)
    assert "_batch_norm_relu" in operators(executor)
    reference, _ = trained(net, False, monkeypatch, data=shape)
    assert_close(ours, reference)


@pytest.mark.parametrize("shape", [(4, 2), (4, 2, 1, 1), (4, 2, 3, 5)], ids=str)
def test_not_a_number_spreads(shape, monkeypatch):
    net = mx.sym.relu(mx.sym.BatchNorm(mx.sym.Variable("data")))
    executor = net.simple_bind(mx.cpu(), data=shape)
    values = np.arange(float(np.prod(shape))).reshape(shape)
    values[1, 1] = np.nan
    executor.forward(is_train=True, data=mx.nd.array(values))
    output = executor.outputs[0].asnumpy()
    assert np.isnan(output[:, 1]).all()
    assert not np.isnan(output[:, 0]).any()


@pytest.mark.parametrize("shape", [(512, 8), (4, 8, 40, 30)], ids=str)
def test_statistics_far_from_zero(shape, monkeypatch):
    net = mx.sym.BatchNorm(mx.sym.Variable("data"), eps=1e-5, fix_gamma=False)
    net = mx.sym.SoftmaxOutput(mx.sym.relu(net), multi_output=len(shape) > 2, name="softmax")
    executor = net.simple_bind(mx.cpu(), data=shape)
    values = np.random.RandomState(0).randn(*shape) + 1000
    executor.arg_arrays[1][:] = 1
    executor.forward(is_train=True, data=mx.nd.array(values))
    executor.backward()
    exact = values.astype("float32").astype("float64")
    moved = executor.aux_arrays[1].asnumpy()
    others = tuple(axis for axis in range(len(shape)) if axis != 1)
    np.testing.assert_allclose(moved, 0.1 * exact.var(others), rtol=1e-4)
