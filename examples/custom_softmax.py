"""A loss written in Python: softmax with cross-entropy as a custom operator.

python examples/custom_softmax.py
"""

from __future__ import annotations

import handwriting
import numpy as np

import mxnet as mx


class Softmax(mx.operator.CustomOp):
    """Softmax forward; the gradient of cross-entropy backward."""

    def forward(self, is_train, req, in_data, out_data, aux):
        scores = in_data[0].asnumpy()
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        self.assign(out_data[0], req[0], mx.nd.array(powers / powers.sum(axis=1, keepdims=True)))

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        gradient = out_data[0].asnumpy()
        labels = in_data[1].asnumpy().astype(int)
        gradient[np.arange(len(labels)), labels] -= 1
        self.assign(in_grad[0], req[0], mx.nd.array(gradient))


@mx.operator.register("example_softmax")
class SoftmaxProp(mx.operator.CustomOpProp):
    """What Softmax takes and gives; a loss needs no gradient from above."""

    def __init__(self):
        super().__init__(need_top_grad=False)

    def list_arguments(self):
        return ["data", "label"]

    def list_outputs(self):
        return ["output"]

    def infer_shape(self, in_shape):
        return [in_shape[0], in_shape[0][:1]], [in_shape[0]], []

    def create_operator(self, ctx, shapes, dtypes):
        return Softmax()


def network() -> mx.sym.Symbol:
    """A hidden layer and the custom loss."""
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=64, name="fc1")
    net = mx.sym.Activation(net, act_type="relu", name="relu1")
    net = mx.sym.FullyConnected(net, num_hidden=10, name="fc2")
    return mx.sym.Custom(net, op_type="example_softmax", name="softmax")


def main(epochs: int = 20) -> float:
    """Train; return the held-out accuracy."""
    handwriting.seed()
    train, held_out = handwriting.iterators()
    module = mx.mod.Module(network())
    module.fit(
        train,
        num_epoch=epochs,
        optimizer_params={"learning_rate": 0.1, "momentum": 0.9},
        initializer=mx.init.Xavier(),
    )
    found = handwriting.accuracy(module, held_out)
    print(f"held-out accuracy: {found:.3f}")
    return found


if __name__ == "__main__":
    main()
