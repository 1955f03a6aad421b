"""Metrics of predicted numbers, and losses that the network computes itself."""

from __future__ import annotations

import math

import numpy

from .base import EvalMetric, alias, as_numpy, check_label_shapes, paired, register

__all__ = ["MAE", "MSE", "RMSE", "Caffe", "Loss", "PearsonCorrelation", "Torch"]


class _ErrorMetric(EvalMetric):
    """The average over batches of an error; one-dimensional arrays count as columns."""

    def __init__(self, name, output_names, label_names):
        super().__init__(name, output_names, label_names, has_global_stats=True)

    def _error(self, difference: numpy.ndarray) -> float:
        raise NotImplementedError

    def update(self, labels, preds) -> None:
        """Take in a batch."""
        for label, pred in paired(labels, preds):
            label, pred = (a.reshape(-1, 1) if a.ndim == 1 else a for a in (label, pred))
            self.accumulate(float(self._error(label - pred)), 1)


@register
class MAE(_ErrorMetric):
    """The mean of the absolute differences."""

    def __init__(self, name="mae", output_names=None, label_names=None):
        super().__init__(name, output_names, label_names)

    def _error(self, difference):
        return numpy.abs(difference).mean()


@register
class MSE(_ErrorMetric):
    """The mean of the squared differences."""

    def __init__(self, name="mse", output_names=None, label_names=None):
        super().__init__(name, output_names, label_names)

    def _error(self, difference):
        return numpy.square(difference).mean()


@register
class RMSE(_ErrorMetric):
    """The root of the mean of the squared differences, batch by batch."""

    def __init__(self, name="rmse", output_names=None, label_names=None):
        super().__init__(name, output_names, label_names)

    def _error(self, difference):
        return math.sqrt(numpy.square(difference).mean())


# Count, mean and sum of squared deviations.
_Moment = tuple[float, float, float]


def _merge(new_values: numpy.ndarray, count: float, mean: float, deviations: float) -> _Moment:
    """Count, mean and sum of squared deviations with more values taken in.

    Groups are merged as in Chan, Golub, LeVeque 1979, so that nothing is kept but these three.
    """
    total = count + new_values.size
    new_mean = new_values.mean()
    shift = new_mean - mean
    own = numpy.square(new_values - new_mean).sum()
    between = shift * shift * count * new_values.size / total
    return total, mean + shift * new_values.size / total, deviations + own + between


class _Moments:
    """Means, squared deviations and products of deviations of pairs of numbers."""

    def __init__(self):
        self.label: _Moment = (0, 0.0, 0.0)
        self.pred: _Moment = (0, 0.0, 0.0)
        self.products = 0.0

    def add(self, label: numpy.ndarray, pred: numpy.ndarray) -> None:
        """Take in pairs."""
        count, new = self.label[0], label.size
        own = ((label - label.mean()) * (pred - pred.mean())).sum()
        between = (label.mean() - self.label[1]) * (pred.mean() - self.pred[1])
        self.products += own + between * count * new / (count + new)
        self.label, self.pred = _merge(label, *self.label), _merge(pred, *self.pred)

    def correlation(self) -> float:
        """Pearson's correlation of all pairs; nan where one side does not vary."""
        variances = self.label[2] * self.pred[2]
        return float(self.products / math.sqrt(variances)) if variances else math.nan


@register
@alias("pearsonr")
class PearsonCorrelation(EvalMetric):
    """Pearson's correlation of label and prediction, arrays of equal shape.

    ``average``: "macro" averages over batches, "micro" is that of all numbers together.
    """

    def __init__(self, name="pearsonr", output_names=None, label_names=None, average="macro"):
        if average not in ("macro", "micro"):
            raise ValueError(f"average should be 'macro' or 'micro', not {average!r}")
        self.average = average
        super().__init__(name, output_names, label_names, average=average, has_global_stats=True)

    def update(self, labels, preds) -> None:
        """Take in a batch."""
        for label, pred in paired(labels, preds):
            check_label_shapes(label, pred, shape=True)
            label, pred = label.ravel().astype(numpy.float64), pred.ravel().astype(numpy.float64)
            if self.average == "macro":
                self.accumulate(float(numpy.corrcoef(pred, label)[0, 1]), 1)
            else:
                self.update_cov(label, pred)
                self.num_inst += 1
                self.global_num_inst += 1

    def update_variance(self, new_values: numpy.ndarray, *aggregate: float) -> tuple:
        """Count, mean and sum of squared deviations (``aggregate``) with more values taken in."""
        return _merge(new_values, *aggregate)

    def update_cov(self, label: numpy.ndarray, pred: numpy.ndarray) -> None:
        """Take pairs into the moments that "micro" keeps."""
        self._local.add(label, pred)
        self._global.add(label, pred)

    def reset_micro(self) -> None:
        """Forget the moments that "micro" keeps."""
        self._local, self._global = _Moments(), _Moments()

    def reset(self) -> None:
        """Forget everything."""
        super().reset()
        self.reset_micro()

    def reset_local(self) -> None:
        """Forget the local sum only."""
        super().reset_local()
        self._local = _Moments()

    def get(self) -> tuple[str, float]:
        """The name and the local value; nan if empty."""
        return super().get() if self.average == "macro" else (self.name, self._local.correlation())

    def get_global(self) -> tuple[str, float]:
        """The name and the global value; nan if empty."""
        if self.average == "macro":
            return super().get_global()
        return self.name, self._global.correlation()


@register
class Loss(EvalMetric):
    """The mean of the outputs themselves, whatever the labels."""

    def __init__(self, name="loss", output_names=None, label_names=None):
        super().__init__(name, output_names, label_names, has_global_stats=True)

    def update(self, _, preds) -> None:
        """Take in a batch."""
        for pred in preds if isinstance(preds, (list, tuple)) else [preds]:
            loss = as_numpy(pred)
            self.accumulate(float(loss.sum(dtype=numpy.float64)), loss.size)


@register
class Torch(Loss):
    """Loss under the name that programs with Torch criterions use."""

    def __init__(self, name="torch", output_names=None, label_names=None):
        super().__init__(name, output_names, label_names)


@register
class Caffe(Loss):
    """Loss under the name that programs with Caffe criterions use."""

    def __init__(self, name="caffe", output_names=None, label_names=None):
        super().__init__(name, output_names, label_names)
