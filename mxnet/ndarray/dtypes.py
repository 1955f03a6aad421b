"""The correspondence of torch dtypes with the names of element types, and casts between them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch

from ..ops.dtypes import CODES, canonical, numpy_type

__all__ = ["NAME_OF", "NUMPY_TYPE_OF", "TORCH_TYPE_OF", "cast", "scalar_for", "torch_type"]

TORCH_TYPE_OF: dict[str, torch.dtype] = {name: getattr(torch, name) for name in CODES}
NAME_OF: dict[torch.dtype, str] = {dtype: name for name, dtype in TORCH_TYPE_OF.items()}
NUMPY_TYPE_OF: dict[torch.dtype, type] = {
    dtype: numpy_type(name) for name, dtype in TORCH_TYPE_OF.items()
}

_KNOWN = TORCH_TYPE_OF | {kind: dtype for dtype, kind in NUMPY_TYPE_OF.items()}


def torch_type(dtype: Any, default: torch.dtype = torch.float32) -> torch.dtype:
    """The torch dtype for a name, numpy type, numpy dtype, torch dtype, or None (the default).

    Raises TypeError for what is not an element type.
    """
    if dtype is None:
        return default
    if isinstance(dtype, (str, type)) and dtype in _KNOWN:
        return _KNOWN[dtype]
    if isinstance(dtype, torch.dtype):
        if dtype not in NAME_OF:
            raise TypeError(f"data type {dtype} is not supported; use one of {', '.join(CODES)}")
        return dtype
    return TORCH_TYPE_OF[canonical(dtype)]


def cast(tensor: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """The tensor with another element type; the same tensor if it has that type already.

    Fractions are cut off and integers wrap around, on every device.
    """
    narrow = not (dtype.is_floating_point or dtype is torch.bool) and dtype.itemsize < 4
    if narrow and tensor.dtype.is_floating_point:
        tensor = tensor.to(torch.int64)  # what does not fit in the narrow type is undefined in C
    return tensor.to(dtype)


def scalar_for(value: Any, dtype: torch.dtype) -> bool | int | float:
    """A number as an element of ``dtype``: cut to an integer and wrapped around where needed."""
    if isinstance(value, np.generic):
        value = value.item()
    if dtype.is_floating_point:
        return float(value)
    if dtype is torch.bool:
        return bool(value)
    limits = torch.iinfo(dtype)
    if isinstance(value, float) and not math.isfinite(value):
        return limits.min
    return (int(value) - limits.min) % (1 << limits.bits) + limits.min
