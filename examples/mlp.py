"""A multi-layer perceptron reads handwritten digits.

python examples/mlp.py
"""

from __future__ import annotations

import handwriting

import mxnet as mx


def network() -> mx.sym.Symbol:
    """Two hidden layers and softmax."""
    net = mx.sym.Variable("data")
    for number, size in enumerate((128, 64), start=1):
        net = mx.sym.FullyConnected(net, num_hidden=size, name=f"fc{number}")
        net = mx.sym.Activation(net, act_type="relu", name=f"relu{number}")
    net = mx.sym.FullyConnected(net, num_hidden=10, name="fc3")
    return mx.sym.SoftmaxOutput(net, name="softmax")


def main(epochs: int = 20) -> float:
    """Train; return the held-out accuracy."""
    handwriting.seed()
    train, held_out = handwriting.iterators()
    module = mx.mod.Module(network())
    module.fit(
        train,
        num_epoch=epochs,
        optimizer="sgd",
        optimizer_params={"learning_rate": 0.1, "momentum": 0.9},
        initializer=mx.init.Xavier(),
        batch_end_callback=mx.callback.Speedometer(handwriting.BATCH, frequent=20),
    )
    found = handwriting.accuracy(module, held_out)
    print(f"held-out accuracy: {found:.3f}")
    return found


if __name__ == "__main__":
    main()
