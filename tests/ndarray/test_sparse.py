"""Sparse arrays: creation, conversion, rows, and what they refuse."""

import pickle

import numpy as np
import pytest

import mxnet as mx
from mxnet import nd
from mxnet.base import NotSupportedForSparseNDArray

DENSE = np.array([[0, 1, 0], [0, 0, 0], [2, 0, 3]], "float32")


@pytest.mark.parametrize("stype", ["csr", "row_sparse"])
@pytest.mark.parametrize("dtype", ["float32", "float16", "int32"])
def test_there_and_back(stype, dtype):
    dense = nd.array(DENSE, dtype=dtype, ctx=mx.cpu(1))
    array = dense.tostype(stype)
    assert (array.stype, array.shape, array.ndim, len(array)) == (stype, (3, 3), 2, 3)
    assert (array.dtype, array.context) == (dense.dtype, mx.cpu(1))
    assert repr(array) == f"\n<{type(array).__name__} 3x3 @cpu(1)>"
    array.check_format()
    for back in (
        array,
        array.tostype("default"),
        array.tostype(stype),
        array.copy(),
        array.copyto(nd.ones((3, 3), dtype=dtype)),
        dense.copyto(nd.zeros((3, 3), dtype=dtype, stype=stype)),
        nd.array(array),
        array.astype("float32").astype(dtype),
        pickle.loads(pickle.dumps(array)),
    ):
        np.testing.assert_array_equal(back.asnumpy(), DENSE)


def test_parts():
    csr = nd.array(DENSE).tostype("csr")
    assert csr.indptr.asnumpy().tolist() == [0, 1, 1, 3]
    assert csr.indices.asnumpy().tolist() == [1, 0, 2]
    assert csr.data.asnumpy().tolist() == [1, 2, 3]
    rows = nd.array(DENSE).tostype("row_sparse")
    assert rows.indices.asnumpy().tolist() == [0, 2]
    assert rows.data.asnumpy().tolist() == [[0, 1, 0], [2, 0, 3]]
    assert csr.indices.dtype is rows.indices.dtype is np.int64


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda s: s.csr_matrix(([1, 2, 3], [1, 0, 2], [0, 1, 1, 3]), shape=(3, 3)), DENSE),
        (lambda s: s.csr_matrix(([1, 2, 3], [1, 0, 2], [0, 1, 1, 3])), DENSE),
        (lambda s: s.csr_matrix(([3, 1, 2], ([2, 0, 2], [2, 1, 0]))), DENSE),
        (lambda s: s.csr_matrix(([3, 1, 1, 1], ([2, 0, 2, 2], [2, 1, 0, 0]))), DENSE),
        (lambda s: s.csr_matrix(nd.array(DENSE)), DENSE),
        (lambda s: s.csr_matrix(DENSE.tolist()), DENSE),
        (lambda s: s.csr_matrix(nd.array(DENSE).tostype("csr")), DENSE),
        (lambda s: s.csr_matrix((2, 3)), np.zeros((2, 3))),
        (lambda s: s.row_sparse_array((DENSE[[0, 2]], [0, 2])), DENSE),
        (lambda s: s.row_sparse_array((DENSE[[2, 0]], [2, 0]), shape=(3, 3)), DENSE),
        (lambda s: s.row_sparse_array(DENSE), DENSE),
        (lambda s: s.row_sparse_array((2, 3)), np.zeros((2, 3))),
        (lambda s: s.zeros("csr", (2, 3)), np.zeros((2, 3))),
        (lambda s: s.zeros("row_sparse", (2, 3, 4)), np.zeros((2, 3, 4))),
        (lambda s: s.zeros("default", (2, 3)), np.zeros((2, 3))),
        (lambda s: nd.empty((2, 3), stype="csr"), np.zeros((2, 3))),
    ],
)
def test_creation(make, expected):
    made = make(nd.sparse)
    assert made.dtype is np.float32
    np.testing.assert_array_equal(made.asnumpy(), expected)


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda s: s.csr_matrix(([1, 2], [1, 0], [0, 2]), shape=(2, 3)), ValueError),
        (lambda s: s.csr_matrix(([1, 2], [1], [0, 1, 2]), shape=(2, 3)), ValueError),
        (lambda s: s.csr_matrix(([1], ([5], [0])), shape=(2, 3)), ValueError),
        (lambda s: s.csr_matrix((1, 2, 3, 4)), ValueError),
        (lambda s: s.csr_matrix(np.ones((2,))), ValueError),
        (lambda s: s.csr_matrix(DENSE, shape=(4, 4)), ValueError),
        (lambda s: s.csr_matrix("a"), TypeError),
        (lambda s: s.csr_matrix(nd.array(DENSE).tostype("row_sparse")), ValueError),
        (lambda s: s.row_sparse_array(([1, 2], [0, 2]), shape=(4, 2)), ValueError),
        (lambda s: s.zeros("foo", (2, 3)), ValueError),
        (lambda s: s.zeros("csr", (2,)), mx.MXNetError),
        (lambda s: s.array(nd.ones((2,))), AssertionError),
        (lambda s: s.array(np.ones((2,))), ValueError),
        (lambda s: nd.ones((2, 3)).tostype("foo"), mx.MXNetError),
        (lambda s: nd.ones((2, 3)).tostype("csr").tostype("row_sparse"), ValueError),
        (lambda s: s.csr_matrix(([1], [9], [0, 1]), shape=(1, 3)).asnumpy(), mx.MXNetError),
        (lambda s: s.row_sparse_array(([[1]], [9]), shape=(2, 1)).asnumpy(), mx.MXNetError),
    ],
)
def test_creation_errors(make, error):
    with pytest.raises(error):
        make(nd.sparse)


@pytest.mark.parametrize(
    "make",
    [
        lambda s: s.csr_matrix(([1, 2], [1, 0], [0, 2]), shape=(1, 3)),
        lambda s: s.csr_matrix(([1, 2], [0, 1], [0, 5, 2]), shape=(2, 3)),
        lambda s: s.row_sparse_array(([[1], [2]], [2, 0])),
    ],
)
def test_check_format(make):
    with pytest.raises(mx.MXNetError):
        make(nd.sparse).check_format()


def test_retain():
    rows = nd.array(DENSE).tostype("row_sparse")
    expected = [[0, 1, 0], [0, 0, 0], [0, 0, 0]]
    assert nd.sparse.retain(rows, nd.array([0, 1])).asnumpy().tolist() == expected
    assert rows.retain(nd.array([0, 1])).asnumpy().tolist() == expected


def test_rows_of_csr():
    csr = nd.array(DENSE).tostype("csr")
    for key in (0, 2, -1, slice(1, 3), slice(0, 2), slice(None), slice(2, 1)):
        expected = DENSE[[key] if isinstance(key, int) else key]
        part = csr[key]
        part.check_format()
        np.testing.assert_array_equal(part.asnumpy(), expected)
    assert [row.asnumpy().tolist() for row in csr] == [[row] for row in DENSE.tolist()]
    for key, error in [(5, IndexError), ((0, 1), ValueError), (slice(0, 3, 2), ValueError)]:
        with pytest.raises(error):
            csr[key]


@pytest.mark.parametrize("stype", ["csr", "row_sparse"])
def test_assignment(stype):
    array = nd.zeros((3, 3), stype=stype)
    for value in (nd.array(DENSE), DENSE, nd.array(DENSE).tostype(stype), DENSE.tolist()):
        array[:] = 2 * DENSE
        array[:] = value
        np.testing.assert_array_equal(array.asnumpy(), DENSE)
    with pytest.raises(TypeError):
        array[0] = 1
    with pytest.raises(mx.MXNetError):
        array[:] = nd.ones((2, 3))
    if stype == "row_sparse":
        array[:] = 3
        assert array.asnumpy().min() == 3
    else:
        with pytest.raises(ValueError):
            array[:] = 3


@pytest.mark.parametrize("use", [lambda a: a.reshape((9,)), lambda a: a.attach_grad()])
@pytest.mark.parametrize("stype", ["csr", "row_sparse"])
def test_methods_say_what_to_do(use, stype):
    with pytest.raises(NotSupportedForSparseNDArray, match="tostype"):
        use(nd.array(DENSE).tostype(stype))


def test_scipy():
    scipy = pytest.importorskip("scipy.sparse")
    csr = nd.array(DENSE).tostype("csr")
    assert (csr.asscipy().toarray() == DENSE).all()
    for source in (scipy.csr_matrix(DENSE), scipy.coo_matrix(DENSE)):
        for made in (nd.array(source), nd.sparse.array(source), nd.sparse.csr_matrix(source)):
            np.testing.assert_array_equal(made.asnumpy(), DENSE)
