"""One network, two tasks: which digit it is, and whether it is even.

Both losses hang on one trunk and are trained together, as a Group.

    python examples/multi_task.py
"""

from __future__ import annotations

import handwriting
import numpy as np

import mxnet as mx


def network() -> mx.sym.Symbol:
    """A common hidden layer; softmax over the digits and a logistic unit for evenness."""
    trunk = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=64, name="trunk")
    trunk = mx.sym.Activation(trunk, act_type="relu", name="relu")
    digit = mx.sym.FullyConnected(trunk, num_hidden=10, name="digit_fc")
    even = mx.sym.FullyConnected(trunk, num_hidden=1, name="even_fc")
    return mx.sym.Group(
        [
            mx.sym.SoftmaxOutput(digit, mx.sym.Variable("digit_label"), name="digit"),
            mx.sym.LogisticRegressionOutput(even, mx.sym.Variable("even_label"), name="even"),
        ]
    )


def batches(pictures: np.ndarray, digits: np.ndarray) -> mx.io.NDArrayIter:
    """Batches with a label for each task."""
    labels = {"digit_label": digits, "even_label": (digits % 2 == 0).astype("float32")[:, None]}
    return mx.io.NDArrayIter({"data": pictures}, labels, handwriting.BATCH, shuffle=True)


def metrics() -> mx.metric.CompositeEvalMetric:
    """The accuracy of each task, told apart by the names of outputs and labels."""
    both = mx.metric.CompositeEvalMetric()
    both.add(
        mx.metric.Accuracy(name="digit", output_names=["digit_output"], label_names=["digit_label"])
    )
    both.add(
        mx.metric.CustomMetric(
            lambda label, predicted: float(((predicted > 0.5) == (label > 0.5)).mean()),
            name="even", output_names=["even_output"], label_names=["even_label"],
        )
    )  # fmt: skip
    return both


def main(epochs: int = 20) -> dict[str, float]:
    """Train; return the held-out accuracy of both tasks."""
    handwriting.seed()
    train, held_out, train_digits, held_out_digits = handwriting.load()
    module = mx.mod.Module(network(), label_names=["digit_label", "even_label"])
    module.fit(
        batches(train, train_digits),
        num_epoch=epochs,
        eval_metric=metrics(),
        optimizer="adam",
        optimizer_params={"learning_rate": 5e-3},
        initializer=mx.init.Xavier(),
    )
    found = dict(module.score(batches(held_out, held_out_digits), metrics()))
    print("held-out accuracy:", ", ".join(f"{task} {share:.3f}" for task, share in found.items()))
    return found


if __name__ == "__main__":
    main()
