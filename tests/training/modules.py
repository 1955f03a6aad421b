"""Networks, batches and modules that the tests of modules share."""

from __future__ import annotations

import numpy as np

import mxnet as mx
from mxnet.io import DataBatch, NDArrayIter

DATA = np.random.RandomState(0).rand(10, 3).astype("float32")
LABEL = (np.arange(10) % 4).astype("float32")
SHAPES = {"data_shapes": [("data", (4, 3))], "label_shapes": [("softmax_label", (4,))]}
TWO = [mx.cpu(0), mx.cpu(1)]


def network(**options):
    data = mx.sym.Variable("data")
    layer = mx.sym.FullyConnected(data, num_hidden=4, name="fc1", **options)
    return mx.sym.SoftmaxOutput(layer, name="softmax")


def deep_network():
    data = mx.sym.Variable("data")
    hidden = mx.sym.FullyConnected(data, num_hidden=5, name="fc1")
    hidden = mx.sym.BatchNorm(hidden, name="bn", fix_gamma=False)
    hidden = mx.sym.Activation(hidden, act_type="relu")
    top = mx.sym.FullyConnected(hidden, num_hidden=4, name="fc2")
    return mx.sym.SoftmaxOutput(top, name="softmax")


def iterator(rows=10, batch_size=4):
    return NDArrayIter(DATA[:rows], LABEL[:rows], batch_size)


def batch(start=0, stop=4):
    return DataBatch([mx.nd.array(DATA[start:stop])], [mx.nd.array(LABEL[start:stop])])


def values(params):
    return {name: array.asnumpy() for name, array in params.items()}


def start_params(symbol=None, seed=1):
    rng = np.random.RandomState(seed)
    symbol = symbol if symbol is not None else network()
    shapes = zip(symbol.list_arguments(), symbol.infer_shape(data=(4, 3))[0], strict=True)
    inputs = ("data", "softmax_label")
    return {n: mx.nd.array(rng.randn(*s) / 3) for n, s in shapes if n not in inputs}


def ready(symbol=None, params=None, shapes=None, optimizer=True, bind=None, **kwargs):
    """A module that is bound, initialised and has an optimizer."""
    symbol = network() if symbol is None else symbol
    module = mx.mod.Module(symbol, **kwargs)
    module.bind(**(shapes or SHAPES), **(bind or {}))
    module.init_params(arg_params=params or start_params(symbol))
    if optimizer:
        module.init_optimizer(optimizer_params={"learning_rate": 0.1, "momentum": 0.9})
    return module


def train(module, batches=3):
    for i in range(batches):
        module.forward_backward(batch(i, i + 4))
        module.update()
    return values(module.get_params()[0])


def same(left, right, rtol=1e-5):
    assert set(left) == set(right)
    for name, array in left.items():
        np.testing.assert_allclose(array, right[name], rtol=rtol, atol=1e-6, err_msg=name)
