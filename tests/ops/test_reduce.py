"""Reductions where values are not finite."""

from __future__ import annotations

import numpy as np

import mxnet as mx


def test_what_is_no_number_has_no_part_in_an_infinite_product():
    data = mx.nd.array([np.nan, np.inf, 2, 3])
    data.attach_grad()
    with mx.autograd.record():
        product = mx.nd.nanprod(data)
    product.backward()
    assert product.asscalar() == np.inf
    assert data.grad.asnumpy().tolist() == [0, 6, np.inf, np.inf]
