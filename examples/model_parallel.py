"""One network over two devices: groups of layers, each on a device of its own.

Layers are put into groups with AttrScope; group2ctxs says which device a group is on. With fewer
than two GPUs both groups are on the CPU, under two labels.

    python examples/model_parallel.py
"""

from __future__ import annotations

import handwriting

import mxnet as mx


def network() -> mx.sym.Symbol:
    """The first layers in one group, the last ones in another."""
    with mx.AttrScope(ctx_group="first"):
        net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=128, name="fc1")
        net = mx.sym.Activation(net, act_type="relu", name="relu1")
    with mx.AttrScope(ctx_group="second"):
        net = mx.sym.FullyConnected(net, num_hidden=10, name="fc2")
        return mx.sym.SoftmaxOutput(net, name="softmax")


def main(epochs: int = 20) -> float:
    """Train; return the held-out accuracy."""
    handwriting.seed()
    devices = [mx.gpu(0), mx.gpu(1)] if mx.context.num_gpus() > 1 else [mx.cpu(0), mx.cpu(1)]
    train, held_out = handwriting.iterators()
    module = mx.mod.Module(
        network(), context=devices[0], group2ctxs={"first": devices[0], "second": devices[1]}
    )
    module.fit(
        train,
        num_epoch=epochs,
        optimizer_params={"learning_rate": 0.1, "momentum": 0.9},
        initializer=mx.init.Xavier(),
    )
    found = handwriting.accuracy(module, held_out)
    print(f"held-out accuracy on {devices[0]} and {devices[1]}: {found:.3f}")
    return found


if __name__ == "__main__":
    main()
