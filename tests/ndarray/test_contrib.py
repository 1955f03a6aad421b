"""Functions of ``mx.nd.contrib`` that are no operators."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx
from running import array

VALUES = np.array([0.0, -1.5, np.inf, -np.inf, np.nan])


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("name", ["isnan", "isinf", "isfinite"])
def test_kinds_of_numbers(name, dtype):
    got = getattr(mx.nd.contrib, name)(array(VALUES.astype(dtype))).asnumpy()
    assert got.dtype == dtype
    np.testing.assert_array_equal(got, getattr(np, name)(VALUES))


def test_integers_are_finite():
    values = mx.nd.array([1, -2], dtype="int32")
    assert mx.nd.contrib.isfinite(values).asnumpy().tolist() == [1, 1]
    assert mx.nd.contrib.isinf(values).asnumpy().tolist() == [0, 0]
