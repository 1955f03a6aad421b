"""What 1.x keeps in ``mx.contrib``: operators, old autograd, data loaders, TensorBoard, text."""

from __future__ import annotations

import importlib
from typing import Any

# Each is imported at its first use, since most of them need torch.
_MODULES = {
    "amp": "amp",
    "autograd": "autograd",
    "io": "io",
    "nd": "ndarray",
    "ndarray": "ndarray",
    "sym": "symbol",
    "symbol": "symbol",
    "tensorboard": "tensorboard",
    "text": "text",
}

__all__ = [*_MODULES]


def __getattr__(name: str) -> Any:
    target = _MODULES.get(name)
    if target is None:
        known = ", ".join(_MODULES)
        raise AttributeError(f"mx.contrib has no {name!r} here; it has {known}")
    module = importlib.import_module(f".{target}", __name__)
    globals()[name] = module
    return module
