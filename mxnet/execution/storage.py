"""The arena: one piece of memory in which the programs of one or several executors take turns."""

from __future__ import annotations

from typing import Any

import torch

__all__ = ["Arena"]


class Arena:
    """Bytes on one device, as many as the largest program that uses them needs.

    When a program needs more, the arena is replaced and its ``generation`` rises; programs made on an
    older one have to be made anew before they run. ``owner`` is the program that left forward values
    there that still count: one whose values another has overwritten must compute them again.
    """

    def __init__(self, device: torch.device):
        self.device = device
        self.generation = 0
        self.owner: Any = None
        self._memory = torch.empty(0, dtype=torch.uint8, device=device)

    @property
    def size(self) -> int:
        """Bytes allocated now."""
        return self._memory.numel()

    def take(self, size: int) -> torch.Tensor:
        """The memory, grown to at least ``size`` bytes."""
        if self._memory.numel() < size:
            # Zeros, so that its pages exist from the start and no later step waits for them.
            self._memory = torch.zeros(size, dtype=torch.uint8, device=self.device)
            self.generation += 1
            self.owner = None
        return self._memory
