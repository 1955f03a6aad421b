"""Bulk execution, a switch of the 1.x engine.

Kernels are called one after the other here, and a bound network runs as one program, so there is
nothing to gather in bulks: the size is remembered and changes nothing.
"""

from __future__ import annotations

import threading
from typing import Any

__all__ = ["bulk", "set_bulk_size"]


class _Size(threading.local):
    size = 0


_state = _Size()


def set_bulk_size(size: int) -> int:
    """Set how many operations make a bulk; returns what it was."""
    before, _state.size = _state.size, int(size)
    return before


class bulk:  # noqa: N801 - the 1.x spelling
    """A ``with`` block with another bulk size."""

    def __init__(self, size: int):
        self._size = size

    def __enter__(self) -> None:
        self._before = set_bulk_size(self._size)

    def __exit__(self, *exc_info: Any) -> None:
        set_bulk_size(self._before)
