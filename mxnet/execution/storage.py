"""The arena: one piece of memory in which the programs of one or several executors take turns."""

from __future__ import annotations

from typing import Any

import torch

from ..error import MXNetError
from .allocator import populate

__all__ = ["Arena", "same_storage"]


class Arena:
    """Bytes on one device, as many as the largest program that uses them needs.

    When a program needs more, it grows, and its ``generation`` rises: tensors follow to the new place,
    addresses that somebody has taken do not, and what it held is lost. ``owner`` is the run that
    left forward values there that still count: an executor whose values another has overwritten must
    compute them again.
    """

    def __init__(self, device: torch.device):
        self.device = device
        self.generation = 0
        self.owner: Any = None
        self._memory = torch.empty(0, dtype=torch.uint8, device=device)
        self._scratch: Any = None
        self._recorder: Any = None

    @property
    def size(self) -> int:
        """Bytes allocated now."""
        return self._memory.numel()

    @property
    def storage(self) -> int:
        """What says of a tensor that it lies here."""
        return self._memory.untyped_storage()._cdata

    def scratch(self, size: int) -> Any:
        """What native programs compute in: those of one arena never run at the same time."""
        from .native.blocks import Scratch

        held = self._scratch
        if held is None or held.size < size or held.threads < torch.get_num_threads():
            self._scratch = held = None
            self._scratch = Scratch(size)
        return self._scratch

    @property
    def recorder(self) -> Any:
        """What records the runs of its programs, which share the memory of kernels; None on CPUs."""
        from .recorded import RECORDERS

        if self._recorder is None and self.device.type in RECORDERS:
            self._recorder = RECORDERS[self.device.type](self.device)
        return self._recorder

    def take(self, size: int) -> torch.Tensor:
        """The memory, grown to at least ``size`` bytes. Raises MXNetError where there is not so much."""
        storage, before = self._memory.untyped_storage(), self.size
        if before < size:
            self.generation += 1
            self.owner = None
            try:
                storage.resize_(0)  # given back first, so that there are never two
                storage.resize_(size)
            except RuntimeError as error:
                storage.resize_(before)
                raise MXNetError(
                    f"cannot allocate {size} bytes on {self.device} for what a program computes:"
                    " Symbol.plan_memory says what takes them, memory_budget asks for less"
                ) from error
            # Written to, so that its pages exist from the start and no later step waits for them.
            if self.device.type == "cpu":
                populate(storage.data_ptr(), size)
            self._memory.set_(storage).zero_()
        return self._memory


def same_storage(one: torch.Tensor, other: torch.Tensor) -> bool:
    """Whether two tensors lie in the same memory (which those in layouts of oneDNN share with none)."""
    if one.layout is not torch.strided or other.layout is not torch.strided:
        return False
    return one.untyped_storage()._cdata == other.untyped_storage()._cdata
