"""Prints, as JSON, what a Monitor sees of small networks: by name, the norm of each value.

Runs here and in MXNet 1.9.1.
"""

import json

import numpy as np

import mxnet as mx

S = mx.sym


def layers():
    """A convolutional network: views, kernels with derivatives of their own, a loss."""
    net = S.Convolution(S.Variable("data"), kernel=(3, 3), num_filter=2, name="conv")
    net = S.BatchNorm(net, fix_gamma=False, name="norm")
    net = S.Activation(net, act_type="relu", name="relu")
    net = S.Pooling(net, kernel=(2, 2), pool_type="max", name="pool")
    net = S.Flatten(net, name="flat")
    net = S.FullyConnected(net, num_hidden=2, name="full")
    return S.SoftmaxOutput(net, name="softmax"), {"data": (2, 1, 6, 6)}


def shared():
    """Values that several operators read, and a weight that two layers share."""
    data, weight = S.Variable("data"), S.Variable("weight")
    one = S.FullyConnected(data, weight=weight, no_bias=True, num_hidden=4, name="one")
    two = S.FullyConnected(one, weight=weight, no_bias=True, num_hidden=4, name="two")
    net = S.elemwise_mul(S.tanh(two, name="tanh"), two, name="mul")
    return S.LinearRegressionOutput(net, name="regression"), {"data": (3, 4)}


def formulas():
    """Operators whose derivatives are made of other operators."""
    net = S.Concat(S.Variable("data"), S.Variable("more"), dim=1, name="concat")
    net = S.broadcast_div(S.exp(net, name="exp"), S.Variable("scale"), name="div")
    net = S.transpose(S.reshape(net, shape=(4, 2), name="reshape"), name="transpose")
    net = S.dot(S.square(net, name="square"), S.Variable("weight"), name="dot")
    net = S.sum(S.log(net, name="log"), axis=1, name="sum")
    shapes = {"data": (2, 2), "more": (2, 2), "scale": (2, 1), "weight": (4, 3)}
    return S.make_loss(net, name="loss"), shapes


def seen(net, shapes):
    """The norms of all values of a forward and a backward run, by name."""
    executor = net.simple_bind(mx.cpu(), **shapes)
    for array in executor.arg_arrays:
        array[:] = np.arange(array.size).reshape(array.shape) % 7 / 10 + 0.1
    monitor = mx.mon.Monitor(1, stat_func=lambda x: x.reshape((-1,)).norm())
    monitor.install(executor)
    monitor.tic()
    executor.forward(is_train=True)
    executor.backward()
    found = {}
    for _, name, text in monitor.toc():
        found.setdefault(name, []).append(float(text))
    return found


if __name__ == "__main__":
    print(json.dumps({make.__name__: seen(*make()) for make in (layers, shared, formulas)}))
