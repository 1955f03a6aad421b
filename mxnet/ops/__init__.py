"""The operators, one class each; importing this package registers all of them."""

from __future__ import annotations

import importlib
import pkgutil

from .core import Op, get_op, registered_names

__all__ = ["Op", "get_op", "load_all", "registered_names"]

_INFRASTRUCTURE = {
    "backward", "core", "dtypes", "excluded", "expression", "generated",
    "inventory", "lazy_torch", "parameters", "recurrence", "shapes", "subgraphs",
}  # fmt: skip


def load_all() -> None:
    """Import every operator module of this package."""
    for module in pkgutil.iter_modules(__path__):
        if module.name not in _INFRASTRUCTURE:
            importlib.import_module(f"{__name__}.{module.name}")


load_all()
