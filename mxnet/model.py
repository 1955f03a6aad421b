"""Checkpoints, and FeedForward, the simple trainer that came before Module."""

from __future__ import annotations

import logging
import time
import warnings
from collections import namedtuple
from collections.abc import Sequence
from typing import Any

import numpy as np

from .callback import LogValidationMetricsCallback, tell
from .checkpoint import load_checkpoint, load_params, save_checkpoint
from .context import Context, current_context
from .error import MXNetError
from .initializer import Uniform

__all__ = [
    "BatchEndParam",
    "FeedForward",
    "load_checkpoint",
    "load_params",
    "save_checkpoint",
]

BatchEndParam = namedtuple(  # type: ignore[name-match]  # the class name of 1.x
    "BatchEndParams", ["epoch", "nbatch", "eval_metric", "locals"]
)
BatchEndParam.__doc__ = "What callbacks at the end of a batch and of an evaluation are told."

_DEFAULT_INITIALIZER = Uniform(0.01)
_LOG_VALIDATION = LogValidationMetricsCallback()


class FeedForward:
    """A network with ``fit``, ``predict`` and ``score`` on arrays; a Module does the work.

    Deprecated in 1.x in favour of Module, and kept for its programs.

    Parameters: ``symbol``: a Symbol, or a function from a bucket key to one; ``ctx``: a Context
    or a list; ``num_epoch``, ``epoch_size`` (batches in an epoch, by default all);
    ``optimizer`` and, as further keywords, its parameters; ``initializer``;
    ``numpy_batch_size``: for data given as arrays; ``arg_params``, ``aux_params``: values to
    start from, with ``allow_extra_params`` also ones that the symbol does not have;
    ``begin_epoch``.
    """

    def __init__(
        self,
        symbol: Any,
        ctx: Context | Sequence[Context] | None = None,
        num_epoch: int | None = None,
        epoch_size: int | None = None,
        optimizer: Any = "sgd",
        initializer: Any = _DEFAULT_INITIALIZER,
        numpy_batch_size: int = 128,
        arg_params: dict | None = None,
        aux_params: dict | None = None,
        allow_extra_params: bool = False,
        begin_epoch: int = 0,
        **kwargs: Any,
    ):
        warnings.warn(
            "mxnet.model.FeedForward has been deprecated. Please use mxnet.mod.Module instead.",
            DeprecationWarning,
            stacklevel=2,
        )
        from .symbol import Symbol

        self.sym_gen = None if isinstance(symbol, Symbol) else symbol
        self.symbol = symbol if self.sym_gen is None else None
        self.ctx = [ctx] if isinstance(ctx, Context) else list(ctx or [current_context()])
        self.num_epoch = num_epoch
        self.epoch_size = epoch_size
        self.optimizer = optimizer
        self.initializer = initializer
        self.numpy_batch_size = numpy_batch_size
        self.arg_params = arg_params
        self.aux_params = aux_params
        self.allow_extra_params = allow_extra_params
        self.begin_epoch = begin_epoch
        self.kwargs = dict(kwargs)
        self._pred_exec: Any = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_pred_exec": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    @staticmethod
    def load(prefix: str, epoch: int, ctx: Any = None, **kwargs: Any) -> FeedForward:
        """A model from a checkpoint; training goes on at ``epoch``."""
        symbol, arg_params, aux_params = load_checkpoint(prefix, epoch)
        return FeedForward(
            symbol,
            ctx=ctx,
            arg_params=arg_params,
            aux_params=aux_params,
            begin_epoch=epoch,
            **kwargs,
        )

    def save(self, prefix: str, epoch: int | None = None, remove_amp_cast: bool = True) -> None:
        """Write a checkpoint, by default with ``num_epoch`` as its number."""
        epoch = self.num_epoch if epoch is None else epoch
        if epoch is None:
            raise AssertionError("save needs an epoch, as no num_epoch is set")
        if self.arg_params is None:
            raise AssertionError("there are no parameters to save: call fit first")
        save_checkpoint(
            prefix, epoch, self.symbol, self.arg_params, self.aux_params or {}, remove_amp_cast
        )

    @staticmethod
    def create(
        symbol: Any,
        X: Any,
        y: Any = None,
        ctx: Any = None,
        num_epoch: int | None = None,
        epoch_size: int | None = None,
        optimizer: Any = "sgd",
        initializer: Any = _DEFAULT_INITIALIZER,
        eval_data: Any = None,
        eval_metric: Any = "acc",
        epoch_end_callback: Any = None,
        batch_end_callback: Any = None,
        kvstore: Any = "local",
        logger: Any = None,
        work_load_list: Any = None,
        eval_end_callback: Any = _LOG_VALIDATION,
        eval_batch_end_callback: Any = None,
        **kwargs: Any,
    ) -> FeedForward:
        """Make a model and ``fit`` it."""
        model = FeedForward(
            symbol,
            ctx=ctx,
            num_epoch=num_epoch,
            epoch_size=epoch_size,
            optimizer=optimizer,
            initializer=initializer,
            **kwargs,
        )
        model.fit(
            X,
            y,
            eval_data=eval_data,
            eval_metric=eval_metric,
            epoch_end_callback=epoch_end_callback,
            batch_end_callback=batch_end_callback,
            kvstore=kvstore,
            logger=logger,
            work_load_list=work_load_list,
            eval_end_callback=eval_end_callback,
            eval_batch_end_callback=eval_batch_end_callback,
        )
        return model

    def fit(
        self,
        X: Any,
        y: Any = None,
        eval_data: Any = None,
        eval_metric: Any = "acc",
        epoch_end_callback: Any = None,
        batch_end_callback: Any = None,
        kvstore: Any = "local",
        logger: Any = None,
        work_load_list: Any = None,
        monitor: Any = None,
        eval_end_callback: Any = _LOG_VALIDATION,
        eval_batch_end_callback: Any = None,
    ) -> None:
        """Train from ``begin_epoch`` to ``num_epoch``.

        Parameters: ``X``: an iterator, or an array with labels ``y``; ``eval_data``: an
        iterator, or a pair ``(X, y)``. ``eval_end_callback`` by default logs the validation
        metric. Raises ValueError where labels are missing or of another number than the data.
        """
        from .metric import EvalMetric, create

        if self.num_epoch is None:
            raise AssertionError("please specify number of epochs: FeedForward(..., num_epoch=10)")
        logger = logger or logging
        data = self._init_iter(X, y, is_train=True)
        eval_data = self._init_eval_iter(eval_data)
        metric = eval_metric if isinstance(eval_metric, EvalMetric) else create(eval_metric)
        module = self._trainer(data, kvstore, logger, work_load_list, monitor)
        logger.info("Start training with %s", str(self.ctx))
        for epoch in range(self.begin_epoch, self.num_epoch):
            tic = time.time()
            metric.reset()
            self._train_epoch(module, data, metric, epoch, batch_end_callback, monitor, logger)
            logger.info("Epoch[%d] Time cost=%.3f", epoch, time.time() - tic)
            self.arg_params, self.aux_params = module.get_params()
            module.set_params(self.arg_params, self.aux_params)
            tell(epoch_end_callback, epoch, self.symbol, self.arg_params, self.aux_params)
            if eval_data is not None:
                module.score(
                    eval_data,
                    metric,
                    batch_end_callback=eval_batch_end_callback,
                    score_end_callback=eval_end_callback,
                    epoch=epoch,
                )

    def _trainer(self, data, kvstore, logger, work_load_list, monitor) -> Any:
        """A module with the parameters and the optimizer to start with."""
        module = self._module(data, logger, work_load_list)
        module.bind(data.provide_data, data.provide_label)
        if monitor is not None:
            module.install_monitor(monitor)
        given = (self._known(self.arg_params, module, 0), self._known(self.aux_params, module, 1))
        module.init_params(self.initializer, *given, allow_missing=True)
        module.init_optimizer(kvstore, self.optimizer, self.kwargs)
        return module

    def _train_epoch(self, module, data, metric, epoch, callbacks, monitor, logger) -> None:
        """Train on ``epoch_size`` batches, or up to the end of the data."""
        nbatch = 0
        while True:
            batch = next(data, None)
            if batch is None:
                if nbatch == 0:
                    data.reset()
                    batch = next(data, None)
                    if batch is None:
                        raise MXNetError("fit: the training data has no batch")
                else:
                    logger.info("Epoch[%d] Resetting Data Iterator", epoch)
                    data.reset()
                    if self.epoch_size is None:
                        return
                    continue
            if monitor is not None:
                monitor.tic()
            module.forward_backward(batch)
            module.update()
            if monitor is not None:
                monitor.toc_print()
            module.update_metric(metric, batch.label)
            nbatch += 1
            tell(callbacks, BatchEndParam(epoch, nbatch, metric, locals()))
            if nbatch == self.epoch_size:
                return

    def predict(
        self, X: Any, num_batch: int | None = None, return_data: bool = False, reset: bool = True
    ) -> Any:
        """The outputs as numpy arrays, one or a list of them.

        Parameters: ``return_data``: return ``(outputs, data, labels)`` over the same rows.
        """
        data = self._init_iter(X, None, is_train=False)
        module = self._predictor(data)
        columns: list[list[list[np.ndarray]]] = [[], [], []]
        for outputs, _, batch in module.iter_predict(data, num_batch, reset):
            rows = outputs[0].shape[0]
            columns[0].append([out.asnumpy() for out in outputs])
            if return_data:
                columns[1].append([array.asnumpy()[:rows] for array in batch.data])
                columns[2].append([array.asnumpy()[:rows] for array in batch.label or ()])
        results = [_one_or_list(column) for column in columns]
        return tuple(results) if return_data else results[0]

    def score(
        self,
        X: Any,
        eval_metric: Any = "acc",
        num_batch: int | None = None,
        batch_end_callback: Any = None,
        reset: bool = True,
    ) -> float:
        """The value of a metric over an iterator."""
        from .metric import EvalMetric, create

        data = self._init_iter(X, None, is_train=False)
        metric = eval_metric if isinstance(eval_metric, EvalMetric) else create(eval_metric)
        module = self._predictor(data, with_labels=True)
        module.score(data, metric, num_batch, batch_end_callback, reset=reset)
        return metric.get()[1]

    def _module(self, data: Any, logger: Any, work_load_list: Any = None) -> Any:
        from .module import BucketingModule, Module

        data_names = [desc[0] for desc in data.provide_data]
        label_names = [desc[0] for desc in data.provide_label or ()]
        options = {"logger": logger, "context": self.ctx, "work_load_list": work_load_list}
        generate = self.sym_gen
        if generate is not None:
            key = data.default_bucket_key
            self.symbol = generate(key)
            return BucketingModule(
                lambda key: (generate(key), data_names, label_names), key, **options
            )
        return Module(self.symbol, data_names, label_names, **options)

    def _predictor(self, data: Any, with_labels: bool = False) -> Any:
        if self.arg_params is None:
            raise AssertionError("there are no parameters: call fit, or give arg_params")
        module = self._module(data, logging)
        labels = data.provide_label if with_labels else None
        module.bind(data.provide_data, labels, for_training=False)
        given = [self._known(self.arg_params, module, 0), self._known(self.aux_params, module, 1)]
        module.set_params(*(params or {} for params in given))
        self._pred_exec = module
        return module

    def _known(self, params: dict | None, module: Any, kind: int) -> dict | None:
        """Only the parameters that the symbol has, where others are allowed."""
        if params is None:
            return None
        symbol = module.symbol
        known = set((symbol.list_arguments, symbol.list_auxiliary_states)[kind]())
        extra = sorted(set(params) - known)
        if extra and not self.allow_extra_params:
            raise ValueError(
                f"the symbol has no parameter(s) {', '.join(extra)}: pass allow_extra_params=True "
                f"to leave them out"
            )
        return {name: array for name, array in params.items() if name in known}

    def _init_iter(self, X: Any, y: Any, is_train: bool) -> Any:
        from .io import DataIter, NDArrayIter
        from .ndarray import NDArray

        if isinstance(X, (np.ndarray, NDArray)):
            if y is None:
                if is_train:
                    raise ValueError("y must be specified when X is numpy.ndarray")
                y = np.zeros(X.shape[0])
            y = y.asnumpy() if isinstance(y, NDArray) else np.asarray(y)
            if X.shape[0] != y.shape[0]:
                raise ValueError(
                    f"The numbers of data points and labels not equal: "
                    f"{X.shape[0]} and {y.shape[0]}"
                )
            if y.ndim == 2 and y.shape[1] == 1:
                y = y.reshape(-1)
            if y.ndim != 1:
                raise ValueError(
                    f"Label must be 1D or 2D (with 2nd dimension being 1), not {y.ndim}D"
                )
            size = min(X.shape[0], self.numpy_batch_size)
            handle = "roll_over" if is_train else "pad"
            return NDArrayIter(X, y, size, shuffle=is_train, last_batch_handle=handle)
        if not isinstance(X, DataIter) and not hasattr(X, "provide_data"):
            raise TypeError(f"X must be DataIter, NDArray or numpy.ndarray, not {type(X).__name__}")
        return X

    def _init_eval_iter(self, eval_data: Any) -> Any:
        if isinstance(eval_data, (list, tuple)):
            if len(eval_data) != 2 or eval_data[0] is None:
                raise ValueError("eval_data must be an iterator or a pair (X, y)")
            X, y = eval_data
            from .io import DataIter

            if isinstance(X, DataIter):
                return X
            return self._init_iter(np.asarray(X) if isinstance(X, list) else X, y, is_train=False)
        if eval_data is not None and not hasattr(eval_data, "provide_data"):
            raise TypeError("Eval data must be DataIter, or a pair of arrays (X, y)")
        return eval_data


def _one_or_list(batches: list[list[np.ndarray]]) -> Any:
    if not batches:
        return []
    arrays = [np.concatenate(parts) for parts in zip(*batches, strict=True)]
    return arrays[0] if len(arrays) == 1 else arrays
