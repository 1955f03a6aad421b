"""Checks of what ``fit`` is given, and of what comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..error import MXNetError

__all__ = ["check_iterator", "report_divergence"]


def check_iterator(data: Any) -> None:
    """Raise TypeError for training data that is no iterator."""
    if not hasattr(data, "provide_data"):
        raise TypeError(
            f"train_data must be an iterator, such as mx.io.NDArrayIter(x, y, batch_size=32), "
            f"not {type(data).__name__}"
        )


def report_divergence(epoch: int, params: Mapping[str, Any], logger: Any, fatal: bool) -> None:
    """Warn of parameters that are no numbers to go on with; ``fatal``: raise MXNetError."""
    found = _not_finite(params)
    if found is None:
        return
    message = (
        f"Epoch[{epoch}] training has diverged: {found}; try a smaller learning rate or "
        f"clip_gradient, or let fit(monitor=mx.mon.NanMonitor()) name the operator that computes "
        f"the first NaN"
    )
    if fatal:
        raise MXNetError(f"{message}. The last good checkpoint is that of the epoch before")
    logger.warning(message)


def _not_finite(params: Mapping[str, Any]) -> str | None:
    """The first parameter with NaN or infinite values, in words; None where all are finite."""
    import torch

    for name, array in params.items():
        tensor = array._tensor
        # A sum is cheap and shows every NaN and infinity.
        if not tensor.is_floating_point() or torch.isfinite(tensor.sum(dtype=torch.float64)):
            continue
        bad = int((~torch.isfinite(tensor)).sum())
        if bad:
            return f"{bad} of the {tensor.numel()} values of {name!r} are NaN or infinite"
    return None
