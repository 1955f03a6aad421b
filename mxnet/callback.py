"""Functions for ``fit`` to call after batches and epochs: speed, progress, metrics, checkpoints."""

from __future__ import annotations

import logging
import math
import time
from typing import Any

__all__ = [
    "LogValidationMetricsCallback",
    "ProgressBar",
    "Speedometer",
    "do_checkpoint",
    "log_train_metric",
    "module_checkpoint",
]


def tell(callbacks: Any, *facts: Any) -> None:
    """Call one callback, each of several, or none."""
    if callbacks is None:
        return
    for callback in callbacks if isinstance(callbacks, (list, tuple)) else [callbacks]:
        callback(*facts)


def module_checkpoint(mod, prefix: str, period: int = 1, save_optimizer_states: bool = False):
    """An epoch-end callback that saves a module every ``period`` epochs.

    It calls ``mod.save_checkpoint(prefix, epoch, save_optimizer_states)``, epochs counted from 1.
    """
    period = max(1, int(period))

    def callback(iter_no, sym=None, arg=None, aux=None):
        if (iter_no + 1) % period == 0:
            mod.save_checkpoint(prefix, iter_no + 1, save_optimizer_states)

    return callback


def do_checkpoint(prefix: str, period: int = 1):
    """An epoch-end callback that saves symbol and parameters every ``period`` epochs.

    Files: ``<prefix>-symbol.json`` and ``<prefix>-<epoch>.params``, epochs counted from 1.
    """
    period = max(1, int(period))

    def callback(iter_no, sym, arg, aux):
        from .model import save_checkpoint

        if (iter_no + 1) % period == 0:
            save_checkpoint(prefix, iter_no + 1, sym, arg, aux)

    return callback


def log_train_metric(period: int, auto_reset: bool = False):
    """A batch-end callback that logs the training metric every ``period`` batches.

    ``auto_reset``: and forgets what it logged.
    """

    def callback(param):
        if param.nbatch % period == 0 and param.eval_metric is not None:
            for name, value in param.eval_metric.get_name_value():
                logging.info(
                    "Iter[%d] Batch[%d] Train-%s=%f", param.epoch, param.nbatch, name, value
                )
            if auto_reset:
                param.eval_metric.reset_local()

    return callback


class Speedometer:
    """A batch-end callback that logs samples per second, and the training metric, now and then.

    Parameters: ``batch_size``: samples in a batch; ``frequent``: batches between lines;
    ``auto_reset``: each line tells the metric of its own batches, not of all since the start.
    """

    def __init__(self, batch_size: int, frequent: int = 50, auto_reset: bool = True):
        self.batch_size = batch_size
        self.frequent = frequent
        self.init = False
        self.tic = 0.0
        self.last_count = 0
        self.auto_reset = auto_reset

    def __call__(self, param) -> None:
        count = param.nbatch
        if self.last_count > count:
            self.init = False  # a new epoch
        self.last_count = count
        if not self.init:
            self.init, self.tic = True, time.time()
        elif count % self.frequent == 0:
            seconds = time.time() - self.tic
            speed = self.frequent * self.batch_size / seconds if seconds else math.inf
            self._log(param, count, speed)
            self.tic = time.time()

    def _log(self, param, count: int, speed: float) -> None:
        if param.eval_metric is None:
            logging.info("Iter[%d] Batch [%d]\tSpeed: %.2f samples/sec", param.epoch, count, speed)
            return
        pairs = param.eval_metric.get_name_value()
        first = 0
        if self.auto_reset:
            first = count - self.frequent
            param.eval_metric.reset_local()
        logging.info(
            "Epoch[%d] Batch [%d-%d]\tSpeed: %.2f samples/sec" + "\t%s=%f" * len(pairs),
            param.epoch,
            first,
            count,
            speed,
            *(item for pair in pairs for item in pair),
        )


class ProgressBar:
    """A batch-end callback that draws a bar on stderr, one for each epoch.

    Parameters: ``total``: batches in an epoch; ``length``: columns of the bar.
    """

    def __init__(self, total: int, length: int = 80):
        self.bar_len = length
        self.total = total
        self._bar: Any = None

    def __call__(self, param) -> None:
        from tqdm import tqdm

        if self._bar is not None and param.nbatch < self._bar.n:
            self._close()  # a new epoch
        if self._bar is None:
            self._bar = tqdm(total=self.total, ncols=self.bar_len, unit="batch")
        self._bar.update(min(param.nbatch, self.total) - self._bar.n)
        if self._bar.n >= self.total:
            self._close()

    def _close(self) -> None:
        self._bar.close()
        self._bar = None


class LogValidationMetricsCallback:
    """A callback for the end of an evaluation that logs its metric."""

    def __call__(self, param) -> None:
        if param.eval_metric is None:
            return
        for name, value in param.eval_metric.get_name_value():
            logging.info("Epoch[%d] Validation-%s=%f", param.epoch, name, value)
