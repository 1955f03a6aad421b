"""Sentences in buckets, vocabularies, and checkpoints of recurrent networks."""

from __future__ import annotations

import random

import numpy as np
import pytest

import mxnet as mx
from mxnet import rnn


@pytest.mark.parametrize(
    ("options", "coded", "vocabulary"),
    [
        ({}, [[0, 1], [1, 2]], {"\n": -1, "a": 0, "b": 1, "c": 2}),
        ({"invalid_label": 0}, [[1, 2], [2, 3]], {"\n": 0, "a": 1, "b": 2, "c": 3}),
        (
            {"start_label": 5, "invalid_key": "-"},
            [[5, 6], [6, 7]],
            {"-": -1, "a": 5, "b": 6, "c": 7},
        ),
        ({"vocab": {"a": 3, "b": 4, "c": 9}}, [[3, 4], [4, 9]], {"a": 3, "b": 4, "c": 9}),
        (
            {"vocab": {"a": 3, "?": 7}, "unknown_token": "?"},
            [[3, 7], [7, 7]],
            {"a": 3, "?": 7},
        ),
    ],
)
def test_encode_sentences(options, coded, vocabulary):
    assert rnn.encode_sentences([["a", "b"], ["b", "c"]], **options) == (coded, vocabulary)


def test_unknown_words_are_refused():
    with pytest.raises(AssertionError, match="Unknown token b"):
        rnn.encode_sentences([["a", "b"]], vocab={"a": 1})


def sentences(count=40):
    rng = random.Random(3)
    return [[rng.randint(1, 9) for _ in range(rng.choice([3, 4, 6]))] for _ in range(count)]


@pytest.mark.parametrize("layout", ["NT", "TN"])
def test_batches(layout):
    random.seed(1)
    np.random.seed(1)
    data = rnn.BucketSentenceIter(
        sentences(), 4, buckets=[6, 4], invalid_label=0, layout=layout, dtype="int32"
    )
    assert data.default_bucket_key == 6
    assert data.provide_data[0].shape == ((4, 6) if layout == "NT" else (6, 4))
    seen = []
    for _ in range(2):
        rows = []
        for batch in data:
            assert batch.provide_data[0].shape == batch.data[0].shape
            values, labels = (a.asnumpy() for a in (batch.data[0], batch.label[0]))
            if layout == "TN":
                values, labels = values.T, labels.T
            assert values.shape == (4, batch.bucket_key)
            assert values.dtype == np.int32
            np.testing.assert_array_equal(labels[:, :-1], values[:, 1:])
            assert not labels[:, -1].any()
            rows += [tuple(row[row > 0]) for row in values]
        assert set(rows) <= {tuple(sentence) for sentence in sentences()}
        seen.append(rows)
        data.reset()
    assert seen[0] != seen[1]


def test_buckets_that_sentences_fill():
    data = rnn.BucketSentenceIter([[1] * 3] * 5 + [[2] * 7] * 2, 4)
    assert data.buckets == [3]
    assert sum(1 for _ in data) == 1
    with pytest.raises(ValueError, match="give the buckets"):
        rnn.BucketSentenceIter([[1, 2]], 4)
    with pytest.raises(ValueError, match="layout"):
        rnn.BucketSentenceIter([[1, 2]], 1, layout="NC")


def test_sentences_longer_than_all_buckets_are_left_out():
    with pytest.warns(UserWarning, match="discarded 2 sentences"):
        rnn.BucketSentenceIter([[1] * 3] * 5 + [[2] * 7] * 2, 4, buckets=[3, 4])


def test_checkpoints_hold_unpacked_weights(tmp_path):
    cell = rnn.FusedRNNCell(2, prefix="f_")
    symbol, _ = cell.unroll(3, mx.sym.Variable("data"), layout="TNC")
    shape = symbol.infer_shape(data=(3, 1, 4))[0][1]
    params = {"f_parameters": mx.nd.array(np.arange(shape[0])), "other": mx.nd.ones((2,))}
    callback = rnn.do_rnn_checkpoint(cell, str(tmp_path / "net"), period=2)
    for epoch in range(2):
        callback(epoch, symbol, params, {})
    assert not (tmp_path / "net-0001.params").exists()
    _, saved, _ = mx.model.load_checkpoint(str(tmp_path / "net"), 2)
    assert saved["f_l0_i2h_i_weight"].shape == (2, 4)
    loaded, packed, _ = rnn.load_rnn_checkpoint([cell], str(tmp_path / "net"), 2)
    assert loaded.tojson() == symbol.tojson()
    assert packed.keys() == params.keys()
    np.testing.assert_array_equal(packed["f_parameters"].asnumpy(), np.arange(shape[0]))
    unfused = cell.unfuse()
    assert "f_l0_i2h_weight" in rnn.load_rnn_checkpoint(unfused, str(tmp_path / "net"), 2)[1]


@pytest.mark.slow
@pytest.mark.parametrize("fused", [True, False])
def test_a_language_model_learns_in_buckets(fused):
    random.seed(0)
    np.random.seed(0)
    mx.random.seed(0)
    text = [
        [(start + i) % 8 + 1 for i in range(length)] for start in range(8) for length in (4, 6) * 4
    ]
    data = rnn.BucketSentenceIter(text, 8, buckets=[4, 6], invalid_label=0)
    cell = rnn.FusedRNNCell(16, prefix="net_")
    cell = cell if fused else cell.unfuse()

    def network(length):
        words = mx.sym.Embedding(mx.sym.Variable("data"), input_dim=9, output_dim=8, name="embed")
        outputs, _ = cell.unroll(length, words, merge_outputs=True)
        scores = mx.sym.FullyConnected(
            mx.sym.Reshape(outputs, shape=(-1, 16)), num_hidden=9, name="scores"
        )
        label = mx.sym.Reshape(mx.sym.Variable("softmax_label"), shape=(-1,))
        loss = mx.sym.SoftmaxOutput(scores, label, use_ignore=True, ignore_label=0, name="softmax")
        return loss, ("data",), ("softmax_label",)

    module = mx.mod.BucketingModule(network, default_bucket_key=data.default_bucket_key)
    perplexity = mx.metric.Perplexity(ignore_label=0)
    module.fit(
        data, eval_metric=perplexity, num_epoch=8, optimizer="adam",
        optimizer_params={"learning_rate": 0.02}, initializer=mx.init.Xavier(),
    )  # fmt: skip
    assert perplexity.get()[1] < 1.5
