"""Convolutions as products with patches give what convolutions give."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx

pytest.importorskip("numba")
torch = pytest.importorskip("torch")

from mxnet.ops.core import get_op  # noqa: E402


@pytest.fixture(autouse=True)
def suitable(monkeypatch):
    """As on a processor on which generated products are chosen."""
    monkeypatch.setattr("mxnet.ops.generated.suits_products", lambda: True)


# n, channels, height and width of data, filters; kernel, stride, padding, dilation
GEOMETRIES = [
    ((2, 20, 12, 12), 50, (5, 5), (1, 1), (0, 0), (1, 1)),
    ((3, 33, 7, 9), 70, (3, 3), (2, 2), (1, 1), (1, 1)),
    ((1, 5, 30, 31), 7, (4, 3), (3, 1), (2, 1), (2, 3)),
    ((4, 64, 9, 8), 130, (1, 1), (2, 2), (0, 0), (1, 1)),
    ((5, 1, 6, 5), 1, (2, 3), (1, 2), (1, 2), (1, 2)),
    ((2, 300, 4, 4), 9, (3, 3), (1, 1), (1, 1), (1, 1)),
]


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(("shape", "filters", "kernel", "stride", "pad", "dilate"), GEOMETRIES)
def test_operators(shape, filters, kernel, stride, pad, dilate, threads):
    random = torch.Generator().manual_seed(0)
    last = {"memory_format": torch.channels_last}
    geometry = {"kernel": kernel, "stride": stride, "pad": pad, "dilate": dilate}
    data = torch.randn(shape, generator=random).contiguous(**last)
    weight = torch.randn(filters, shape[1], *kernel, generator=random)
    bias = torch.randn(filters, generator=random)
    wanted = torch.conv2d(data, weight, bias, stride, pad, dilate)
    heads = torch.randn(wanted.shape, generator=random).contiguous(**last)
    residual = torch.randn(shape, generator=random)
    arguments = (heads, data, weight, None, stride, pad, dilate, False, (0, 0), 1)
    by_data, by_weight, _ = torch.ops.aten.convolution_backward(*arguments, (True, True, False))
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        convolution = get_op("_im2col_convolution")(num_filter=filters, **geometry)
        derivative = get_op("_im2col_data")(with_residual=True, **geometry)
        found = [
            (convolution.forward(data, weight, bias, out=None, workspace=None), wanted),
            (
                derivative.forward(heads, weight, data, residual, out=None, workspace=None),
                by_data + residual,
            ),
            (
                get_op("_im2col_weight")(**geometry).forward(heads, data, out=None, workspace=None),
                by_weight,
            ),
        ]
    finally:
        torch.set_num_threads(before)
    for result, reference in found:
        assert result.shape == reference.shape
        assert (result - reference).abs().max() <= 1e-5 * reference.abs().max()


def network():
    def convolution(data, filters, kernel, name, **rest):
        return mx.sym.Convolution(data, num_filter=filters, kernel=kernel, name=name, **rest)

    data = mx.sym.Variable("data")
    net = convolution(data, 20, (5, 5), "a")
    net = mx.sym.relu(convolution(net, 40, (5, 5), "b", pad=(2, 2)))
    half = {"stride": (2, 2), "no_bias": True}
    both = convolution(net, 24, (1, 1), "c", **half) + convolution(
        net, 24, (3, 3), "d", pad=(1, 1), stride=(2, 2)
    )
    net = mx.sym.Pooling(mx.sym.relu(both), global_pool=True, pool_type="avg", kernel=(1, 1))
    return mx.sym.LinearRegressionOutput(mx.sym.Flatten(net), name="out")


def trained(grad_req, monitored=False):
    shapes = {"data": (3, 3, 13, 14), "out_label": (3, 24)}
    executor = network().simple_bind(mx.cpu(), grad_req=grad_req, **shapes)
    rng = np.random.RandomState(0)
    for array in executor.arg_arrays:
        array[:] = rng.randn(*array.shape) * 0.3
    for _ in range(2):
        executor.forward(is_train=True)
        executor.backward()
    gradients = {n: g.asnumpy() for n, g in executor.grad_dict.items() if g is not None}
    return executor, {**gradients, "out": executor.outputs[0].asnumpy()}


def operators(executor):
    program = executor._program(True)
    return [i.node.op for part in (program.forward, program.backward) for i in part.instructions]


@pytest.mark.parametrize("grad_req", ["write", "add"])
def test_training(monkeypatch, grad_req):
    executor, found = trained(grad_req)
    ops = operators(executor)
    names = [op.op_name for op in ops]
    assert {"_im2col_convolution", "_im2col_data", "_im2col_weight"} <= set(names)
    assert "_grad_add" not in names  # a derivative is added to the other one
    assert any(op.op_name == "_im2col_data" and op.with_residual for op in ops)
    monkeypatch.setenv("MXNET_USE_FUSION", "0")
    plain, wanted = trained(grad_req)
    assert not any(op.op_name.startswith("_im2col") for op in operators(plain))
    largest = max(np.abs(value).max() for value in wanted.values())
    for name, value in wanted.items():
        np.testing.assert_allclose(found[name], value, 1e-4, 1e-5 * largest, err_msg=name)


def test_the_plan_counts_what_kernels_need():
    shapes = {"data": (3, 3, 13, 14), "out_label": (3, 24)}
    report = network().plan_memory(grad_req="write", **shapes)
    assert report.total == trained("write")[0].memory.total
    executor = network().simple_bind(mx.cpu(), check=True, **shapes)
    executor.forward(is_train=True)
    executor.backward()


@pytest.mark.parametrize("name", ["_im2col_convolution", "_im2col_data", "_im2col_weight"])
def test_more_threads_than_planned(name, monkeypatch):
    """Each thread has memory of its own, and none writes behind what was planned for fewer."""
    from mxnet.kernels import im2col

    asked, own_memory = [], im2col.own_memory
    monkeypatch.setattr(im2col, "own_memory", lambda size: asked.append(size) or own_memory(size))
    data, weight, heads = (
        torch.ones(8, 20, 24, 24),
        torch.ones(50, 20, 5, 5),
        torch.ones(8, 50, 20, 20),
    )
    arrays = {
        "_im2col_convolution": (data, weight),
        "_im2col_data": (heads, weight, data),
        "_im2col_weight": (heads, data),
    }[name]
    filters = {"num_filter": 50, "no_bias": True} if name == "_im2col_convolution" else {}
    op = get_op(name)(kernel=(5, 5), **filters)
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        shapes = [(each.shape, "float32") for each in arrays]
        (count,), _ = op.workspace(shapes, ())
        memory = torch.full((count + (1 << 20),), 7.0)
        op.forward(*arrays, out=None, workspace=memory[:count])
        assert not asked
        torch.set_num_threads(4)
        op.forward(*arrays, out=None, workspace=memory[:count])
        assert len(asked) == 1
    finally:
        torch.set_num_threads(before)
    assert (memory[count:] == 7).all()
