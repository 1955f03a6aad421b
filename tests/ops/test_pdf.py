"""Densities at the edges of their supports; gradients of probabilities; shapes of parameters."""

from __future__ import annotations

import math

import numpy as np
import pytest

import mxnet as mx
from ops.samples.pdf import CASES, COUNTS
from running import array, run_bound


def density(name: str, *arrays, **params) -> np.ndarray:
    function = getattr(mx.nd, f"random_pdf_{name}")
    return function(*(array(np.asarray(a, "float64")) for a in arrays), **params).asnumpy()


@pytest.mark.parametrize(
    ("name", "sample", "parameters", "expected"),
    [
        ("uniform", [-0.1, 0, 1, 1.1], [0, 1], [0, 1, 1, 0]),
        ("exponential", [-1, 0], [2], [0, 2]),
        ("gamma", [-1, 0, 1], [1, 2], [0, 2, 2 * math.exp(-2)]),
        ("poisson", [-1, 0, 1], [0], [0, 1, 0]),
        ("negative_binomial", [-1, 0, 1], [2, 1], [0, 1, 0]),
        ("generalized_negative_binomial", [-1, 1], [2, 0], [0, 2 * math.exp(-2)]),
    ],
)
def test_edges_of_the_support(name, sample, parameters, expected):
    parameters = [[value] for value in parameters]
    np.testing.assert_allclose(density(name, [sample], *parameters)[0], expected)
    with np.errstate(divide="ignore"):
        logarithms = density(name, [sample], *parameters, is_log=True)[0]
        np.testing.assert_allclose(logarithms, np.log(expected), atol=1e-12)


@pytest.mark.parametrize("is_log", [False, True])
@pytest.mark.parametrize("case", [c for c in CASES if c[1]["sample"] is COUNTS], ids=lambda c: c[0])
def test_gradients_of_probabilities(case, is_log):
    name, inputs, reference = case
    arrays = {key: value.astype("float64") for key, value in inputs.items()}
    symbol = getattr(mx.sym, f"random_pdf_{name}")(
        **{key: mx.sym.Variable(key) for key in arrays}, is_log=is_log
    )
    heads = np.random.RandomState(0).uniform(-1, 1, COUNTS.shape)
    gradients = run_bound(symbol, arrays, [heads], "write").gradients

    def loss(changed):
        value = reference(**changed)
        return np.sum(heads * (np.log(value) if is_log else value))

    np.testing.assert_array_equal(gradients.pop("sample"), 0)
    for key, gradient in gradients.items():
        for i in range(len(gradient)):
            step = np.eye(len(gradient))[i] * 1e-6
            slope = loss({**arrays, key: arrays[key] + step})
            slope -= loss({**arrays, key: arrays[key] - step})
            assert gradient[i] == pytest.approx(slope / 2e-6, rel=1e-5)


def test_parameters_have_the_first_axes_of_the_sample():
    variables = map(mx.sym.Variable, ("sample", "mu", "sigma"))
    symbol = mx.sym.random_pdf_normal(*variables)
    assert symbol.infer_shape(sample=(2, 3, 4), mu=(2,)) == (
        [(2, 3, 4), (2,), (2,)],
        [(2, 3, 4)],
        [],
    )
    with pytest.raises(mx.MXNetError, match="sample"):
        symbol.infer_shape(sample=(2, 3), mu=(3,))
    variables = map(mx.sym.Variable, ("sample", "alpha"))
    symbol = mx.sym.random_pdf_dirichlet(*variables)
    assert symbol.infer_shape(sample=(2, 5, 4), alpha=(2, 0)) == (
        [(2, 5, 4), (2, 4)],
        [(2, 5)],
        [],
    )
