"""Watchers: what sees every instruction of a program right before and right after it runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from ..graph.node import Node

__all__ = ["Call", "Watcher", "Watchers", "everywhere"]


class Call:
    """An operator called on arrays, in the form in which watchers see instructions."""

    is_sink = False

    def __init__(self, op: Any, reads: Sequence[Any], origin: Any):
        self.node = Node(op, (), op.hint, {}, origin)
        self.reads = reads
        self.writes: Sequence[Any] = ()


class Watcher:
    """Sees the instructions of the programs that it is given to, or of all (see ``everywhere``).

    Before an instruction its ``reads`` hold their true values, after it its ``writes`` do; memory is
    reused later. The values that an instruction only needs the shape of are no values at all.
    ``as_declared``: whether it wants every node of the user's graph, none of them fused with others.
    """

    as_declared: ClassVar[bool] = False

    def before(self, instruction: Any) -> None:
        """An instruction is about to run."""

    def after(self, instruction: Any) -> None:
        """An instruction has run."""


class Watchers(Watcher):
    """Several watchers as one."""

    def __init__(self, watchers: Sequence[Watcher]):
        self._watchers = watchers

    def before(self, instruction: Any) -> None:
        for watcher in self._watchers:
            watcher.before(instruction)

    def after(self, instruction: Any) -> None:
        for watcher in self._watchers:
            watcher.after(instruction)


# Watchers of all programs and of calls on arrays, such as the profiler while it runs.
everywhere: list[Watcher] = []
