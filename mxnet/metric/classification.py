"""Metrics of predicted classes and their probabilities."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any

import numpy

from .base import EvalMetric, alias, check_label_shapes, paired, ratio, register

__all__ = [
    "F1",
    "MCC",
    "PCC",
    "Accuracy",
    "CrossEntropy",
    "NegativeLogLikelihood",
    "Perplexity",
    "TopKAccuracy",
]


def _classes(array: numpy.ndarray) -> numpy.ndarray:
    return array.astype(numpy.int32).ravel()


def _predicted(pred: numpy.ndarray, metric: str) -> numpy.ndarray:
    """The classes of the highest scores of ``pred`` (n, classes)."""
    if pred.ndim < 2:
        raise ValueError(f"{metric} takes a score for each class (n, classes), not {pred.shape}")
    return numpy.argmax(pred, axis=1).ravel()


@register
@alias("acc")
class Accuracy(EvalMetric):
    """The part of the examples whose class is predicted right.

    Predictions are scores of classes along ``axis``, or classes where they have the shape of
    the label.
    """

    def __init__(self, axis=1, name="accuracy", output_names=None, label_names=None):
        super().__init__(name, output_names, label_names, axis=axis, has_global_stats=True)
        self.axis = axis

    def update(self, labels, preds) -> None:
        """Take in a batch."""
        for label, pred in paired(labels, preds):
            if pred.shape != label.shape:
                pred = numpy.argmax(pred, axis=self.axis)
            label, pred = check_label_shapes(_classes(label), _classes(pred))
            self.accumulate(int((pred == label).sum()), len(label))


@register
@alias("top_k_accuracy", "top_k_acc")
class TopKAccuracy(EvalMetric):
    """The part of the examples whose class is among the ``top_k`` highest scores (n, classes)."""

    def __init__(self, top_k=1, name="top_k_accuracy", output_names=None, label_names=None):
        if top_k <= 1:
            raise AssertionError("Please use Accuracy if top_k is no more than 1")
        self._base_name = name
        super().__init__(
            f"{name}_{top_k}", output_names, label_names, top_k=top_k, has_global_stats=True
        )
        self.top_k = top_k

    def get_config(self) -> dict[str, Any]:
        """The arguments from which ``create`` makes this metric again."""
        return {**super().get_config(), "name": self._base_name}

    def update(self, labels, preds) -> None:
        """Take in a batch."""
        for label, pred in paired(labels, preds):
            if pred.ndim > 2:
                raise AssertionError("Predictions should be no more than 2 dims")
            if pred.ndim == 2:
                k = min(self.top_k, pred.shape[1])
                best = numpy.argpartition(pred.astype(numpy.float32), -k)[:, -k:]
            else:
                best = _classes(pred)[:, None]
            label, best = check_label_shapes(_classes(label), best)
            self.accumulate(int((best == label[:, None]).sum()), len(label))


@dataclass
class _Confusion:
    """How often each of the two classes was taken for which, class 1 being the positive one."""

    true_positives: int = 0
    false_positives: int = 0
    false_negatives: int = 0
    true_negatives: int = 0

    def add(self, label: numpy.ndarray, predicted: numpy.ndarray) -> None:
        positive, right = predicted == 1, (predicted == 1) == (label == 1)
        self.true_positives += int((positive & right).sum())
        self.false_positives += int((positive & ~right).sum())
        self.false_negatives += int((~positive & ~right).sum())
        self.true_negatives += int((~positive & right).sum())

    @property
    def total(self) -> int:
        return sum(getattr(self, f.name) for f in fields(self))

    def f1(self) -> float:
        """2 precision recall / (precision + recall); 0 without true positives."""
        wrong = self.false_positives + self.false_negatives
        return 2 * self.true_positives / max(2 * self.true_positives + wrong, 1)

    def mcc(self) -> float:
        """The correlation of label and prediction; a class that never occurs does not divide."""
        positives = self.true_positives + self.false_positives
        negatives = self.true_negatives + self.false_negatives
        actual = self.true_positives + self.false_negatives
        others = self.true_negatives + self.false_positives
        terms = [term for term in (positives, negatives, actual, others) if term]
        right = self.true_positives * self.true_negatives
        return (right - self.false_positives * self.false_negatives) / math.sqrt(math.prod(terms))


class _BinaryMetric(EvalMetric):
    """A score of two classes, per batch and averaged ("macro") or of all examples ("micro")."""

    _batch: _Confusion
    _local: _Confusion
    _global: _Confusion

    def __init__(self, name, output_names, label_names, average):
        if average not in ("macro", "micro"):
            raise ValueError(f"average should be 'macro' or 'micro', not {average!r}")
        self.average = average
        super().__init__(name, output_names, label_names, average=average, has_global_stats=True)

    def _score(self, confusion: _Confusion) -> float:
        raise NotImplementedError

    def update(self, labels, preds) -> None:
        """Take in a batch of labels 0 and 1 and scores (n, 2)."""
        kind = type(self).__name__
        for label, pred in paired(labels, preds):
            label, predicted = check_label_shapes(_classes(label), _predicted(pred, kind))
            if len(numpy.unique(label)) > 2:
                raise ValueError(f"{kind} currently only supports binary classification.")
            for confusion in (self._batch, self._local, self._global):
                confusion.add(label, predicted)
        if self.average == "macro":
            self.accumulate(self._score(self._batch), 1)
        else:
            self.num_inst = self._local.total
            self.sum_metric = self._score(self._local) * self.num_inst
            self.global_num_inst = self._global.total
            self.global_sum_metric = self._score(self._global) * self.global_num_inst
        self._batch = _Confusion()

    def reset(self) -> None:
        """Forget everything."""
        self._batch, self._local, self._global = _Confusion(), _Confusion(), _Confusion()
        super().reset()

    def reset_local(self) -> None:
        """Forget the local counts only."""
        self._batch, self._local = _Confusion(), _Confusion()
        super().reset_local()


@register
class F1(_BinaryMetric):
    """The harmonic mean of precision and recall of class 1.

    ``average``: "macro" averages over batches, "micro" counts all examples together.
    """

    def __init__(self, name="f1", output_names=None, label_names=None, average="macro"):
        super().__init__(name, output_names, label_names, average)

    def _score(self, confusion: _Confusion) -> float:
        return confusion.f1()


@register
class MCC(_BinaryMetric):
    """Matthews' correlation coefficient of two classes, -1 to 1.

    ``average``: "macro" averages over batches, "micro" counts all examples together.
    """

    def __init__(self, name="mcc", output_names=None, label_names=None, average="macro"):
        super().__init__(name, output_names, label_names, average)

    def _score(self, confusion: _Confusion) -> float:
        return confusion.mcc()


@register
class PCC(EvalMetric):
    """The correlation of label and predicted class for any number of classes.

    For two classes it is MCC with ``average="micro"`` (Gorodkin 2004, "Comparing two K-category
    assignments by a K-category correlation coefficient").
    """

    def __init__(self, name="pcc", output_names=None, label_names=None, has_global_stats=True):
        super().__init__(name, output_names, label_names, has_global_stats=has_global_stats)

    def update(self, labels, preds) -> None:
        """Take in a batch of labels and scores (n, classes)."""
        for label, pred in paired(labels, preds):
            label, predicted = check_label_shapes(_classes(label), _predicted(pred, "PCC"))
            self._grow(int(max(pred.shape[1], label.max(initial=0) + 1)))
            for matrix in (self.lcm, self.gcm):
                numpy.add.at(matrix, (predicted, label), 1)
        self.num_inst += 1
        self.global_num_inst += 1

    @property
    def sum_metric(self) -> float:  # type: ignore[override]
        """The local value, times the number of updates."""
        return _correlation(self.lcm) * self.num_inst

    @property
    def global_sum_metric(self) -> float:  # type: ignore[override]
        """The global value, times the number of updates."""
        return _correlation(self.gcm) * self.global_num_inst

    def reset(self) -> None:
        """Forget everything."""
        self.k = 2
        self.global_num_inst = 0
        self.gcm = numpy.zeros((self.k, self.k))
        self.reset_local()

    def reset_local(self) -> None:
        """Forget the local counts only."""
        self.num_inst = 0
        self.lcm = numpy.zeros((self.k, self.k))

    def _grow(self, classes: int) -> None:
        if classes > self.k:
            margin = (0, classes - self.k)
            self.lcm, self.gcm = numpy.pad(self.lcm, margin), numpy.pad(self.gcm, margin)
            self.k = classes


def _correlation(confusion: numpy.ndarray) -> float:
    n = confusion.sum()
    predicted, actual = confusion.sum(axis=1), confusion.sum(axis=0)
    variances = (predicted * (n - predicted)).sum() * (actual * (n - actual)).sum()
    if variances == 0:
        return math.nan
    covariance = (numpy.diag(confusion) * n - predicted * actual).sum()
    return float(covariance / math.sqrt(variances))


@register
class Perplexity(EvalMetric):
    """exp(-mean(log(probability of the label))) of probabilities (..., classes).

    Parameters: ``ignore_label``: examples with this label do not count; ``axis`` of the classes.
    """

    def __init__(
        self, ignore_label, axis=-1, name="perplexity", output_names=None, label_names=None
    ):
        super().__init__(
            name,
            output_names,
            label_names,
            ignore_label=ignore_label,
            axis=axis,
            has_global_stats=True,
        )
        self.ignore_label = ignore_label
        self.axis = axis

    def update(self, labels, preds) -> None:
        """Take in a batch."""
        loss, count = 0.0, 0
        for label, pred in paired(labels, preds):
            pred = numpy.moveaxis(pred, self.axis, -1)
            if label.size * pred.shape[-1] != pred.size:
                raise AssertionError(f"shape mismatch: {label.shape} vs. {pred.shape}")
            label, pred = _classes(label), pred.reshape(-1, pred.shape[-1])
            # Labels out of range are usually ignored ones (-1); the others clip, as in 1.x.
            index = label.clip(0, pred.shape[-1] - 1)
            probability = pred[numpy.arange(len(label)), index].astype(numpy.float64)
            if self.ignore_label is not None:
                probability = probability[label != self.ignore_label]
            loss -= float(numpy.log(probability.clip(1e-10)).sum())
            count += len(probability)
        self.accumulate(loss, count)

    def get(self) -> tuple[str, float]:
        """The name and the local value; nan if empty."""
        return self.name, _exp(ratio(self.sum_metric, self.num_inst))

    def get_global(self) -> tuple[str, float]:
        """The name and the global value; nan if empty."""
        return self.name, _exp(ratio(self.global_sum_metric, self.global_num_inst))


def _exp(value: float) -> float:
    return float(numpy.exp(value))


class _LogLoss(EvalMetric):
    """The mean of -log(probability of the label + eps) of probabilities (n, classes)."""

    def __init__(self, eps, name, output_names, label_names):
        super().__init__(name, output_names, label_names, eps=eps, has_global_stats=True)
        self.eps = eps

    def update(self, labels, preds) -> None:
        """Take in a batch."""
        for label, pred in paired(labels, preds):
            label = _classes(label)
            if len(label) != len(pred):
                raise AssertionError(f"{len(label)} labels for {len(pred)} predictions")
            probability = pred[numpy.arange(len(label)), label]
            self.accumulate(float((-numpy.log(probability + self.eps)).sum()), len(label))


@register
@alias("ce")
class CrossEntropy(_LogLoss):
    """The mean of -log(probability of the label + eps) of probabilities (n, classes)."""

    def __init__(self, eps=1e-12, name="cross-entropy", output_names=None, label_names=None):
        super().__init__(eps, name, output_names, label_names)


@register
@alias("nll_loss")
class NegativeLogLikelihood(_LogLoss):
    """The mean of -log(probability of the label + eps) of probabilities (n, classes)."""

    def __init__(self, eps=1e-12, name="nll-loss", output_names=None, label_names=None):
        super().__init__(eps, name, output_names, label_names)
