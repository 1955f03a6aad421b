"""What several nodes compute alike is computed once, where nobody can tell the difference."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx
from mxnet.passes.joint import join
from mxnet.passes.simplify import merge_duplicates
from mxnet.passes.target import Target


def merged(net, wrt=()):
    graph = net._graph
    return merge_duplicates(join(graph, [graph.arguments[i] for i in wrt]), lambda: 1 / 0, Target())


def operators(joint):
    return [node.op.op_name for node in joint.graph.nodes if node.op is not None]


def twice(function):
    x = mx.sym.Variable("x")
    return function(x) * 2 + mx.sym.tanh(function(x))


def normalised(x):
    parts = [mx.sym.Variable(name) for name in ("gamma", "beta", "mean", "var")]
    return mx.sym.BatchNorm(x, *parts)


@pytest.mark.parametrize(
    ("function", "operator", "count"),
    [
        (mx.sym.exp, "exp", 1),
        (lambda x: mx.sym.exp(mx.sym.square(x)), "square", 1),
        (lambda x: mx.sym.SliceChannel(x, num_outputs=2)[1], "SliceChannel", 1),
        (lambda x: mx.sym.Dropout(x, p=0.5), "Dropout", 2),  # draws anew
        (normalised, "BatchNorm", 2),  # moves its statistics
    ],
)
def test_equal_nodes(function, operator, count):
    assert operators(merged(twice(function))).count(operator) == count


def test_different_parameters_inputs_and_attributes_stay():
    x, y = mx.sym.Variable("x"), mx.sym.Variable("y")
    parts = [mx.sym.sum(x, axis=0), mx.sym.sum(x, axis=1), mx.sym.sum(y, axis=0)]
    with mx.AttrScope(ctx_group="other"):
        parts.append(mx.sym.sum(x, axis=0))
    assert operators(merged(mx.sym.add_n(*(mx.sym.exp(part) for part in parts)))).count("sum") == 4


def test_outputs_stay():
    x = mx.sym.Variable("x")
    net = mx.sym.Group([mx.sym.exp(x), mx.sym.exp(x)])
    executor = net.simple_bind(mx.cpu(), x=(3,))
    executor.forward(x=mx.nd.array([0.0, 1.0, 2.0]))
    for output in executor.outputs:
        np.testing.assert_allclose(output.asnumpy(), np.exp([0, 1, 2]), 1e-6)


def test_gradients():
    net = twice(lambda x: mx.sym.exp(mx.sym.square(x)))
    executor = net.simple_bind(mx.cpu(), x=(4,), type_dict={"x": "float64"})
    x = np.array([0.1, -0.4, 0.8, 0.3])
    executor.arg_dict["x"][:] = mx.nd.array(x, dtype="float64")
    executor.forward(is_train=True)
    executor.backward(mx.nd.ones(4, dtype="float64"))
    value = np.exp(x**2)
    want = 2 * x * value * (2 + 1 / np.cosh(value) ** 2)
    np.testing.assert_allclose(executor.grad_dict["x"].asnumpy(), want, 1e-10)
