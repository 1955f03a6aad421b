"""An autoencoder squeezes pictures of 64 numbers through 8, and puts them together again.

python examples/autoencoder.py
"""

from __future__ import annotations

import handwriting
import numpy as np

import mxnet as mx

CODE = 8


def network() -> mx.sym.Symbol:
    """An encoder, a decoder that mirrors it, and squared error against the input."""
    data = mx.sym.Variable("data")
    net = data
    for number, size in enumerate((32, CODE, 32), start=1):
        net = mx.sym.FullyConnected(net, num_hidden=size, name=f"fc{number}")
        if size != CODE:
            net = mx.sym.Activation(net, act_type="tanh", name=f"tanh{number}")
    net = mx.sym.FullyConnected(net, num_hidden=64, name="fc4")
    return mx.sym.LinearRegressionOutput(net, data, name="picture")


def main(epochs: int = 40) -> float:
    """Train; return the part of the held-out variance that the code does not keep."""
    handwriting.seed()
    train, held_out, _, _ = handwriting.load()
    module = mx.mod.Module(network(), label_names=None)
    module.fit(
        mx.io.NDArrayIter(train, batch_size=handwriting.BATCH, shuffle=True),
        num_epoch=epochs,
        eval_metric=mx.metric.Loss(),
        optimizer="adam",
        optimizer_params={"learning_rate": 3e-3},
        initializer=mx.init.Xavier(),
    )
    again = module.predict(mx.io.NDArrayIter(held_out, batch_size=handwriting.BATCH)).asnumpy()
    lost = float(np.mean((again - held_out) ** 2) / held_out.var(axis=0).mean())
    print(f"{CODE} numbers a picture lose {lost:.1%} of the variance")
    return lost


if __name__ == "__main__":
    main()
