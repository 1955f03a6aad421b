"""The Symbol tutorials: every block runs and prints what the documents print."""

# ruff: noqa: B905, UP031, W291 - written as in the documents

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx
from seeds.parts import (
    ConvFactory,
    InceptionFactoryA,
    SoftmaxProp,
    drawn,
    plain_text,
    two_layers,
)


@pytest.fixture
def c():
    a = mx.sym.Variable("a")
    b = mx.sym.Variable("b")
    return a + b


def test_composition():
    a = mx.sym.Variable("a")
    b = mx.sym.Variable("b")
    c = a + b
    assert repr((a, b, c)) == "(<Symbol a>, <Symbol b>, <Symbol _plus0>)"
    assert repr(mx.sym.Variable("data")) == "<Symbol data>"


@pytest.mark.parametrize("reshape", ["Reshape", "reshape"])
def test_basic_operators_and_their_plot(reshape):
    a = mx.sym.Variable("a")
    b = mx.sym.Variable("b")
    a + b
    # elemental wise times
    d = a * b
    # matrix multiplication
    e = mx.sym.dot(a, b)
    # reshape
    f = getattr(mx.sym, reshape)(d + e, shape=(1, 4))
    # broadcast
    g = mx.sym.broadcast_to(f, shape=(2, 4))
    labels, edges = drawn(mx.viz.plot_network(symbol=g))
    assert list(labels) == ["a", "b", "_mul0", "dot0", "_plus1", "reshape0", "broadcast_to0"]
    assert {(tail, head) for tail, head, _ in edges} == {
        ("_mul0", "a"),
        ("_mul0", "b"),
        ("dot0", "a"),
        ("dot0", "b"),
        ("_plus1", "_mul0"),
        ("_plus1", "dot0"),
        ("reshape0", "_plus1"),
        ("broadcast_to0", "reshape0"),
    }


def test_basic_network_and_its_plot():
    net = two_layers()
    labels, edges = drawn(mx.viz.plot_network(net, shape={"data": (100, 200)}))
    assert labels["fc1"] == "FullyConnected 128"
    assert labels["relu1"] == "Activation relu"
    assert labels["fc2"] == "FullyConnected 10"
    assert edges == {
        ("fc1", "data", "200"),
        ("relu1", "fc1", "128"),
        ("fc2", "relu1", "128"),
        ("out", "fc2", "10"),
        ("out", "out_label", ""),
    }
    assert net.list_arguments() == [
        "data",
        "fc1_weight",
        "fc1_bias",
        "fc2_weight",
        "fc2_bias",
        "out_label",
    ]


def test_explicit_weight_name():
    net = mx.symbol.Variable("data")
    w = mx.symbol.Variable("myweight")
    net = mx.symbol.FullyConnected(data=net, weight=w, name="fc1", num_hidden=128)
    assert net.list_arguments() == ["data", "myweight", "fc1_bias"]


def test_operators_as_inputs():
    lhs = mx.symbol.Variable("data1")
    rhs = mx.symbol.Variable("data2")
    net = mx.symbol.FullyConnected(data=lhs + rhs, name="fc1", num_hidden=128)
    assert net.list_arguments() == ["data1", "data2", "fc1_weight", "fc1_bias"]


def test_composed_networks():
    net = mx.symbol.Variable("data")
    net = mx.symbol.FullyConnected(data=net, name="fc1", num_hidden=128)
    net2 = mx.symbol.Variable("data2")
    net2 = mx.symbol.FullyConnected(data=net2, name="net2", num_hidden=128)
    composed_net = net(data=net2, name="compose")
    assert composed_net.list_arguments() == [
        "data2",
        "net2_weight",
        "net2_bias",
        "fc1_weight",
        "fc1_bias",
    ]
    assert composed_net.list_outputs() == ["compose_output"]


def test_composed_the_other_way(capsys):
    data = mx.symbol.Variable("data")
    net1 = mx.symbol.FullyConnected(data=data, name="fc1", num_hidden=10)
    print(net1.list_arguments())
    net2 = mx.symbol.Variable("data2")
    net2 = mx.symbol.FullyConnected(data=net2, name="fc2", num_hidden=10)
    composed = net2(data2=net1, name="composed")
    print(composed.list_arguments())
    assert capsys.readouterr().out == (
        "['data', 'fc1_weight', 'fc1_bias']\n"
        "['data', 'fc1_weight', 'fc1_bias', 'fc2_weight', 'fc2_bias']\n"
    )


def test_prefix():
    data = mx.sym.Variable("data")
    net = data
    n_layer = 2
    for i in range(n_layer):
        with mx.name.Prefix("layer%d_" % (i + 1)):
            net = mx.sym.FullyConnected(data=net, name="fc", num_hidden=100)
    assert net.list_arguments() == [
        "data",
        "layer1_fc_weight",
        "layer1_fc_bias",
        "layer2_fc_weight",
        "layer2_fc_bias",
    ]


def test_factory_for_convolutions():
    prev = mx.symbol.Variable(name="Previos Output")
    conv_comp = ConvFactory(data=prev, num_filter=64, kernel=(7, 7), stride=(2, 2))
    shape = {"Previos Output": (128, 3, 28, 28)}
    labels, edges = drawn(mx.viz.plot_network(symbol=conv_comp, shape=shape))
    assert labels == {
        "Previos Output": "Previos Output",
        "conv_None": "Convolution 7x7/2x2, 64",
        "bn_None": "bn_None",
        "relu_None": "Activation relu",
    }
    assert edges == {
        ("conv_None", "Previos Output", "3x28x28"),
        ("bn_None", "conv_None", "64x11x11"),
        ("relu_None", "bn_None", "64x11x11"),
    }


def test_factory_for_inception_modules():
    shape = {"Previos Output": (128, 3, 28, 28)}
    prev = mx.symbol.Variable(name="Previos Output")
    in3a = InceptionFactoryA(prev, 64, 64, 64, 64, 96, "avg", 32, name="in3a")
    labels, edges = drawn(mx.viz.plot_network(symbol=in3a, shape=shape))
    assert labels["conv_in3a_3x3_reduce"] == "Convolution 1x1/1x1, 64"
    assert labels["conv_in3a_double_3x3_1"] == "Convolution 3x3/1x1, 96"
    assert labels["avg_pool_in3a_pool"] == "Pooling avg, 3x3/1x1"
    assert len(edges) == 26
    assert {edge for edge in edges if edge[0].startswith("ch_concat")} == {
        ("ch_concat_in3a_chconcat", "relu_in3a_1x1", "64x28x28"),
        ("ch_concat_in3a_chconcat", "relu_in3a_3x3", "64x28x28"),
        ("ch_concat_in3a_chconcat", "relu_in3a_double_3x3_1", "96x28x28"),
        ("ch_concat_in3a_chconcat", "relu_in3a_proj", "32x28x28"),
    }


def test_group():
    net = mx.sym.Variable("data")
    fc1 = mx.sym.FullyConnected(data=net, name="fc1", num_hidden=128)
    net = mx.sym.Activation(data=fc1, name="relu1", act_type="relu")
    out1 = mx.sym.SoftmaxOutput(data=net, name="softmax")
    out2 = mx.sym.LinearRegressionOutput(data=net, name="regression")
    group = mx.sym.Group([out1, out2])
    assert group.list_outputs() == ["softmax_output", "regression_output"]


def test_inference(c):
    arg_name = c.list_arguments()  # get the names of the inputs
    out_name = c.list_outputs()  # get the names of the outputs
    # infers output shape given the shape of input arguments
    arg_shape, out_shape, _ = c.infer_shape(a=(2, 3), b=(2, 3))
    # infers output type given the type of input arguments
    arg_type, out_type, _ = c.infer_type(a="float32", b="float32")
    assert {"input": dict(zip(arg_name, arg_shape)), "output": dict(zip(out_name, out_shape))} == {
        "input": {"a": (2, 3), "b": (2, 3)},
        "output": {"_plus0_output": (2, 3)},
    }
    printed = repr(
        {"input": dict(zip(arg_name, arg_type)), "output": dict(zip(out_name, out_type))}
    )
    assert printed == (
        "{'input': {'a': <class 'numpy.float32'>, 'b': <class 'numpy.float32'>},"
        " 'output': {'_plus0_output': <class 'numpy.float32'>}}"
    )


def test_bind_and_run(c, capsys):
    ex = c.bind(ctx=mx.cpu(), args={"a": mx.nd.ones([2, 3]), "b": mx.nd.ones([2, 3])})
    ex.forward()
    print(
        "number of outputs = %d\nthe first output = \n%s"
        % (len(ex.outputs), ex.outputs[0].asnumpy())
    )
    assert plain_text(capsys.readouterr().out) == plain_text(
        "number of outputs = 1\nthe first output =\n[[ 2. 2. 2.]\n[ 2. 2. 2.]]"
    )


def test_bind_on_a_gpu(c):
    gpu = mx.gpu() if mx.num_gpus() else mx.cpu()  # the block runs everywhere
    ex_gpu = c.bind(
        ctx=gpu, args={"a": mx.nd.ones([3, 4], gpu) * 2, "b": mx.nd.ones([3, 4], gpu) * 3}
    )
    ex_gpu.forward()
    assert plain_text(repr(ex_gpu.outputs[0].asnumpy())) == plain_text(
        "array([[ 5., 5., 5., 5.],\n[ 5., 5., 5., 5.],\n[ 5., 5., 5., 5.]], dtype=float32)"
    )


@pytest.mark.skipif("mx.num_gpus()", reason="there is a GPU")
def test_bind_on_a_gpu_that_is_not_there(c):
    with pytest.raises(mx.MXNetError, match=r"(?i)gpu"):
        c.bind(ctx=mx.gpu(), args={"a": mx.nd.ones([3, 4], mx.gpu()) * 2})


def test_eval(c, capsys):
    ex = c.eval(ctx=mx.cpu(), a=mx.nd.ones([2, 3]), b=mx.nd.ones([2, 3]))
    print("number of outputs = %d\nthe first output = \n%s" % (len(ex), ex[0].asnumpy()))
    assert plain_text(capsys.readouterr().out) == plain_text(
        "number of outputs = 1\nthe first output =\n[[ 2. 2. 2.]\n[ 2. 2. 2.]]"
    )


@pytest.mark.parametrize("namespace", [mx.sym, mx.symbol])
def test_load_and_save(c, namespace, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    print(c.tojson())
    c.save("symbol-c.json")
    c2 = namespace.load("symbol-c.json")
    assert c.tojson() == c2.tojson()
    # Byte for byte what the document shows, but for the version that writes it.
    assert capsys.readouterr().out == (
        """\
{
  "nodes": [
    {
      "op": "null", 
      "name": "a", 
      "inputs": []
    }, 
    {
      "op": "null", 
      "name": "b", 
      "inputs": []
    }, 
    {
      "op": "elemwise_add", 
      "name": "_plus0", 
      "inputs": [[0, 0, 0], [1, 0, 0]]
    }
  ], 
  "arg_nodes": [0, 1], 
  "node_row_ptr": [0, 1, 2, 3], 
  "heads": [[2, 0, 0]], 
  "attrs": {"mxnet_version": ["int", 10901]}
}
"""
    )


def test_custom_softmax():
    mx.operator.register("softmax")(SoftmaxProp)
    prev_input = mx.sym.Variable("data")
    net = mx.symbol.Custom(data=prev_input, op_type="softmax", name="softmax")
    assert net.list_arguments() == ["data", "softmax_label"]
    data = np.array([[1.0, 2.0, 3.0], [1.0, 1.0, 1.0]], "float32")
    label = np.array([2.0, 0.0], "float32")
    ex = net.simple_bind(ctx=mx.cpu(), data=(2, 3))
    assert ex.arg_dict["softmax_label"].shape == (2,)
    ex.forward(is_train=True, data=mx.nd.array(data), softmax_label=mx.nd.array(label))
    exponentials = np.exp(data)
    expected = exponentials / exponentials.sum(1, keepdims=True)
    np.testing.assert_allclose(ex.outputs[0].asnumpy(), expected, 1e-5)
    ex.backward()
    expected[[0, 1], [2, 0]] -= 1
    np.testing.assert_allclose(ex.grad_dict["data"].asnumpy(), expected, 1e-5, 1e-6)


def test_type_cast(capsys):
    a = mx.sym.Variable("data")
    b = mx.sym.Cast(data=a, dtype="float16")
    arg, out, _ = b.infer_type(data="float32")
    print({"input": arg, "output": out})
    c = mx.sym.Cast(data=a, dtype="uint8")
    arg, out, _ = c.infer_type(data="int32")
    print({"input": arg, "output": out})
    assert capsys.readouterr().out == (
        "{'input': [<class 'numpy.float32'>], 'output': [<class 'numpy.float16'>]}\n"
        "{'input': [<class 'numpy.int32'>], 'output': [<class 'numpy.uint8'>]}\n"
    )


def test_variable_sharing():
    a = mx.sym.Variable("a")
    b = mx.sym.Variable("b")
    c = mx.sym.Variable("c")
    d = a + b * c
    data = mx.nd.ones((2, 3)) * 2
    ex = d.bind(ctx=mx.cpu(), args={"a": data, "b": data, "c": data})
    ex.forward()
    assert plain_text(repr(ex.outputs[0].asnumpy())) == plain_text(
        "array([[ 6., 6., 6.],\n[ 6., 6., 6.]], dtype=float32)"
    )
