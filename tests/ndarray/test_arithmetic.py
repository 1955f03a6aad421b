"""Python's operators on arrays: values, dtypes, devices, and what they refuse."""

import numpy as np
import pytest

import mxnet as mx
from mxnet import nd


@pytest.fixture
def x():
    return nd.array([[0, 1, 2], [3, 4, 5]])


@pytest.fixture
def i():
    return nd.array([1, 2, 3], dtype="int32")


INTEGERS = nd.array([-7, 7, 7], dtype="int32")


@pytest.mark.parametrize(
    ("compute", "expected"),
    [
        (lambda x: x + x, [[0, 2, 4], [6, 8, 10]]),
        (lambda x: x + nd.array([1, 2, 3]), [[1, 3, 5], [4, 6, 8]]),
        (lambda x: x - 1, [[-1, 0, 1], [2, 3, 4]]),
        (lambda x: 1 - x, [[1, 0, -1], [-2, -3, -4]]),
        (lambda x: x * np.float32(2), [[0, 2, 4], [6, 8, 10]]),
        (lambda x: np.float32(2) * x, [[0, 2, 4], [6, 8, 10]]),
        (lambda x: np.float64(2) + x, [[2, 3, 4], [5, 6, 7]]),
        (lambda x: x / 2, [[0, 0.5, 1], [1.5, 2, 2.5]]),
        (lambda x: 6 / (x + 1), [[6, 3, 2], [1.5, 1.2, 1]]),
        (lambda x: x + True, [[1, 2, 3], [4, 5, 6]]),
        (lambda x: x**2, [[0, 1, 4], [9, 16, 25]]),
        (lambda x: 2**x, [[1, 2, 4], [8, 16, 32]]),
        (lambda x: -x, [[0, -1, -2], [-3, -4, -5]]),
        (lambda x: x % 0, [[0, 0, 0], [0, 0, 0]]),
        (lambda x: (x - 2.5) % 2, [[1.5, 0.5, 1.5], [0.5, 1.5, 0.5]]),
        (lambda x: (x - 2.5) % -2, [[-0.5, -1.5, -0.5], [-1.5, -0.5, -1.5]]),
        (lambda x: x > 2, [[0, 0, 0], [1, 1, 1]]),
        (lambda x: 2 > x, [[1, 1, 0], [0, 0, 0]]),  # noqa: SIM300
        (lambda x: x >= nd.array([1, 2, 3]), [[0, 0, 0], [1, 1, 1]]),
        (lambda x: x != 1, [[1, 0, 1], [1, 1, 1]]),
        (lambda x: x == x, [[1, 1, 1], [1, 1, 1]]),
        (lambda x: nd.maximum(2, x), [[2, 2, 2], [3, 4, 5]]),
        (lambda x: nd.minimum(x, nd.array([1, 1, 9])), [[0, 1, 2], [1, 1, 5]]),
        (lambda x: nd.logical_xor(x, 1), [[1, 0, 0], [0, 0, 0]]),
        (lambda x: nd.greater(1, x), [[1, 0, 0], [0, 0, 0]]),
        (lambda x: nd.subtract(1, x), [[1, 0, -1], [-2, -3, -4]]),
    ],
)
def test_floating(x, compute, expected):
    result = compute(x)
    assert type(result) is nd.NDArray
    assert result.dtype is np.float32
    np.testing.assert_allclose(result.asnumpy(), expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("compute", "expected"),
    [
        (lambda i: i / 2, [0, 1, 1]),
        (lambda i: 2.5 / i, [2, 1, 0]),
        (lambda i: i + 0.5, [1, 2, 3]),
        (lambda i: i * 0.5, [0, 0, 0]),
        (lambda i: i - 2.7, [-1, 0, 1]),
        (lambda i: (i - 5) % 3, [2, 0, 1]),
        (lambda i: 7 % (i * -1), [0, -1, -2]),
        (lambda i: INTEGERS / nd.array([2, -2, 2], dtype="int32"), [-3, -3, 3]),
        (lambda i: INTEGERS % nd.array([2, -2, 0], dtype="int32"), [1, -1, 0]),
        (lambda i: i**0.5, [1, 1, 1]),
        (lambda i: i**-1, [1, 0, 0]),
        (lambda i: 2**i, [2, 4, 8]),
        (lambda i: i == 2.5, [0, 1, 0]),
        (lambda i: i > 1.5, [0, 1, 1]),
        (lambda i: nd.modulo(i, 2), [1, 0, 1]),
    ],
)
def test_integers_stay_integers(i, compute, expected):
    result = compute(i)
    assert result.dtype is np.int32
    assert result.asnumpy().tolist() == expected


@pytest.mark.parametrize(
    ("dtype", "compute", "expected"),
    [
        ("uint8", lambda a: a - 5, [254, 195]),
        ("uint8", lambda a: a + 300, [47, 244]),
        ("uint8", lambda a: -a, [253, 56]),
        ("uint8", lambda a: a * -1, [253, 56]),
        ("uint8", lambda a: a * 3.7, [9, 88]),
        ("uint8", lambda a: a > -1, [0, 0]),
        ("uint8", lambda a: a == 259, [1, 0]),
        ("int64", lambda a: a + (2**53 + 1), [2**53 + 4, 2**53 + 201]),
        ("bool", lambda a: a + 1, [2, 2]),
    ],
)
def test_integers_wrap_around(dtype, compute, expected):
    assert compute(nd.array([3, 200], dtype=dtype)).asnumpy().tolist() == expected


@pytest.mark.parametrize("update", ["+= 1", "-= 1", "*= 2", "/= 2", "%= 2", "+= row"])
def test_in_place_writes_the_same_memory(x, update):
    scope = {"x": x, "row": nd.array([1, 1, 1])}
    expected = x.asnumpy()
    view = x[1]
    exec(f"x {update}", scope)
    exec(f"x {update}", plain := {"x": expected, "row": np.ones(3, "float32")})
    assert scope["x"] is x
    np.testing.assert_array_equal(x.asnumpy(), plain["x"])
    np.testing.assert_array_equal(view.asnumpy(), plain["x"][1])


def test_in_place_of_overlapping_memory(x):
    x -= x[0:1]
    assert x.asnumpy().tolist() == [[0, 0, 0], [3, 3, 3]]


def test_in_place_of_integers(i):
    same = i
    i /= 2
    i += 0.7
    assert i is same
    assert i.asnumpy().tolist() == [0, 1, 1]


@pytest.mark.parametrize("shape", [(3,), (1, 3)])
def test_in_place_cannot_grow(x, shape):
    small = nd.ones(shape)
    with pytest.raises(mx.MXNetError, match=r"\(2, 3\)"):
        small += x


@pytest.mark.parametrize(
    "compute",
    [
        lambda x: x + None,
        lambda x: x == None,  # noqa: E711
        lambda x: x != "a",
        lambda x: x + np.ones((2, 3)),
        lambda x: np.ones((2, 3)) + x,
        lambda x: x * [1, 2, 3],
        lambda x: (1, 2) + x,
        lambda x: x + 1j,
        lambda x: x < mx.sym.Variable("a"),
        lambda x: nd.add(x, np.ones(3)),
        lambda x: x // 2,
        lambda x: x @ x,
        lambda x: +x,
        lambda x: float(x[0, 0]),
        lambda x: [1, 2][x[0, 0]],
    ],
)
def test_type_errors(x, compute):
    with pytest.raises(TypeError):
        compute(x)


@pytest.mark.parametrize(
    ("compute", "message"),
    [
        (lambda x, i: x + nd.ones((4,)), r"\(2, 3\).*\(4,\)"),
        (lambda x, i: x + i, "int32"),
        (lambda x, i: x == i, "int32"),
        (lambda x, i: x / nd.zeros((2, 3), dtype="float64"), "float64"),
        (lambda x, i: nd.maximum(x, i), "int32"),
    ],
)
def test_arrays_that_do_not_fit(x, i, compute, message):
    with pytest.raises(mx.MXNetError, match=message):
        compute(x, i)


def test_the_left_array_says_where_the_result_is(x):
    other = nd.array([1.0], ctx=mx.cpu(1))
    assert (x + other).context == mx.cpu(0)
    assert (other + x).context == mx.cpu(1)
    assert (2 * other > 1).context == mx.cpu(1)


def test_functions_of_numbers_return_numbers():
    assert (nd.add(2, 3), nd.power(2, 3), nd.maximum(2, 3), nd.true_divide(6, 4)) == (5, 8, 3, 1.5)
    assert (nd.equal(1, 2), nd.lesser_equal(1, 2), nd.logical_xor(1, 2)) == (0, 1, 0)


def test_truth(x):
    assert bool(nd.array([3])) is True
    assert bool(nd.zeros((1, 1))) is False
    assert bool(nd.empty((0,))) is False
    with pytest.raises(ValueError, match="ambiguous"):
        bool(x)
    assert x in [x]


def test_half_precision_does_not_become_single():
    half = nd.array([1, 2], dtype="float16")
    for result in (half + 1, 1 / half, half * half, half > 1, -half, half**2):
        assert result.dtype is np.float16
