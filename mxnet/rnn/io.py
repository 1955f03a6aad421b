"""Sentences as data: numbers for words, and batches of sentences of similar length."""

from __future__ import annotations

import bisect
import random
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import ndarray
from ..io import DataBatch, DataDesc, DataIter

__all__ = ["BucketSentenceIter", "encode_sentences"]


def encode_sentences(
    sentences: Sequence[Sequence[str]],
    vocab: dict[str, int] | None = None,
    invalid_label: int = -1,
    invalid_key: str = "\n",
    start_label: int = 0,
    unknown_token: str | None = None,
) -> tuple[list[list[int]], dict[str, int]]:
    """Sentences of words as lists of numbers, and the vocabulary, which is made if none is given.

    Parameters: ``vocab``: numbers by word; ``invalid_label``: the number of ``invalid_key``, which no
    word gets; ``start_label``: the first number; ``unknown_token``: the word that stands for those
    missing from a given vocabulary. Raises AssertionError for a missing word without it.
    """
    new = vocab is None
    words: dict[str, int] = {invalid_key: invalid_label} if vocab is None else vocab
    number = start_label

    def number_of(word: str) -> int:
        nonlocal number
        if word not in words:
            if not new:
                assert unknown_token, f"Unknown token {word}"
                word = unknown_token
            if word not in words:
                number += number == invalid_label
                words[word] = number
                number += 1
        return words[word]

    return [[number_of(word) for word in sentence] for sentence in sentences], words


class BucketSentenceIter(DataIter):
    """Batches for language models: the label of a word is the next one.

    Each sentence is filled up to the size of its bucket; sentences longer than the largest bucket
    are left out. The order is random, from Python's and numpy's global generators.

    Parameters: ``sentences``: lists of numbers; ``batch_size``; ``buckets``: sizes, by default the
    lengths that fill a batch; ``invalid_label``: what fills up; names and ``dtype`` of data and labels;
    ``layout``: "NT" or "TN". Raises ValueError for others.
    """

    def __init__(
        self,
        sentences: Sequence[Sequence[int]],
        batch_size: int,
        buckets: list[int] | None = None,
        invalid_label: int = -1,
        data_name: str = "data",
        label_name: str = "softmax_label",
        dtype: Any = "float32",
        layout: str = "NT",
    ):
        super().__init__()
        if not buckets:
            counts = np.bincount([len(sentence) for sentence in sentences])
            buckets = [size for size, count in enumerate(counts) if count >= batch_size]
        if not buckets:
            raise ValueError(f"no length has {batch_size} sentences: give the buckets")
        if layout not in ("NT", "TN"):
            raise ValueError(
                f"Invalid layout {layout}: Must by NT (batch major) or TN (time major)"
            )
        self.buckets = sorted(buckets)
        self.batch_size, self.dtype, self.layout = batch_size, dtype, layout
        self.invalid_label, self.data_name, self.label_name = invalid_label, data_name, label_name
        self.major_axis = layout.find("N")
        self.default_bucket_key = self.buckets[-1]
        self.data = self._fill(sentences)
        self.nddata: list[Any] = []
        self.ndlabel: list[Any] = []
        shape = (batch_size, self.default_bucket_key)
        self.provide_data = [self._describe(data_name, shape)]
        self.provide_label = [self._describe(label_name, shape)]
        self.idx = [
            (bucket, start)
            for bucket, rows in enumerate(self.data)
            for start in range(0, len(rows) - batch_size + 1, batch_size)
        ]
        self.curr_idx = 0
        self.reset()

    def _fill(self, sentences: Sequence[Sequence[int]]) -> list[np.ndarray]:
        """The sentences of each bucket as rows of one array."""
        rows: list[list[np.ndarray]] = [[] for _ in self.buckets]
        discarded = 0
        for sentence in sentences:
            bucket = bisect.bisect_left(self.buckets, len(sentence))
            if bucket == len(self.buckets):
                discarded += 1
                continue
            row = np.full((self.buckets[bucket],), self.invalid_label, dtype=self.dtype)
            row[: len(sentence)] = sentence
            rows[bucket].append(row)
        if discarded:
            warnings.warn(
                f"discarded {discarded} sentences longer than the largest bucket.", stacklevel=3
            )
        return [
            np.asarray(found, dtype=self.dtype).reshape(-1, size)
            for found, size in zip(rows, self.buckets)
        ]

    def _describe(self, name: str, shape: tuple[int, ...]) -> DataDesc:
        shape = shape[::-1] if self.major_axis else shape
        return DataDesc(name=name, shape=shape, layout=self.layout)

    def reset(self) -> None:
        """Begin anew, in another order."""
        self.curr_idx = 0
        random.shuffle(self.idx)
        self.nddata, self.ndlabel = [], []
        for rows in self.data:
            np.random.shuffle(rows)
            labels = np.full_like(rows, self.invalid_label)
            labels[:, :-1] = rows[:, 1:]
            for arrays, values in ((self.nddata, rows), (self.ndlabel, labels)):
                arrays.append(ndarray.array(values, dtype=self.dtype) if len(rows) else None)

    def next(self) -> DataBatch:
        """The next batch; its ``bucket_key`` is the size of its bucket."""
        if self.curr_idx == len(self.idx):
            raise StopIteration
        bucket, start = self.idx[self.curr_idx]
        self.curr_idx += 1
        data, label = (
            arrays[bucket][start : start + self.batch_size]
            for arrays in (self.nddata, self.ndlabel)
        )
        shape = data.shape
        if self.major_axis:
            data, label = data.T, label.T
        return DataBatch(
            [data],
            [label],
            pad=0,
            bucket_key=self.buckets[bucket],
            provide_data=[self._describe(self.data_name, shape)],
            provide_label=[self._describe(self.label_name, shape)],
        )
