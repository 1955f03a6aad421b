"""Are two pictures of the same digit? Two branches of one network share their parameters.

The branches are made with the same weight variables, so that their gradients are summed. The
contrastive loss of Hadsell et al. 2006 draws equal digits together and pushes others apart.

    python examples/siamese.py
"""

from __future__ import annotations

import handwriting
import numpy as np

import mxnet as mx

MARGIN = 1.0


def network() -> mx.sym.Symbol:
    """The loss of each pair, and the distance of its pictures."""
    weights = {
        f"{layer}_{kind}": mx.sym.Variable(f"{layer}_{kind}")
        for layer in ("fc1", "fc2")
        for kind in ("weight", "bias")
    }

    def branch(side: str) -> mx.sym.Symbol:
        net = mx.sym.FullyConnected(
            mx.sym.Variable(side), weights["fc1_weight"], weights["fc1_bias"],
            num_hidden=64, name=f"{side}_fc1",
        )  # fmt: skip
        net = mx.sym.Activation(net, act_type="relu", name=f"{side}_relu")
        return mx.sym.FullyConnected(
            net, weights["fc2_weight"], weights["fc2_bias"], num_hidden=8, name=f"{side}_fc2"
        )

    same = mx.sym.Variable("same")
    squared = mx.sym.sum(mx.sym.square(branch("left") - branch("right")), axis=1)
    distance = mx.sym.sqrt(squared + 1e-8)
    apart = mx.sym.square(mx.sym.maximum(MARGIN - distance, 0))
    loss = mx.sym.MakeLoss(same * squared + (1 - same) * apart, name="loss")
    return mx.sym.Group([loss, mx.sym.BlockGrad(distance, name="distance")])


def pairs(pictures: np.ndarray, digits: np.ndarray, count: int) -> mx.io.NDArrayIter:
    """Pairs of pictures, half of them of the same digit."""
    left = np.random.randint(len(digits), size=count)
    right = np.random.randint(len(digits), size=count)
    for place in range(0, count, 2):
        right[place] = np.random.choice(np.flatnonzero(digits == digits[left[place]]))
    data = {"left": pictures[left], "right": pictures[right]}
    same = (digits[left] == digits[right]).astype("float32")
    return mx.io.NDArrayIter(data, {"same": same}, handwriting.BATCH, shuffle=True)


def main(epochs: int = 15, count: int = 3000) -> float:
    """Train; return how many held-out pairs are told apart by half the margin."""
    handwriting.seed()
    train, held_out, train_digits, held_out_digits = handwriting.load()
    module = mx.mod.Module(network(), data_names=["left", "right"], label_names=["same"])
    module.fit(
        pairs(train, train_digits, count),
        num_epoch=epochs,
        eval_metric=mx.metric.Loss(output_names=["loss_output"], label_names=[]),
        optimizer="adam",
        optimizer_params={"learning_rate": 3e-3},
        initializer=mx.init.Xavier(),
    )
    told = mx.metric.CustomMetric(
        lambda same, distance: float(((distance < MARGIN / 2) == (same > 0.5)).mean()),
        output_names=["distance_output"], label_names=["same"], name="told apart",
    )  # fmt: skip
    found = dict(module.score(pairs(held_out, held_out_digits, 1000), told))["told apart"]
    print(f"held-out pairs judged rightly: {found:.3f}")
    return found


if __name__ == "__main__":
    main()
