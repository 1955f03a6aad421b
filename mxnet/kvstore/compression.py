"""Two-bit gradients with error feedback."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..error import MXNetError

__all__ = ["TwoBitCompression"]


class TwoBitCompression:
    """Rounds a gradient to -threshold, 0 or threshold and keeps the rest for the next time.

    Source: Strom, Scalable distributed DNN training using commodity GPU cloud computing (2015).
    """

    def __init__(self, type: str = "none", threshold: float = 0.5, **unknown: Any):
        if unknown:
            raise MXNetError(
                f"unknown parameter(s) of gradient compression: {', '.join(sorted(unknown))}; "
                f"there are 'type' and 'threshold'"
            )
        if type != "2bit":
            raise MXNetError(f"Unknown type for gradient compression {type!r}: there is '2bit'")
        self.threshold = float(threshold)
        if self.threshold <= 0:
            raise MXNetError(f"the compression threshold must be above 0 but is {threshold}")
        self._residuals: dict[Any, Any] = {}
        self._restored: Mapping[Any, np.ndarray] = {}

    def get_state(self) -> dict[Any, np.ndarray]:
        """What is kept for the next time, by slot."""
        return {slot: kept.cpu().numpy() for slot, kept in self._residuals.items()}

    def set_state(self, state: Mapping[Any, np.ndarray]) -> None:
        """Go on with what ``get_state`` gave."""
        self._residuals, self._restored = {}, state

    def compress(self, slot: Any, gradient: Any) -> Any:
        """The rounded tensor; ``slot`` names whose residual it is (key and device)."""
        import torch

        residual = self._residuals.get(slot)
        if residual is None:
            residual = self._residuals[slot] = torch.zeros_like(gradient)
            if slot in self._restored:
                residual.copy_(torch.from_numpy(self._restored[slot]))
        residual += gradient
        kept = torch.where(residual.abs() >= self.threshold, residual.sign() * self.threshold, 0.0)
        residual -= kept
        return kept.to(gradient.dtype)

    def pack(self, rounded: Any) -> Any:
        """Two bits for each number of a rounded flat tensor: bytes with four of them."""
        import torch

        codes = (rounded.sign() + 1).to(torch.uint8)
        codes = torch.nn.functional.pad(codes, (0, -codes.numel() % 4)).view(-1, 4)
        return codes[:, 0] | codes[:, 1] << 2 | codes[:, 2] << 4 | codes[:, 3] << 6

    def unpack(self, packed: Any, like: Any) -> Any:
        """The numbers that ``pack`` made bytes of, as many and of the type that ``like`` has."""
        import torch

        codes = torch.stack([packed >> shift & 3 for shift in (0, 2, 4, 6)], dim=1).view(-1)
        return (codes[: like.numel()].to(like.dtype) - 1) * self.threshold
