"""What is computed when parameters have changed, rather than at every run: packed and folded weights.

A tensor of torch counts the changes of its memory, through all of its views. So an instruction whose
node says ``hoisted`` runs before the others only if an array that it reads has another count than at
its last run. What changes memory in a way that torch does not see must say so
(``torch.autograd.graph.increment_version``), or its memory must be marked by ``changes_unseen``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from .program import Instruction

__all__ = ["Prologue", "changes_unseen", "renew"]

_marked = [0]  # how often memory has been marked


def changes_unseen(tensor: torch.Tensor) -> torch.Tensor:
    """Note that others than torch may write to a tensor's memory, such as owners of a numpy array."""
    tensor.untyped_storage()._changes_unseen = True
    _marked[0] += 1
    return tensor


def renew(op: Any, call: Callable[[], Any], outs: Sequence[torch.Tensor]) -> None:
    """Give tensors that live as long as the program their new values.

    A tensor in a layout of oneDNN cannot be written to: it takes the place of the old one.
    """
    for out, result in zip(outs, op.results(call())):
        if result.layout is torch.strided:
            out.copy_(result)
        else:
            torch.utils.swap_tensors(out, result)


class Prologue:
    """The hoisted instructions of a segment, and what their results are made of."""

    def __init__(self, instructions: Sequence[Instruction]):
        self.instructions = list(instructions)
        self._tensors = list({id(t): t for each in instructions for t in each.reads}.values())
        place = {id(tensor): index for index, tensor in enumerate(self._tensors)}
        self._sources = [[place[id(t)] for t in each.reads] for each in instructions]
        self._versions: list[int] | None = None  # before the first run
        self._noted = -1  # of ``_marked``
        self._unseen: list[int] = []

    def stale(self) -> list[Instruction]:
        """The instructions whose parameters have changed since ``done`` was called; at first all."""
        versions = [tensor._version for tensor in self._tensors]
        if versions == self._versions and self._noted == _marked[0] and not self._unseen:
            return []
        if self._noted != _marked[0]:
            self._noted = _marked[0]
            storages = [tensor.untyped_storage() for tensor in self._tensors]
            marks = [getattr(storage, "_changes_unseen", False) for storage in storages]
            self._unseen = [index for index, mark in enumerate(marks) if mark]
        if self._versions is None:
            return self.instructions
        pairs_of_versions = enumerate(zip(self._versions, versions))
        changed = {index for index, (old, new) in pairs_of_versions if old != new}
        changed.update(self._unseen)
        pairs = zip(self.instructions, self._sources)
        return [each for each, sources in pairs if not changed.isdisjoint(sources)]

    def done(self) -> None:
        """Remember the parameters as they are now, of which all results have been made."""
        self._versions = [tensor._version for tensor in self._tensors]
