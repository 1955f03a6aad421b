"""Generated matrix products give what numpy gives, for all sizes, strides and parts."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import mxnet as mx

pytest.importorskip("numba")

from mxnet.execution.capture import TorchCall
from mxnet.execution.native.blocks import Scratch, merge
from mxnet.kernels import products
from mxnet.ops.generated import packed_size

SIZE = st.one_of(st.integers(1, 40), st.integers(41, 300))


@pytest.fixture(autouse=True)
def suitable(monkeypatch):
    """As on a processor on which these kernels are chosen."""
    monkeypatch.setattr("mxnet.ops.generated.suits_products", lambda: True)


@pytest.fixture
def threads():
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


def matrix(rng, rows, columns, dense, gap=0):
    """A matrix of which rows (1) or columns (0) are dense, with a gap between these."""
    if dense:
        return torch.tensor(rng.randn(rows, columns + gap).astype("float32"))[:, :columns]
    return torch.tensor(rng.randn(columns, rows + gap).astype("float32"))[:, :rows].t()


def assert_product(out, left, right, *others):
    exact = left.double() @ right.double()
    for other in others:
        exact = exact + other
    bound = 1e-6 * (left.double().abs() @ right.double().abs()) + 1e-6
    assert ((out.double() - exact).abs() <= bound).all()


@settings(max_examples=150, deadline=None)
@given(SIZE, SIZE, SIZE, st.booleans(), st.booleans(), st.integers(0, 3), st.integers(0, 2**31 - 1))
def test_products(rows, columns, inner, dense_left, dense_right, begin, seed):
    rng = np.random.RandomState(seed)
    gap = seed % 3
    left = matrix(rng, rows, inner, dense_left, gap)
    right = matrix(rng, inner, columns, dense_right, gap)
    whole = torch.full((rows, columns + 2), 7.0)
    out = whole[:, :columns]
    start = {1: torch.randn(columns), 2: torch.randn(rows, columns), 3: out}.get(begin)
    shift = torch.randn(columns) if seed % 2 else None
    others = [each.clone() for each in (start, shift) if each is not None]
    products.multiply(left, right, start, shift, out=out)
    assert_product(out, left, right, *others)
    assert (whole[:, columns:] == 7).all()
    packed = products.pack(right, torch.empty(packed_size(inner, columns)))
    again = torch.empty(rows, columns)
    products.multiply(left, packed, packed=True, out=again)
    assert_product(again, left, right)


@pytest.mark.parametrize("dense", [(True, True), (False, False)])
@pytest.mark.parametrize("sizes", [(7, 30, 50), (300, 700, 200), (900, 20, 400)])
def test_threads_change_no_bit(threads, dense, sizes):
    rng, (rows, columns, inner) = np.random.RandomState(0), sizes
    left, right = matrix(rng, rows, inner, dense[0]), matrix(rng, inner, columns, dense[1])
    results = []
    for count in (1, 2, 3):
        threads(count)
        results.append(products.multiply(left, right, out=torch.empty(rows, columns)))
    assert torch.equal(results[0], results[1])
    assert torch.equal(results[0], results[2])


def test_batches(threads):
    left, right = torch.randn(5, 40, 70), torch.randn(5, 90, 70).transpose(1, 2)
    for count in (1, 2):
        threads(count)
        out = products.multiply(left, right, out=torch.empty(5, 40, 90))
        for a, b, c in zip(left, right, out):
            assert_product(c, a, b)


def test_relu_keeps_what_is_no_number():
    left = torch.tensor([[1.0, -2.0], [float("nan"), 1.0], [-float("inf"), 0.0]])
    out = products.multiply(left, torch.eye(2), low=0.0, out=torch.empty(3, 2))
    assert torch.equal(out[0], torch.tensor([1.0, 0.0]))
    assert out[1, 0].isnan()
    assert out[2, 0].isnan() or out[2, 0] == 0  # -inf * 0 in the other column


@pytest.mark.parametrize("large", [False, True])
def test_native_programs_multiply(threads, large):
    threads(2)
    rows, inner, columns = (200, 300, 250) if large else (9, 20, 33)
    a, b, bias = torch.randn(rows, inner), torch.randn(columns, inner), torch.randn(columns)
    out, total = torch.empty(rows, columns), torch.randn(rows, inner)
    before = total.clone()
    calls = [
        TorchCall(torch.addmm, (bias, a, b.t()), {"out": out}, out, []),
        TorchCall(torch.Tensor.addmm_, (total, out, b), {}, total, []),
    ]
    merged, _, kept = merge(calls, 0, Scratch())
    for _ in range(2):
        total.copy_(before)
        for call in merged:
            call()
        assert_product(out, a, b.t(), bias)
        assert_product(total, out, b, before)
    assert kept
    assert len(merged) == 2  # one program, and what says that its results have changed


def test_operands_may_move():
    """A product of an adopted value takes its address anew at each run."""
    a, b = torch.randn(30, 40), torch.randn(40, 20)
    out = torch.empty(30, 20)
    merged, _, kept = merge([TorchCall(torch.mm, (a, b), {"out": out}, out, [a])], 0, Scratch())
    for _ in range(2):
        a.set_(torch.randn(30, 40))
        for call in merged:
            call()
        assert_product(out, a, b)
    assert kept


def test_layers_in_prediction(monkeypatch):
    """Packed weights follow the parameters."""
    net = mx.sym.Variable("data")
    net = mx.sym.FullyConnected(net, num_hidden=300, name="one")
    net = mx.sym.FullyConnected(mx.sym.relu(net), num_hidden=200, flatten=False, name="two")
    net = mx.sym.LeakyReLU(net, act_type="gelu")
    shapes = {"data": (50, 10, 20)}

    def predictions(executor):
        rng = np.random.RandomState(0)
        for _ in range(2):
            for array in executor.arg_dict.values():
                array[:] = rng.randn(*array.shape) * 0.1
            yield executor.forward()[0].asnumpy()
            yield executor.forward()[0].asnumpy()

    executor = net.simple_bind(mx.cpu(), grad_req="null", **shapes)
    found = list(predictions(executor))
    kinds = [i.node.op.op_name for i in executor._program(False).forward.instructions]
    assert kinds.count("_fully_connected_product") == 2
    monkeypatch.setenv("MXNET_USE_FUSION", "0")
    plain = predictions(net.simple_bind(mx.cpu(), grad_req="null", **shapes))
    for one, two in zip(found, plain, strict=True):
        np.testing.assert_allclose(one, two, 1e-5, 1e-6)
