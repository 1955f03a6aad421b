"""The precision that executors compute in unless they are told otherwise; ``mx.amp.init`` sets it."""

from __future__ import annotations

from typing import Any

from .passes.precision import Precision

__all__ = ["chosen_precision", "set_default"]

_default: Precision | None = None


def set_default(precision: Precision | None) -> None:
    """Have every later ``bind`` without ``dtype`` compute with mixed precision, or with None not."""
    global _default
    _default = precision


def chosen_precision(dtype: Any) -> Precision | None:
    """What a ``dtype`` argument asks for; the default where it is None."""
    return _default if dtype is None else Precision.parse(dtype)
