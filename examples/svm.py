"""Maximum margin instead of softmax: the last layer is a support vector machine.

python examples/svm.py
"""

from __future__ import annotations

import handwriting

import mxnet as mx


def network(squared: bool) -> mx.sym.Symbol:
    """A hidden layer and one score per digit, under the (squared) hinge loss."""
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=64, name="fc1")
    net = mx.sym.Activation(net, act_type="relu", name="relu1")
    net = mx.sym.FullyConnected(net, num_hidden=10, name="fc2")
    return mx.sym.SVMOutput(
        net, margin=1, regularization_coefficient=1, use_linear=not squared, name="svm"
    )


def main(epochs: int = 15) -> dict[str, float]:
    """Train with both losses; return the held-out accuracy of each."""
    found = {}
    for name, squared in (("hinge loss", False), ("squared hinge loss", True)):
        handwriting.seed()
        train, held_out = handwriting.iterators("svm_label")
        module = mx.mod.Module(network(squared), label_names=["svm_label"])
        module.fit(
            train,
            num_epoch=epochs,
            optimizer_params={"learning_rate": 0.05, "momentum": 0.9, "wd": 1e-4},
            initializer=mx.init.Xavier(),
        )
        found[name] = handwriting.accuracy(module, held_out)
        print(f"held-out accuracy with {name}: {found[name]:.3f}")
    return found


if __name__ == "__main__":
    main()
