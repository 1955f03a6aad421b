"""The guide to symbols and automatic differentiation: its examples, as they are typed."""

# ruff: noqa: B905 - written as in the document

from __future__ import annotations

import numpy as np

import mxnet as mx
from seeds.parts import plain_text


def test_two_layer_perceptron():
    net = mx.symbol.Variable("data")
    net = mx.symbol.FullyConnected(data=net, name="fc1", num_hidden=128)
    net = mx.symbol.Activation(data=net, name="relu1", act_type="relu")
    net = mx.symbol.FullyConnected(data=net, name="fc2", num_hidden=64)
    net = mx.symbol.SoftmaxOutput(data=net, name="out")
    assert repr(type(net)) == "<class 'mxnet.symbol.Symbol'>"
    assert net.list_arguments() == [
        "data",
        "fc1_weight",
        "fc1_bias",
        "fc2_weight",
        "fc2_bias",
        "out_label",
    ]


def test_older_name_of_the_loss():
    net = mx.symbol.FullyConnected(data=mx.symbol.Variable("data"), name="fc2", num_hidden=64)
    assert mx.symbol.Softmax(data=net, name="out").list_arguments()[-1] == "out_label"


def test_shape_inference():
    net = mx.symbol.Variable("data")
    net = mx.symbol.FullyConnected(data=net, name="fc1", num_hidden=10)
    arg_shape, out_shape, _aux_shape = net.infer_shape(data=(100, 100))
    assert dict(zip(net.list_arguments(), arg_shape)) == {
        "data": (100, 100),
        "fc1_weight": (10, 100),
        "fc1_bias": (10,),
    }
    assert out_shape == [(100, 10)]


def test_bind_and_run():
    # define computation graphs
    A = mx.symbol.Variable("A")
    B = mx.symbol.Variable("B")
    C = A * B
    a = mx.nd.ones(3) * 4
    b = mx.nd.ones(3) * 2
    # bind the symbol with real arguments
    c_exec = C.bind(ctx=mx.cpu(), args={"A": a, "B": b})
    # do forward pass calculation.
    c_exec.forward()
    assert plain_text(str(c_exec.outputs[0].asnumpy())) == plain_text("[ 8. 8. 8.]")


def test_simple_bind_makes_the_arrays():
    # define computation graphs
    net = mx.symbol.FullyConnected(data=mx.symbol.Variable("data"), name="fc", num_hidden=3)
    net = mx.symbol.SoftmaxOutput(data=net, name="out")
    input_shape = (2, 4)
    texec = net.simple_bind(data=input_shape)
    texec.forward()
    texec.backward()
    np.testing.assert_allclose(texec.outputs[0].asnumpy(), np.full((2, 3), 1 / 3), 1e-6)
    expected = [2 / 3 - 2, 2 / 3, 2 / 3]  # label 0 in both rows, summed over the batch
    np.testing.assert_allclose(texec.grad_dict["fc_bias"].asnumpy(), expected, 1e-5)
