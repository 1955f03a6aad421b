"""What shape, indexing and sequence operators infer, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx

A, B = mx.sym.Variable("a"), mx.sym.Variable("b")


@pytest.mark.parametrize(
    ("symbol", "given", "found"),
    [
        (mx.sym.Reshape(A, shape=(0, -1)), {"a": (0, 3, 4)}, [(0, 12)]),
        (mx.sym.Reshape(A, shape=(2, 3)) + B, {"a": (0, 3)}, [(2, 3)]),
        (mx.sym.reshape_like(A, B), {"a": (0, 3), "b": (6,)}, [(6,)]),
        (mx.sym.dot(A, B), {"a": (0, 3), "b": (3, 4)}, [(0, 4)]),
        (mx.sym.concat(A, B, dim=1), {"a": (2, 0, 4), "b": (0, 3, 4)}, [(2, 0, 4)]),
        (mx.sym.slice_axis(A, axis=1, begin=1, end=None), {"a": (0, 4)}, [(0, 3)]),
        (mx.sym.split(A, num_outputs=2), {"a": (0, 4)}, [(0, 2), (0, 2)]),
        (mx.sym.take(A, B), {"a": (0, 4), "b": (0, 5)}, [(0, 5, 4)]),
        (mx.sym.topk(A, k=2, axis=0), {"a": (0, 4)}, [(2, 4)]),
        (mx.sym.SequenceLast(A), {"a": (0, 4, 2)}, [(4, 2)]),
    ],
)
def test_unknown_dimensions(symbol, given, found):
    assert symbol.infer_shape_partial(**given)[1] == found


@pytest.mark.parametrize(
    ("symbol", "output", "found"),
    [
        (mx.sym.transpose(A, axes=(2, 0, 1)), (4, 2, 3), (2, 3, 4)),
        (mx.sym.transpose(A), (4, 2, 3), (3, 2, 4)),
        (mx.sym.SwapAxis(A, dim1=0, dim2=1), (2, 3), (3, 2)),
        (mx.sym.expand_dims(A, axis=1), (2, 1, 3), (2, 3)),
        (mx.sym.split(A, num_outputs=2, axis=0)[1], (2, 3), (4, 3)),
        (mx.sym.stack(A, A, axis=1), (2, 2, 3), (2, 3)),
        (mx.sym.one_hot(A, depth=3), (2, 4, 3), (2, 4)),
        (mx.sym.depth_to_space(A, block_size=2), (1, 2, 4, 6), (1, 8, 2, 3)),
        (mx.sym.Pad(A, mode="edge", pad_width=(1, 0, 0, 2)), (3, 5), (2, 3)),
        (mx.sym.sort(A), (3, 4), (3, 4)),
    ],
)
def test_inputs_follow_from_outputs(symbol, output, found):
    assert (symbol + B).infer_shape_partial(b=output)[0][0] == found


@pytest.mark.parametrize(
    ("make", "shapes", "message"),
    [
        (lambda: mx.sym.Reshape(A, shape=(4, 2)), {"a": (2, 3)}, "6 elements"),
        (lambda: mx.sym.Reshape(A, shape=(5, -1)), {"a": (2, 3)}, "6 elements"),
        (lambda: mx.sym.Reshape(A, shape=(0, 0, 0)), {"a": (2, 3)}, "more dimensions"),
        (lambda: mx.sym.Reshape(A, shape=(-1, -1)), {}, "one dimension at most"),
        (lambda: mx.sym.Reshape(A), {}, "shape is missing"),
        (lambda: mx.sym.transpose(A, axes=(0, 0)), {}, "permutation"),
        (lambda: mx.sym.dot(A, B), {"a": (2, 3), "b": (4, 5)}, "3 elements .* but rhs"),
        (lambda: mx.sym.batch_dot(A, B), {"a": (1, 2, 3), "b": (2, 3, 4)}, "batches"),
        (lambda: mx.sym.concat(A, B), {"a": (2, 3), "b": (3, 3)}, "except axis 1"),
        (lambda: mx.sym.slice(A, begin=(1,), end=(1,)), {"a": (2,)}, "select nothing"),
        (lambda: mx.sym.slice_axis(A, axis=0, begin=0, end=3), {"a": (2,)}, "no range of the 2"),
        (lambda: mx.sym.split(A, num_outputs=2), {"a": (2, 3)}, "do not divide"),
        (lambda: mx.sym.expand_dims(A, axis=4), {"a": (2, 3)}, "axis 4"),
        (lambda: mx.sym.squeeze(A, axis=1), {"a": (2, 3)}, "more than one element"),
        (lambda: mx.sym.topk(A, k=9), {"a": (2, 3)}, "k=9"),
        (lambda: mx.sym.pick(A, B, axis=None), {}, "axis"),
        (lambda: mx.sym.where(A, B, B), {"a": (2, 3), "b": (2, 5)}, "condition"),
        (lambda: mx.sym.gather_nd(A, B), {"a": (2,), "b": (2, 3)}, "more rows"),
        (lambda: mx.sym.SequenceMask(A, axis=2), {}, "axis should be 0 or 1"),
        (lambda: mx.sym.Crop(A, h_w=(9, 1)), {"a": (1, 1, 3, 3)}, "exceeds"),
    ],
)
def test_refused(make, shapes, message):
    with pytest.raises(mx.MXNetError, match=message):
        make().infer_shape(**shapes)


@pytest.mark.parametrize(
    ("name", "arrays", "params"),
    [
        ("take", ([1.0, 2.0], [2]), {"mode": "raise"}),
        ("gather_nd", ([1.0, 2.0], [[2]]), {}),
        ("scatter_nd", ([1.0], [[-3]]), {"shape": (2,)}),
    ],
)
def test_indices_out_of_range(name, arrays, params):
    inputs = [mx.nd.array(np.array(value)) for value in arrays]
    with pytest.raises(mx.MXNetError, match="out"):
        getattr(mx.nd, name)(*inputs, **params).asnumpy()


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "int32", "uint8"])
@pytest.mark.parametrize("rows", [False, True])
def test_where_of_many_elements(dtype, rows):
    rng = np.random.RandomState(0)
    condition = rng.randint(-1, 2, (80, 1) if rows else (80, 90)).astype("float32")
    x, y = (rng.randint(0, 100, (80, 90)).astype(dtype) for _ in "xy")
    if dtype.startswith("float"):
        x[0, :3] = y[1, :3] = np.nan, np.inf, -0.0
    given = condition[:, 0] if rows else condition
    found = mx.nd.where(*(mx.nd.array(value, dtype=value.dtype) for value in (given, x, y)))
    np.testing.assert_array_equal(found.asnumpy(), np.where(condition != 0, x, y))


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "int32"])
@pytest.mark.parametrize("ascending", [False, True])
@pytest.mark.parametrize("distinct", [False, True])
def test_topk_takes_the_first_of_equal_elements(dtype, ascending, distinct):
    rng = np.random.RandomState(0)
    data = rng.permutation(60) if distinct else rng.randint(-3, 4, 60)
    data = data.reshape(4, 15).astype(dtype)
    order = np.argsort(data if ascending else -data, axis=1, kind="stable")[:, :6]
    values, indices = mx.nd.topk(
        mx.nd.array(data, dtype=dtype), k=6, ret_typ="both", is_ascend=ascending, dtype="int32"
    )
    np.testing.assert_array_equal(indices.asnumpy(), order)
    np.testing.assert_array_equal(values.asnumpy(), np.take_along_axis(data, order, 1))


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "int32"])
@pytest.mark.parametrize("ascending", [False, True])
@pytest.mark.parametrize("kind", ["distinct", "ties", "nan"])
def test_topk_of_long_lines(dtype, ascending, kind):
    if kind == "nan" and dtype == "int32":
        pytest.skip("integers are numbers")
    rng = np.random.RandomState(1)
    data = np.stack([rng.permutation(1024) for _ in range(40)]).reshape(2, 20, 1024).astype(dtype)
    if kind == "ties":
        data //= 100
    elif kind == "nan":
        data[1, 3, [7, 900]] = np.nan  # the largest of all
        data[0, 0, :] = np.nan
    wide = np.where(np.isnan(data), np.inf, data.astype("float64"))
    order = np.argsort(wide if ascending else -wide, axis=2, kind="stable")[..., :9]
    for axis, turned in ((-1, data), (1, data.transpose(0, 2, 1))):
        values, indices = mx.nd.topk(
            mx.nd.array(turned, dtype=dtype), axis=axis, k=9, ret_typ="both", is_ascend=ascending
        )
        want = order if axis == -1 else order.transpose(0, 2, 1)
        np.testing.assert_array_equal(indices.asnumpy(), want)
        taken = np.take_along_axis(turned, want, axis)
        np.testing.assert_array_equal(values.asnumpy(), taken)
