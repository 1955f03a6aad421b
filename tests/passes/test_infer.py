"""Inference: in every direction, from partial facts, with errors that name the node."""

from __future__ import annotations

import re

import numpy as np
import pytest

import mxnet as mx
from mxnet.ops.core import Op
from mxnet.planning import infer_variables


def v(name: str, **hints) -> mx.sym.Symbol:
    return mx.sym.Variable(name, **hints)


def test_facts_travel_backwards_through_a_chain():
    symbol = mx.sym.transpose(v("a") + 1.0, axes=(1, 0)) + v("b")
    assert symbol.infer_shape(b=(2, 3)) == ([(3, 2), (2, 3)], [(2, 3)], [])


def test_facts_travel_sideways_through_shared_variables():
    weight = v("weight")
    left = mx.sym.FullyConnected(v("x"), weight, num_hidden=4, no_bias=True)
    right = mx.sym.FullyConnected(v("y"), weight, num_hidden=4, no_bias=True)
    shapes, outputs, _ = (left + right).infer_shape_partial(x=(2, 3))
    assert shapes[1] == (4, 3)
    assert outputs == [(2, 4)]


@pytest.mark.parametrize("unknown", [0, -1])
def test_partial_shapes_merge(unknown):
    symbol = v("a") + v("b")
    got = symbol.infer_shape_partial(a=(unknown, 3), b=(2, unknown))
    assert got == ([(2, 3), (2, 3)], [(2, 3)], [])


def test_full_inference_treats_zero_as_unknown():
    symbol = v("a") + v("b")
    assert symbol.infer_shape(a=(0, 3)) == (None, None, None)
    assert symbol.infer_shape_partial(a=(0, 3)) == ([(0, 3), (0, 3)], [(0, 3)], [])


def test_nothing_is_known_from_nothing():
    symbol = mx.sym.exp(v("a"))
    assert symbol.infer_shape() == (None, None, None)
    assert symbol.infer_shape_partial() == ([()], [()], [])
    assert symbol.infer_type() == (None, None, None)
    assert symbol.infer_type_partial() == ([None], [None], [])


def test_declared_shapes_are_hints():
    symbol = v("a", shape=(2, 3)) * 2.0
    assert symbol.infer_shape()[1] == [(2, 3)]
    assert symbol.infer_shape(a=(4, 5))[1] == [(4, 5)], "what the caller says wins"
    merged = v("a", shape=(0, 3)) * 2.0
    assert merged.infer_shape(a=(5, 3))[1] == [(5, 3)]


def test_one_type_spreads():
    symbol = v("a") + v("b")
    assert symbol.infer_type(a="float16") == ([np.float16] * 2, [np.float16], [])
    declared = v("a", dtype="float64") + v("b")
    assert declared.infer_type() == ([np.float64] * 2, [np.float64], [])


def test_batch_norm_keeps_statistics_in_float32():
    symbol = mx.sym.BatchNorm(v("x"), name="bn")
    arguments, outputs, states = symbol.infer_type(x="float16")
    assert arguments == [np.float16, np.float32, np.float32]
    assert outputs == [np.float16]
    assert states == [np.float32, np.float32]


def test_cast_does_not_infer_its_input():
    symbol = mx.sym.Cast(v("a"), dtype="float16")
    assert symbol.infer_type_partial() == ([None], [np.float16], [])


def test_order_of_arguments_does_not_matter():
    forward = v("a") + mx.sym.transpose(v("b"))
    swapped = mx.sym.transpose(v("b")) + v("a")
    assert forward.infer_shape(a=(2, 3), b=(3, 2))[1] == swapped.infer_shape(a=(2, 3), b=(3, 2))[1]


def test_mismatch_names_node_shapes_producers_and_line():
    data, weight = v("data"), v("weight")
    fc = mx.sym.FullyConnected(data, weight, num_hidden=4, name="fc1")
    with pytest.raises(mx.MXNetError) as caught:
        fc.infer_shape(data=(5, 2, 3), weight=(4, 7))
    text = str(caught.value)
    assert text.startswith("Error in operator fc1:")
    for part in ("(4, 6)", "(4, 7)", "(5, 2, 3)", "FullyConnected(num_hidden=4)", "test_infer.py:"):
        assert part in text
    facts = caught.value.facts
    assert facts.node == "fc1"
    assert [fact.name for fact in facts.inputs] == ["data", "weight", "bias"]


def test_type_conflict_names_both_types():
    with pytest.raises(mx.MXNetError, match=r"(?s)float32.*int32|int32.*float32"):
        (v("a") + v("b")).infer_type(a="float32", b="int32")


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda s: s.infer_shape(nope=(1,)), mx.MXNetError),
        (lambda s: s.infer_type(nope="float32"), mx.MXNetError),
        (lambda s: s.infer_shape_partial(nope=(1,)), mx.MXNetError),
        (lambda s: s.infer_shape((2, 3), a=(2, 3)), ValueError),
        (lambda s: s.infer_shape(a=[2, 3]), TypeError),
        (lambda s: s.infer_shape(a=5), TypeError),
        (lambda s: s.infer_shape(a=(2.5,)), TypeError),
        (lambda s: s.infer_type(a="float17"), TypeError),
    ],
    ids=["name", "type name", "partial", "both ways", "list", "int", "float", "dtype"],
)
def test_wrong_use(call, error):
    with pytest.raises(error):
        call(mx.sym.exp(v("a")))


def test_unknown_names_come_with_candidates():
    with pytest.raises(mx.MXNetError, match=re.escape("'daat'")) as caught:
        mx.sym.exp(v("data")).infer_shape(daat=(2, 3))
    assert "data" in str(caught.value)


def test_numpy_integers_are_dimensions():
    symbol = mx.sym.exp(v("a"))
    assert symbol.infer_shape(a=(np.int64(2), np.int32(3)))[1] == [(2, 3)]


def test_settled_nodes_are_left_alone(monkeypatch):
    asked = []
    rule = Op.inferred

    def inferred(self, kind, inputs, outputs):
        asked.append(kind)
        return rule(self, kind, inputs, outputs)

    net = v("x")
    for _ in range(10):
        net = mx.sym.tanh(mx.sym.FullyConnected(net, num_hidden=4))
    monkeypatch.setattr(Op, "inferred", inferred)
    infer_variables(net, {"x": (2, 3)}, {})
    # The shapes of parameters are found, then confirmed; float32 stands only when nothing else does.
    assert asked.count("shape") == 10 * (1 + 2)
    assert asked.count("dtype") == 20 * 2 + 10
