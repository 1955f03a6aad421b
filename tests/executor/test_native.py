"""Programs that run below Python compute what PyTorch computes."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest
import torch

import mxnet as mx

pytest.importorskip("numba")

from mxnet.execution.capture import TorchCall
from mxnet.execution.native.blocks import Scratch, merge
from mxnet.execution.native.claims import SMALL, claim
from mxnet.kernels.blas import thread_limit_address

ATEN = torch.ops.aten
SPECIAL = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    float("inf"),
    -float("inf"),
    float("nan"),
    90.0,
    -90.0,
    -110.0,
    9.4,
]


def planes(shape, layout, count, seed=0):
    """Arrays of one shape in storage of some kind."""
    rng = np.random.RandomState(seed)
    made = []
    for _ in range(count):
        if layout == "dense":
            array = torch.from_numpy(rng.randn(*shape).astype(np.float32) * 2)
        elif layout == "slice":
            wide = torch.from_numpy(rng.randn(*shape[:-1], 3 * shape[-1] + 1).astype(np.float32))
            array = wide[..., shape[-1] : 2 * shape[-1]]
        elif layout == "transposed":
            array = torch.from_numpy(rng.randn(*shape[::-1]).astype(np.float32)).permute(
                *reversed(range(len(shape)))
            )
        made.append(array)
    return made


def torch_call(func, *args, **kwargs):
    target = kwargs.get("out", kwargs.get("grad_input", args[0]))
    return TorchCall(func, args, kwargs, target, [])


def run(*calls, planned=0):
    """Run torch calls as native programs; returns how many calls that took, and how many native."""
    merged, _, kept = merge(calls, planned, Scratch())
    for call in merged:
        call()
    return len(merged), len(kept)


def native(func, *args, **kwargs):
    """Do a call natively, or return None."""
    if claim(func, args, kwargs) is None:
        return None
    call = torch_call(func, *args, **kwargs)
    return lambda: run(call) and call.target


def assert_same(got, want):
    np.testing.assert_allclose(got.numpy(), want.numpy(), rtol=3e-6, atol=1e-6, equal_nan=True)


UNARY = "tanh sigmoid exp neg sqrt reciprocal log trunc square".split()
BINARY = "add sub mul div maximum minimum clamp_min eq ne lt le gt ge".split()
SHAPES = [(1,), (7,), (64,), (513,), (3, 5), (1, 700), (40, 33), (2, 3, 4), (5, 1)]


@pytest.mark.parametrize("layout", ["dense", "slice", "transposed"])
@pytest.mark.parametrize("name", UNARY + BINARY)
def test_elementwise(name, layout):
    for shape in SHAPES:
        x, y = planes(shape, layout, 2)
        x.view_as(x)[(0,) * len(shape)] = SPECIAL[len(shape) + shape[-1] % 7]
        operands = (x,) if name in UNARY else (x, y)
        func = getattr(torch, name)
        out = torch.full(shape, 7.0)
        call = native(func, *operands, out=out)
        assert call is not None or layout != "dense" and len(shape) > 2
        if call is not None:
            assert call() is out
            want = torch.empty(shape)
            func(*operands, out=want)
            assert_same(out, want)


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "exp", "trunc", "sqrt", "log", "reciprocal"])
def test_special_numbers(name):
    x = torch.tensor(SPECIAL + [1e-42, -87.5, -103.0, 88.7, 88.8, 3.4e38, 8388609.5])
    out = torch.empty_like(x)
    native(getattr(torch, name), x, out=out)()
    assert_same(out, getattr(torch, name)(x))


@pytest.mark.parametrize("value", [2, -0.5, float("inf")])
def test_numbers_as_operands(value):
    (x,) = planes((9, 10), "dense", 1)
    for func in (torch.add, torch.mul, torch.sub, torch.div, torch.clamp_min):
        out = torch.empty(9, 10)
        native(func, x, value, out=out)()
        assert_same(out, func(x, value))
    native(torch.add, x, x, alpha=value, out=out)()
    assert_same(out, torch.add(x, x, alpha=value))


def test_broadcasting():
    for one, other in [((4, 6), (6,)), ((4, 1), (1, 6)), ((4, 1), (4, 6)), ((1,), (4, 6))]:
        x, y = planes(one, "dense", 1)[0], planes(other, "dense", 1)[0]
        out = torch.empty(4, 6)
        native(torch.sub, x, y, out=out)()
        assert_same(out, x - y)


def test_backward_kernels():
    gradient, y = planes((30, 20), "dense", 2)
    for overload, rest in (
        (ATEN.tanh_backward.grad_input, ()),
        (ATEN.sigmoid_backward.grad_input, ()),
        (ATEN.threshold_backward.grad_input, (0,)),
    ):
        got, want = torch.empty(30, 20), torch.empty(30, 20)
        native(overload._op, gradient, y, *rest, grad_input=got)()
        overload(gradient, y, *rest, grad_input=want)
        assert_same(got, want)


def test_in_place():
    x, y = planes((6, 100), "slice", 2)
    for func in (torch.Tensor.add_, torch.Tensor.mul_, torch.Tensor.copy_):
        got, want = x.clone(), x.clone()
        native(func, got, y)()
        func(want, y)
        assert_same(got, want)


@pytest.mark.parametrize("dims", [(0,), (1,), (0, 1), (-1,)])
def test_sums(dims):
    for shape in [(1, 5), (130, 3), (3, 700), (70, 70)]:
        (x,) = planes(shape, "dense", 1)
        want = torch.sum(x, dims, keepdim=True)
        out = torch.empty_like(want)
        native(torch.sum, x, dims, keepdim=True, out=out)()
        np.testing.assert_allclose(out, want, rtol=1e-5, atol=3e-5)


@pytest.mark.parametrize("dims", [1, (1, 2), (-1,)])
def test_largest(dims):
    x = torch.randn(7, 5, 9, generator=torch.Generator().manual_seed(0))
    x[3, 2, 4] = float("nan")
    x[5, 1, 0] = -float("inf")
    plane = x if isinstance(dims, tuple) else x[:, :, 0].contiguous()
    want = torch.amax(plane, dims, keepdim=True)
    out = torch.empty_like(want)
    native(torch.amax, plane, dims, keepdim=True, out=out)()
    np.testing.assert_array_equal(out, want)


def test_softmax_and_cat():
    for columns in (1, 10, 512):
        x, y = planes((5, columns), "dense", 2)
        out = torch.empty(5, columns)
        native(torch.softmax, x, 1, out=out)()
        assert_same(out, torch.softmax(x, 1))
        for dim in (0, 1):
            want = torch.cat((x, y), dim)
            joined = torch.empty_like(want)
            native(torch.cat, (x, y), dim=dim, out=joined)()
            assert_same(joined, want)


@pytest.mark.parametrize("columns", [1, 9])
@pytest.mark.parametrize("inner", [1, 5, 64])
@pytest.mark.parametrize("rows", [1, 2, 17])
def test_products(rows, inner, columns):
    rng = np.random.RandomState(1)

    def make(*shape):
        return torch.from_numpy(rng.randn(*shape).astype(np.float32))

    for a in (make(rows, inner), make(inner, rows).t(), make(rows, inner + 3)[:, 1:-2]):
        for b in (make(inner, columns), make(columns, inner).t()):
            for start in (None, make(columns), make(1, columns), make(rows, columns)):
                out = torch.full((rows, columns), 3.0)
                if start is None:
                    call, want = native(torch.mm, a, b, out=out), torch.mm(a, b)
                else:
                    call = native(torch.addmm, start, a, b, out=out)
                    want = torch.addmm(start, a, b)
                assert call is not None
                call()
                np.testing.assert_allclose(out, want, rtol=1e-4, atol=1e-4)
            out = make(rows, columns)
            want = torch.addmm(out, a, b)
            native(torch.addmm, out, a, b, out=out)()
            np.testing.assert_allclose(out, want, rtol=1e-4, atol=1e-4)


def test_what_is_not_claimed():
    x = torch.ones(4, 4)
    assert native(torch.tanh, x.double(), out=x) is None
    assert native(torch.tanh, x[:0], out=x[:0]) is None
    assert native(torch.erf, x, out=x.clone()) is None
    assert native(torch.div, x, x, rounding_mode="floor", out=x.clone()) is None


@pytest.mark.parametrize("threads", [1, 3])
def test_large_chains(threads):
    """One operation on a large array is left to torch, a chain is not; several threads share it."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        for shape in ((SMALL * 20 + 77,), (700, 300)):
            x, y = planes(shape, "dense" if len(shape) == 1 else "slice", 2)
            outs = [torch.empty(shape) for _ in range(4)]
            calls = [
                torch_call(torch.mul, x, y, out=outs[0]),
                torch_call(torch.add, outs[0], 1, out=outs[1]),
                torch_call(torch.tanh, outs[1], out=outs[2]),
                torch_call(torch.sub, outs[2], x, out=outs[3]),
            ]
            assert run(calls[0])[1] == 0
            assert run(*calls)[1] == 1
            assert_same(outs[3], torch.tanh(x * y + 1) - x)
    finally:
        torch.set_num_threads(before)


def test_addresses_that_change():
    x, out = torch.ones(6), torch.empty(6)
    call = TorchCall(torch.tanh, (x,), {"out": out}, out, [x])
    merged, _, kept = merge([call], out.untyped_storage()._cdata, Scratch())
    merged[0]()
    x.set_(torch.full((6,), 2.0))
    merged[0]()
    assert_same(out, torch.tanh(torch.full((6,), 2.0)))
    assert kept


def test_a_value_that_is_read_in_another_order_ends_a_chain():
    """A tile of the second step must not read what the first has not written yet."""
    x = torch.randn(40, 40)
    y, z = torch.empty(40, 40), torch.empty(40, 40)
    run(torch_call(torch.tanh, x, out=y), torch_call(torch.add, y.t(), y, out=z))
    assert_same(z, torch.tanh(x).t() + torch.tanh(x))


def test_overlapping_values_end_a_chain():
    memory = torch.randn(3000)
    one, other, late = memory[:1500], memory[1500:], torch.empty(1500)
    want, before = torch.tanh(one), one[-100:].clone()
    run(
        torch_call(torch.tanh, one, out=other),
        torch_call(torch.add, memory[1400:2900], 0, out=late),
    )
    np.testing.assert_array_equal(late[:100], before)
    assert_same(late[100:], want[:1400])


def test_versions_of_what_others_see_rise():
    x, out = torch.ones(4), torch.empty(4)
    before = out._version
    run(torch_call(torch.add, x, 1, out=out))
    assert out._version > before


def network():
    net = mx.sym.Variable("data")
    for i, act in enumerate(("tanh", "sigmoid", "relu", "softrelu")):
        net = mx.sym.FullyConnected(net, num_hidden=8 + i, name=f"f{i}")
        net = mx.sym.Activation(net, act_type=act)
        net = net * 0.5 + mx.sym.square(net) / (1 + mx.sym.exp(net))
    net = mx.sym.Concat(net, mx.sym.tanh(net), dim=1)
    return mx.sym.SoftmaxOutput(net, name="softmax")


@pytest.mark.parametrize("batch", [1, 5, 64])
@pytest.mark.parametrize("grad_req", ["write", "add"])
def test_networks(monkeypatch, batch, grad_req):
    results = []
    for fusion in ("0", "1"):
        monkeypatch.setenv("MXNET_USE_FUSION", fusion)
        executor = network().simple_bind(mx.cpu(), grad_req=grad_req, data=(batch, 6))
        rng = np.random.RandomState(0)
        for name, array in executor.arg_dict.items():
            array[:] = (
                rng.randint(0, 5, array.shape) if "label" in name else rng.randn(*array.shape)
            )
        for _ in range(3):
            executor.forward(is_train=True)
            executor.backward()
        arrays = [*executor.outputs, *executor.grad_arrays]
        results.append([array.asnumpy() for array in arrays])
        assert bool(executor._program(True).backward._kept) == (fusion == "1")
    for plain, fused in zip(*results):
        np.testing.assert_allclose(fused, plain, rtol=1e-4, atol=1e-5)


def test_the_first_run_gives_the_same_bits_as_later_ones():
    executor = network().simple_bind(mx.cpu(), data=(32, 6))
    for name, array in executor.arg_dict.items():
        array[:] = np.random.RandomState(3).randn(*array.shape) if "label" not in name else 1
    runs = []
    for _ in range(2):
        executor.forward(is_train=True)
        executor.backward()
        runs.append([a.asnumpy() for a in (*executor.outputs, *executor.grad_arrays)])
    for first, second in zip(*runs):
        np.testing.assert_array_equal(first, second)


def test_versions_of_results_of_adopted_values_rise():
    x, out = torch.ones(4), torch.empty(4)
    before = out._version
    merged, _, kept = merge([TorchCall(torch.tanh, (x,), {"out": out}, out, [x])], 0, Scratch())
    for call in merged:
        call()
    assert out._version > before
    assert kept


def test_threads_of_products_are_as_before():
    """A small product takes one thread; what the user has set holds again after it."""
    limit = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(
        thread_limit_address() or pytest.skip("no MKL")
    )
    before = limit(3)
    try:
        a, b, out = torch.ones(4, 5), torch.ones(5, 6), torch.empty(4, 6)
        run(torch_call(torch.mm, a, b, out=out))
        assert limit(3) == 3
    finally:
        limit(before)
    assert_same(out, torch.full((4, 6), 5.0))


def test_what_is_read_in_another_order_is_copied_within_the_plan():
    net = mx.sym.transpose(mx.sym.Variable("data"), axes=(0, 2, 1))
    net = mx.sym.LayerNorm(mx.sym.reshape(net, shape=(-1, 8)), name="norm")
    executor = mx.sym.sum(net, axis=0).simple_bind(mx.cpu(), data=(2, 8, 5))
    data = np.random.RandomState(0).randn(2, 8, 5).astype("float32")
    executor.arg_dict["data"][:] = data
    executor.arg_dict["norm_gamma"][:] = 1
    executor.forward(is_train=True)
    executor.backward(mx.nd.arange(8))
    rows = torch.tensor(data, requires_grad=True)
    normal = torch.nn.functional.layer_norm(rows.transpose(1, 2).reshape(-1, 8), (8,))
    normal.sum(0).backward(torch.arange(8.0))
    np.testing.assert_allclose(executor.grad_dict["data"].asnumpy(), rows.grad, 1e-4, 1e-5)
    program = executor._program(True)  # all calls write into planned memory, and make no tensor
    assert program.forward._pure
    assert program.backward._pure
