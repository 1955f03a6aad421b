"""Convolutions with filters of one pixel as matrix products give what convolutions give."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx
from mxnet.ops.generated import multiplies_pairs

pytest.importorskip("numba")


@pytest.fixture(autouse=True)
def suitable(monkeypatch):
    """As on a processor on which generated products are chosen."""
    monkeypatch.setattr("mxnet.ops.generated.suits_products", lambda: True)


def network(no_bias, outputs="mean"):
    def convolution(data, filters, name, **rest):
        options = {"kernel": (1, 1), "no_bias": no_bias, **rest}
        return mx.sym.Convolution(data, num_filter=filters, name=name, **options)

    data = mx.sym.Variable("data")
    net = mx.sym.relu(mx.sym.BatchNorm(convolution(data, 24, "a"), name="n", fix_gamma=False))
    both = convolution(net, 40, "b") + convolution(net, 40, "c")
    net = convolution(mx.sym.relu(both), 20, "d", stride=(2, 2))
    net = convolution(convolution(net, 5, "e", pad=(1, 1)), 7, "f")
    if outputs == "mean":
        return mx.sym.LinearRegressionOutput(mx.sym.mean(net, axis=(2, 3)), name="out")
    return mx.sym.Group([net * 2, mx.sym.tanh(both)])


def bound(net, grad_req, shape=(3, 10, 9, 8), **options):
    shapes = {"data": shape}
    if "out_label" in net.list_arguments():
        shapes["out_label"] = (shape[0], 7)
    executor = net.simple_bind(mx.cpu(), grad_req=grad_req, **shapes, **options)
    rng = np.random.RandomState(0)
    for array in executor.arg_arrays:
        array[:] = rng.randn(*array.shape) * 0.5
    for array in executor.aux_arrays:
        array[:] = rng.rand(*array.shape) + 0.5
    return executor


def operators(executor, train):
    program = executor._program(train)
    segments = [program.forward, program.backward] if train else [program.forward]
    return [i.node.op.op_name for segment in segments for i in segment.instructions]


def trained(net, grad_req, shape, **options):
    executor = bound(net, grad_req, shape, **options)
    for _ in range(2):
        executor.forward(is_train=True)
        executor.backward()
    gradients = {n: g.asnumpy() for n, g in executor.grad_dict.items() if g is not None}
    return executor, {**gradients, "out": executor.outputs[0].asnumpy()}


@pytest.mark.parametrize("no_bias", [False, True])
@pytest.mark.parametrize("shape", [(3, 10, 9, 8), (2, 1, 1, 1)])
@pytest.mark.parametrize("grad_req", ["write", "add", {"b_weight": "write", "data": "add"}])
def test_gradients(monkeypatch, no_bias, shape, grad_req):
    net = network(no_bias)
    if isinstance(grad_req, dict):
        grad_req = {**dict.fromkeys(net.list_arguments(), "null"), **grad_req}
    executor, found = trained(net, grad_req, shape)
    assert "_pointwise_convolution" in operators(executor, True)
    monkeypatch.setenv("MXNET_USE_FUSION", "0")
    plain, wanted = trained(net, grad_req, shape)
    assert "_pointwise_convolution" not in operators(plain, True)
    assert found.keys() == wanted.keys()
    largest = max(np.abs(value).max() for value in wanted.values())
    for name, value in wanted.items():
        np.testing.assert_allclose(found[name], value, 1e-4, 1e-5 * largest, err_msg=name)


@pytest.mark.skipif(not multiplies_pairs(), reason="no instruction for them here")
@pytest.mark.parametrize("no_bias", [False, True])
@pytest.mark.parametrize("grad_req", ["write", "add"])
def test_gradients_in_bfloat16(monkeypatch, no_bias, grad_req):
    """They are as near to those of float32 as those of torch's kernels; by weights, no cast is left."""
    net, shape = network(no_bias), (3, 10, 9, 8)
    executor, found = trained(net, grad_req, shape, dtype="bfloat16")
    kinds = operators(executor, True)
    assert kinds.count("_pointwise_convolution") == 10  # one of them of fewer pixels
    assert kinds.count("_pointwise_weight") >= 5
    _, exact = trained(net, grad_req, shape)
    monkeypatch.setenv("MXNET_USE_FUSION", "0")
    plain, other = trained(net, grad_req, shape, dtype="bfloat16")
    kept = operators(plain, True).count("_cast_like") - kinds.count("_cast_like")
    assert kept >= 4
    largest = max(np.abs(value).max() for value in exact.values())
    for name, value in exact.items():
        own, others = (np.abs(each[name] - value).max() for each in (found, other))
        assert own <= max(1.5 * others, 0.005 * largest), name


@pytest.mark.skipif(not multiplies_pairs(), reason="no instruction for them here")
def test_weights_of_several_layers_in_bfloat16():
    """Their derivatives are added up before they become float32."""
    data, weight = mx.sym.relu(mx.sym.Variable("data")), mx.sym.Variable("weight")
    options = {"kernel": (1, 1), "num_filter": 16, "no_bias": True, "weight": weight}
    net = mx.sym.Convolution(mx.sym.relu(mx.sym.Convolution(data, **options)), **options)
    found = []
    for dtype in ("bfloat16", None):
        executor = bound(
            mx.sym.MakeLoss(mx.sym.sum(net * net)), "write", (2, 16, 5, 5), dtype=dtype
        )
        executor.forward(is_train=True)
        executor.backward()
        found.append(executor.grad_dict["weight"].asnumpy())
    np.testing.assert_allclose(*found, 0.05, 0.02 * np.abs(found[1]).max())


@pytest.mark.parametrize("no_bias", [False, True])
def test_prediction(monkeypatch, no_bias):
    """Normalisation, sums and relu go into the product; outputs may be stored as users want them."""
    net = network(no_bias, "two")
    executor = bound(net, "null")
    found = [out.asnumpy() for _ in range(2) for out in executor.forward()]
    executor.arg_dict["b_weight"][:] *= 2
    found += [out.asnumpy() for out in executor.forward()]
    assert operators(executor, False).count("_pointwise_convolution") == 3
    monkeypatch.setenv("MXNET_USE_FUSION", "0")
    monkeypatch.setenv("MXNET_SUBGRAPH_BACKEND", "NONE")
    plain = bound(net, "null")
    wanted = [out.asnumpy() for _ in range(2) for out in plain.forward()]
    plain.arg_dict["b_weight"][:] *= 2
    wanted += [out.asnumpy() for out in plain.forward()]
    for one, two in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one, two, 1e-4, 1e-4 * np.abs(two).max())


@pytest.mark.parametrize("dtype", [None, "bfloat16"])
def test_self_check(dtype):
    executor = network(False).simple_bind(
        mx.cpu(), data=(3, 10, 9, 8), out_label=(3, 7), check=True, dtype=dtype
    )
    for array in executor.arg_arrays:
        array[:] = mx.nd.random.uniform(-1, 1, array.shape)
    executor.forward(is_train=True)
    executor.backward()
    executor.forward(is_train=False)


def dense(no_bias, where):
    """Networks whose convolutions read or make arrays of users, which are not channels-last."""

    def convolution(data, filters):
        return mx.sym.Convolution(data, kernel=(1, 1), num_filter=filters, no_bias=no_bias)

    net = mx.sym.Variable("data")
    if where == "out":
        net = mx.sym.Convolution(net, kernel=(3, 3), num_filter=16, pad=(1, 1))
    net = convolution(net, 24)
    if where == "between":
        net = convolution(mx.sym.BatchNorm(net) + net, 1)
    if where == "residual":
        net = mx.sym.BatchNorm(convolution(mx.sym.relu(net), 24)) + net
    return mx.sym.mean(net, axis=(2, 3)) if where == "in" else mx.sym.relu(net)


@pytest.mark.parametrize("no_bias", [False, True])
@pytest.mark.parametrize("where", ["in", "out", "both", "between", "residual"])
@pytest.mark.parametrize("shape", [(3, 10, 9, 8), (1, 1, 1, 67), (5, 3, 1, 1)], ids=str)
def test_dense_arrays_of_users(monkeypatch, no_bias, where, shape):
    net = dense(no_bias, where)
    results = []
    for fused in (True, False):
        monkeypatch.setenv("MXNET_USE_FUSION", str(int(fused)))
        executor = bound(net, "write", shape)
        result = executor.forward(is_train=True)[0]
        found = {"out": result.asnumpy()}
        executor.backward([mx.nd.arange(result.size).reshape(result.shape) / result.size])
        found.update((name, array.asnumpy()) for name, array in executor.grad_dict.items())
        found["prediction"] = executor.forward(is_train=False)[0].asnumpy()
        for train in (True, False):
            products = "_pointwise_convolution" in operators(executor, train)
            assert products == fused or not train
        results.append(found)
    largest = max(np.abs(value).max() for value in results[1].values())
    for name, value in results[1].items():
        np.testing.assert_allclose(results[0][name], value, 1e-4, 1e-5 * largest, err_msg=name)


def test_small_dense_images_are_left_to_convolutions():
    net = mx.sym.Convolution(mx.sym.Variable("data"), kernel=(1, 1), num_filter=32)
    for grad_req, train in (("write", True), ("null", False)):
        executor = bound(net, grad_req, (2, 16, 7, 7))
        executor.forward(is_train=train)
        assert not any("pointwise" in name for name in operators(executor, train))


def test_what_is_not_a_number_stays_so():
    """In the pixel in which it is, and no other one."""
    net = mx.sym.relu(mx.sym.Convolution(mx.sym.Variable("data"), kernel=(1, 1), num_filter=3))
    executor = bound(net, "null", (2, 4, 8, 9))
    executor.arg_dict["data"][1, 2, 3, 4] = float("nan")
    found = np.isnan(executor.forward()[0].asnumpy())
    assert found[1, :, 3, 4].all()
    assert found.sum() == 3


def test_arrays_that_are_neither_dense_nor_channels_last():
    import torch

    net = mx.sym.Convolution(mx.sym.Variable("data"), kernel=(1, 1), num_filter=8, name="c")
    executor = bound(net, "write", (2, 4, 8, 9))
    strided = torch.empty(2, 4, 8, 18)[..., ::2].copy_(executor.arg_dict["data"]._tensor)
    data = mx.nd.from_dlpack(torch.utils.dlpack.to_dlpack(strided))
    other = net.bind(
        mx.cpu(),
        {**executor.arg_dict, "data": data},
        {name: mx.nd.zeros(array.shape) for name, array in executor.grad_dict.items()},
    )
    for each in (executor, other):
        each.forward(is_train=True)
        each.backward(each.outputs)
    np.testing.assert_array_equal(other.outputs[0].asnumpy(), executor.outputs[0].asnumpy())
    for name, gradient in executor.grad_dict.items():
        np.testing.assert_array_equal(other.grad_dict[name].asnumpy(), gradient.asnumpy())


def test_pieces_of_dense_outputs_are_dense(monkeypatch):
    net = mx.sym.relu(
        mx.sym.Convolution(mx.sym.Variable("data"), kernel=(1, 1), num_filter=256, name="c")
    )
    executor = bound(net, "null", (8, 64, 56, 56))
    found = executor.forward()[0].asnumpy()
    assert "_joined_samples" in operators(executor, False)
    for instruction in executor._program(False).forward.instructions:
        assert all(tensor.is_contiguous() for tensor in instruction.writes)
    monkeypatch.setenv("MXNET_USE_FUSION", "0")
    want = bound(net, "null", (8, 64, 56, 56)).forward()[0].asnumpy()
    np.testing.assert_allclose(found, want, 1e-4, 1e-4)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_sums_take_the_place_of_what_is_added(packed, dtype):
    torch = pytest.importorskip("torch")
    from mxnet.ops.fused import packed_for_products
    from mxnet.ops.products import affine

    left, right = torch.randn(9, 300, dtype=getattr(torch, dtype)), torch.randn(300, 70)
    right, shift = right.to(left.dtype), torch.randn(70, dtype=left.dtype)
    out = torch.randn(9, 70, dtype=left.dtype)
    wanted = (left @ right + out + shift).clamp_min(0)
    given = packed_for_products(right.t().contiguous()) if packed else right
    affine(left, given, out=out, start=out, shift=shift, relu=True, packed=packed)
    torch.testing.assert_close(out, wanted, rtol=1e-4, atol=1e-4)
