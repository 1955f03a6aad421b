"""Element types by name, their 1.x codes and sizes."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["CODES", "NAMES", "canonical", "is_floating", "item_size", "numpy_type", "widened"]

CODES: dict[str, int] = {
    "float32": 0,
    "float64": 1,
    "float16": 2,
    "uint8": 3,
    "int32": 4,
    "int8": 5,
    "int64": 6,
    "bool": 7,
    "int16": 8,
    "uint16": 9,
    "uint32": 10,
    "uint64": 11,
    "bfloat16": 12,
}
NAMES: dict[int, str] = {code: name for name, code in CODES.items()}
_FLOATING = frozenset({"float16", "bfloat16", "float32", "float64"})
_SIZES = {name: 2 if name == "bfloat16" else np.dtype(name).itemsize for name in CODES}


class bfloat16:  # noqa: N801 - numpy has no such type; this class stands for it as np.float32 does
    """The type class of bfloat16 arrays."""


def canonical(dtype: Any) -> str:
    """The name of a dtype given as a name, numpy type, numpy dtype or 1.x code.

    Raises TypeError for anything that is not an element type of 1.x.
    """
    if isinstance(dtype, str) and dtype in CODES:
        return dtype
    if dtype is bfloat16:
        return "bfloat16"
    if isinstance(dtype, int) and not isinstance(dtype, bool) and dtype in NAMES:
        return NAMES[dtype]
    try:
        name = np.dtype(dtype).name
    except TypeError:
        name = None
    if dtype is None or name not in CODES:
        raise TypeError(f"data type {dtype!r} not understood; use one of {', '.join(CODES)}")
    return name


def numpy_type(name: str) -> type:
    """The type class that 1.x reports for a dtype name, e.g. ``numpy.float32``."""
    return bfloat16 if name == "bfloat16" else np.dtype(name).type


def item_size(name: str) -> int:
    """Bytes per element."""
    return _SIZES[name]


def widened(name: str) -> str:
    """What sums of products are computed in: float32 for types of 16 bits."""
    return "float32" if item_size(name) == 2 else name


def is_floating(name: str) -> bool:
    """Whether values of this dtype have gradients."""
    return name in _FLOATING
