"""Generated products of bfloat16 are exact sums, rounded once."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

pytest.importorskip("numba")

from mxnet.execution.capture import TorchCall
from mxnet.execution.native.blocks import Scratch, merge
from mxnet.kernels import products
from mxnet.ops.generated import MatrixProduct, multiplies_pairs

pytestmark = pytest.mark.skipif(not multiplies_pairs(), reason="no instruction for them here")

SIZES = [
    (1, 1, 1), (1, 70, 2), (70, 1, 3), (6, 16, 1), (7, 17, 5), (5, 64, 64), (13, 65, 31), (24, 33, 32),
    (70, 70, 70), (31, 15, 69), (200, 130, 34), (193, 9, 1031), (9, 70, 1700),
]  # fmt: skip
LAYOUTS = list(itertools.product([True, False], repeat=2))


@pytest.fixture
def threads():
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


def matrix(rows, columns, dense, gap=0):
    """A matrix of which rows or columns are dense, with a gap between these."""
    if dense:
        return torch.randn(rows, columns + gap).bfloat16()[:, :columns]
    return torch.randn(columns, rows + gap).bfloat16()[:, :rows].t()


def operands(rows, columns, inner, layout, gap=0):
    torch.manual_seed(rows + columns + inner)
    return matrix(rows, inner, layout[0], gap), matrix(inner, columns, layout[1], gap)


def assert_product(out, left, right, *others):
    """``out`` may be one rounding off, and what sums in float32 lose."""
    exact = left.double() @ right.double()
    for other in others:
        exact = exact + other.double()
    bound = 2e-6 * (left.double().abs() @ right.double().abs()) + 1e-6
    if out.dtype == torch.bfloat16:
        bound = bound + exact.abs() / 256
    assert ((out.double() - exact).abs() <= bound).all()


@pytest.mark.parametrize("result", [torch.bfloat16, torch.float32])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("sizes", SIZES)
def test_products(sizes, layout, result):
    rows, columns, _ = sizes
    for gap in (0, 3):
        left, right = operands(*sizes, layout, gap)
        whole = torch.full((rows, columns + 2), 7.0, dtype=result)
        out = whole[:, :columns]
        products.multiply(left, right, out=out)
        assert_product(out, left, right)
        assert (whole[:, columns:] == 7).all()


@pytest.mark.parametrize("result", [torch.bfloat16, torch.float32])
@pytest.mark.parametrize("sizes", [(7, 40, 5), (30, 70, 64), (100, 9, 900)])
def test_what_is_added(sizes, result):
    rows, columns, _ = sizes
    left, right = operands(*sizes, (True, False))
    shift = torch.randn(columns).to(result)
    for start in (torch.randn(columns), torch.randn(rows, columns)):
        start = start.to(result)
        out = products.multiply(
            left, right, start, shift, out=torch.empty(rows, columns).to(result)
        )
        assert_product(out, left, right, start, shift)
        relu = products.multiply(left, right, start, shift, 0.0, out=torch.empty_like(out))
        assert torch.equal(relu, out.clamp_min(0))
    before = out.clone()
    products.multiply(left, right, out, out=out)  # in place
    assert_product(out, left, right, before)


@pytest.mark.parametrize("layout", [(True, True), (False, True)])
@pytest.mark.parametrize("sizes", [(7, 50, 30), (300, 200, 700), (900, 400, 21)])
def test_threads_change_no_bit(threads, sizes, layout):
    left, right = operands(*sizes, layout)
    for result in (torch.bfloat16, torch.float32):
        found = []
        for count in (1, 2, 3):
            threads(count)
            out = torch.empty(sizes[:2], dtype=result)
            found.append(products.multiply(left, right, out=out))
        assert torch.equal(found[0], found[1])
        assert torch.equal(found[0], found[2])


def test_batches():
    left, right = torch.randn(5, 40, 70).bfloat16(), torch.randn(5, 90, 70).bfloat16()
    out = torch.empty(5, 40, 90, dtype=torch.bfloat16)
    products.multiply(left, right.transpose(1, 2), out=out)
    for a, b, c in zip(left, right, out, strict=True):
        assert_product(c, a, b.t())


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number_spreads_no_further(layout, value):
    """Not beyond its row and column: what lies behind matrices is not multiplied by zeros."""
    left, right = operands(20, 30, 7, layout, gap=3)
    for whole in (left._base, right._base):  # the gaps, too
        whole.as_strided(whole.shape, whole.stride()).fill_(value)
    left.copy_(torch.ones(20, 7))
    right.copy_(torch.ones(7, 30))
    left[3, 6], right[2, 29] = value, value
    out = products.multiply(left, right, out=torch.empty(20, 30, dtype=torch.bfloat16))
    reached = torch.zeros(20, 30, dtype=torch.bool)
    reached[3], reached[:, 29] = True, True
    assert torch.equal(out.isfinite(), ~reached)
    assert (out[~reached] == 7).all()


@pytest.mark.parametrize("result", [torch.bfloat16, torch.float32])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("sizes", [(7, 17, 5), (193, 9, 1031), (300, 250, 640)])
def test_products_pack_no_more_than_they_say(threads, sizes, layout, result):
    threads(1)
    left, right = operands(*sizes, layout)
    kind = {"together": 2, "narrow": result == torch.bfloat16}
    size = MatrixProduct(*sizes, packs_left=not layout[0], **kind).packing(1)
    memory = torch.full((size + 4096,), 171, dtype=torch.uint8)
    out = torch.empty(sizes[:2], dtype=result)
    products.multiply(left, right, out=out, memory=memory[:size])
    assert (memory[size:] == 171).all()
    assert_product(out, left, right)


def test_native_programs_multiply(threads):
    threads(2)
    left, right = operands(200, 250, 300, (True, False))
    out, weight = torch.empty(200, 250, dtype=torch.bfloat16), torch.empty(250, 300)
    calls = [
        TorchCall(products.multiply, (left, right, None, None, None, False), {"out": out}, out, []),
        TorchCall(
            products.multiply, (out.t(), left, None, None, 0.0, False), {"out": weight}, weight, []
        ),
    ]
    merged, _, kept = merge(calls, 0, Scratch())
    for call in merged:
        call()
    assert_product(out, left, right)
    exact = (out.double().t() @ left.double()).clamp_min(0)
    np.testing.assert_allclose(weight.double(), exact, 1e-5, 1e-3)
    assert kept
