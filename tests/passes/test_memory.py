"""Memory that is used again holds what is still read."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx
from running import run_bound


def test_result_does_not_replace_an_input_that_is_also_read_transposed():
    data = mx.sym.Variable("data")
    once = mx.sym.exp(data)
    total = once + mx.sym.transpose(once)
    value = np.random.RandomState(0).rand(5, 5)
    (output,) = run_bound(total * 2, {"data": value}).outputs
    np.testing.assert_allclose(output, 2 * (np.exp(value) + np.exp(value).T))


def test_what_a_kernel_allocates_is_overwritten_in_place():
    net = mx.sym.Convolution(mx.sym.Variable("data"), kernel=(1, 1), num_filter=4, name="c")
    shapes = {"data": (2, 4, 16, 16)}
    conv = mx.sym.sum(net).plan_memory(grad_req="null", **shapes)
    net = mx.sym.Activation(net, act_type="relu", name="r")
    relu = mx.sym.sum(net * 2).plan_memory(grad_req="null", **shapes)
    assert relu.activations + relu.adopted == conv.activations + conv.adopted


def test_what_nothing_reads_is_not_kept(monkeypatch):
    monkeypatch.setenv("MXNET_SUBGRAPH_BACKEND", "NONE")
    monkeypatch.setenv("MXNET_USE_FUSION", "0")  # neither fused kernels nor predictions in pieces
    net = mx.sym.Pooling(mx.sym.Variable("data") * 2, kernel=(2, 2), stride=(2, 2), name="p")
    shapes = {"data": (64, 8, 64, 64)}
    size = 4 * 64 * 8 * 32 * 32
    report = mx.sym.sum(net).plan_memory(grad_req="null", **shapes)
    assert 5 * size <= report.activations <= 5.3 * size  # data, result, and scratch memory
    assert mx.sym.sum(net).plan_memory(**shapes).activations >= 6 * size  # positions are kept


def test_memory_of_a_view_is_given_back():
    net = mx.sym.InstanceNorm(mx.sym.Variable("data"), name="n")
    net = mx.sym.batch_dot(mx.sym.Reshape(net, shape=(1, -1, 8)), mx.sym.Variable("other"))
    executor = net.simple_bind(mx.cpu(), grad_req="null", data=(2, 4, 8), other=(1, 8, 8))
    executor.forward()
    program = executor._program(False)
    freed = [tensor for step in program.forward.instructions for tensor in step.frees]
    assert all(tensor.untyped_storage().nbytes() == 0 for tensor in freed)
    assert len(freed) >= 2  # of the normalisation and of its view


# -- what outputs are made of in place -------------------------------------------------------------
def logits(rows: int = 64, classes: int = 512) -> mx.sym.Symbol:
    data = mx.sym.Variable("data", shape=(rows, 8))
    return mx.sym.FullyConnected(data, num_hidden=classes, name="fc")


@pytest.mark.parametrize("grad_req", ["null", "write"])
@pytest.mark.parametrize(
    ("net", "beside"),
    [
        (lambda x: mx.sym.SoftmaxOutput(x, name="softmax"), 0),
        (lambda x: mx.sym.tanh(mx.sym.exp(x)), 0),
        (lambda x: mx.sym.Group([mx.sym.exp(x), mx.sym.sum(x)]), 1),
        (lambda x: mx.sym.softmax(x) + x, 1),
        (lambda x: mx.sym.Group([x, mx.sym.tanh(x)]), 0),
        (lambda x: mx.sym.SoftmaxOutput(mx.sym.Reshape(x, shape=(-1, 256))), 1),
    ],
    ids=["softmax", "chain", "read twice", "read later", "output itself", "other shape"],
)
def test_what_becomes_an_output_in_place_is_computed_there(net, beside, grad_req):
    net, size = net(logits()), 4 * 64 * 512
    plan = net.plan_memory(grad_req="null")
    assert beside * size <= plan.activations < beside * size + 4096
    executor = net.simple_bind(mx.cpu(), grad_req=grad_req)
    if grad_req == "null":
        assert executor.memory == plan
    seen = {}
    for array in executor.arg_arrays:
        array[:] = mx.nd.random.uniform(-1, 1, array.shape)
    found = [output.asnumpy() for output in executor.forward()]
    executor.set_monitor_callback(lambda name, array: seen.update({name: array.asnumpy()}))
    again = [output.asnumpy() for output in executor.forward()]
    for one, other in zip(found, again):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)  # unfused: other products
    data, weight, bias = (executor.arg_dict[n].asnumpy() for n in ("data", "fc_weight", "fc_bias"))
    np.testing.assert_allclose(seen["fc_output"], data @ weight.T + bias, rtol=1e-4, atol=1e-5)
