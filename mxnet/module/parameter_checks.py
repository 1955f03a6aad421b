"""Whether parameters are numbers that training can go on with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["not_finite"]


def not_finite(params: Mapping[str, Any]) -> str | None:
    """The first parameter that holds NaN or infinite values, in words; None where all are finite."""
    import torch

    for name, array in params.items():
        tensor = array._tensor
        # A sum is cheap and shows every NaN and infinity.
        if not tensor.is_floating_point() or torch.isfinite(tensor.sum(dtype=torch.float64)):
            continue
        bad = int((~torch.isfinite(tensor)).sum())
        if bad:
            return f"{bad} of the {tensor.numel()} values of {name!r} are NaN or infinite"
    return None
