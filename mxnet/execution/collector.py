"""No search for garbage while graphs are made: they are many objects, and none of them is any."""

from __future__ import annotations

import functools
import gc
from collections.abc import Callable
from typing import Any, TypeVar

__all__ = ["without_collection"]

_Function = TypeVar("_Function", bound=Callable[..., Any])


def without_collection(function: _Function) -> _Function:
    """Let Python's collector of cyclic garbage rest while a function runs.

    It would look at all objects again whenever some thousands more have been made, so that binding a
    graph ten times as large took fifteen times as long.
    """

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        if not gc.isenabled():
            return function(*args, **kwargs)
        gc.disable()
        try:
            return function(*args, **kwargs)
        finally:
            gc.enable()

    return run  # type: ignore[return-value]
