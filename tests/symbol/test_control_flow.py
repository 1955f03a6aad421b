"""Loops and branches of symbols: files as 1.9.1 writes them, inference, refusals, planned loops."""

from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path

import numpy as np
import pytest

import mxnet as mx
from mxnet.ops.control import Foreach
from symbol.control_cases import CASES, build

RECORDED = json.loads((Path(__file__).with_name("data") / "control_flow.json").read_text())


@pytest.mark.parametrize("case", CASES)
def test_files_as_recorded(case):
    symbol = build(mx, case)
    text = symbol.tojson()
    # The mark counts how often the case was built in this process.
    assert text.replace(f"{case}1", f"{case}0") == RECORDED[case]["json"]
    loaded = mx.sym.load_json(text)
    assert loaded.tojson() == text
    assert loaded.list_arguments() == symbol.list_arguments()
    assert pickle.loads(pickle.dumps(symbol)).tojson() == text
    assert copy.copy(symbol).tojson() == text


def loop(**names):
    a, b, c = (mx.sym.Variable(name, **names) for name in "abc")
    outputs, state = mx.sym.contrib.foreach(lambda x, s: (x * s + c, s + x), a, b)
    return mx.sym.Group([outputs, state])


def test_inference_passes_through_bodies():
    args, outputs, _ = loop().infer_shape(a=(4, 2, 3))
    assert args == [(4, 2, 3), (2, 3), (2, 3)]
    assert outputs == [(4, 2, 3), (2, 3)]
    args, outputs, _ = loop().infer_shape_partial(c=(2, 3))
    assert args == [(0, 2, 3), (2, 3), (2, 3)]
    types, outputs, _ = loop().infer_type(c="float64")
    assert {*types, *outputs} == {np.float64}


def test_a_body_that_changes_the_shape_of_a_state_is_refused():
    a, b = mx.sym.Variable("a"), mx.sym.Variable("b")
    outputs, _ = mx.sym.contrib.foreach(lambda x, s: (x, mx.sym.concat(s, s, dim=0)), a, b)
    with pytest.raises(mx.MXNetError, match="shape inference"):
        outputs.infer_shape(a=(4, 2), b=(3,))


def test_data_of_different_lengths_are_refused():
    a, b, c = (mx.sym.Variable(name) for name in "abc")
    outputs, _ = mx.sym.contrib.foreach(lambda x, s: (x[0] + x[1], s), [a, c], b)
    with pytest.raises(mx.MXNetError, match="same length"):
        outputs.infer_shape(a=(4, 2), c=(5, 2), b=(3,))


def test_errors_name_the_loop_and_the_node_inside():
    with pytest.raises(mx.MXNetError, match=r"_foreach\d+.*_mul") as caught:
        loop().infer_shape(a=(4, 2), b=(3,))
    assert "test_control_flow.py" in str(caught.value)


@pytest.mark.parametrize(
    ("error", "make"),
    [
        (AssertionError, lambda a, b: mx.sym.contrib.foreach(lambda x, s: (s, s), a, b)),
        (AssertionError, lambda a, b: mx.sym.contrib.foreach(lambda x, s: (x, x), a, b)),
        (AssertionError, lambda a, b: mx.sym.contrib.foreach(lambda x, s: (3, s), a, b)),
        (AssertionError, lambda a, b: mx.sym.contrib.foreach(lambda x, s: (x, [s, s]), a, b)),
        (AssertionError, lambda a, b: mx.sym.contrib.foreach(lambda x, s: (x + s, s), a, a)),
        (AssertionError, lambda a, b: mx.sym.contrib.foreach(lambda x, s: (x, s), 3, b)),
        (mx.MXNetError, lambda a, b: mx.sym.contrib.foreach(lambda x, s: (s, s), [], b)),
        (ValueError, lambda a, b: mx.sym.contrib.while_loop(lambda i: i, lambda i: (i, i), a)),
        (ValueError, lambda a, b: repeat(lambda i: (i, [i, i]), [a])),
        (ValueError, lambda a, b: repeat(lambda i, j: (i, [i, i]), [a, b])),
        (ValueError, lambda a, b: repeat(lambda: (a, []), [])),
        (ValueError, lambda a, b: repeat(lambda i: (i, i), a, max_iterations="many")),
        (mx.MXNetError, lambda a, b: repeat(lambda i: (i, i), a, max_iterations=0)),
        (ValueError, lambda a, b: mx.sym.contrib.cond(a, lambda: [a, b], lambda: a)),
        (AssertionError, lambda a, b: mx.sym.contrib.cond(a, lambda: 3, lambda: a)),
        (TypeError, lambda a, b: mx.sym.contrib.cond(a, list, list)),
    ],
)
def test_refused(error, make):
    with pytest.raises(error):
        make(mx.sym.Variable("a"), mx.sym.Variable("b"))


def repeat(function, variables, max_iterations=3):
    return mx.sym.contrib.while_loop(
        lambda *values: values[0] < 5, function, variables, max_iterations=max_iterations
    )


def test_attributes_of_the_node_can_be_set():
    symbol = loop()[0]
    before = symbol.tojson()
    symbol._set_attr(__note__="kept")
    assert symbol.attr("__note__") == "kept"
    assert mx.sym.load_json(symbol.tojson()).tojson() == symbol.tojson() != before


def test_a_composed_body_belongs_to_the_loop():
    net = mx.sym.exp(mx.sym.Variable("data"), name="net")
    a, b = mx.sym.Variable("a"), mx.sym.Variable("b")
    outputs, _ = mx.sym.contrib.foreach(lambda x, s: (net(data=x) + s, s), a, b)
    values = {"a": mx.nd.array([[1.0], [2.0]]), "b": mx.nd.array([3.0])}
    got = outputs.eval(**values)[0].asnumpy()
    np.testing.assert_allclose(got, np.exp([[1], [2]]) + 3, rtol=1e-6)


def test_files_with_graphs_inside_each_other_without_end_are_refused():
    graph = '{"nodes": [], "heads": []}'
    for _ in range(60):
        node = f'{{"op": "_foreach", "name": "n", "inputs": [], "subgraphs": [{graph}]}}'
        graph = f'{{"nodes": [{node}], "heads": [[0, 0, 0]]}}'
    with pytest.raises(mx.MXNetError, match="inside each other"):
        mx.sym.load_json(graph)


# -- planned loops --------------------------------------------------------------------------------


def recurrent(steps, size=3):
    def body(x, state):
        hidden = mx.sym.FullyConnected(x, num_hidden=size, name="i2h")
        hidden = hidden + mx.sym.FullyConnected(state, num_hidden=size, no_bias=True, name="h2h")
        return [hidden], mx.sym.tanh(hidden)

    (outputs,), state = mx.sym.contrib.foreach(
        body, mx.sym.Variable("data"), mx.sym.Variable("state")
    )
    return mx.sym.Group([outputs, state]), {"data": (steps, 2, 4), "state": (2, size)}


def test_loops_are_unrolled_where_they_are_bound(monkeypatch):
    from mxnet.passes import unroll

    symbol, shapes = recurrent(5)
    results = []
    for most in (10_000, 0):
        monkeypatch.setattr(unroll, "_MOST_NODES", most)
        executor = symbol.simple_bind(mx.cpu(), **shapes)
        kinds = {type(node.op) for node in executor._graph.nodes}
        assert (Foreach in kinds) == (most == 0)
        rng = np.random.RandomState(0)
        for array in executor.arg_arrays:
            array[:] = rng.uniform(-1, 1, array.shape)
        for _ in range(2):
            outputs = executor.forward(is_train=True)
            executor.backward([mx.nd.ones(output.shape) for output in outputs])
        arrays = [*outputs, *executor.grad_arrays]
        results.append([array.asnumpy() for array in arrays])
    for one, other in zip(*results, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_planned_memory_of_a_loop_is_that_of_its_steps():
    symbol, _ = recurrent(1)
    totals = [symbol.plan_memory(data=(n, 2, 4), state=(2, 3)).total for n in (4, 64)]
    assert totals[0] < totals[1]


def test_an_argument_that_only_an_unused_result_needs():
    a, b, c = (mx.sym.Variable(name) for name in "abc")
    outputs, _ = mx.sym.contrib.foreach(lambda x, s: (x * 2, s * c), a, b)
    executor = outputs.simple_bind(mx.cpu(), a=(3, 2), b=(2,), c=(2,))
    executor.grad_dict["c"][:] = 7
    executor.forward(is_train=True)
    executor.backward(mx.nd.ones((3, 2)))
    np.testing.assert_array_equal(executor.grad_dict["c"].asnumpy(), 0)
    np.testing.assert_array_equal(executor.grad_dict["a"].asnumpy(), 2)


def test_a_body_with_dropout_draws_at_every_step():
    a, b = mx.sym.Variable("a"), mx.sym.Variable("b")
    outputs, _ = mx.sym.contrib.foreach(lambda x, s: (mx.sym.Dropout(x), s), a, b)
    executor = outputs.simple_bind(mx.cpu(), a=(50, 40), b=(1,))
    executor.arg_dict["a"][:] = 1
    mx.random.seed(1)
    got = executor.forward(is_train=True)[0].asnumpy()
    assert set(np.unique(got)) == {0, 2}
    assert len({tuple(row) for row in got}) == 50
    executor.backward(mx.nd.ones((50, 40)))
    np.testing.assert_array_equal(executor.grad_dict["a"].asnumpy(), got)
    np.testing.assert_array_equal(executor.forward()[0].asnumpy(), 1)


def test_moving_statistics_inside_a_loop():
    a, b = mx.sym.Variable("a"), mx.sym.Variable("b")
    outputs, _ = mx.sym.contrib.foreach(
        lambda x, s: (mx.sym.BatchNorm(x, name="bn", momentum=0.5), s), a, b
    )
    executor = outputs.simple_bind(mx.cpu(), a=(3, 4, 2), b=(1,))
    executor.arg_dict["a"][:] = np.arange(3).reshape(3, 1, 1)
    executor.forward(is_train=True)
    executor.backward(mx.nd.ones((3, 4, 2)))
    mean = executor.arg_dict["bn_moving_mean"].asnumpy()
    np.testing.assert_allclose(mean, 0.5)  # updates happen in backward: of the means 2, 1, 0


def test_second_derivatives_are_refused():
    symbol = mx.sym.contrib.while_loop(
        lambda i: i < 3, lambda i: (i * i, i * i), mx.sym.Variable("a"), max_iterations=2
    )[0]
    once = symbol.gradient(["a"], [mx.sym.Variable("head")])
    executor = once.simple_bind(mx.cpu(), a=(1,), head=(2, 1))
    executor.forward(is_train=True)
    with pytest.raises(mx.MXNetError, match="differentiable once"):
        executor.backward(mx.nd.ones((1,)))


def test_branches_share_variables_of_one_name():
    pred = mx.sym.Variable("p")
    branches = [lambda k=k: mx.sym.Variable("a") * k for k in (2, 3)]
    net = mx.sym.contrib.cond(pred, *branches)
    assert net.list_arguments() == ["p", "a"]
    ones = mx.nd.ones((1,)), mx.nd.ones((2,))
    for taken, factor in ((1, 2), (0, 3)):
        assert net.eval(p=ones[0] * taken, a=ones[1])[0].asnumpy().tolist() == [factor] * 2


@pytest.mark.parametrize("kind", ["loop", "branch"])
@pytest.mark.parametrize("attr", [None, {"__force_mirroring__": "1"}])
def test_memory_that_the_derivative_of_a_body_reads_is_not_written_to(kind, attr):
    """What a loop gives is overwritten in place, and what it reads is computed again."""
    hidden = mx.sym.tanh(mx.sym.Variable("x") * 2, attr=attr)
    if kind == "loop":
        _, (_, last) = mx.sym.contrib.while_loop(
            lambda i, a: i < 3,
            lambda i, a: (a, (i + 1, mx.sym.tanh(a))),
            (mx.sym.zeros(1), hidden),
            max_iterations=4,
        )
    else:
        last = mx.sym.contrib.cond(
            mx.sym.sum(hidden) > -1e9, lambda: mx.sym.tanh(hidden), lambda: hidden
        )
    net = mx.sym.exp(mx.sym.tanh(last / 2) * 3)
    executor = net.simple_bind(mx.cpu(), x=(5,))
    x = np.linspace(-1, 1, 5, dtype="float32")
    executor.forward(is_train=True, x=mx.nd.array(x))
    executor.backward(mx.nd.ones(5))
    value, slope = 2 * x, 2
    for _ in range(4 if kind == "loop" else 2):
        value = np.tanh(value)
        slope = slope * (1 - value**2)
    value = np.tanh(value / 2)
    slope = slope / 2 * (1 - value**2) * 3 * np.exp(3 * value)
    np.testing.assert_allclose(executor.grad_dict["x"].asnumpy(), slope, 1e-4)
