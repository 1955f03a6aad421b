"""What a metric is, the registry of metrics, and metrics made of other metrics or of functions."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy

from .. import registry

__all__ = [
    "CompositeEvalMetric",
    "CustomMetric",
    "EvalMetric",
    "alias",
    "as_numpy",
    "check_label_shapes",
    "create",
    "np",
    "paired",
    "register",
]


def as_numpy(array: Any) -> numpy.ndarray:
    """The numpy array of an NDArray (or of anything that numpy understands)."""
    return array.asnumpy() if hasattr(array, "asnumpy") else numpy.asarray(array)


def check_label_shapes(labels, preds, wrap: bool = False, shape: bool = False):
    """Labels and predictions as they are (in lists, with ``wrap``), when they are equally many.

    ``shape``: compare the shapes of two arrays, not the lengths. Raises ValueError.
    """
    theirs = (labels.shape, preds.shape) if shape else (len(labels), len(preds))
    if theirs[0] != theirs[1]:
        raise ValueError(
            f"Shape of labels {theirs[0]} does not match shape of predictions {theirs[1]}"
        )
    if wrap:
        labels = labels if isinstance(labels, (list, tuple)) else [labels]
        preds = preds if isinstance(preds, (list, tuple)) else [preds]
    return labels, preds


def paired(labels, preds) -> Iterable[tuple[numpy.ndarray, numpy.ndarray]]:
    """Each label with its prediction as numpy arrays; a single array counts as a list of one."""
    labels, preds = check_label_shapes(labels, preds, wrap=True)
    for label, pred in zip(labels, preds, strict=True):
        yield as_numpy(label), as_numpy(pred)


def ratio(total: float, count: float) -> float:
    """``total / count``, and nan where nothing was counted."""
    return total / count if count else math.nan


class EvalMetric:
    """Base class of metrics: a sum over what was seen, divided by a count.

    There are two sums: a local one that ``reset_local`` clears (after each log line), and a global
    one over the whole epoch. A subclass implements ``update`` and adds to both by ``accumulate``;
    one that changes ``sum_metric`` and ``num_inst`` itself has no global value of its own.

    Parameters: ``name``; ``output_names``, ``label_names``: what ``update_dict`` picks (all, where
    None); further keywords go into ``get_config``; ``has_global_stats``: see above.
    """

    def __init__(
        self,
        name: str,
        output_names: list[str] | None = None,
        label_names: list[str] | None = None,
        **kwargs,
    ):
        self.name = str(name)
        self.output_names = output_names
        self.label_names = label_names
        self._has_global_stats = kwargs.pop("has_global_stats", False)
        self._kwargs = kwargs
        self.reset()

    def __str__(self) -> str:
        return f"EvalMetric: {dict(self.get_name_value())}"

    def get_config(self) -> dict[str, Any]:
        """The arguments from which ``create`` makes this metric again."""
        return {
            **self._kwargs,
            "metric": type(self).__name__,
            "name": self.name,
            "output_names": self.output_names,
            "label_names": self.label_names,
        }

    def update(self, labels, preds) -> None:
        """Take in a batch: a list of labels and a list of as many predictions."""
        raise NotImplementedError

    def update_dict(self, label: dict[str, Any], pred: dict[str, Any]) -> None:
        """Take in a batch of arrays by name. Raises KeyError for names that are not there."""
        self.update(_pick(label, self.label_names), _pick(pred, self.output_names))

    def accumulate(self, total: float, count: int) -> None:
        """Add to the local and the global sum."""
        self.sum_metric += total
        self.num_inst += count
        self.global_sum_metric += total
        self.global_num_inst += count

    def reset(self) -> None:
        """Forget everything."""
        self.num_inst = self.global_num_inst = 0
        self.sum_metric = self.global_sum_metric = 0.0

    def reset_local(self) -> None:
        """Forget the local sum only."""
        self.num_inst = 0
        self.sum_metric = 0.0

    def get(self) -> tuple:
        """The name and the local value (lists of them, where there are several); nan if empty."""
        return self.name, ratio(self.sum_metric, self.num_inst)

    def get_global(self) -> tuple:
        """The name and the global value; the local one, where the metric has no global one."""
        if not self._has_global_stats:
            return self.get()
        return self.name, ratio(self.global_sum_metric, self.global_num_inst)

    def get_name_value(self) -> list[tuple[str, float]]:
        """Pairs of name and local value."""
        return _pairs(*self.get())

    def get_global_name_value(self) -> list[tuple[str, float]]:
        """Pairs of name and global value."""
        return _pairs(*self.get_global())


def _pick(arrays: dict[str, Any], names: list[str] | None) -> list:
    return list(arrays.values()) if names is None else [arrays[name] for name in names]


def _pairs(name, value) -> list[tuple[str, float]]:
    names = name if isinstance(name, list) else [name]
    values = value if isinstance(value, list) else [value]
    return list(zip(names, values, strict=True))


register = registry.get_register_func(EvalMetric, "metric")
alias = registry.get_alias_func(EvalMetric, "metric")
_create = registry.get_create_func(EvalMetric, "metric")


def create(metric, *args, **kwargs) -> EvalMetric:
    """A metric of a name, instance, class, function, config or JSON; a composite of a list.

    Further arguments go to the constructor. Raises AssertionError for unknown names.
    """
    if isinstance(metric, type) and issubclass(metric, EvalMetric):
        return metric(*args, **kwargs)
    if callable(metric):
        return CustomMetric(metric, *args, **kwargs)
    if isinstance(metric, list):
        composite = CompositeEvalMetric()
        for child in metric:
            composite.add(create(child, *args, **kwargs))
        return composite
    return _create(metric, *args, **kwargs)


@register
@alias("composite")
class CompositeEvalMetric(EvalMetric):
    """Several metrics of the same batches; names and values are lists.

    Parameters: ``metrics``: anything that ``create`` takes.
    """

    def __init__(self, metrics=None, name="composite", output_names=None, label_names=None):
        self.metrics = [create(metric) for metric in metrics or []]
        super().__init__(name, output_names, label_names, has_global_stats=True)

    def add(self, metric) -> None:
        """Append a metric: anything that ``create`` takes."""
        self.metrics.append(create(metric))

    def get_metric(self, index: int) -> EvalMetric:
        """The metric at a position. Raises ValueError where there is none."""
        try:
            return self.metrics[index]
        except IndexError:
            count = len(self.metrics)
            raise ValueError(f"Metric index {index} is out of range 0 and {count}") from None

    def get_config(self) -> dict[str, Any]:
        """The arguments from which ``create`` makes this metric again."""
        return {**super().get_config(), "metrics": [m.get_config() for m in self.metrics]}

    def update(self, labels, preds) -> None:
        """Pass the batch to every metric."""
        for metric in self.metrics:
            metric.update(labels, preds)

    def update_dict(self, labels: dict[str, Any], preds: dict[str, Any]) -> None:
        """Pass the batch to every metric, cut down to the names of this composite."""
        labels, preds = _only(labels, self.label_names), _only(preds, self.output_names)
        for metric in self.metrics:
            metric.update_dict(labels, preds)

    def reset(self) -> None:
        """Forget everything."""
        for metric in self.metrics:
            metric.reset()

    def reset_local(self) -> None:
        """Forget the local sums only."""
        for metric in self.metrics:
            metric.reset_local()

    def get(self) -> tuple[list[str], list[float]]:
        """All names and all local values."""
        return _unzip(pair for metric in self.metrics for pair in metric.get_name_value())

    def get_global(self) -> tuple[list[str], list[float]]:
        """All names and all global values."""
        return _unzip(pair for metric in self.metrics for pair in metric.get_global_name_value())


def _only(arrays: dict[str, Any], names: list[str] | None) -> dict[str, Any]:
    return arrays if names is None else {k: v for k, v in arrays.items() if k in names}


def _unzip(pairs: Iterable[tuple[str, float]]) -> tuple[list[str], list[float]]:
    pairs = list(pairs)
    return [name for name, _ in pairs], [value for _, value in pairs]


@register
class CustomMetric(EvalMetric):
    """A metric of a function of numpy arrays, ``feval(label, pred)``.

    Parameters: ``feval`` returns a value (counted once) or a pair of sum and count; ``name``: that
    of the function by default; ``allow_extra_outputs``: predictions without label are left out,
    where they would raise ValueError.
    """

    def __init__(
        self,
        feval: Callable,
        name: str | None = None,
        allow_extra_outputs: bool = False,
        output_names=None,
        label_names=None,
    ):
        if name is None:
            name = feval.__name__
            name = f"custom({name})" if "<" in name else name
        super().__init__(
            name,
            output_names,
            label_names,
            feval=feval,
            allow_extra_outputs=allow_extra_outputs,
            has_global_stats=True,
        )
        self._feval = feval
        self._allow_extra_outputs = allow_extra_outputs

    def update(self, labels, preds) -> None:
        """Take in a batch."""
        if not self._allow_extra_outputs:
            labels, preds = check_label_shapes(labels, preds, wrap=True)
        for label, pred in zip(labels, preds, strict=False):
            result = self._feval(as_numpy(label), as_numpy(pred))
            self.accumulate(*(result if isinstance(result, tuple) else (result, 1)))

    def get_config(self) -> dict[str, Any]:
        """A function has no config: NotImplementedError."""
        raise NotImplementedError("CustomMetric cannot be serialized")


def np(
    numpy_feval: Callable, name: str | None = None, allow_extra_outputs: bool = False
) -> CustomMetric:
    """A metric of a function of numpy arrays: see CustomMetric."""
    metric_name = numpy_feval.__name__ if name is None else name
    return CustomMetric(numpy_feval, metric_name, allow_extra_outputs)
