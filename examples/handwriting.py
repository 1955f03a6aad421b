"""The 1,797 handwritten digits that come with scikit-learn, as the other examples want them."""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import mxnet as mx

BATCH = 50


def load() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Pictures (n, 64) from 0 to 1 for training and held out, then the digits of both."""
    pictures, digits = load_digits(return_X_y=True)
    pictures = (pictures / 16).astype("float32")
    return train_test_split(
        pictures, digits.astype("float32"), test_size=0.25, stratify=digits, random_state=0
    )


def iterators(label_name: str = "softmax_label") -> tuple[mx.io.NDArrayIter, mx.io.NDArrayIter]:
    """Batches for training and held out."""
    train, held_out, train_digits, held_out_digits = load()
    return (
        mx.io.NDArrayIter(train, train_digits, BATCH, shuffle=True, label_name=label_name),
        mx.io.NDArrayIter(held_out, held_out_digits, BATCH, label_name=label_name),
    )


def seed() -> None:
    """Make a run repeatable."""
    mx.random.seed(1)
    np.random.seed(1)


def accuracy(module: mx.mod.Module, data: mx.io.NDArrayIter) -> float:
    """The share of digits that a module reads rightly."""
    return dict(module.score(data, "accuracy"))["accuracy"]
