"""The precision that executors compute in unless they are told otherwise; ``mx.amp.init`` sets it."""

from __future__ import annotations

from typing import Any

from .passes.precision import parse_precision

__all__ = ["chosen_precision", "set_default"]

_default: str | None = None


def set_default(dtype: str | None) -> None:
    """Have every later ``bind`` without ``dtype`` compute in a 16-bit type; None: in float32."""
    global _default
    _default = dtype


def chosen_precision(dtype: Any) -> str | None:
    """The 16-bit type that a ``dtype`` argument asks for; None for no mixed precision."""
    return _default if dtype is None else parse_precision(dtype)
