"""Metrics for TensorBoard."""

from __future__ import annotations

import importlib
from typing import Any

from ..error import MXNetError

__all__ = ["LogMetricsCallback"]


def _summary_writer(logging_dir: str) -> Any:
    for module in ("mxboard", "torch.utils.tensorboard"):
        try:
            return importlib.import_module(module).SummaryWriter(logging_dir)
        except ImportError:
            continue
    raise MXNetError(
        "metrics for TensorBoard are written with the package tensorboard (or mxboard), and neither is"
        " installed: pip install tensorboard"
    )


class LogMetricsCallback:
    """A callback for the end of a batch or epoch that writes the metrics for TensorBoard.

    Parameters: ``logging_dir``: the folder; ``prefix``: goes before the names, with a hyphen. Raises
    MXNetError where no package that writes them is installed.

        module.fit(train, eval_data=val, eval_end_callback=LogMetricsCallback("logs/eval"))
    """

    def __init__(self, logging_dir: str, prefix: str | None = None):
        self.prefix = prefix
        self.summary_writer = _summary_writer(logging_dir)

    def __call__(self, param: Any) -> None:
        """Write the values of ``param.eval_metric`` at ``param.epoch``."""
        if param.eval_metric is None:
            return
        for name, value in param.eval_metric.get_name_value():
            tag = name if self.prefix is None else f"{self.prefix}-{name}"
            self.summary_writer.add_scalar(tag, value, param.epoch)
