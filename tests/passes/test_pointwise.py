"""Convolutions with filters of one pixel as matrix products give what convolutions give."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx

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


def bound(net, grad_req, shape=(3, 10, 9, 8)):
    shapes = {"data": shape}
    if "out_label" in net.list_arguments():
        shapes["out_label"] = (shape[0], 7)
    executor = net.simple_bind(mx.cpu(), grad_req=grad_req, **shapes)
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


def trained(net, grad_req, shape):
    executor = bound(net, grad_req, shape)
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


def test_self_check():
    executor = network(False).simple_bind(
        mx.cpu(), data=(3, 10, 9, 8), out_label=(3, 7), check=True
    )
    for array in executor.arg_arrays:
        array[:] = mx.nd.random.uniform(-1, 1, array.shape)
    executor.forward(is_train=True)
    executor.backward()
    executor.forward(is_train=False)


def test_arrays_of_users_are_left_to_convolutions():
    """They are not stored channels-last: copying them would take longer than is won."""
    net = mx.sym.Convolution(mx.sym.Variable("data"), kernel=(1, 1), num_filter=32)
    for grad_req, train in (("write", True), ("null", False)):
        executor = bound(net, grad_req, (2, 16, 8, 8))
        executor.forward(is_train=train)
        assert not any("pointwise" in name for name in operators(executor, train))


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
