"""Automatic node names: NameManager and Prefix."""

from __future__ import annotations

import threading

__all__ = ["NameManager", "Prefix"]

_thread = threading.local()


def current_manager() -> NameManager:
    """The manager of the innermost ``with`` block of this thread, or the thread's own."""
    manager = getattr(_thread, "manager", None)
    if manager is None:
        manager = _thread.manager = NameManager()
    return manager


class _Current(type):
    @property
    def current(cls) -> NameManager:
        """The manager in force in this thread."""
        return current_manager()


class NameManager(metaclass=_Current):
    """Names nodes ``<hint><n>``, with one counter per hint; a ``with`` block starts afresh."""

    def __init__(self) -> None:
        self._counter: dict[str, int] = {}
        self._outer: list[NameManager] = []

    def get(self, name: str | None, hint: str) -> str:
        """``name`` if given, else the next automatic name for ``hint``."""
        if name:
            return name
        count = self._counter.get(hint, 0)
        self._counter[hint] = count + 1
        return f"{hint}{count}"

    def __enter__(self) -> NameManager:
        self._outer.append(current_manager())
        _thread.manager = self
        return self

    def __exit__(self, *exc_info) -> None:
        _thread.manager = self._outer.pop()


class Prefix(NameManager):
    """Puts a prefix before every operator name, given or automatic."""

    def __init__(self, prefix: str):
        super().__init__()
        self._prefix = prefix

    def get(self, name: str | None, hint: str) -> str:
        return self._prefix + super().get(name, hint)
