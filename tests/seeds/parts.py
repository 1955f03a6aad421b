"""What several documents use: their network, the Inception factories, the custom softmax."""

# ruff: noqa: UP031 - formatted as the documents do

from __future__ import annotations

import numpy as np

import mxnet as mx
from mxnet.visualization import dot


def plain_text(text: str) -> str:
    """Printed arrays without the spacing that differs between numpy versions."""
    return " ".join(text.replace("[", " [ ").replace("]", " ] ").split())


def drawn(plot) -> tuple[dict[str, str], set[tuple[str, str, str]]]:
    """The labels of a picture's nodes, on one line, and its edges with their labels."""
    picture = dot.parse(plot.source)
    labels = {name: " ".join(node["label"].split()) for name, node in picture.nodes.items()}
    return labels, {(tail, head, attrs.get("label", "")) for tail, head, attrs in picture.edges}


def two_layers() -> mx.sym.Symbol:
    net = mx.sym.Variable("data")
    net = mx.sym.FullyConnected(data=net, name="fc1", num_hidden=128)
    net = mx.sym.Activation(data=net, name="relu1", act_type="relu")
    net = mx.sym.FullyConnected(data=net, name="fc2", num_hidden=10)
    return mx.sym.SoftmaxOutput(data=net, name="out")


def ConvFactory(data, num_filter, kernel, stride=(1, 1), pad=(0, 0), name=None, suffix=""):
    conv = mx.symbol.Convolution(
        data=data,
        num_filter=num_filter,
        kernel=kernel,
        stride=stride,
        pad=pad,
        name="conv_%s%s" % (name, suffix),
    )
    bn = mx.symbol.BatchNorm(data=conv, name="bn_%s%s" % (name, suffix))
    return mx.symbol.Activation(data=bn, act_type="relu", name="relu_%s%s" % (name, suffix))


def InceptionFactoryA(data, num_1x1, num_3x3red, num_3x3, num_d3x3red, num_d3x3, pool, proj, name):
    # 1x1
    c1x1 = ConvFactory(data=data, num_filter=num_1x1, kernel=(1, 1), name=("%s_1x1" % name))
    # 3x3 reduce + 3x3
    c3x3r = ConvFactory(
        data=data, num_filter=num_3x3red, kernel=(1, 1), name=("%s_3x3" % name), suffix="_reduce"
    )
    c3x3 = ConvFactory(
        data=c3x3r, num_filter=num_3x3, kernel=(3, 3), pad=(1, 1), name=("%s_3x3" % name)
    )
    # double 3x3 reduce + double 3x3
    cd3x3r = ConvFactory(
        data=data,
        num_filter=num_d3x3red,
        kernel=(1, 1),
        name=("%s_double_3x3" % name),
        suffix="_reduce",
    )
    cd3x3 = ConvFactory(
        data=cd3x3r,
        num_filter=num_d3x3,
        kernel=(3, 3),
        pad=(1, 1),
        name=("%s_double_3x3_0" % name),
    )
    cd3x3 = ConvFactory(
        data=cd3x3,
        num_filter=num_d3x3,
        kernel=(3, 3),
        pad=(1, 1),
        name=("%s_double_3x3_1" % name),
    )
    # pool + proj
    pooling = mx.symbol.Pooling(
        data=data,
        kernel=(3, 3),
        stride=(1, 1),
        pad=(1, 1),
        pool_type=pool,
        name=("%s_pool_%s_pool" % (pool, name)),
    )
    cproj = ConvFactory(data=pooling, num_filter=proj, kernel=(1, 1), name=("%s_proj" % name))
    # concat
    return mx.symbol.Concat(*[c1x1, c3x3, cd3x3, cproj], name="ch_concat_%s_chconcat" % name)


class Softmax(mx.operator.CustomOp):
    def forward(self, is_train, req, in_data, out_data, aux):
        x = in_data[0].asnumpy()
        y = np.exp(x - x.max(axis=1).reshape((x.shape[0], 1)))
        y /= y.sum(axis=1).reshape((x.shape[0], 1))
        self.assign(out_data[0], req[0], mx.nd.array(y))

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        label = in_data[1].asnumpy().ravel().astype(int)  # np.int in the documents
        y = out_data[0].asnumpy()
        y[np.arange(label.shape[0]), label] -= 1.0
        self.assign(in_grad[0], req[0], mx.nd.array(y))


class SoftmaxProp(mx.operator.CustomOpProp):
    def __init__(self):
        # softmax is a loss layer so we don't need gradient input
        # from layers above.
        super(SoftmaxProp, self).__init__(need_top_grad=False)  # noqa: UP008

    def list_arguments(self):
        return ["data", "label"]

    def list_outputs(self):
        return ["output"]

    def infer_shape(self, in_shape):
        data_shape = in_shape[0]
        label_shape = (in_shape[0][0],)
        output_shape = in_shape[0]
        return [data_shape, label_shape], [output_shape], []

    def create_operator(self, ctx, shapes, dtypes):
        return Softmax()
