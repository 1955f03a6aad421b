"""Generated kernels on arrays of bfloat16: reading, rounding, and normalisation in float32."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import mxnet as mx

pytest.importorskip("numba")

from mxnet.kernels import (
    layer_normalization,
    narrow,
    native,
    normalization,
    normalization_derivative,
    winograd_tiles,
)
from mxnet.kernels.language import as_float, as_stored, intrinsic
from mxnet.kernels.machine import processor_has
from mxnet.ops.fused_normalization import scratch_of
from mxnet.ops.norm import PARTS

_HALF_DIGIT = 2.0**-8  # by which rounding changes a bfloat16 at most, in relation to it


def _round(words):
    x, y = as_float(words[0]), as_stored(words[1])
    for i in range(words[2]):
        y[i] = x[i]


def _widen(words):
    x, y = as_stored(words[0]), as_float(words[1])
    for i in range(words[2]):
        y[i] = x[i]


@intrinsic
def _round_vector(context, stored, source):
    return winograd_tiles.on_stored(stored, 1, lambda b, y, x: b.write(b.load(x), y))


@intrinsic
def _widen_vector(context, stored, target):
    return winograd_tiles.on_stored(stored, 1, lambda b, x, y: b.store(b.read(x), y))


def _round_vectors(words):
    for i in range(0, words[2], 16):
        _round_vector(as_stored(words[1] + 2 * i), words[0] + 4 * i)


def _widen_vectors(words):
    for i in range(0, words[2], 16):
        _widen_vector(as_stored(words[0] + 2 * i), words[1] + 4 * i)


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Compile a function for bfloat16 and have it make an array of another."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(native, "KERNELS", {})

    def run(function, source, kind):
        target = np.empty(len(source), kind)
        words = np.array([source.ctypes.data, target.ctypes.data, len(source)], np.int64)
        address = native.for_types(function)["bfloat16"]()
        native.function(address)(words.ctypes.data)
        return target

    return run


def bits_to_round():
    """All upper halves of float32 numbers, each with lower ones below, at and above the middle."""
    upper = np.arange(1 << 16, dtype=np.uint32) << 16
    lower = np.array([0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFFF], np.uint32)
    return (upper[:, None] | lower).ravel()


@pytest.mark.parametrize("function", [_round, _round_vectors])
@pytest.mark.parametrize("at_once", [False, True], ids=["integers", "instruction"])
def test_rounding(function, at_once, run, monkeypatch):
    if at_once and not processor_has("avx512bf16"):
        pytest.skip("this processor has no instruction that rounds to bfloat16")
    monkeypatch.setattr(narrow, "processor_has", lambda feature: at_once)
    bits = bits_to_round()
    result = run(function, bits.view(np.float32), np.uint16)
    numbers = torch.from_numpy(bits.view(np.int32)).view(torch.float32)
    wanted = numbers.bfloat16().view(torch.int16).numpy().view(np.uint16)
    small = bits & 0x7F800000 == 0  # not in their normal form
    wanted = np.where(small, (bits >> 16) & 0x8000, wanted)
    missing = np.isnan(bits.view(np.float32))  # keep their sign and upper digits
    np.testing.assert_array_equal(result, np.where(missing, (bits >> 16) | 0x40, wanted))


@pytest.mark.parametrize("function", [_widen, _widen_vectors])
def test_widening(function, run):
    every = np.arange(1 << 16).astype(np.uint16)
    result = run(function, every, np.uint32)
    np.testing.assert_array_equal(result, every.astype(np.uint32) << 16)


class Case:
    """Random arrays of rows, and what normalisation makes of them in float64."""

    def __init__(self, rows, channels, relu, added):
        self.size, self.relu = (rows, channels), relu
        self.x, self.d = self.random(3), self.random()
        self.residual = self.random() if added else None
        self.scratch = torch.empty(scratch_of(rows, channels))
        self.gamma, self.beta = (torch.rand(channels) + 0.5 for _ in range(2))
        x = self.x.double()
        self.mean, self.variance = x.mean(0), x.var(0, unbiased=False)
        deviation = (self.variance + 1e-3).sqrt()
        self.normal = (x - self.mean) / deviation
        y = self.normal * self.gamma + self.beta + (self.residual.double() if added else 0)
        self.output = y.clamp_min(0) if relu else y
        self.masked = torch.where(y > 0, self.d, 0).double() if relu else self.d.double()
        self.d_beta, self.d_gamma = self.masked.sum(0), (self.masked * self.normal).sum(0)
        slope = self.masked - (self.d_beta + self.normal * self.d_gamma) / rows
        self.d_x = slope * self.gamma / deviation

    def random(self, shift=0):
        return (torch.randn(self.size) + shift).bfloat16()

    def forward(self, y):
        """Mean and 1 / deviation."""
        kept = torch.empty(2, self.size[1])
        normalization.forward(
            self.x, self.gamma, self.beta, self.residual, self.scratch, self.size, 1e-3, self.relu,
            out=(y, *kept),
        )  # fmt: skip
        return kept

    def backward(self, d, y, kept, d_x, masked, pitch=None):
        """The gradients of gamma and beta, and the moving statistics."""
        sums = torch.ones(4, self.size[1])
        normalization_derivative.backward(
            d, self.x, y, self.gamma, self.beta, *kept, self.scratch, self.size, self.relu, pitch,
            0.75, 1e-3, out=(d_x, masked, *sums),
        )  # fmt: skip
        return sums


def assert_rounded(result, exact):
    """Whether bfloat16 numbers are those next to exact ones."""
    error = (result.double() - exact).abs()
    assert (error <= 1.01 * _HALF_DIGIT * exact.abs() + 1e-4).all(), error.max()


SIZES = [(37, 3), (200, 64), (300, 130), (1000, 48)]


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("relu", [True, False])
def test_normalization(size, relu):
    case = Case(*size, relu, added=False)
    y, d_x = torch.empty_like(case.x), torch.empty_like(case.x)
    kept = case.forward(y)
    assert_rounded(y, case.output)
    sums = case.backward(case.d, None, kept, d_x, None)
    assert_rounded(d_x, case.d_x)
    torch.testing.assert_close(sums[0], case.d_gamma.float(), rtol=1e-4, atol=1e-3)
    torch.testing.assert_close(sums[1], case.d_beta.float(), rtol=1e-4, atol=1e-3)
    moved = torch.stack((case.mean, case.variance)) * 0.25 + 0.75
    torch.testing.assert_close(sums[2:], moved.float())
    case.backward(case.d, None, kept, case.d, None)
    assert torch.equal(case.d, d_x)


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("in_place", [True, False])
def test_normalization_with_addition(size, in_place):
    case = Case(*size, relu=True, added=True)
    y, d_x, masked = (torch.empty_like(case.x) for _ in range(3))
    if in_place:
        y = case.residual
        masked = case.d
    kept = case.forward(y)
    assert_rounded(y, case.output)
    case.backward(case.d, y, kept, d_x, masked)
    assert_rounded(d_x, case.d_x)
    assert torch.equal(masked.double(), case.masked)


def test_gradients_of_joined_channels():
    case = Case(120, 40, relu=True, added=False)
    y, d_x, alone = (torch.empty_like(case.x) for _ in range(3))
    kept = case.forward(y)
    joined = torch.empty(120, 72, dtype=torch.bfloat16)
    joined[:, 16:56] = case.d
    case.backward(joined[:, 16:56], None, kept, d_x, None, pitch=72)
    case.backward(case.d, None, kept, alone, None)
    assert torch.equal(d_x, alone)


def test_threads_change_no_digit():
    case = Case(4000, 64, relu=True, added=True)
    results = []
    for threads in (1, 2):
        torch.set_num_threads(threads)
        y, d_x, masked = (torch.empty_like(case.x) for _ in range(3))
        kept = case.forward(y)
        sums = case.backward(case.d, y, kept, d_x, masked)
        results.append((y, kept, d_x, masked, sums))
    torch.set_num_threads(1)
    assert all(map(torch.equal, *results))


@pytest.mark.parametrize("size", [(3, 5), (200, 64), (70, 1300)], ids=str)
def test_layer_normalization(size):
    """Sums over many rows are not made in 16 bits, nor are statistics that are rounded."""
    rows, columns = size
    x = (torch.randn(size) + 3).bfloat16()
    d, gamma, beta = (torch.randn(s).bfloat16() for s in (size, columns, columns))
    wide = [each.double().requires_grad_() for each in (x, gamma, beta)]
    exact = torch.nn.functional.layer_norm(wide[0], (columns,), *wide[1:], 1e-5)
    exact.backward(d.double())
    y, mean, std = torch.empty_like(x), *torch.empty(2, rows, 1, dtype=torch.bfloat16)
    layer_normalization.forward(x, gamma, beta, 1e-5, out=(y, mean, std))
    assert_rounded(y, exact.detach())
    sums = torch.empty(6 * PARTS * columns)
    results = tuple(map(torch.empty_like, (x, gamma, beta)))
    layer_normalization.backward(d, x, gamma, mean, std, 1e-5, sums, out=results)
    for result, each in zip(results, wide):
        assert_rounded(result, each.grad)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
@pytest.mark.parametrize("axis", [1, -1])
def test_layer_normalization_of_data_in_16_bits(dtype, axis):
    inputs = {name: mx.sym.Variable(name) for name in ("data", "gamma", "beta")}
    narrow = {name: mx.sym.Cast(each, dtype=dtype) for name, each in inputs.items()}
    shape = (200, 30, 12)
    d, results = mx.nd.random.normal(shape=shape), []
    for net in (mx.sym.LayerNorm(**narrow, axis=axis), mx.sym.LayerNorm(**inputs, axis=axis)):
        executor = mx.sym.Cast(net, dtype="float32").simple_bind(mx.cpu(), data=shape)
        mx.random.seed(1)
        for array in executor.arg_arrays:
            array[:] = mx.nd.random.normal(shape=array.shape).astype(dtype)
        executor.forward(is_train=True)
        executor.backward([d])
        results.append([each.asnumpy() for each in executor.outputs + executor.grad_arrays])
    for ours, exact in zip(*results):
        assert np.abs(ours - exact).max() <= 2 * _HALF_DIGIT * np.abs(exact).max()
