"""What leaves numbers as they are, to the last bit, is left out; sums with zero do not."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx
from mxnet.passes.joint import Joint
from mxnet.passes.simplify import drop_neutral
from mxnet.passes.target import Target
from mxnet.planning import known_facts

X = mx.sym.Variable("x")
STRANGE = [-0.0, 0.0, np.nan, -np.nan, np.inf, -np.inf, 1e-45, 3.0e38, 1 / 3]


def simplified(net, dtype="float32", monitored=False):
    """The names of operators that are left."""
    graph = net._graph
    shapes, dtypes = known_facts(graph, dict.fromkeys(graph.variables, ((3, 3), dtype)))
    facts = shapes.values, dtypes.values
    joint = drop_neutral(Joint(graph, graph), lambda: facts, Target(monitored=monitored))
    return [node.op.op_name for node in joint.graph.nodes if node.op is not None]


@pytest.mark.parametrize(
    ("function", "left_out"),
    [
        (lambda x: x * 1, True),
        (lambda x: x / 1, True),
        (lambda x: x - 0, True),
        (lambda x: x**1, True),
        (lambda x: x * mx.sym.ones((3, 3)), True),
        (lambda x: mx.sym.ones_like(x) * x, True),
        (lambda x: mx.sym.broadcast_mul(x, mx.sym.full((1, 3), 1)), True),
        (lambda x: x / mx.sym.ones_like(x), True),
        (lambda x: x - mx.sym.zeros_like(x), True),
        (lambda x: mx.sym.broadcast_mul(mx.sym.sum(x, axis=1, keepdims=True), mx.sym.ones((3, 3))),
         False),  # spreads it
        (lambda x: x + 0, False),  # -0 + 0 is 0
        (lambda x: x - -0.0, False),
        (lambda x: x - mx.sym.full((3, 3), -0.0), False),
        (lambda x: x - mx.sym.full((3, 3), 0.0), True),
        (lambda x: x + mx.sym.zeros_like(x), False),
        (lambda x: x * 0, False),  # not a number times 0 is none either
        (lambda x: 1 / x, False),
        (lambda x: mx.sym.ones_like(x) / x, False),
        (lambda x: 0 - x, False),
        (lambda x: x * 2, False),
    ],
)  # fmt: skip
def test_what_is_left_out_changes_no_bit(function, left_out):
    net = mx.sym.tanh(function(mx.sym.negative(X)))
    whole = [node.op.op_name for node in net._graph.nodes if node.op is not None]
    assert (len(simplified(net)) < len(whole)) == left_out
    assert simplified(net, monitored=True) == whole
    if left_out:  # what runs where it is not left out, as an output
        data = np.array(STRANGE, "float32").reshape(3, 3)
        got = function(X).bind(mx.cpu(), {"x": mx.nd.array(data)}).forward()[0].asnumpy()
        np.testing.assert_array_equal(got.view(np.int32), data.view(np.int32))


def test_integers_are_left_alone():
    assert simplified(mx.sym.tanh(mx.sym.cast(X * 1, "float32")), "int32").count("_mul_scalar") == 1


def test_outputs_and_what_writes_are_left_alone():
    assert simplified(X * 1) == ["_mul_scalar"]
    assert simplified(mx.sym.Group([mx.sym.tanh(X), mx.sym.exp(mx.sym.tanh(X) * 1)])) == [
        "tanh", "tanh", "exp"
    ]  # fmt: skip
