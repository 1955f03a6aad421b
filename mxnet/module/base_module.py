"""BaseModule: the training and prediction loops, over what every module can do."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ..callback import tell
from ..error import MXNetError
from ..io import DataBatch
from ..model import BatchEndParam
from .checks import check_iterator, report_divergence
from .resuming import Resuming
from .slices import merge_all
from .steps import DEFAULT_INITIALIZER, Steps

__all__ = ["BaseModule"]


class BaseModule(Steps):
    """A computation that can be bound, initialised, trained and run on batches.

    The life of a module: ``bind`` (shapes), ``init_params`` (or ``set_params``),
    ``init_optimizer``, then for every batch ``forward``, ``backward``, ``update``. ``fit``,
    ``score`` and ``predict`` do all that over an iterator. A subclass defines the steps.
    """

    def forward_backward(self, data_batch: DataBatch) -> None:
        """Run a batch in training mode and compute the gradients."""
        self.forward(data_batch, is_train=True)
        self.backward()

    def train_step(self, data_batch: DataBatch) -> None:
        """``forward_backward`` and ``update``.

        With several workers a Module lets gradients travel during the backward run, which it cannot
        do in two calls; afterwards its gradients are sums over the workers.
        """
        self.forward_backward(data_batch)
        self.update()

    def score(
        self,
        eval_data: Any,
        eval_metric: Any,
        num_batch: int | None = None,
        batch_end_callback: Callable | Sequence[Callable] | None = None,
        score_end_callback: Callable | Sequence[Callable] | None = None,
        reset: bool = True,
        epoch: int = 0,
        sparse_row_id_fn: Callable | None = None,
    ) -> list[tuple[str, float]]:
        """Run an iterator in prediction mode and return the metric's names and values.

        Parameters: ``eval_metric``: an EvalMetric, or what ``mx.metric.create`` takes;
        ``num_batch``: at most so many batches; ``reset``: whether to reset the iterator first;
        ``epoch``: what the callbacks are told.
        """
        self._check_ready("score")
        if reset:
            eval_data.reset()
        eval_metric = _metric(eval_metric)
        eval_metric.reset()
        actual_num_batch = 0
        for nbatch, eval_batch in enumerate(eval_data):
            if nbatch == num_batch:
                break
            self.prepare(eval_batch, sparse_row_id_fn=sparse_row_id_fn)
            self.forward(eval_batch, is_train=False)
            self._count(eval_metric, eval_batch)
            if batch_end_callback is not None:
                tell(batch_end_callback, BatchEndParam(epoch, nbatch, eval_metric, locals()))
            actual_num_batch += 1
        if score_end_callback:
            tell(score_end_callback, BatchEndParam(epoch, actual_num_batch, eval_metric, locals()))
        return eval_metric.get_name_value()

    def iter_predict(
        self,
        eval_data: Any,
        num_batch: int | None = None,
        reset: bool = True,
        sparse_row_id_fn: Callable | None = None,
    ) -> Iterator[tuple[list[Any], int, DataBatch]]:
        """Yield ``(outputs without padding rows, batch number, batch)`` over an iterator.

        The outputs are overwritten by the next batch: copy what is to be kept.
        """
        self._check_ready("predict")
        if reset:
            eval_data.reset()
        for nbatch, eval_batch in enumerate(eval_data):
            if nbatch == num_batch:
                break
            self.prepare(eval_batch, sparse_row_id_fn=sparse_row_id_fn)
            self.forward(eval_batch, is_train=False)
            pad = eval_batch.pad or 0
            yield [out[: out.shape[0] - pad] for out in self.get_outputs()], nbatch, eval_batch

    def predict(
        self,
        eval_data: Any,
        num_batch: int | None = None,
        merge_batches: bool = True,
        reset: bool = True,
        always_output_list: bool = False,
        sparse_row_id_fn: Callable | None = None,
    ) -> Any:
        """The outputs for an iterator, an NDArray or a numpy array.

        Returns one array (a list with ``always_output_list`` or for several outputs) over all
        rows, padding left out; without ``merge_batches`` a list of such lists, one a batch.
        Raises ValueError for other data.
        """
        self._check_ready("predict")
        from ..ndarray import NDArray, array

        if isinstance(eval_data, (NDArray, np.ndarray)):
            rows = array(eval_data) if isinstance(eval_data, np.ndarray) else eval_data
            self.forward(DataBatch([rows]), is_train=False)
            return self.get_outputs()[0]
        if not hasattr(eval_data, "next") and not hasattr(eval_data, "__next__"):
            raise ValueError(
                f"eval_data must be of type NDArray or DataIter, not {type(eval_data).__name__}"
            )
        batches = [
            [output.copy() for output in outputs]
            for outputs, _, _ in self.iter_predict(eval_data, num_batch, reset, sparse_row_id_fn)
        ]
        if not batches or not merge_batches:
            return batches
        if len({len(outputs) for outputs in batches}) > 1:
            raise AssertionError(
                "the batches have different numbers of outputs, as with bucketing: use "
                "merge_batches=False"
            )
        columns = list(zip(*batches, strict=True))
        merged = merge_all(columns, [0] * len(columns))
        return merged[0] if len(merged) == 1 and not always_output_list else merged

    def fit(
        self,
        train_data: Any,
        eval_data: Any = None,
        eval_metric: Any = "acc",
        epoch_end_callback: Callable | Sequence[Callable] | None = None,
        batch_end_callback: Callable | Sequence[Callable] | None = None,
        kvstore: Any = "local",
        optimizer: Any = "sgd",
        optimizer_params: Any = (("learning_rate", 0.01),),
        eval_end_callback: Callable | Sequence[Callable] | None = None,
        eval_batch_end_callback: Callable | Sequence[Callable] | None = None,
        initializer: Any = DEFAULT_INITIALIZER,
        arg_params: dict | None = None,
        aux_params: dict | None = None,
        allow_missing: bool = False,
        force_rebind: bool = False,
        force_init: bool = False,
        begin_epoch: int = 0,
        num_epoch: int | None = None,
        validation_metric: Any = None,
        monitor: Any = None,
        sparse_row_id_fn: Callable | None = None,
        resume: str | None = None,
    ) -> None:
        """Train on an iterator from epoch ``begin_epoch`` up to ``num_epoch``.

        Binds, initialises and makes the optimizer where that has not been done. Each epoch logs
        the metric (``Epoch[0] Train-accuracy=0.5``), the seconds it took and, with ``eval_data``,
        the validation metric. Callbacks at the end of a batch and of an evaluation are given a
        BatchEndParam, those at the end of an epoch ``(epoch, symbol, arg_params, aux_params)``.

        ``resume``: the prefix of checkpoints to write after every epoch, and to go on from: the
        same call, made again after an interruption, continues with the epoch after the last good
        checkpoint as if it had not been interrupted. Programs have to seed random numbers before
        they make their iterators, unless these have ``get_state`` and ``set_state``.

        Parameters that are not finite after an epoch: a warning; with ``resume`` an MXNetError.
        """
        if num_epoch is None:
            raise AssertionError("please specify number of epochs: fit(..., num_epoch=10)")
        check_iterator(train_data)
        self.bind(
            data_shapes=train_data.provide_data,
            label_shapes=train_data.provide_label,
            for_training=True,
            force_rebind=force_rebind,
        )
        if monitor is not None:
            self.install_monitor(monitor)
        self.init_params(initializer, arg_params, aux_params, allow_missing, force_init)
        resuming = None if resume is None else Resuming(self, resume, train_data, kvstore)
        found = resuming is not None and resuming.load_params()
        self.init_optimizer(kvstore, optimizer, optimizer_params, force_init=found)
        if resuming is not None:
            begin_epoch = resuming.restore(begin_epoch)
        if validation_metric is None:
            validation_metric = eval_metric
        eval_metric = _metric(eval_metric)

        for epoch in range(begin_epoch, num_epoch):
            tic = time.time()
            trained = self._train_epoch(
                epoch, train_data, eval_metric, batch_end_callback, monitor, sparse_row_id_fn,
                locals(),
            )  # fmt: skip
            self._log_values(epoch, "Train", trained)
            self.logger.info("Epoch[%d] Time cost=%.3f", epoch, time.time() - tic)
            arg_params, aux_params = self._end_epoch(epoch, epoch_end_callback, resume is not None)
            if eval_data is not None:
                validated = self.score(
                    eval_data,
                    validation_metric,
                    score_end_callback=eval_end_callback,
                    batch_end_callback=eval_batch_end_callback,
                    epoch=epoch,
                )
                self._log_values(epoch, "Validation", validated)
            train_data.reset()
            if resuming is not None:
                resuming.save(epoch + 1)

    def _train_epoch(
        self,
        epoch: int,
        train_data: Any,
        eval_metric: Any,
        batch_end_callback: Callable | Sequence[Callable] | None,
        monitor: Any,
        sparse_row_id_fn: Callable | None,
        locals_of_fit: dict[str, Any],
    ) -> list[tuple[str, float]]:
        """Train once on all batches; returns the metric's names and values over all of them.

        ``locals_of_fit``: what callbacks find in ``locals``, besides what is at hand here.
        """
        eval_metric.reset()
        nbatch = 0
        data_iter = iter(train_data)
        next_data_batch = next(data_iter, None)
        if next_data_batch is None:
            raise MXNetError(
                f"fit: the training data has no batch in epoch {epoch}: an iterator that was "
                f"used before needs reset()"
            )
        while next_data_batch is not None:
            data_batch = next_data_batch
            if monitor is not None:
                monitor.tic()
            self.train_step(data_batch)
            # Fetched before the metric waits for the outputs: the device is still busy.
            next_data_batch = next(data_iter, None)
            end_of_batch = next_data_batch is None
            if not end_of_batch:
                self.prepare(next_data_batch, sparse_row_id_fn=sparse_row_id_fn)
            self._count(eval_metric, data_batch)
            if monitor is not None:
                monitor.toc_print()
            if end_of_batch:
                eval_name_vals = eval_metric.get_global_name_value()
            if batch_end_callback is not None:
                known = {**locals_of_fit, **locals()}
                tell(batch_end_callback, BatchEndParam(epoch, nbatch, eval_metric, known))
            nbatch += 1
        return eval_name_vals

    def _end_epoch(
        self, epoch: int, callback: Callable | Sequence[Callable] | None, required: bool
    ) -> tuple[dict, dict]:
        """The parameters, now the same on all devices; ``required``: to be finite."""
        arg_params, aux_params = self.get_params()
        self.set_params(arg_params, aux_params)
        report_divergence(epoch, {**arg_params, **aux_params}, self.logger, required)
        tell(callback, epoch, self.symbol, arg_params, aux_params)
        return arg_params, aux_params

    def _log_values(self, epoch: int, kind: str, values: Sequence[tuple[str, float]]) -> None:
        for name, value in values:
            self.logger.info("Epoch[%d] %s-%s=%f", epoch, kind, name, value)

    def _count(self, eval_metric: Any, data_batch: Any) -> None:
        if isinstance(data_batch, list):
            self.update_metric(eval_metric, [batch.label for batch in data_batch], pre_sliced=True)
        else:
            self.update_metric(eval_metric, data_batch.label)

    # -- parameters ------------------------------------------------------------------------

    def set_params(
        self,
        arg_params: dict,
        aux_params: dict,
        allow_missing: bool = False,
        force_init: bool = True,
        allow_extra: bool = False,
    ) -> None:
        """Set parameters by name, keeping those that ``allow_missing`` lets be missing."""
        self.init_params(None, arg_params, aux_params, allow_missing, force_init, allow_extra)

    def save_params(self, fname: str) -> None:
        """Write the parameters to a file, with keys ``arg:<name>`` and ``aux:<name>``."""
        from ..checkpoint import parameters_by_kind
        from ..ndarray import save

        save(fname, parameters_by_kind(*self.get_params()))

    def load_params(self, fname: str) -> None:
        """Read parameters that ``save_params`` wrote. Raises ValueError for another content."""
        from ..checkpoint import read_params

        self.set_params(*read_params(fname))


def _metric(metric: Any) -> Any:
    from ..metric import EvalMetric, create

    return metric if isinstance(metric, EvalMetric) else create(metric)
