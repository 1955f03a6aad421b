"""Under autograd.record: operators and indexing are followed, changes in place are refused."""

import numpy as np
import pytest

import mxnet as mx
from mxnet import autograd, nd

ROWS = [[1, 2, 3], [4, 5, 6]]


@pytest.mark.parametrize(
    ("compute", "expected"),
    [
        (lambda x: x * x, [[2, 4, 6], [8, 10, 12]]),
        (lambda x: 12 / x, [[-12, -3, -4 / 3], [-0.75, -0.48, -1 / 3]]),
        (lambda x: 1 - x**2, [[-2, -4, -6], [-8, -10, -12]]),
        (lambda x: -x, [[-1, -1, -1], [-1, -1, -1]]),
        (lambda x: x[1] * 2, [[0, 0, 0], [2, 2, 2]]),
        (lambda x: x[:, 1], [[0, 1, 0], [0, 1, 0]]),
        (lambda x: x[0, 1], [[0, 1, 0], [0, 0, 0]]),
        (lambda x: x[::-1, 0], [[1, 0, 0], [1, 0, 0]]),
        (lambda x: x[:, ::-1] * nd.array([1, 2, 3]), [[3, 2, 1], [3, 2, 1]]),
        (lambda x: x[None, 0:1], [[1, 1, 1], [0, 0, 0]]),
        (lambda x: x.reshape(-1)[2:4], [[0, 0, 1], [1, 0, 0]]),
        (lambda x: x.T[0], [[1, 0, 0], [1, 0, 0]]),
        (lambda x: x.copy() * 3, [[3, 3, 3], [3, 3, 3]]),
        (lambda x: x.copyto(mx.cpu(1)) * 3, [[3, 3, 3], [3, 3, 3]]),
        (lambda x: x.expand_dims(0, inplace=True) * 3, [[3, 3, 3], [3, 3, 3]]),
    ],
)
def test_gradients(compute, expected):
    x = nd.array(ROWS)
    x.attach_grad()
    with autograd.record():
        y = compute(x)
    y.backward()
    np.testing.assert_allclose(x.grad.asnumpy(), expected, rtol=1e-6)


def test_index_arrays():
    x = nd.array(ROWS)
    x.attach_grad()
    with autograd.record():
        y = x[[0, 1, 1], [2, 0, 0]] * nd.array([1, 2, 3])
    y.backward()
    assert x.grad.asnumpy().tolist() == [[0, 0, 1], [5, 0, 0]]


@pytest.mark.parametrize("change", ["x += 1", "x[:] = 1", "x[0] = 1", "y *= 2", "y[0] = x[1]"])
def test_changes_in_place_are_refused(change):
    x = nd.array(ROWS)
    x.attach_grad()
    with autograd.record():
        y = x * 2
        with pytest.raises(mx.MXNetError, match="in place"):
            exec(change, {"x": x, "y": y})
    x += 1
    assert x.asnumpy().tolist() == [[2, 3, 4], [5, 6, 7]]


def test_writing_into_other_arrays_is_followed():
    x, total, product = nd.array(ROWS), nd.zeros((2, 3)), nd.full((2, 3), 5)
    x.attach_grad()
    with autograd.record():
        total[:] = x * 2
        product *= x
        y = total * total + product
    y.backward()
    assert x.grad.asnumpy().tolist() == [[13, 21, 29], [37, 45, 53]]
    with autograd.record(), pytest.raises(mx.MXNetError, match="as a whole"):
        nd.zeros((3,))[0:2] = x[0, 0:2]


def test_detach():
    x = nd.array(ROWS)
    x.attach_grad()
    with autograd.record():
        y = x * x.detach()
    y.backward()
    assert x.grad.asnumpy().tolist() == ROWS


def test_modes_are_nested_and_restored():
    def now():
        return autograd.is_recording(), autograd.is_training()

    with autograd.record():
        assert now() == (True, True)
        with autograd.pause():
            assert now() == (False, False)
            with autograd.train_mode():
                assert now() == (False, True)
        with autograd.predict_mode():
            assert now() == (True, False)
        with pytest.raises(ZeroDivisionError), autograd.pause():
            raise ZeroDivisionError
        assert now() == (True, True)
    assert now() == (False, False)
    assert (autograd.set_recording(True), autograd.set_training(True)) == (False, False)
    assert (autograd.set_recording(False), autograd.set_training(False)) == (True, True)


def test_gradients_of_gradients():
    x, y = nd.array([1, 2, 3]), nd.array([2, 2, 2])
    x.attach_grad(), y.attach_grad()
    with autograd.record():
        z = x**3 * y
        first, by_y = autograd.grad(z, [x, y], create_graph=True)
        second = autograd.grad(first, x, head_grads=nd.array([1, 1, 0]), create_graph=True)
    assert first.asnumpy().tolist() == [6, 24, 54]
    assert by_y.asnumpy().tolist() == [1, 8, 27]
    assert second.asnumpy().tolist() == [12, 24, 0]
    second.backward()
    assert x.grad.asnumpy().tolist() == [12, 12, 0]


def test_grad_needs_variables_that_were_recorded():
    x, other = nd.array([1, 2]), nd.array([1, 2])
    x.attach_grad()
    with autograd.record():
        y = x * x
    with pytest.raises(ValueError, match="empty list"):
        autograd.grad(y, [])
    with pytest.raises(mx.MXNetError, match="grad needs variables"):
        autograd.grad(y, other)
    with pytest.raises(mx.MXNetError, match="2 head gradients for 1 heads"):
        autograd.grad(y, x, head_grads=[x, x])
    with pytest.raises(mx.MXNetError, match="not in a computational graph"):
        autograd.grad(other, x)
    assert autograd.grad(y, x).asnumpy().tolist() == [2, 4]
    with pytest.raises(mx.MXNetError, match="freed by an earlier backward"):
        autograd.grad(y, x)


def test_what_is_recorded_as_a_symbol():
    x = nd.array(ROWS)
    x.attach_grad()
    with autograd.record():
        y = nd.tanh(x) * 2
    symbol = autograd.get_symbol(y)
    (name,) = symbol.list_arguments()
    np.testing.assert_allclose(symbol.eval(**{name: x})[0].asnumpy(), y.asnumpy(), rtol=1e-6)
