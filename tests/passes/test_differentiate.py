"""Differentiation: the graph that it makes, fan-out, requests, loss heads, second order."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx
from mxnet.graph.node import Entry, Graph
from mxnet.passes.differentiate import differentiate
from mxnet.passes.infer import infer_shapes
from running import array, run_bound, run_plainly


def gradient_text(symbol: mx.sym.Symbol, *wrt: str) -> str:
    """The printed graph of the gradients, for head gradients of ones."""
    return str(symbol.gradient(list(wrt))._graph)


def test_printed_graph_before_and_after():
    x, w = mx.sym.Variable("x"), mx.sym.Variable("w")
    symbol = mx.sym.elemwise_mul(x, w, name="product")
    assert str(symbol._graph) == (
        "x = variable\nw = variable\nproduct_output = elemwise_mul()(x, w)\nreturn product_output"
    )
    assert gradient_text(symbol, "x", "w") == (
        "x = variable\n"
        "w = variable\n"
        "product_output = elemwise_mul()(x, w)\n"
        "d_product_output_output = ones_like()(product_output)\n"
        "product_backward_elemwise_mul_output = elemwise_mul()(d_product_output_output, w)\n"
        "product_backward_elemwise_mul1_output = elemwise_mul()(d_product_output_output, x)\n"
        "return product_backward_elemwise_mul_output, product_backward_elemwise_mul1_output"
    )


def test_the_forward_graph_stays_as_it_was():
    x = mx.sym.Variable("x")
    symbol = mx.sym.FullyConnected(mx.sym.relu(x), num_hidden=2, name="fc")
    before, text = list(symbol._graph.nodes), str(symbol._graph)
    symbol.gradient(["x", "fc_weight"])
    assert symbol._graph.nodes == before
    assert str(symbol._graph) == text


def test_only_what_is_asked_for_is_differentiated():
    x = mx.sym.Variable("x")
    fc = mx.sym.FullyConnected(x, num_hidden=2, name="fc")
    graph = fc._graph
    (bias,) = [node for node in graph.arguments if node.name == "fc_bias"]
    heads = mx.sym.ones_like(fc)._outputs
    derivative = differentiate(graph, [bias], heads)
    needed = Graph([*derivative.gradients]).nodes
    assert not any(node.op is not None and node.op.op_name == "dot" for node in needed)


@pytest.mark.parametrize(
    ("make", "shapes", "operators"),
    [
        (
            lambda x, y: mx.sym.FullyConnected(x, y, num_hidden=3, no_bias=True),
            {"x": (2, 4)},
            ["dot", "dot"],
        ),
        (
            lambda x, y: mx.sym.FullyConnected(x, y, num_hidden=3, no_bias=True),
            {"x": (2, 4, 5)},
            ["Flatten", "dot", "reshape_like", "dot"],
        ),
        (mx.sym.broadcast_mul, {"x": (2, 3), "y": (2, 3)}, ["broadcast_mul"] * 2),
        (
            mx.sym.broadcast_mul,
            {"x": (2, 3), "y": (1, 3)},
            ["broadcast_mul", "broadcast_mul", "_sum_like"],
        ),
    ],
    ids=["matrix", "images", "equal", "stretched"],
)
def test_known_shapes_save_nodes(make, shapes, operators):
    symbol = make(mx.sym.Variable("x"), mx.sym.Variable("y"))
    graph = symbol._graph
    found = infer_shapes(graph, {n: shapes[n.name] for n in graph.variables if n.name in shapes})
    derivative = differentiate(graph, graph.arguments, mx.sym.ones_like(symbol)._outputs, found)
    assert [node.op.op_name for node in derivative.made] == operators


@pytest.mark.parametrize("grad_req", ["write", "add"], ids="grad_req={}".format)
@pytest.mark.parametrize("fan_out", range(1, 13))
def test_fan_out(fan_out, grad_req):
    x = mx.sym.Variable("x")
    total = x * 1.0
    for factor in range(2, fan_out + 1):
        total = total + x * float(factor)
    start = {"x": np.array([10.0, -10.0], "float32")}
    arrays = {"x": np.array([1.0, 2.0], "float32")}
    head = np.array([1.0, 0.5], "float32")
    result = run_bound(total, arrays, [head], grad_req, grad_init=start)
    expected = head * fan_out * (fan_out + 1) / 2 + (start["x"] if grad_req == "add" else 0)
    np.testing.assert_allclose(result.gradients["x"], expected, 1e-6)


@pytest.mark.parametrize("grad_req", ["write", "add"], ids="grad_req={}".format)
@pytest.mark.parametrize("uses", range(1, 13))
def test_shared_weight(uses, grad_req):
    weight, data = mx.sym.Variable("weight"), mx.sym.Variable("data")
    hidden = data
    for _ in range(uses):
        hidden = mx.sym.FullyConnected(hidden, weight, num_hidden=3, no_bias=True)
        hidden = mx.sym.Activation(hidden, act_type="tanh")
    rng = np.random.RandomState(0)
    arrays = {
        "weight": rng.uniform(-1, 1, (3, 3)).astype("float32"),
        "data": rng.uniform(-1, 1, (2, 3)).astype("float32"),
    }
    start = {name: np.full_like(value, 3) for name, value in arrays.items()}
    heads = [np.ones((2, 3), "float32")]
    bound = run_bound(hidden, arrays, heads, grad_req, grad_init=start)
    plain = run_plainly(hidden, arrays, heads, grad_req, grad_init=start)
    for name in arrays:
        np.testing.assert_allclose(bound.gradients[name], plain.gradients[name], 1e-5, 1e-6)


def test_adding_accumulates_over_passes():
    x = mx.sym.Variable("x")
    gradient = array(np.array([10.0], "float32"))
    executor = (x + x).bind(
        mx.cpu(), {"x": array(np.ones(1, "float32"))}, args_grad=[gradient], grad_req="add"
    )
    seen = []
    for _ in range(3):
        executor.forward(is_train=True)
        executor.backward([array(np.ones(1, "float32"))])
        seen.append(float(gradient.asnumpy()[0]))
    assert seen == [12.0, 14.0, 16.0]


def test_one_array_as_the_gradient_of_two_arguments_adds_both():
    a, b = mx.sym.Variable("a"), mx.sym.Variable("b")
    ones = array(np.ones(2, "float32"))
    gradient = array(np.zeros(2, "float32"))
    executor = (a * 2 + b * 3).bind(
        mx.cpu(), {"a": ones, "b": ones}, args_grad={"a": gradient, "b": gradient}, grad_req="add"
    )
    executor.forward(is_train=True)
    executor.backward([ones])
    assert gradient.asnumpy().tolist() == [5.0, 5.0]


def test_loss_heads_need_no_head_gradient_and_ignore_it():
    data = mx.sym.Variable("data")
    loss = mx.sym.SoftmaxOutput(data, name="softmax")
    arrays = {"data": np.zeros((1, 2), "float32"), "softmax_label": np.zeros(1, "float32")}
    without = run_bound(loss, arrays, None, {"data": "write"})
    assert without.gradients["data"].tolist() == [[-0.5, 0.5]]
    scaled = run_bound(loss, arrays, [np.full((1, 2), 7, "float32")], {"data": "write"})
    assert scaled.gradients["data"].tolist() == [[-0.5, 0.5]]


def test_block_grad_stops_gradients():
    x = mx.sym.Variable("x")
    result = run_bound(
        x * mx.sym.BlockGrad(x),
        {"x": np.array([3.0], "float32")},
        [np.ones(1, "float32")],
        "write",
    )
    assert result.gradients["x"].tolist() == [3.0]


def test_an_argument_that_no_gradient_reaches_gets_zeros():
    a, b = mx.sym.Variable("a"), mx.sym.Variable("b")
    symbol = mx.sym.Group([a * 2, mx.sym.BlockGrad(b)])
    arrays = {"a": np.ones(2, "float32"), "b": np.ones(3, "float32")}
    heads = [np.ones(2, "float32"), np.ones(3, "float32")]
    result = run_bound(symbol, arrays, heads, "write", grad_init={"b": np.full(3, 9, "float32")})
    assert result.gradients["b"].tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("function", "second"),
    [
        (lambda x: x * x * x, lambda x: 6 * x),
        (lambda x: mx.sym.exp(x), np.exp),
        (lambda x: x / (x + 3.0), lambda x: -6 / (x + 3) ** 3),
    ],
    ids=["cube", "exp", "quotient"],
)
def test_second_order(function, second):
    x = mx.sym.Variable("x")
    twice = function(x).gradient("x").gradient("x")
    values = np.array([0.5, 1.0, 2.0])
    result = run_plainly(twice, {"x": values})
    np.testing.assert_allclose(result.outputs[0], second(values), 1e-6)


def test_a_variable_is_its_own_gradient_path():
    x = mx.sym.Variable("x")
    result = run_bound(
        mx.sym.Group([x, x * 2]),
        {"x": np.ones(2, "float32")},
        [np.full(2, 5, "float32"), np.ones(2, "float32")],
        "write",
    )
    assert result.gradients["x"].tolist() == [7.0, 7.0]


def test_errors_name_the_operator_without_derivative():
    x = mx.sym.Variable("x")
    symbol = mx.sym.elemwise_add(mx.sym.argmax_channel(x, name="which"), mx.sym.Variable("y"))
    with pytest.raises(mx.MXNetError, match="which"):
        symbol.gradient("x")


def test_gradients_of_names_that_are_not_arguments():
    with pytest.raises(mx.MXNetError, match="nope"):
        mx.sym.exp(mx.sym.Variable("x")).gradient("nope")


def test_new_nodes_say_which_node_they_were_made_for():
    x = mx.sym.Variable("x")
    symbol = mx.sym.exp(x, name="e")
    derivative = differentiate(
        symbol._graph, symbol._graph.arguments, mx.sym.ones_like(symbol)._outputs
    )
    assert {node.derived_from.name for node in derivative.made} == {"e"}
    assert all(isinstance(entry, Entry) for entry in derivative.gradients)


def repeated_cell():
    cell = mx.rnn.LSTMCell(4, prefix="lstm_")
    return cell.unroll(3, inputs=mx.sym.Variable("x"), merge_outputs=True)[0]


def several_orders():
    x = mx.sym.Variable("x")
    net = mx.sym.square(x * x, name="net")
    first = net.gradient("x")
    return mx.sym.Group([net, net, net.gradient("x"), first, first.gradient("x")])


@pytest.mark.parametrize("network", [repeated_cell, several_orders])
def test_no_two_nodes_have_one_name(network):
    net = network()
    executor = net.simple_bind(mx.cpu(), x=(2, 3, 4))
    seen = []
    executor.set_monitor_callback(lambda name, array: seen.append(name))
    executor.forward(is_train=True)
    executor.backward([mx.nd.ones(output.shape) for output in executor.outputs])
    assert len(seen) > 20
    assert len(set(seen)) == len(seen)
    for graph in (
        net._graph,
        *(executor._programs.get(True, fused).graph for fused in (False, True)),
    ):
        names = [node.name for node in graph.nodes]
        assert len(set(names)) == len(names)
