"""Symbols: ``mx.sym``. Operator functions are made from the registry."""

from __future__ import annotations

import sys
import types
from typing import Any

from ..ops.core import Op
from . import contrib, creation, random
from .creation import *  # noqa: F403
from .functions import OperatorFunction, populate
from .symbol import Group, Symbol, Variable, load, load_json, var

__all__ = [
    "Group", "Symbol", "Variable", "load", "load_json", "random", "var", *creation.__all__,
]  # fmt: skip


def _make_namespaces() -> None:
    package = sys.modules[__name__]
    spaces: dict[str, dict[str, Any]] = {"": package.__dict__}
    for name in ("op", "_internal", "contrib", "linalg", "sparse", "image", "random"):
        module = sys.modules.get(f"{__name__}.{name}")
        if module is None:
            module = types.ModuleType(f"{__name__}.{name}", f"Operator functions of mx.sym.{name}.")
            sys.modules[module.__name__] = module
        package.__dict__[name] = module
        spaces[name] = module.__dict__

    def make(cls: type[Op], alias: str) -> OperatorFunction:
        return OperatorFunction(cls, alias)

    populate(spaces, make)
    for name, value in list(package.__dict__.items()):
        if isinstance(value, OperatorFunction):
            spaces["op"].setdefault(name, value)


_make_namespaces()


def __getattr__(name: str) -> Any:
    """Functions of operators that were defined after this package was imported."""
    from ..ops.core import registered
    from .functions import function

    if name in registered():
        return function(name)
    raise AttributeError(f"module 'mxnet.symbol' has no attribute {name!r}")
