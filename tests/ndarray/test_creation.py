"""Making arrays: dtypes, devices, shapes, and what is shared with numpy, torch and others."""

import copy
import pickle

import numpy as np
import pytest
import torch

import mxnet as mx
from mxnet import nd


@pytest.mark.parametrize(
    ("make", "dtype", "expected"),
    [
        (lambda: nd.array([1, 2]), np.float32, [1, 2]),
        (lambda: nd.array(np.array([1, 2], "uint8")), np.float32, [1, 2]),
        (lambda: nd.array(nd.array([1, 2], dtype="int8")), np.int8, [1, 2]),
        (lambda: nd.array([300, -1], dtype="uint8"), np.uint8, [44, 255]),
        (lambda: nd.array([1.7, -1.7], dtype=int), np.int64, [1, -1]),
        (lambda: nd.array(np.arange(3)[::-1]), np.float32, [2, 1, 0]),
        (lambda: nd.array(np.arange(2, dtype=">i4"), dtype="int32"), np.int32, [0, 1]),
        (lambda: nd.array(range(3)), np.float32, [0, 1, 2]),
        (lambda: nd.array([nd.array([1]), nd.array([2])]), np.float32, [[1], [2]]),
        (lambda: nd.array(3), np.float32, 3),
        (lambda: nd.array([]), np.float32, []),
        (lambda: nd.zeros(2), np.float32, [0, 0]),
        (lambda: nd.zeros((2,), dtype=None), np.float32, [0, 0]),
        (lambda: nd.ones([2], dtype=np.dtype("int32")), np.int32, [1, 1]),
        (lambda: nd.full((2,), 7.7, dtype="int32"), np.int32, [7, 7]),
        (lambda: nd.full((2, 2), nd.array([3, 4])), np.float32, [[3, 4], [3, 4]]),
        (lambda: nd.arange(5), np.float32, [0, 1, 2, 3, 4]),
        (lambda: nd.arange(2, 5, 0.5), np.float32, [2, 2.5, 3, 3.5, 4, 4.5]),
        (lambda: nd.arange(5, 2, -1, dtype="int32"), np.int32, [5, 4, 3]),
        (lambda: nd.arange(0, 6, 2, repeat=2), np.float32, [0, 0, 2, 2, 4, 4]),
        (lambda: nd.eye(2, 3, 1), np.float32, [[0, 1, 0], [0, 0, 1]]),
        (lambda: nd.eye(2, dtype="int32"), np.int32, [[1, 0], [0, 1]]),
        (lambda: nd.linspace(0, 1, 5), np.float32, [0, 0.25, 0.5, 0.75, 1]),
        (lambda: nd.linspace(0, 10, 5, dtype="int32"), np.int32, [0, 2, 5, 7, 10]),
        (lambda: nd.linspace(0, 1, 2, endpoint=False), np.float32, [0, 0.5]),
        (lambda: nd.concatenate([nd.ones((1, 2)), nd.zeros((1, 2))]), np.float32, [[1, 1], [0, 0]]),
    ],
)
def test_values(make, dtype, expected):
    made = make()
    assert made.dtype is dtype
    assert made.context == mx.cpu(0)
    assert made.asnumpy().tolist() == expected


def test_arange_rounds_as_its_dtype_does():
    expected = np.float32(0.3) * np.arange(4, dtype="float32")
    np.testing.assert_array_equal(nd.arange(0, 1, 0.3).asnumpy(), expected)


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: nd.zeros((0, 3)), mx.MXNetError),
        (lambda: nd.ones(()), mx.MXNetError),
        (lambda: nd.zeros((-1,)), mx.MXNetError),
        (lambda: nd.zeros((2, 3.0)), mx.MXNetError),
        (lambda: nd.zeros("abc"), mx.MXNetError),
        (lambda: nd.zeros((2,), foo=1), mx.MXNetError),
        (lambda: nd.zeros((2**40, 2**40)), mx.MXNetError),
        (lambda: nd.zeros((2,), out=nd.ones((3,))), mx.MXNetError),
        (lambda: nd.zeros((2,), ctx="cpu"), mx.MXNetError),
        (lambda: nd.zeros((2,), dtype="foo"), TypeError),
        (lambda: nd.array([[1, 2], [3]]), TypeError),
        (lambda: nd.array("abc"), TypeError),
        (lambda: nd.array([1 + 2j]), TypeError),
        (lambda: nd.arange(5, 2), mx.MXNetError),
        (lambda: nd.arange(0, 10, 0), mx.MXNetError),
        (lambda: nd.linspace(0, 1, 2.5), mx.MXNetError),
        (lambda: nd.eye(-1), mx.MXNetError),
        (lambda: nd.concatenate([nd.ones((2,)), nd.ones((2,), dtype="int32")]), AssertionError),
        (lambda: nd.concatenate([]), AssertionError),
        (lambda: nd.moveaxis(nd.ones((2, 3)), 0, 2), ValueError),
        (lambda: nd.moveaxis(nd.ones((2, 3)), [0, 0], [0, 1]), ValueError),
        (lambda: nd.zeros((2,), stype="foo"), ValueError),
    ],
)
def test_errors(make, error):
    with pytest.raises(error):
        make()


def test_missing_gpu():
    if mx.num_gpus() == 0:
        with pytest.raises(mx.MXNetError, match="gpu"):
            nd.array([1, 2], ctx=mx.gpu(0))


def test_sizes_of_numpy():
    assert nd.empty((0, 3)).shape == (0, 3)
    with mx.util.np_shape():
        assert nd.zeros((0, 3)).shape == (0, 3)
        assert nd.ones(()).asscalar() == 1
    assert not mx.util.is_np_shape()


def test_out():
    x = nd.ones((2, 3))
    assert nd.zeros((2, 3), out=x) is x
    assert not x.asnumpy().any()
    assert nd.full((2, 3), 7, out=x) is x
    assert x.asnumpy().min() == 7


def test_current_context():
    with mx.cpu(3):
        for made in (nd.array([1]), nd.zeros((1,)), nd.arange(2), nd.eye(2), nd.linspace(0, 1, 2)):
            assert made.context == made.ctx == mx.cpu(3)


def test_facts():
    x = nd.array([[0, 1, 2], [3, 4, 5]])
    assert (x.shape, x.size, x.ndim, x.dtype, x.stype) == ((2, 3), 6, 2, np.float32, "default")
    assert repr(x) == "\n[[0. 1. 2.]\n [3. 4. 5.]]\n<NDArray 2x3 @cpu(0)>"
    assert hash(x) != hash(nd.array([1]))
    assert x.grad is None
    assert nd.ones((2,), dtype="bfloat16").asnumpy().dtype == np.float32


def test_asnumpy_is_a_copy():
    x = nd.zeros((2,))
    x.asnumpy()[:] = 1
    np.asarray(x)[:] = 1
    assert not x.asnumpy().any()


def test_asscalar():
    found = nd.array([[5]], dtype="int32").asscalar()
    assert found == 5
    assert type(found) is np.int32
    with pytest.raises(ValueError, match="scalar"):
        nd.ones((2,)).asscalar()


def test_from_numpy_shares_memory():
    source = np.ones((2, 3), "float64")
    x = nd.from_numpy(source)
    assert x.dtype is np.float64
    x[:] = 3
    assert source.tolist() == [[3] * 3] * 2
    assert not source.flags.writeable
    copied = nd.from_numpy(source, zero_copy=False)
    copied[:] = 4
    assert source.max() == 3


def test_from_numpy_keeps_read_only_memory_read_only():
    source = np.ones((2, 3), "float32")
    source.flags.writeable = False
    x = nd.from_numpy(source)
    for part in (x, x[0:1].reshape(-1), x.detach()):
        with pytest.raises(ValueError, match="read-only"):
            part[:] = 0
        with pytest.raises(ValueError, match="read-only"):
            part += 1
    assert (x + 1).asnumpy().max() == 2
    assert source.min() == 1


@pytest.mark.parametrize("source", [np.ones((2, 3)).T, np.ones(3, "complex64")])
def test_from_numpy_errors(source):
    with pytest.raises(ValueError):
        nd.from_numpy(source)


def test_torch_shares_memory():
    tensor = torch.zeros(2, 3)
    x = nd.from_torch(tensor)
    x[0] = 1
    assert tensor.sum() == 3
    x.to_torch()[1] = 2
    assert x.asnumpy().sum() == 9
    assert torch.from_dlpack(x).data_ptr() == tensor.data_ptr()
    assert not nd.from_torch(torch.zeros(2, requires_grad=True)).to_torch().requires_grad


@pytest.mark.parametrize("export", [nd.to_dlpack_for_read, nd.to_dlpack_for_write])
def test_dlpack(export):
    x = nd.array([1, 2], dtype="int32")
    capsule = export(x)
    y = nd.from_dlpack(capsule)
    y[:] = 9
    assert x.asnumpy().tolist() == [9, 9]
    for wrong in (capsule, 3):
        with pytest.raises(AssertionError):
            nd.from_dlpack(wrong)


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16", "uint8", "bool", "int64"])
@pytest.mark.parametrize("shape", [(2, 2), (), (0, 3)])
def test_pickle(dtype, shape):
    x = nd.empty(shape, dtype=dtype, ctx=mx.cpu(1))
    x[...] = 1
    y = pickle.loads(pickle.dumps(x))
    assert (y.dtype, y.shape, y.context) == (x.dtype, shape, mx.cpu(0))
    np.testing.assert_array_equal(y.asnumpy(), x.asnumpy())


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda x: x.copy()])
def test_copy(duplicate):
    x = nd.ones((2,), ctx=mx.cpu(1))
    y = duplicate(x)
    y[:] = 0
    assert x.asnumpy().all()
    assert y.context == mx.cpu(1)


def test_copyto():
    x = nd.array([[1.7, 2]])
    target = nd.zeros((1, 2), dtype="int32", ctx=mx.cpu(1))
    assert x.copyto(target) is target
    assert (target.asnumpy().tolist(), target.context) == ([[1, 2]], mx.cpu(1))
    assert x.copyto(x) is False
    assert x.copyto(x[:]) is False
    assert x.copyto(mx.cpu(2)).context == mx.cpu(2)
    with pytest.raises(mx.MXNetError, match="shape"):
        x.copyto(nd.zeros((2,)))
    with pytest.raises(TypeError):
        x.copyto(3)


def test_astype():
    x = nd.array([1.7, -1.7, 300])
    assert x.astype("uint8").asnumpy().tolist() == [1, 255, 44]
    assert x.astype(int).dtype is np.int64
    assert x.astype("float32") is not x
    assert x.astype("float32", copy=False) is x
    with pytest.raises(TypeError):
        x.astype("foo")


def test_attach_grad():
    x = nd.ones((2, 3), dtype="float64")
    x.attach_grad()
    assert (x.grad.shape, x.grad.dtype, float(x.grad.asnumpy().sum())) == ((2, 3), np.float64, 0)
    with pytest.raises(KeyError):
        x.attach_grad("foo")
    x.attach_grad(stype="row_sparse")
    assert (x.grad.stype, x.grad.shape, x.grad.dtype) == ("row_sparse", (2, 3), np.float64)
    with pytest.raises(mx.MXNetError, match="row_sparse"):
        x.attach_grad(stype="csr")


def test_moveaxis():
    y = nd.array(np.arange(24).reshape(2, 3, 4))
    for source, destination in [(0, 2), (-1, 0), ([0, 1], [-1, -2]), ([2, 0], [0, 1])]:
        expected = np.moveaxis(y.asnumpy(), source, destination)
        np.testing.assert_array_equal(nd.moveaxis(y, source, destination).asnumpy(), expected)


def test_functions_by_operators():
    x = nd.array([[0, 1, 2], [3, 4, 5]])
    for parts in (nd.split_v2(x, 3, axis=1), x.split_v2((1, 2), axis=1)):
        assert [part.asnumpy().tolist() for part in parts] == [[[0], [3]], [[1], [4]], [[2], [5]]]
    with pytest.raises(ValueError):
        nd.split_v2(x, 5, axis=1)
    counts, edges = nd.histogram(x, bins=3)
    assert counts.asnumpy().tolist() == [2, 2, 2]
    np.testing.assert_allclose(edges.asnumpy(), [0, 5 / 3, 10 / 3, 5], rtol=1e-6)
    encoded = nd.zeros((2, 3))
    assert nd.onehot_encode(nd.array([1, 0]), encoded) is encoded
    assert encoded.asnumpy().tolist() == [[0, 1, 0], [1, 0, 0]]


def test_stretching():
    x = nd.array([[1, 2, 3]])
    for stretched in (x.broadcast_to((2, 3)), x.broadcast_to((2, 0)), x[0].broadcast_to((2, 3)),
                      x.broadcast_like(nd.ones((2, 3)))):  # fmt: skip
        assert stretched.asnumpy().tolist() == [[1, 2, 3], [1, 2, 3]]
    with pytest.raises(ValueError, match="broadcast"):
        x.broadcast_to((2, 4))


def test_slice_assign():
    x = nd.array([[0, 1, 2], [3, 4, 5]])
    changed = x.slice_assign(nd.ones((1, 1)), (0, 1), (1, 2), (1, 1))
    assert changed.asnumpy().tolist() == [[0, 1, 2], [3, 4, 5]]
    changed = x.slice_assign_scalar(9, (0, 0), (1, 2), (1, 1))
    assert changed.asnumpy().tolist() == [[9, 9, 2], [3, 4, 5]]
    assert x.asnumpy().tolist() == [[0, 1, 2], [3, 4, 5]]
