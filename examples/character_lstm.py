"""A character model of a licence: an LSTM that reads lines of different lengths, by bucketing.

Lines go into buckets of similar length; the network is unrolled once for each bucket, and all
buckets share their parameters.

    python examples/character_lstm.py
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

import mxnet as mx

TEXT = Path(__file__).parents[1] / "LICENSE"
BUCKETS = (20, 40, 60, 80)
BATCH, HIDDEN, EMBEDDING = 8, 96, 24
PADDING = 0  # also the number of characters that are not in the text


class Lines(mx.io.DataIter):
    """Batches of lines of one bucket: characters, and as labels the characters that follow."""

    def __init__(self, text: str):
        super().__init__(BATCH)
        self.letters = ["\0", *sorted(set(text))]
        number = {letter: place for place, letter in enumerate(self.letters)}
        self.rows: dict[int, list[list[int]]] = {length: [] for length in BUCKETS}
        for line in text.splitlines():
            codes = [number["\n"], *(number[c] for c in line.strip()), number["\n"]]
            bucket = next((length for length in BUCKETS if len(codes) <= length + 1), None)
            if bucket is not None and len(codes) > 2:
                padded = codes + [PADDING] * (bucket + 1 - len(codes))
                self.rows[bucket].append(padded)
        self.default_bucket_key = max(BUCKETS)
        self.provide_data = [mx.io.DataDesc("data", (BATCH, self.default_bucket_key))]
        self.provide_label = [mx.io.DataDesc("softmax_label", (BATCH, self.default_bucket_key))]
        self.reset()

    def reset(self) -> None:
        self._batches = self._shuffled()

    def _shuffled(self) -> Iterator[mx.io.DataBatch]:
        found = []
        for length, rows in self.rows.items():
            order = np.random.permutation(len(rows))
            for start in range(0, len(rows) - BATCH + 1, BATCH):
                found.append((length, [rows[i] for i in order[start : start + BATCH]]))
        for place in np.random.permutation(len(found)):
            length, lines = found[place]
            codes = np.array(lines, dtype="float32")
            shape = (BATCH, length)
            yield mx.io.DataBatch(
                [mx.nd.array(codes[:, :-1])],
                [mx.nd.array(codes[:, 1:])],
                pad=0,
                bucket_key=length,
                provide_data=[mx.io.DataDesc("data", shape)],
                provide_label=[mx.io.DataDesc("softmax_label", shape)],
            )

    def next(self) -> mx.io.DataBatch:
        return next(self._batches)


def network(letters: int):
    """From the length of a bucket to the symbol for it."""

    def unrolled(length: int):
        data = mx.sym.Variable("data")
        net = mx.sym.Embedding(data, input_dim=letters, output_dim=EMBEDDING, name="embedding")
        net = mx.sym.swapaxes(net, dim1=0, dim2=1)  # the recurrent layer wants time first
        start = mx.sym.zeros(shape=(1, BATCH, HIDDEN))
        parameters = mx.sym.Variable("lstm_parameters", init=mx.init.Uniform(0.1))
        net = mx.sym.RNN(
            net, parameters, start, start,
            mode="lstm", state_size=HIDDEN, num_layers=1, name="lstm",
        )  # fmt: skip
        net = mx.sym.reshape(mx.sym.swapaxes(net, dim1=0, dim2=1), shape=(-1, HIDDEN))
        net = mx.sym.FullyConnected(net, num_hidden=letters, name="letters")
        label = mx.sym.reshape(mx.sym.Variable("softmax_label"), shape=(-1,))
        net = mx.sym.SoftmaxOutput(
            net, label, use_ignore=True, ignore_label=PADDING, normalization="valid",
            name="softmax",
        )  # fmt: skip
        return net, ("data",), ("softmax_label",)

    return unrolled


def main(epochs: int = 12, text: str | None = None) -> float:
    """Train; return the perplexity per character at the end."""
    mx.random.seed(1)
    np.random.seed(1)
    data = Lines(TEXT.read_text() if text is None else text)
    module = mx.mod.BucketingModule(
        network(len(data.letters)), default_bucket_key=data.default_bucket_key
    )
    metric = mx.metric.Perplexity(ignore_label=PADDING)
    module.fit(
        data,
        num_epoch=epochs,
        eval_metric=metric,
        optimizer="adam",
        optimizer_params={"learning_rate": 0.01, "rescale_grad": 1.0, "clip_gradient": 1.0},
        initializer=mx.init.Xavier(),
    )
    perplexity = metric.get()[1]
    print(f"perplexity per character: {perplexity:.2f} of {len(data.letters)} letters")
    return perplexity


if __name__ == "__main__":
    main()
