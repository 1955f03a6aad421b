"""mx.contrib.text: vocabularies and vectors of tokens."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

import mxnet as mx
from mxnet.contrib.text import embedding, utils, vocab

COUNTS = Counter({"a": 1, "b": 2, "c": 3, "some_word$": 1})


def test_counting():
    counts = utils.count_tokens_from_str("A b  b\nc a", to_lower=True)
    assert counts == {"a": 2, "b": 2, "c": 1}
    assert utils.count_tokens_from_str("c|c", r"\|", counter_to_update=counts) is counts
    assert counts["c"] == 3


@pytest.mark.parametrize(
    ("options", "tokens"),
    [
        ({}, ["<unk>", "c", "b", "a", "some_word$"]),
        ({"reserved_tokens": ["<pad>"], "min_freq": 2}, ["<unk>", "<pad>", "c", "b"]),
        ({"most_freq_count": 1, "unknown_token": "b"}, ["b", "c"]),
    ],
)
def test_vocabulary(options, tokens):
    words = vocab.Vocabulary(COUNTS, **options)
    assert words.idx_to_token == tokens
    assert len(words) == len(tokens)
    assert words.to_indices(["c", "nothing"]) == [tokens.index("c"), 0]
    assert words.to_tokens(words.to_indices("c")) == "c"
    assert words.to_tokens([0, 1]) == tokens[:2]


@pytest.mark.parametrize(
    ("misuse", "error"),
    [
        (lambda: vocab.Vocabulary(COUNTS, min_freq=0), AssertionError),
        (lambda: vocab.Vocabulary(reserved_tokens=["<unk>"]), AssertionError),
        (lambda: vocab.Vocabulary(reserved_tokens=["x", "x"]), AssertionError),
        (lambda: vocab.Vocabulary().to_tokens(1), ValueError),
        (lambda: vocab.Vocabulary().to_tokens("a"), TypeError),
        (lambda: embedding.create("nothing"), AssertionError),
        (lambda: embedding.CustomEmbedding("nowhere.txt"), ValueError),
        (lambda: embedding.create("glove", embedding_root="nowhere"), mx.MXNetError),
        (lambda: embedding.get_pretrained_file_names("nothing"), KeyError),
    ],
)
def test_misuse(misuse, error):
    with pytest.raises(error):
        misuse()


@pytest.fixture
def vectors(tmp_path):
    """Vectors of two tokens, and one for unknown ones."""
    path = tmp_path / "glove" / "small.txt"
    path.parent.mkdir()
    path.write_text("2 3\na 0.5 0.25 2\nb 1 2 3\nb 7 7 7\n<unk> 9 9 9\n")
    with pytest.warns(UserWarning, match=r"line (1|4)"):
        return embedding.CustomEmbedding(path)


def test_vectors_of_a_file(vectors, tmp_path):
    assert vectors.idx_to_token == ["<unk>", "a", "b"]
    assert vectors.vec_len == 3
    assert vectors.idx_to_vec.asnumpy().tolist() == [[9, 9, 9], [0.5, 0.25, 2], [1, 2, 3]]
    assert vectors.get_vecs_by_tokens("b").asnumpy().tolist() == [1, 2, 3]
    found = vectors.get_vecs_by_tokens(["B", "x"], lower_case_backup=True)
    assert found.asnumpy().tolist() == [[1, 2, 3], [9, 9, 9]]
    with pytest.warns(UserWarning, match="line"):
        same = embedding.create("glove", pretrained_file_name="small.txt", embedding_root=tmp_path)
    np.testing.assert_array_equal(same.idx_to_vec.asnumpy(), vectors.idx_to_vec.asnumpy())


def test_changing_vectors(vectors):
    vectors.update_token_vectors("a", mx.nd.array([4, 4, 4]))
    vectors.update_token_vectors(["<unk>", "b"], mx.nd.array([[1, 1, 1], [2, 2, 2]]))
    assert vectors.idx_to_vec.asnumpy().tolist() == [[1, 1, 1], [4, 4, 4], [2, 2, 2]]
    with pytest.raises(ValueError, match="unknown"):
        vectors.update_token_vectors("x", mx.nd.array([4, 4, 4]))
    with pytest.raises(AssertionError):
        vectors.update_token_vectors("a", mx.nd.array([4, 4]))


def test_vectors_for_a_vocabulary(vectors, tmp_path):
    path = tmp_path / "other.txt"
    path.write_text("c,0.5,0.25\na,3,4\n")
    other = embedding.CustomEmbedding(path, ",", init_unknown_vec=mx.nd.ones)
    words = vocab.Vocabulary(COUNTS, reserved_tokens=["<pad>"])
    both = embedding.CompositeEmbedding(words, [vectors, other])
    assert both.idx_to_token == words.idx_to_token
    assert both.vec_len == 5
    expected = [
        [9, 9, 9, 1, 1], [9, 9, 9, 1, 1], [9, 9, 9, 0.5, 0.25], [1, 2, 3, 1, 1],
        [0.5, 0.25, 2, 3, 4], [9, 9, 9, 1, 1],
    ]  # fmt: skip
    assert both.idx_to_vec.asnumpy().tolist() == expected
    alone = embedding.CustomEmbedding(path, ",", vocabulary=words)
    assert alone.to_indices("c") == words.to_indices("c")
    assert alone.get_vecs_by_tokens("c").asnumpy().tolist() == [0.5, 0.25]


@pytest.mark.parametrize("text", ["a 1 2\n\n", "a 1 2\nb 1 2 3\n", "a 1 x\n"])
def test_files_that_are_not_right(tmp_path, text):
    path = tmp_path / "vectors.txt"
    path.write_text(text)
    with pytest.raises(AssertionError, match="line"):
        embedding.CustomEmbedding(path)
