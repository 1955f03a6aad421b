"""Memory that is used again holds what is still read."""

from __future__ import annotations

import numpy as np

import mxnet as mx
from running import run_bound


def test_result_does_not_replace_an_input_that_is_also_read_transposed():
    data = mx.sym.Variable("data")
    once = mx.sym.exp(data)
    total = once + mx.sym.transpose(once)
    value = np.random.RandomState(0).rand(5, 5)
    (output,) = run_bound(total * 2, {"data": value}).outputs
    np.testing.assert_allclose(output, 2 * (np.exp(value) + np.exp(value).T))
