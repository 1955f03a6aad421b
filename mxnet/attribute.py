"""Attributes for all symbols made inside a ``with`` block."""

from __future__ import annotations

import threading
from collections.abc import Mapping

__all__ = ["AttrScope"]

_thread = threading.local()


def current_scope() -> AttrScope:
    """The scope of the innermost ``with`` block of this thread, or an empty one."""
    scope = getattr(_thread, "scope", None)
    if scope is None:
        scope = _thread.scope = AttrScope()
    return scope


class _Current(type):
    @property
    def current(cls) -> AttrScope:
        """The scope in force in this thread."""
        return current_scope()


class AttrScope(metaclass=_Current):
    """Gives its attributes to every symbol made inside; inner scopes add to outer ones.

    Parameters: strings by name. Raises ValueError for values that are not strings.
    """

    def __init__(self, **attributes: str):
        for value in attributes.values():
            if not isinstance(value, str):
                raise ValueError("Attributes need to be string")
        self._attr = attributes
        self._outer: list[tuple[AttrScope, dict[str, str]]] = []

    def get(self, attr: Mapping[str, str] | None) -> Mapping[str, str]:
        """The scope's attributes, overridden by ``attr``."""
        if not self._attr:
            return attr if attr else {}
        return {**self._attr, **attr} if attr else dict(self._attr)

    def __enter__(self) -> AttrScope:
        outer = current_scope()
        self._outer.append((outer, self._attr))
        self._attr = {**outer._attr, **self._attr}
        _thread.scope = self
        return self

    def __exit__(self, *exc_info) -> None:
        _thread.scope, self._attr = self._outer.pop()
