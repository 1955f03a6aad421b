"""Reading and writing parts: values, what is a view, what is refused."""

import numpy as np
import pytest

import mxnet as mx
from mxnet import nd

Y = np.arange(24, dtype="float32").reshape(2, 3, 4)
i01, i12 = [0, 1], [1, 2]

BASIC = [
    0, -1, (0, 0), slice(0, 1), slice(0, 5), slice(5, None), slice(1, 1), slice(None, None, -1),
    slice(None, None, 2), (slice(None), 1), (slice(None), slice(1, 2)), (..., 1), ..., None,
    (None, 0), (0, None), (slice(None), None, 1), (..., None), (0, ..., 0), (), True, np.int64(1),
    (1, 2, slice(1, 3)), (slice(None), -1, slice(None, None, 2)),
    (slice(None), slice(None, None, -1)), (slice(None), slice(3, 0, -1)),
    (slice(None, None, -1), 0), (slice(-5, -1),), slice(2, 1),
]  # fmt: skip
ADVANCED = [
    i01, (i01, i12), (i01, slice(None), i12), (slice(None), i01, i12), (i01, 0), [0, -1],
    np.array(i01), (np.array(i01), np.array([1, 0])), np.array([[0, 1], [1, 0]]), ([0], i01),
    ([[0], [1]], i01), (0, slice(None), i01), (i01, slice(None), 1), (slice(None), i01, 1),
    (None, i01), (i01, None, i01), (..., i01), (slice(None, None, -1), i01), (1, i01, [1, 1]),
    (i01, slice(0, 1), i01), (slice(None), i01, slice(0, 2)), range(2), (0, 0, [0]),
    ([0], [0], [0]), (slice(None), i01, slice(None, None, -2)), [],
]  # fmt: skip


def as_numpy_key(key):
    """Lists without elements are integers for us and floats for numpy."""
    return np.zeros(0, int) if isinstance(key, list) and not key else key


@pytest.mark.parametrize("key", BASIC + ADVANCED, ids=str)
def test_get_agrees_with_numpy(key):
    expected = Y[int(key) if key is True else as_numpy_key(key)]
    got = nd.array(Y)[key]
    assert got.shape == (expected.shape or (1,))
    np.testing.assert_array_equal(got.asnumpy(), expected.reshape(got.shape))


@pytest.mark.parametrize("key", BASIC + ADVANCED, ids=str)
@pytest.mark.parametrize("value", ["number", "array", "numpy", "list"])
def test_set_agrees_with_numpy(key, value):
    expected, got = Y.copy(), nd.array(Y)
    numpy_key = int(key) if key is True else as_numpy_key(key)
    part = -1 - np.arange(expected[numpy_key].size, dtype="float32")
    part = part.reshape(expected[numpy_key].shape)
    expected[numpy_key] = 7 if value == "number" else part
    as_list = part.tolist() if part.size else 7  # an empty list does not say its shape
    got[key] = {"number": 7, "array": nd.array(part), "numpy": part, "list": as_list}[value]
    np.testing.assert_array_equal(got.asnumpy(), expected)


@pytest.mark.parametrize(
    "key",
    [0, 1, slice(0, 1), slice(None), ..., None, (1, 2), (1, slice(1, None)), (1, ...), (1, None),
     (slice(0, 1), slice(0, 2)), (slice(None), slice(0, 3)), slice(None, None, 2), (1, None, 1),
     ()],
    ids=str,
)  # fmt: skip
def test_views(key):
    x = nd.array([[0, 1, 2], [3, 4, 5]])
    expected = x.asnumpy()
    part = x[key]
    part[:] = 9
    expected[key] = 9
    np.testing.assert_array_equal(x.asnumpy(), expected)


@pytest.mark.parametrize(
    "take",
    [lambda x: x[:, 1], lambda x: x[0:2, 0:2], lambda x: x[:, 0:1], lambda x: x[[1]],
     lambda x: x[::-1], lambda x: x[None, :, 1], lambda x: x[nd.array([1])], lambda x: x.T,
     lambda x: x.copy(), lambda x: x.astype("float32"), lambda x: nd.array(x),
     lambda x: x.flatten(), lambda x: x.copyto(mx.cpu(1)), lambda x: x.tostype("default")],
)  # fmt: skip
def test_copies(take):
    x = nd.array([[0, 1, 2], [3, 4, 5]])
    take(x)[:] = 9
    assert x.asnumpy().tolist() == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize(
    "take",
    [lambda x: x.reshape(3, 2), lambda x: x.reshape((-1,)), lambda x: x.detach(),
     lambda x: x.astype("float32", copy=False), lambda x: x.as_in_context(mx.cpu(0)),
     lambda x: x.flatten(inplace=True), lambda x: x.expand_dims(0, inplace=True),
     lambda x: x[0:2].reshape(2, 3)],
)  # fmt: skip
def test_views_of_methods(take):
    x = nd.array([[0, 1, 2], [3, 4, 5]])
    take(x)[:] = 9
    assert (x.asnumpy() == 9).all()


@pytest.mark.parametrize(
    ("key", "error"),
    [(2, IndexError), (-3, IndexError), ((0, 5), IndexError), ((0, 0, 0), IndexError),
     ((..., ...), IndexError), ([5], IndexError), ([[0, 1], [5, 1]], IndexError),
     (1.0, ValueError), ("a", ValueError), (np.float32(1), ValueError), (np.True_, ValueError),
     ({}, ValueError), (slice(0, 2, 0), ValueError), (slice(1.0, 2), TypeError),
     ([0, [1]], TypeError), (([0, 1], [0, 1, 1]), IndexError)],
    ids=str,
)  # fmt: skip
def test_keys_that_do_not_exist(key, error):
    x = nd.array([[0, 1, 2], [3, 4, 5]])
    with pytest.raises(error):
        x[key]
    with pytest.raises(error):
        x[key] = 1
    assert x.asnumpy().tolist() == [[0, 1, 2], [3, 4, 5]]


def test_booleans_are_integers():
    x = nd.array([[0, 1, 2], [3, 4, 5]])
    rows = [[3, 4, 5], [0, 1, 2]]
    assert x[[True, False]].asnumpy().tolist() == rows
    assert x[np.array([True, False])].asnumpy().tolist() == rows
    assert x[nd.array([1.9, 0.2])].asnumpy().tolist() == rows
    with pytest.raises(ValueError, match="boolean"):
        x[nd.array([1, 0], dtype="bool")]


@pytest.mark.parametrize(
    ("value", "error"),
    [(nd.ones((4,)), ValueError), (np.ones((4,)), ValueError), (nd.ones((3, 2)), ValueError),
     (nd.ones((6,)), ValueError), ("a", TypeError), ([[1, 2], [3]], TypeError), (1j, TypeError)],
)  # fmt: skip
def test_values_that_do_not_fit(value, error):
    x = nd.zeros((2, 3))
    for key in (slice(None), [0, 1]):
        with pytest.raises(error):
            x[key] = value
    assert not x.asnumpy().any()


@pytest.mark.parametrize(
    ("dtype", "value", "expected"),
    [("int32", 2.9, 2), ("int32", -2.9, -2), ("int32", 2**31, -(2**31)), ("uint8", -1, 255),
     ("uint8", 300.7, 44), ("int32", float("nan"), -(2**31)), ("int64", 2**60 + 1, 2**60 + 1),
     ("bool", 2, True), ("uint8", np.array([300.7]), 44), ("uint8", nd.array([-1.5]), 255),
     ("float32", True, 1), ("int32", np.array([2.9]), 2)],
    ids=str,
)  # fmt: skip
def test_values_are_cast(dtype, value, expected):
    x = nd.array([1, 2], dtype=dtype)
    x[0] = value
    x[1:] = value
    assert x.asnumpy().tolist() == [expected, expected]
    assert nd.full((1,), value, dtype=dtype).asnumpy().tolist() == [expected]


def test_none_is_nan_for_floats_only():
    x = nd.zeros((2,))
    x[:] = None
    assert np.isnan(x.asnumpy()).all()
    with pytest.raises(TypeError):
        nd.zeros((2,), dtype="int32")[:] = None


def test_assigning_parts_of_the_same_array():
    x = nd.array([0, 1, 2, 3])
    x[1:] = x[:-1]
    assert x.asnumpy().tolist() == [0, 0, 1, 2]
    x[[0, 1, 2, 3]] = x[::-1]
    assert x.asnumpy().tolist() == [2, 1, 0, 0]


def test_rows():
    x = nd.array([[0, 1], [2, 3]])
    assert len(x) == 2
    assert [row.asnumpy().tolist() for row in x] == [[0, 1], [2, 3]]
    for row in x:
        row += 1
    assert x.asnumpy().tolist() == [[1, 2], [3, 4]]
    with pytest.raises(TypeError):
        len(nd.array(3))


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((3, 8), (3, 8)), (-1, (24,)), ((0, -1), (2, 12)), (-2, (2, 3, 4)), ((-3, 0), (6, 4)),
     ((-3, -2), (6, 4)), ((-4, 1, 2, -2), (1, 2, 3, 4)), ((0, -4, -1, 1, 0), (2, 3, 1, 4)),
     ((0, 0, -4, 2, -1), (2, 3, 2, 2))],
    ids=str,
)  # fmt: skip
def test_reshape(shape, expected):
    y = nd.array(Y)
    assert y.reshape(shape).shape == expected
    assert y.reshape(shape=shape).shape == expected
    if isinstance(shape, tuple):
        assert y.reshape(*shape).shape == y.reshape(list(shape)).shape == expected


def test_reshape_from_the_right():
    assert nd.ones((8, 3, 3, 3, 4, 4)).reshape((0, 0, -3, -3), reverse=True).shape == (8, 3, 9, 16)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [(((4, 4),), mx.MXNetError), (((5, -1),), mx.MXNetError), (((-1, -1),), mx.MXNetError),
     (((),), mx.MXNetError), (((2.0, 3),), TypeError), (("ab",), TypeError), ((), AssertionError)],
    ids=str,
)  # fmt: skip
def test_reshape_errors(arguments, error):
    with pytest.raises(error):
        nd.ones((2, 3)).reshape(*arguments)


def test_squeeze_in_place():
    x = nd.ones((1, 2, 1))
    assert x.squeeze(inplace=True).shape == (2,)
    assert x.squeeze((0, -1), inplace=True).shape == (2,)
    assert nd.ones((1, 1)).squeeze(inplace=True).shape == (1,)
    with pytest.raises(AssertionError):
        x.squeeze(1, inplace=True)
