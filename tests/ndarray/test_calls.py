"""Calls of operator functions: what is remembered of one call does not change the next."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx


def test_parameters_that_are_equal_but_not_alike():
    data = mx.nd.array([[1, 2], [3, 4]])
    assert mx.nd.sum(data, axis=1).asnumpy().tolist() == [3, 7]
    assert mx.nd.sum(data, axis="1").asnumpy().tolist() == [3, 7]
    for wrong in (1.0, "1.0"):
        with pytest.raises(mx.MXNetError, match="axis"):
            mx.nd.sum(data, axis=wrong)


@pytest.mark.parametrize("divide", [mx.nd._internal._div_scalar, mx.sym._internal._div_scalar])
def test_zeros_of_either_sign_are_not_alike(divide):
    one = mx.nd.ones((1,))
    for given in ([], ["by position"]):
        for zero, quotient in ((0.0, np.inf), (-0.0, -np.inf), (0.0, np.inf)):
            data = one if divide is mx.nd._internal._div_scalar else mx.sym.Variable("data")
            found = divide(data, zero) if given else divide(data, scalar=zero)
            found = found if data is one else found.eval(data=one)[0]
            assert found.asscalar() == quotient


@pytest.mark.parametrize("value", [0.5, 0.0])
def test_arrays_are_no_parameters(value):
    data, width = mx.nd.ones((1, 1, 2, 2)), np.array([0, 0, 0, 0, 1, 1, 0, 0])
    with pytest.raises(mx.MXNetError, match="pad_width"):
        mx.nd.pad(data, mode="constant", pad_width=width, constant_value=value)


def test_lists_as_parameters():
    data = mx.nd.arange(8)
    shape = [2, 4]
    assert mx.nd.reshape(data, shape=shape).shape == (2, 4)
    shape[:] = 4, 2
    assert mx.nd.reshape(data, shape=shape).shape == (4, 2)


def test_inputs_by_name_and_position():
    a, b = mx.nd.ones((2, 3)), mx.nd.ones((4, 3)) * 2
    for _ in range(2):
        results = [
            mx.nd.FullyConnected(a, b, num_hidden=4, no_bias=True),
            mx.nd.FullyConnected(a, weight=b, num_hidden=4, no_bias=True),
            mx.nd.FullyConnected(weight=b, data=a, num_hidden=4, no_bias=True),
            mx.nd.FullyConnected(a, b, None, 4, True),
        ]
        assert {tuple(r.asnumpy().ravel().tolist()) for r in results} == {(6.0,) * 8}


def test_calls_that_have_run_before_are_recorded():
    a = mx.nd.array([1, 2])
    for _ in range(4):
        mx.nd.square(a)
    a.attach_grad()
    for _ in range(2):
        with mx.autograd.record():
            result = mx.nd.square(data=a)
        result.backward()
        assert a.grad.asnumpy().tolist() == [2, 4]
        mx.nd.square(data=a)


def test_calls_that_have_run_before_explain_their_errors():
    for _ in range(4):
        mx.nd.linalg.potrf(mx.nd.array([[2, 1], [1, 2]]))
    with pytest.raises(mx.MXNetError, match=r"(?s)potrf.*test_calls\.py"):
        mx.nd.linalg.potrf(mx.nd.array([[1, 2], [2, 1]]))


def test_out_takes_the_results_of_calls_that_have_run_before():
    a, b = mx.nd.array([[1, 2], [3, 4]]), mx.nd.ones((2, 2))
    for other in (b, a, mx.nd.zeros((2, 2))):
        for _ in range(4):
            wanted = (a + b).asnumpy()
            assert mx.nd.elemwise_add(a, b, out=other) is other
            np.testing.assert_array_equal(other.asnumpy(), wanted)
    square = mx.nd.array([[1, 2], [3, 4]])
    for _ in range(4):  # what is read is not overwritten before
        wanted = square.asnumpy().T
        mx.nd.transpose(square, out=square)
        np.testing.assert_array_equal(square.asnumpy(), wanted)
    for _ in range(2):
        with pytest.raises(mx.MXNetError, match="out has shape"):
            mx.nd.elemwise_add(a, b, out=mx.nd.ones((3, 2)))


def test_other_shapes_and_types_after_the_first():
    for dtype in ("float32", "float64", "int32"):
        for size in (2, 3):
            data = mx.nd.ones((size, 2), dtype=dtype)
            found = mx.nd.sum(data, axis=0)
            assert (found.dtype, found.asnumpy().tolist()) == (np.dtype(dtype).type, [size] * 2)
    with pytest.raises(mx.MXNetError, match="axis 2"):
        mx.nd.sum(mx.nd.ones((2, 2)), axis=2)


def test_functions_as_methods():
    class Layer:
        activation = mx.nd.relu

    data = mx.nd.array([-1, 2])
    assert data.relu().asnumpy().tolist() == [0, 2]
    assert mx.nd.NDArray.relu(data).asnumpy().tolist() == [0, 2]
    assert Layer.activation(data).asnumpy().tolist() == [0, 2]


def test_results_of_views_are_dense_arrays_of_their_own():
    data = mx.nd.arange(6).reshape((2, 3))
    turned = data.T
    turned.reshape((-1,))[:] = 7
    assert turned.asnumpy().tolist() == [[7, 7]] * 3
    assert data.asnumpy().tolist() == [[0, 1, 2], [3, 4, 5]]


def test_out_that_is_an_input():
    data = mx.nd.array([[1, 2], [3, 4]])
    mx.nd.dot(data, data, out=data)
    assert data.asnumpy().tolist() == [[7, 10], [15, 22]]
    mx.nd.square(data[0], out=data[0])
    assert data.asnumpy().tolist() == [[49, 100], [15, 22]]


def test_out_has_an_array_for_each_output():
    data = mx.nd.array([1, 2, 3, 4])
    made = [mx.nd.zeros((1,)) for _ in range(4)]
    assert mx.nd.split(data, num_outputs=4, axis=0, out=made) is made
    assert [each.asscalar() for each in made] == [1, 2, 3, 4]
    for wrong in (made[:3], [*made, mx.nd.zeros((1,))], made[0]):
        with pytest.raises(mx.MXNetError, match="out has"):
            mx.nd.split(data, num_outputs=4, axis=0, out=wrong)
    for wrong in (np.zeros(4), 3, [np.zeros(4)]):
        with pytest.raises(TypeError, match="out should be an NDArray"):
            mx.nd.relu(data, out=wrong)


def test_out_for_hidden_outputs_too():
    data, ones, zeros = mx.nd.array([[1, 2], [3, 6]]), mx.nd.ones((2,)), mx.nd.zeros((2,))
    made = [mx.nd.zeros((2, 2)), mx.nd.zeros((2,)), mx.nd.zeros((2,))]
    for _ in range(3):  # called, traced, and as a program
        for array in made:
            array[:] = 0
        with mx.autograd.train_mode():
            mx.nd.BatchNorm(data, ones, zeros, zeros.copy(), ones.copy(), out=made)
        assert made[1].asnumpy().tolist() == [2, 4]


@pytest.mark.parametrize("stype", ["csr", "row_sparse"])
def test_sparse_out_of_dense_inputs(stype):
    target = mx.nd.sparse.zeros(stype, (2, 2))
    mx.nd.relu(mx.nd.array([[1, -1], [0, 2]]), out=target)
    assert (target.stype, target.asnumpy().tolist()) == (stype, [[1, 0], [0, 2]])
    with pytest.raises(mx.MXNetError, match=r"out has shape \(2, 2\), needed is \(3, 2\)"):
        mx.nd.relu(mx.nd.ones((3, 2)), out=target)
