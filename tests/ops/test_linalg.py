"""Derivatives of factorisations, for the changes that they allow; matrices that have none."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx
from running import array

linalg = mx.nd.linalg


def with_gradient(function, value: np.ndarray, heads=None) -> tuple[list, np.ndarray]:
    """The outputs of a function of one array, and its gradient."""
    x = array(value)
    x.attach_grad()
    with mx.autograd.record():
        results = function(x)
    results = results if isinstance(results, list) else [results]
    mx.autograd.backward(results, None if heads is None else [array(head) for head in heads])
    return [result.asnumpy() for result in results], x.grad.asnumpy()


@pytest.mark.parametrize("shape", [(1, 1), (3, 3), (2, 4, 4)])
@pytest.mark.parametrize("name", ["potrf", "syevd"])
def test_gradient_for_symmetric_changes(name, shape):
    rng = np.random.RandomState(0)
    function = getattr(linalg, name)
    factor = rng.uniform(-1, 1, shape)
    value = factor @ np.swapaxes(factor, -1, -2) + np.diag(np.arange(1.0, 1 + shape[-1]))
    outputs, _ = with_gradient(function, value)
    heads = [rng.uniform(-1, 1, output.shape) for output in outputs]
    _, gradient = with_gradient(function, value, heads)
    np.testing.assert_allclose(gradient, np.swapaxes(gradient, -1, -2))
    for _ in range(3):
        direction = rng.uniform(-1, 1, shape)
        direction += np.swapaxes(direction, -1, -2)
        step = 1e-6
        ahead, behind = (
            with_gradient(function, value + sign * step * direction)[0] for sign in (1, -1)
        )
        change = sum(np.sum(h * (a - b)) for h, a, b in zip(heads, ahead, behind, strict=True))
        assert np.sum(gradient * direction) == pytest.approx(change / (2 * step), rel=1e-5)


def test_equal_eigenvalues_have_a_gradient():
    (_, values), gradient = with_gradient(linalg.syevd, np.eye(3))
    np.testing.assert_array_equal(values, 1)
    assert np.isfinite(gradient).all()


def test_singular_matrices():
    singular = np.ones((2, 2))
    (sign, logarithm), gradient = with_gradient(linalg.slogdet, singular)
    assert (sign[0], logarithm[0]) == (0, -np.inf)
    np.testing.assert_array_equal(gradient, 0)
    (determinant,), gradient = with_gradient(linalg.det, singular)
    assert determinant[0] == 0
    np.testing.assert_array_equal(gradient, 0)
    with pytest.raises(mx.MXNetError, match="singular"):
        linalg.inverse(array(singular))
    with pytest.raises(mx.MXNetError, match="positive-definite"):
        linalg.potrf(array(-singular))


def test_gradients_of_gradients():
    """d/dA of A⁻¹ twice, against the formula: 2 A⁻¹ D A⁻¹ D A⁻¹ along D."""
    a, direction = 2.0, 1.0
    x = array(np.array([[a]]))
    x.attach_grad()
    with mx.autograd.record():
        (slope,) = mx.autograd.grad(linalg.inverse(x), [x], create_graph=True)
    slope.backward()
    assert x.grad.asscalar() == pytest.approx(2 * direction / a**3)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: linalg.potrf(mx.nd.ones((2, 3))), "square"),
        (lambda: linalg.gelqf(mx.nd.ones((3, 2))), "columns as rows"),
        (lambda: linalg.maketrian(mx.nd.ones(4)), "no triangle"),
        (lambda: linalg.extractdiag(mx.nd.ones((2, 2)), offset=2), "offset 2"),
        (lambda: linalg.gemm2(mx.nd.ones((2, 2)), mx.nd.ones((2, 2)), axis=1), "axis 1"),
        (lambda: linalg.gemm2(mx.nd.ones((2, 3)), mx.nd.ones((2, 3))), "3 columns"),
        (lambda: linalg.det(mx.nd.ones((2, 2), dtype="float16")), "32 and 64 bit"),
    ],
)
def test_misfits_say_what_is_wrong(call, words):
    with pytest.raises(mx.MXNetError, match=words):
        call()
