"""Fused nodes compute what the nodes they stand for computed."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx
from mxnet.passes.fuse import accumulate_products, join_products
from mxnet.passes.infer import infer_shapes
from mxnet.passes.joint import join
from mxnet.passes.target import Target


def shared_weights(times):
    """One weight used several times, once by a product that something else reads too."""
    weight, net = mx.sym.Variable("w"), mx.sym.Variable("x")
    for i in range(times):
        net = mx.sym.tanh(
            mx.sym.FullyConnected(net, weight, num_hidden=5, no_bias=True, name=f"f{i}")
        )
    return net


def fused(net, **shapes):
    joint = join(net._graph, net._graph.arguments)
    known = {node: shapes[node.name] for node in net._graph.variables if node.name in shapes}

    def found():
        return infer_shapes(joint.graph, known).values, []

    return accumulate_products(joint, found, Target())


def operators(joint):
    return [node.op.op_name for node in joint.graph.nodes if node.op is not None]


def test_sums_of_products_become_one_node():
    names = operators(fused(shared_weights(4), x=(3, 5), w=(5, 5)))
    assert names.count("_dot_add") == 3
    assert "_grad_add" not in names


@pytest.mark.parametrize(("steps", "batch", "products"), [(6, 1, 1), (200, 2, 2), (6, 16, 6)])
def test_sums_of_thin_products_become_one_product(steps, batch, products):
    """Thick products are left alone; of many thin ones 256 rows at a time are joined."""
    joint = fused(shared_weights(steps), x=(batch, 5), w=(5, 5))
    known = {n: (batch, 5) if n.name != "w" else (5, 5) for n in joint.graph.variables}

    def found():
        return infer_shapes(joint.graph, known).values, []

    names = operators(join_products(joint, found, Target()))
    adding = names.count("_dot_add")
    assert adding == products - 1
    assert names.count("Concat") == (0 if batch > 4 else 2 * products)


def test_nothing_to_fuse_leaves_the_graph_alone():
    net = shared_weights(1)
    joint = join(net._graph, net._graph.arguments)
    assert accumulate_products(joint, lambda: 1 / 0, Target()) is joint


def test_gradients_of_shared_weights():
    net = shared_weights(9)
    rng = np.random.RandomState(0)
    arrays = {"x": rng.randn(3, 5) / 2, "w": rng.randn(5, 5) / 2}
    for req in ("write", "add"):
        executor = net.simple_bind(mx.cpu(), x=(3, 5), grad_req=req, type_dict={"x": "float64"})
        for name, value in arrays.items():
            executor.arg_dict[name][:] = mx.nd.array(value, dtype="float64")
        head = mx.nd.ones((3, 5), dtype="float64")
        executor.forward(is_train=True)
        executor.backward(head)
        gradient = executor.grad_dict["w"].asnumpy()

        def total(w):
            h = arrays["x"]
            for _ in range(9):
                h = np.tanh(h @ w.T)
            return h.sum()

        for index in np.ndindex(5, 5):
            step = np.zeros((5, 5))
            step[index] = 1e-6
            slope = (total(arrays["w"] + step) - total(arrays["w"] - step)) / 2e-6
            np.testing.assert_allclose(gradient[index], slope, 1e-6, 1e-8)
