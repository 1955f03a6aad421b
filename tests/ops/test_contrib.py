"""Contributed operators: what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx


def test_statistics_of_several_executors_are_refused_in_training():
    symbol = mx.sym.contrib.SyncBatchNorm(mx.sym.Variable("data"), key="k", ndev=2)
    executor = symbol.simple_bind(mx.cpu(), data=(2, 3))
    executor.forward()
    with pytest.raises(mx.MXNetError, match="ndev"):
        executor.forward(is_train=True)


def test_indices_of_a_sketch_are_checked():
    data, h, s = mx.nd.ones((2, 3)), mx.nd.array([[0, 5, 1]]), mx.nd.ones((1, 3))
    with pytest.raises(mx.MXNetError, match=r"0\.\.4"):
        mx.nd.contrib.count_sketch(data, h, s, out_dim=5)


def test_marks_of_events_are_checked():
    one, row = mx.nd.ones((1, 1)), mx.nd.ones((1,))
    marks = mx.nd.array(np.array([[3]], "int32"), dtype="int32")
    with pytest.raises(mx.MXNetError, match=r"0\.\.0"):
        mx.nd.contrib.hawkesll(one, row, row, one, one, marks, row, row)


@pytest.mark.parametrize(
    ("function", "inputs"),
    [
        ("interleaved_matmul_selfatt_qk", {"queries_keys_values": (4, 2, 7)}),
        ("interleaved_matmul_selfatt_qk", {"queries_keys_values": (4, 6)}),
        (
            "interleaved_matmul_selfatt_valatt",
            {"queries_keys_values": (4, 2, 6), "attention": (4, 4, 5)},
        ),
        ("interleaved_matmul_encdec_qk", {"queries": (4, 2, 4), "keys_values": (5, 2, 6)}),
        ("interleaved_matmul_encdec_valatt", {"keys_values": (5, 2, 8), "attention": (3, 4, 5)}),
    ],
)
def test_projections_that_do_not_fit_are_refused(function, inputs):
    variables = {name: mx.sym.Variable(name) for name in inputs}
    symbol = getattr(mx.sym.contrib, function)(**variables, heads=2)
    with pytest.raises(mx.MXNetError, match="shape inference"):
        symbol.infer_shape(**inputs)
