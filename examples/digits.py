"""Train LeNet to read handwritten digits: declare, plot, fit, score, save, load, look.

    make demo        or        python examples/digits.py [--epochs 20] [--output demo-output]

It uses the 1,797 scanned digits that come with scikit-learn and takes about half a minute on two
cores. Pictures and the checkpoint go to the output folder.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, field
from pathlib import Path

import matplotlib

matplotlib.use("Agg")  # pictures go to files; no display is needed

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from tqdm import tqdm

import mxnet as mx

BATCH = 30  # divides the 450 held-out digits, so that each is scored once
RATE = 2e-3
INK, TRAIN, HELD_OUT, RIGHT, WRONG = "#1f2933", "#8a9ba8", "#1170aa", "#2a7f4f", "#c8403a"


def lenet() -> mx.sym.Symbol:
    """Two convolutions with pooling, two fully connected layers, softmax; for 1x8x8 pictures."""
    data = mx.sym.Variable("data")
    net = mx.sym.Convolution(data, kernel=(3, 3), pad=(1, 1), num_filter=32, name="conv1")
    net = mx.sym.Activation(net, act_type="relu", name="relu1")
    net = mx.sym.Pooling(net, pool_type="max", kernel=(2, 2), stride=(2, 2), name="pool1")
    net = mx.sym.Convolution(net, kernel=(3, 3), pad=(1, 1), num_filter=64, name="conv2")
    net = mx.sym.Activation(net, act_type="relu", name="relu2")
    net = mx.sym.Pooling(net, pool_type="max", kernel=(2, 2), stride=(2, 2), name="pool2")
    net = mx.sym.Flatten(net, name="flatten")
    net = mx.sym.FullyConnected(net, num_hidden=128, name="fc1")
    net = mx.sym.Activation(net, act_type="relu", name="relu3")
    net = mx.sym.Dropout(net, p=0.5, name="dropout")
    net = mx.sym.FullyConnected(net, num_hidden=10, name="fc2")
    return mx.sym.SoftmaxOutput(net, name="softmax")


@dataclass
class Digits:
    """Pictures (n, 1, 8, 8) from 0 to 1 and their digits, for training and held out."""

    train: np.ndarray
    train_digits: np.ndarray
    held_out: np.ndarray
    held_out_digits: np.ndarray

    @classmethod
    def load(cls) -> Digits:
        pictures, digits = load_digits(return_X_y=True)
        pictures = (pictures / 16).astype("float32").reshape(-1, 1, 8, 8)
        train, held_out, train_digits, held_out_digits = train_test_split(
            pictures, digits.astype("float32"), test_size=0.25, stratify=digits, random_state=0
        )
        return cls(train, train_digits, held_out, held_out_digits)

    def iterators(self) -> tuple[mx.io.NDArrayIter, mx.io.NDArrayIter]:
        train = mx.io.NDArrayIter(self.train, self.train_digits, BATCH, shuffle=True)
        held_out = mx.io.NDArrayIter(self.held_out, self.held_out_digits, BATCH)
        return train, held_out


@dataclass
class Progress:
    """A progress bar over the whole training that also keeps the curves."""

    bar: tqdm
    train: list[dict[str, float]] = field(default_factory=list)
    held_out: list[dict[str, float]] = field(default_factory=list)

    def after_batch(self, batch) -> None:
        self.bar.update()
        self._last = dict(batch.eval_metric.get_name_value())

    def after_epoch(self, epoch, symbol, arguments, states) -> None:
        self.train.append(self._last)

    def after_scoring(self, scored) -> None:
        self.held_out.append(dict(scored.eval_metric.get_name_value()))
        self.bar.set_postfix_str(
            f"accuracy {self.train[-1]['accuracy']:.3f} in training, "
            f"{self.held_out[-1]['accuracy']:.3f} held out"
        )


def fit(net: mx.sym.Symbol, digits: Digits, epochs: int) -> tuple[mx.mod.Module, Progress]:
    """Train with Adam, the learning rate halved after every quarter of the epochs."""
    train, held_out = digits.iterators()
    batches = -(-len(digits.train) // BATCH)
    module = mx.mod.Module(net, context=mx.cpu())
    schedule = mx.lr_scheduler.FactorScheduler(
        step=batches * max(epochs // 4, 1), factor=0.5, base_lr=RATE
    )
    with tqdm(total=epochs * batches, desc="training", unit=" batches") as bar:
        progress = Progress(bar)
        module.fit(
            train,
            eval_data=held_out,
            eval_metric=["accuracy", "ce"],
            optimizer="adam",
            optimizer_params={"learning_rate": RATE, "lr_scheduler": schedule},
            initializer=mx.init.Xavier(rnd_type="gaussian", factor_type="in", magnitude=2),
            num_epoch=epochs,
            batch_end_callback=progress.after_batch,
            epoch_end_callback=progress.after_epoch,
            eval_end_callback=progress.after_scoring,
        )
    return module, progress


def load_again(prefix: Path, epoch: int) -> mx.mod.Module:
    """The module that a checkpoint describes, ready to predict."""
    module = mx.mod.Module.load(str(prefix), epoch)
    module.bind(data_shapes=[("data", (BATCH, 1, 8, 8))], for_training=False)
    return module


def draw_curves(progress: Progress, path: Path) -> None:
    """Accuracy and cross-entropy by epoch, in training and held out."""
    figure, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    epochs = range(1, len(progress.train) + 1)
    for axis, (key, title) in zip(
        axes, [("accuracy", "Accuracy"), ("cross-entropy", "Cross-entropy")], strict=True
    ):
        for points, color, name in (
            (progress.train, TRAIN, "in training"),
            (progress.held_out, HELD_OUT, "held out"),
        ):
            values = [point[key] for point in points]
            axis.plot(epochs, values, color=color, lw=2, label=name)
            axis.plot(epochs[-1], values[-1], "o", color=color, ms=6)
        axis.set_title(title, loc="left", color=INK, fontweight="bold")
        axis.set_xlabel("epoch")
        axis.xaxis.get_major_locator().set_params(integer=True)
        axis.grid(axis="y", color="#e4e7eb")
        axis.set_axisbelow(True)
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylim(0.8, 1.005)
    axes[1].set_ylim(bottom=0, top=0.7)
    best = progress.held_out[-1]["accuracy"]
    axes[0].axhline(best, color=HELD_OUT, lw=0.8, ls=":")
    axes[0].legend(frameon=False, loc="lower right", title=f"{best:.1%} held out at the end")
    figure.savefig(path, dpi=150)
    plt.close(figure)


def draw_mistakes(probabilities: np.ndarray, digits: Digits, path: Path, count: int = 16) -> int:
    """The digits that were misread, then those that were nearly misread; return the mistakes."""
    truth = digits.held_out_digits.astype(int)
    guess = probabilities.argmax(axis=1)
    sure = probabilities[np.arange(len(truth)), truth]
    order = np.lexsort((sure, guess == truth))[:count]
    figure, axes = plt.subplots(2, count // 2, figsize=(count * 0.72, 4.1), layout="constrained")
    for axis, index in zip(axes.flat, order, strict=True):
        wrong = guess[index] != truth[index]
        axis.imshow(digits.held_out[index, 0], cmap="gray_r", interpolation="nearest")
        axis.set_xticks([])
        axis.set_yticks([])
        axis.set_title(
            f"read {guess[index]}, is {truth[index]}" if wrong else f"{truth[index]}",
            fontsize=10,
            color=WRONG if wrong else RIGHT,
            fontweight="bold",
        )
        axis.set_xlabel(f"{probabilities[index, guess[index]]:.0%} sure", fontsize=9, color=INK)
        for spine in axis.spines.values():
            spine.set(color=WRONG if wrong else "#cbd2d9", linewidth=2 if wrong else 1)
    mistakes = int((guess != truth).sum())
    figure.suptitle(
        f"{mistakes} of {len(truth)} held-out digits misread (red), then the closest calls (green)",
        color=INK,
        fontweight="bold",
        x=0.01,
        ha="left",
    )
    figure.savefig(path, dpi=150)
    plt.close(figure)
    return mistakes


def main(epochs: int, output: Path) -> float:
    """Run the whole demonstration; return the held-out accuracy."""
    started = time.perf_counter()
    output.mkdir(parents=True, exist_ok=True)
    mx.random.seed(1)
    np.random.seed(1)

    net, digits = lenet(), Digits.load()
    shape = {"data": (BATCH, 1, 8, 8)}
    mx.viz.print_summary(net, shape=shape, line_length=88)
    mx.viz.plot_network(net, title="LeNet", shape=shape).render(
        outfile=output / "network.svg", cleanup=True
    )

    module, progress = fit(net, digits, epochs)
    _, held_out = digits.iterators()
    accuracy = dict(module.score(held_out, "accuracy"))["accuracy"]
    print(f"held-out accuracy: {accuracy:.4f} on {len(digits.held_out)} digits")

    prefix = output / "lenet"
    module.save_checkpoint(str(prefix), epochs)
    predicted = module.predict(held_out).asnumpy()
    again = load_again(prefix, epochs).predict(held_out).asnumpy()
    if not np.array_equal(predicted, again):
        raise SystemExit("the loaded checkpoint predicts something else")
    print(
        f"checkpoint {prefix}-{epochs:04d}.params loaded again: the same predictions, bit for bit"
    )

    draw_curves(progress, output / "curves.png")
    draw_mistakes(predicted, digits, output / "mistakes.png")
    print(f"pictures: {', '.join(str(p) for p in sorted(output.glob('*.[ps][nv]g')))}")
    print(f"done in {time.perf_counter() - started:.0f} s")
    return accuracy


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--output", type=Path, default=Path("demo-output"))
    options = parser.parse_args()
    main(options.epochs, options.output)
