"""Operators on sparse arrays: the numbers of dense ones, in the storage types of 1.9.1."""

import logging
import operator

import numpy as np
import pytest

import mxnet as mx
from mxnet import autograd, nd
from mxnet.ndarray import sparse_dispatch

RANDOM = np.random.RandomState(0)


def few(*shape):
    values = RANDOM.uniform(-2, 2, shape) * (RANDOM.uniform(size=shape) < 0.4)
    return values.astype("float32")


LEFT, RIGHT = few(5, 4), few(5, 4)
LEFT[1] = RIGHT[3] = 0
DENSE, ROWS, CSR = "default", "row_sparse", "csr"


def stored(values, stype):
    return nd.array(values).tostype(stype)


def check(result, stype, expected):
    assert result.stype == stype
    if stype != DENSE:
        result.check_format()
    np.testing.assert_allclose(result.asnumpy(), expected, rtol=1e-5, atol=1e-6)


# -- two arrays ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("right", [DENSE, ROWS, CSR])
@pytest.mark.parametrize("left", [DENSE, ROWS, CSR])
@pytest.mark.parametrize("name", ["add", "sub", "mul", "truediv", "gt", "eq"])
def test_two_arrays(name, left, right):
    compute = getattr(operator, name)
    other = RIGHT + 3 if name == "truediv" else RIGHT
    sparse = left if left == right else DENSE
    if name in ("truediv", "gt", "eq"):
        sparse = DENSE
    elif name == "mul" and right == DENSE:
        sparse = left
    expected = compute(LEFT, other).astype("float32")
    check(compute(stored(LEFT, left), stored(other, right)), sparse, expected)


@pytest.mark.parametrize("right", [DENSE, ROWS, CSR])
@pytest.mark.parametrize("left", [DENSE, ROWS, CSR])
@pytest.mark.parametrize("name", ["add", "subtract", "multiply"])
def test_functions(name, left, right):
    found = getattr(nd.sparse, name)(stored(LEFT, left), stored(RIGHT, right))
    stype = left if left == right else DENSE
    if name == "multiply" and DENSE in (left, right):
        stype = left if right == DENSE else right
    check(found, stype, getattr(np, name)(LEFT, RIGHT))
    same = getattr(nd, name)(stored(LEFT, left), stored(RIGHT, right))
    np.testing.assert_array_equal(same.asnumpy(), found.asnumpy())


def test_functions_of_numbers():
    array = stored(LEFT, CSR)
    check(nd.sparse.multiply(array, 2), CSR, LEFT * 2)
    check(nd.sparse.add(1, array), DENSE, LEFT + 1)
    assert nd.sparse.divide(6, 3) == 2
    check(nd.add(array, 1), DENSE, LEFT + 1)


@pytest.mark.parametrize("stype", [ROWS, CSR])
def test_stored_twice_and_in_any_order(stype):
    if stype == CSR:
        array = nd.sparse.csr_matrix(([1.0, 2, 4], [2, 0, 2], [0, 0, 3]), shape=(2, 3))
        expected = np.array([[0, 0, 0], [2, 0, 5]])
    else:
        array = nd.sparse.row_sparse_array(([[1.0], [2], [4]], [2, 0, 2]), shape=(3, 1))
        expected = np.array([[2], [0], [5]])
    check(array + array, stype, 2 * expected)
    other = nd.array(np.arange(expected.size).reshape(expected.shape)).tostype(stype)
    check(array * other, stype, expected * other.asnumpy())


@pytest.mark.parametrize(
    ("shape", "name", "stype"),
    [
        ((1, 4), "mul", CSR),
        ((5, 1), "mul", CSR),
        ((4,), "mul", CSR),
        ((1, 4), "div", CSR),
        ((1, 4), "add", DENSE),
        ((5, 4), "div", DENSE),
    ],
)
def test_stretched(shape, name, stype):
    other = RANDOM.uniform(1, 2, shape).astype("float32")
    found = getattr(nd, f"broadcast_{name}")(stored(LEFT, CSR), nd.array(other))
    numpy = {"mul": np.multiply, "div": np.divide, "add": np.add}[name]
    check(found, stype, numpy(LEFT, other))


def test_shapes_and_types_have_to_fit():
    with pytest.raises(mx.MXNetError):
        nd.elemwise_add(stored(LEFT, CSR), stored(few(4, 5), CSR))
    with pytest.raises(mx.MXNetError):
        stored(LEFT, CSR) + stored(RIGHT, CSR).astype("float64")
    with pytest.raises(mx.MXNetError):
        nd.dot(stored(LEFT, CSR), nd.ones((5, 2)))
    with pytest.raises(TypeError):
        stored(LEFT, CSR) + "1"
    with pytest.raises(mx.MXNetError):
        nd.elemwise_add(stored(LEFT, CSR))


@pytest.mark.parametrize("stype", [ROWS, CSR])
def test_wrong_indices_are_found(stype):
    if stype == CSR:
        broken = nd.sparse.csr_matrix(([1.0], [9], [0, 1, 1]), shape=(2, 3))
        with pytest.raises(mx.MXNetError):
            nd.dot(broken, nd.ones((3, 2)))
    else:
        broken = nd.sparse.row_sparse_array(([[1.0, 2, 3]], [9]), shape=(2, 3))
    with pytest.raises(mx.MXNetError, match="outside"):
        broken + broken
    with pytest.raises(mx.MXNetError, match="outside"):
        broken * nd.ones((2, 3))


# -- in place -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("right", [DENSE, ROWS, CSR, None])
@pytest.mark.parametrize("left", [DENSE, ROWS, CSR])
def test_in_place(left, right):
    array = same = stored(LEFT, left)
    array += 1 if right is None else stored(RIGHT, right)
    assert array is same
    check(array, left, LEFT + (1 if right is None else RIGHT))
    array *= 2
    check(array, left, 2 * (LEFT + (1 if right is None else RIGHT)))


@pytest.mark.parametrize("stype", [DENSE, ROWS, CSR])
def test_out(stype):
    out = nd.zeros((5, 4), stype=stype)
    assert nd.elemwise_add(nd.array(LEFT), nd.array(RIGHT), out=out) is out
    check(out, stype, LEFT + RIGHT)
    nd.elemwise_mul(stored(LEFT, CSR), stored(RIGHT, CSR), out=out)
    check(out, stype, LEFT * RIGHT)
    nd.sparse.cast_storage(nd.array(LEFT), stype, out=out)
    check(out, stype, LEFT)


# -- one array ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("stype", [ROWS, CSR])
@pytest.mark.parametrize(
    ("compute", "keeps"),
    [
        (lambda a: a * 2, True), (lambda a: 2 * a, True), (lambda a: a / 2, True),
        (lambda a: -a, True), (lambda a: a + 0, True), (lambda a: a > 0, True),
        (lambda a: a != 0, True), (abs, True), (lambda a: a + 1, False), (lambda a: 1 - a, False),
        (lambda a: a == 0, False), (lambda a: a <= 0, False), (lambda a: a**2, False),
    ],
)  # fmt: skip
def test_numbers(compute, keeps, stype):
    expected = np.asarray(compute(LEFT), "float32")
    check(compute(stored(LEFT, stype)), stype if keeps else DENSE, expected)


@pytest.mark.parametrize("stype", [ROWS, CSR])
@pytest.mark.parametrize("name", ["abs", "square", "sin", "tanh", "floor", "sign", "expm1", "cos"])
def test_functions_of_one_array(name, stype):
    check(
        getattr(nd.sparse, name)(stored(LEFT, stype)),
        DENSE if name == "cos" else stype,
        getattr(np, name)(LEFT),
    )


@pytest.mark.parametrize("stype", [ROWS, CSR])
def test_clip_and_zeros_like(stype):
    array = stored(LEFT, stype)
    check(nd.clip(array, -1, 0.5), stype, LEFT.clip(-1, 0.5))
    check(nd.clip(array, 0.5, 1), DENSE, LEFT.clip(0.5, 1))
    check(nd.zeros_like(array), stype, 0 * LEFT)
    assert not nd.zeros_like(array).data.size


@pytest.mark.parametrize("stype", [ROWS, CSR])
@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", [None, 0, 1, (0, 1), -1])
def test_sums(axis, keepdims, stype):
    array = stored(LEFT, stype)
    for name in ("sum", "mean"):
        expected = getattr(LEFT, name)(axis, keepdims=keepdims)
        found = getattr(nd.sparse, name)(array, axis=axis, keepdims=keepdims)
        check(found, DENSE, expected if expected.ndim else expected.reshape(1))
    check(nd.sparse.sum(array, axis=0, exclude=True), DENSE, LEFT.sum(1))
    check(nd.norm(array), DENSE, [np.linalg.norm(LEFT)])


def test_squares_of_rows():
    array = stored(LEFT, ROWS)
    expected = (LEFT**2).sum(1)
    check(nd._internal._square_sum(array, axis=1), DENSE, expected)
    check(nd._internal._square_sum(array, axis=1, keepdims=True), ROWS, expected[:, None])


def test_values_only():
    for stype in (ROWS, CSR):
        found = nd._internal._scatter_plus_scalar(stored(LEFT, stype), scalar=2)
        where = LEFT != 0 if stype == CSR else (LEFT != 0).any(1, keepdims=True)
        check(found, stype, np.where(where, LEFT + 2, 0))
    found = nd._internal._scatter_elemwise_div(stored(LEFT, ROWS), nd.array(RIGHT + 3))
    check(found, ROWS, LEFT / (RIGHT + 3))


def test_counts():
    array = stored(LEFT, CSR)
    for axis in (None, 0, 1):
        expected = np.count_nonzero(LEFT, axis=axis)
        found = nd.contrib.getnnz(array) if axis is None else nd.contrib.getnnz(array, axis=axis)
        assert found.asnumpy().tolist() == np.reshape(expected, -1).tolist()
        assert found.dtype is np.int64


@pytest.mark.parametrize(
    ("begin", "end"), [((1,), (4,)), ((0, 1), (3, 3)), ((None, -3), (None, None)), ((2, 2), (3, 4))]
)
def test_slices(begin, end):
    part = tuple(slice(*pair) for pair in zip(begin, end, strict=True))
    check(nd.slice(stored(LEFT, CSR), begin=begin, end=end), CSR, LEFT[part])
    check(nd.slice(stored(LEFT, ROWS), begin=begin, end=end), DENSE, LEFT[part])


def test_joining():
    parts = [stored(LEFT, CSR), stored(RIGHT[:2], CSR)]
    check(nd.concat(*parts, dim=0), CSR, np.concatenate([LEFT, RIGHT[:2]]))
    check(nd.concat(parts[0], parts[0], dim=1), DENSE, np.concatenate([LEFT, LEFT], 1))
    rows = [stored(LEFT, ROWS), stored(RIGHT, ROWS)]
    check(nd.add_n(*rows, rows[0]), ROWS, 2 * LEFT + RIGHT)


def test_retain():
    kept = np.where(np.isin(range(5), [0, 3])[:, None], LEFT, 0)
    for stype in (ROWS, DENSE):
        check(nd.sparse.retain(stored(LEFT, stype), nd.array([0, 3])), stype, kept)
    with pytest.raises(mx.MXNetError, match="csr"):
        nd.sparse.retain(stored(LEFT, CSR), nd.array([0, 3]))


def test_dense_copies_are_logged_once(caplog, monkeypatch):
    monkeypatch.setattr(sparse_dispatch, "_logged", set())
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            nd.exp(stored(LEFT, CSR))
    assert [record.getMessage() for record in caplog.records] == [
        "exp has no form for arrays stored as (csr) and runs on dense copies"
    ]
    monkeypatch.setattr(sparse_dispatch, "_logged", set())
    monkeypatch.setenv("MXNET_STORAGE_FALLBACK_LOG_VERBOSE", "0")
    caplog.clear()
    nd.exp(stored(LEFT, CSR))
    assert not caplog.records


# -- products -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("right", [DENSE, ROWS, CSR])
@pytest.mark.parametrize("left", [DENSE, ROWS, CSR])
@pytest.mark.parametrize("turned", [(False, False), (True, False), (False, True), (True, True)])
def test_products(left, right, turned):
    one, other = few(4, 5), few(5, 3)
    arrays = one.T if turned[0] else one, other.T if turned[1] else other
    found = nd.dot(
        stored(arrays[0], left), stored(arrays[1], right),
        transpose_a=turned[0], transpose_b=turned[1],
    )  # fmt: skip
    stype = DENSE
    if left == CSR and right != CSR and turned == (True, False):
        stype = ROWS
    elif (left, right) == (DENSE, CSR) and not turned[0]:
        stype = CSR
    check(found, stype, one @ other)


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [("float16", 1e-2), ("float64", 1e-12), ("int32", 0)]
)
@pytest.mark.parametrize("transposed", [False, True])
def test_products_of_other_types(dtype, tolerance, transposed):
    matrix = (few(4, 5) * 3).astype(dtype)
    other = (few(4 if transposed else 5, 3) * 3).astype(dtype)
    found = nd.dot(
        nd.array(matrix, dtype=dtype).tostype(CSR), nd.array(other, dtype=dtype),
        transpose_a=transposed, forward_stype=DENSE,
    )  # fmt: skip
    expected = (matrix.T if transposed else matrix).astype("float64") @ other
    assert found.dtype is np.dtype(dtype).type
    np.testing.assert_allclose(found.asnumpy(), expected, rtol=tolerance)


def test_empty_products():
    empty = nd.sparse.zeros(CSR, (3, 4))
    check(nd.dot(empty, nd.ones((4, 2))), DENSE, np.zeros((3, 2)))
    check(nd.dot(empty, nd.ones((3, 2)), transpose_a=True), ROWS, np.zeros((4, 2)))
    check(empty * empty, CSR, np.zeros((3, 4)))
    check(empty + empty, CSR, np.zeros((3, 4)))


# -- gradients ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("stype", [DENSE, ROWS])
@pytest.mark.parametrize("transposed", [False, True])
def test_gradient_of_products(stype, transposed):
    matrix = few(5, 4)
    matrix[:, 2] = matrix[3] = 0
    weight = nd.array(few(5 if transposed else 4, 3))
    head = few(4 if transposed else 5, 3)
    weight.attach_grad(stype=stype)
    with autograd.record():
        result = nd.dot(stored(matrix, CSR), weight, transpose_a=transposed) * 2
    assert result.stype == DENSE
    result.backward(nd.array(head))
    check(weight.grad, stype, 2 * (matrix if transposed else matrix.T) @ head)
    if stype == ROWS and not transposed:
        assert weight.grad.indices.asnumpy().tolist() == [0, 1, 3]


@pytest.mark.parametrize("stype", [DENSE, ROWS])
@pytest.mark.parametrize("request_", ["write", "add"])
def test_gradient_of_embeddings(stype, request_):
    weight = nd.array(few(6, 3))
    weight.attach_grad(request_, stype=stype)
    ids = nd.array([[1, 4], [1, 9]])
    for _ in range(2):
        with autograd.record():
            rows = nd.Embedding(ids, weight, input_dim=6, output_dim=3, sparse_grad=True)
        rows.backward()
    counts = np.zeros((6, 1))
    counts[[1, 4, 5], 0] = 2, 1, 1
    check(weight.grad, stype, counts * np.ones(3) * (2 if request_ == "add" else 1))
    if stype == ROWS:
        assert weight.grad.indices.asnumpy().tolist() == [1, 4, 5]


def test_sparse_gradient_of_something_else():
    weight = nd.array(few(4, 3))
    weight.attach_grad(stype=ROWS)
    with autograd.record():
        result = nd.dot(stored(LEFT, CSR), weight).sum() + (weight * weight).sum()
    result.backward()
    expected = LEFT.sum(0)[:, None] + 2 * weight.asnumpy()
    check(weight.grad, ROWS, expected)
    with pytest.raises(mx.MXNetError):
        weight.attach_grad(stype=CSR)


@pytest.mark.parametrize("stype", [ROWS, CSR])
def test_gradient_through_sparse_constants(stype):
    weight = nd.array(RIGHT)
    weight.attach_grad()
    with autograd.record():
        result = weight * stored(LEFT, stype) + nd.elemwise_mul(stored(LEFT, stype), weight)
    result.backward()
    check(weight.grad, DENSE, 2 * LEFT)


# -- steps of optimizers ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("step", "states", "options", "lazy"),
    [
        (nd.sgd_update, 0, {"wd": 0.1}, True),
        (nd.sgd_mom_update, 1, {"wd": 0.1, "momentum": 0.9}, True),
        (nd.adam_update, 2, {"wd": 0.1}, True),
        (nd.sparse.adagrad_update, 1, {}, True),
        (nd.sgd_update, 0, {"wd": 0.1, "lazy_update": False}, False),
        (nd.adam_update, 2, {"wd": 0.1, "lazy_update": False}, False),
        (nd.ftrl_update, 2, {"wd": 0.1}, False),
    ],
)
def test_steps_touch_the_rows_of_the_gradient(step, states, options, lazy):
    values, gradient = few(6, 3) + 1, np.zeros((6, 3), "float32")
    gradient[[1, 4]] = RANDOM.uniform(-1, 1, (2, 3))

    def run(grad):
        arrays = [nd.array(values), *(nd.full((6, 3), 0.1) for _ in range(states))]
        assert step(arrays[0], grad, *arrays[1:], out=arrays[0], lr=0.1, **options) is arrays[0]
        return [array.asnumpy() for array in arrays]

    sparse, dense = run(stored(gradient, ROWS)), run(nd.array(gradient))
    for found, expected, before in zip(
        sparse, dense, [values, *[np.full((6, 3), 0.1, "float32")] * states], strict=True
    ):
        untouched = np.where(gradient.any(1, keepdims=True), expected, before)
        np.testing.assert_allclose(found, untouched if lazy else expected, rtol=1e-5)


@pytest.mark.parametrize("rows", [[1, 4], []])
@pytest.mark.parametrize(
    ("step", "states", "options"),
    [
        (nd.sgd_update, 0, {}),
        (nd.sgd_mom_update, 1, {"momentum": 0.9}),
        (nd.adam_update, 2, {}),
        (nd.ftrl_update, 2, {}),
        (nd.sparse.adagrad_update, 1, {}),
        (nd.contrib.group_adagrad_update, 1, {}),
    ],
)
def test_steps_on_sparse_weights_and_states(step, states, options, rows):
    gradient = np.zeros((6, 3), "float32")
    gradient[rows] = 0.5
    size = (6, 1) if step is nd.contrib.group_adagrad_update else (6, 3)
    before = [few(6, 3) + 1] + [np.full(size, 0.1, "float32")] * states

    def run(stype, grad):
        arrays = [nd.array(values).tostype(stype) for values in before]
        step(arrays[0], grad, *arrays[1:], out=arrays[0], lr=0.1, **options)
        assert {array.stype for array in arrays} == {stype}
        return [array.asnumpy() for array in arrays]

    found, expected = run(ROWS, stored(gradient, ROWS)), run(DENSE, nd.array(gradient))
    touched = gradient.any(1, keepdims=True)
    for mine, dense, old in zip(found, expected, before, strict=True):
        np.testing.assert_allclose(mine, np.where(touched, dense, old), rtol=1e-5)


@pytest.mark.parametrize(
    ("name", "options", "lazy"),
    [
        ("sgd", {"momentum": 0.9}, True),
        ("sgd", {"momentum": 0.9, "lazy_update": False}, False),
        ("adam", {}, True),
        ("adam", {"lazy_update": False}, False),
        ("adagrad", {}, True),
        ("ftrl", {}, False),
        ("rmsprop", {}, False),
    ],
)
def test_optimizers(name, options, lazy):
    values, gradient = few(6, 3) + 1, np.zeros((6, 3), "float32")
    gradient[[1, 4]] = 0.5
    weights = []
    for grad in (stored(gradient, ROWS), nd.array(gradient)):
        optimizer = mx.optimizer.create(name, learning_rate=0.1, wd=0.01, **options)
        weight = nd.array(values)
        state = optimizer.create_state(0, weight)
        for _ in range(2):
            optimizer.update(0, weight, grad, state)
        weights.append(weight.asnumpy())
    sparse, dense = weights
    expected = np.where(gradient.any(1, keepdims=True), dense, values) if lazy else dense
    np.testing.assert_allclose(sparse, expected, rtol=1e-5)


def test_linear_classifier_on_few_features():
    """Logistic regression with csr data, row_sparse gradients and lazy steps."""
    data = few(200, 50)
    data *= RANDOM.uniform(size=data.shape) < 0.3
    truth = RANDOM.uniform(-1, 1, (50, 1))
    label = nd.array(data @ truth > 0)
    weight = nd.zeros((50, 1))
    weight.attach_grad(stype=ROWS)
    optimizer = mx.optimizer.create("adam", learning_rate=0.05)
    state = optimizer.create_state(0, weight)
    for _ in range(60):
        with autograd.record():
            score = nd.sigmoid(nd.dot(stored(data, CSR), weight))
            loss = nd.mean(nd.square(score - label))
        loss.backward()
        optimizer.update(0, weight, weight.grad, state)
    assert ((score > 0.5) == label).mean().asscalar() > 0.93


# -- symbols ------------------------------------------------------------------------------------------
def test_graphs_are_dense():
    data = mx.sym.Variable("data", stype="csr")
    weight = mx.sym.Variable("weight", stype="row_sparse")
    symbol = mx.sym.sparse.dot(data, mx.sym.cast_storage(weight, "default"))
    arrays = {"data": stored(LEFT, CSR).tostype(DENSE), "weight": nd.array(few(4, 2))}
    result = symbol.bind(mx.cpu(), arrays).forward()[0]
    check(result, DENSE, LEFT @ arrays["weight"].asnumpy())
