"""A stand-in for the torch module that imports it at the first use of an attribute.

Kernels live in the same classes as shape rules; through this proxy the front half can load them
without torch.
"""

from __future__ import annotations

import importlib
from typing import Any

__all__ = ["F", "LazyModule", "torch"]


class LazyModule:
    """A stand-in for a module."""

    def __init__(self, name: str):
        self.__dict__["_name"] = name

    def __getattr__(self, attribute: str) -> Any:
        value = getattr(importlib.import_module(self._name), attribute)
        self.__dict__[attribute] = value
        return value


torch: Any = LazyModule("torch")
F: Any = LazyModule("torch.nn.functional")
