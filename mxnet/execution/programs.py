"""The programs of one set of bound tensors: made when first wanted, kept, and accounted for."""

from __future__ import annotations

import logging
import weakref
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Generic, TypeVar

from ..graph.node import Graph, Node
from ..passes.infer import Facts
from ..passes.schedule import Planned
from .build import Program
from .storage import Arena

__all__ = ["Bind", "Blueprint", "Programs", "Recent"]

_logger = logging.getLogger("mxnet")
T = TypeVar("T")


@dataclass(frozen=True)
class Bind:
    """What making a program ready has cost, and why it was done.

    ``outputs``: of the symbol; ``train``: whether for training; ``why``: in words; ``rebind``: whether
    something of the kind had been there before; ``planned``: whether the graph was planned, rather
    than an earlier plan used, None where there is no plan; ``seconds``: the time taken; ``arena``: the
    bytes of the arena then.
    """

    outputs: tuple[str, ...]
    train: bool
    why: str
    rebind: bool
    planned: bool | None
    seconds: float
    arena: int

    def __str__(self) -> str:
        names = ", ".join(self.outputs[:3]) + (", ..." if len(self.outputs) > 3 else "")
        mode = "training" if self.train else "prediction"
        plan = {True: "planned", False: "plan kept", None: "no plan"}[self.planned]
        return (
            f"{'rebound' if self.rebind else 'bound'} {names} for {mode}: {self.why}; {plan},"
            f" {1000 * self.seconds:.1f} ms, arena {self.arena / 2**20:.2f} MiB"
        )


@dataclass(frozen=True)
class Blueprint:
    """What follows from a symbol and the shapes of its variables, wherever their memory is.

    ``plans``: by mode and by which gradients can be computed in their arrays.
    """

    graph: Graph
    scale: Node | None
    facts: tuple[Facts, Facts]
    plans: dict[Hashable, Planned] = field(default_factory=dict)


class Recent(OrderedDict, Generic[T]):
    """A dictionary that forgets what was not used for the longest time."""

    def __init__(self, most: int):
        super().__init__()
        self.most = most

    def find(self, key: Hashable) -> T | None:
        """The value of a key, which is used by that; None where there is none."""
        if key in self:
            self.move_to_end(key)
        return self.get(key)

    def add(self, key: Hashable, value: T) -> None:
        """Keep a value, and forget the oldest if there are too many."""
        self[key] = value
        if len(self) > self.most:
            self.popitem(last=False)


class Programs:
    """The programs on one set of bound tensors, by mode.

    Parameters: ``make(train, fused, planned)`` makes one, of a plan if there is one already; ``plans``:
    where plans are kept; ``pattern``: of what else a plan depends; ``outputs``: of the symbol; ``why``
    it is bound, ``rebind`` and ``since`` (a time of ``perf_counter``): of the first one. ``shared``:
    whether several executors have them, and their outputs.
    """

    shared = False

    def __init__(
        self,
        make: Callable[[bool, bool, Planned | None], Program],
        arena: Arena,
        plans: dict[Hashable, Planned],
        pattern: Hashable,
        outputs: Sequence[str],
        why: str,
        rebind: bool,
        since: float,
    ):
        self._make, self._arena, self._plans, self._pattern = make, arena, plans, pattern
        self._outputs = tuple(outputs)
        self._first = why, rebind, since
        self._made: dict[tuple[bool, bool], Program] = {}
        self._generation, self._size = arena.generation, arena.size
        self.history: deque[Bind] = deque(maxlen=64)

    def get(self, train: bool, fused: bool) -> Program:
        """The program for a mode, ready to run in the arena as it is now."""
        program = self._made.get((train, fused))
        if program is None:
            program = self._add(train, fused)
        if self._generation != self._arena.generation:
            self._follow()
        return program

    def _add(self, train: bool, fused: bool) -> Program:
        why, rebind, since = self._first
        if self._made:
            since, rebind = perf_counter(), not fused or (train, True) in self._made
            first = f"first run for {'training' if train else 'prediction'}"
            why = "every node is to be seen (monitor or check)" if not fused else first
        key = train, fused, self._pattern
        planned = self._plans.get(key)
        program = self._made[train, fused] = self._make(train, fused, planned)
        fresh = None if program.planned is None else planned is None
        if program.planned is not None:
            self._plans[key] = program.planned
        self.note(train, why, rebind, fresh, perf_counter() - since)
        if program.recording is not None:
            program.recording.tell(self._recording_noted(train))
        return program

    def _recording_noted(self, train: bool) -> Callable[[str, float], None]:
        ours = weakref.ref(self)

        def note(what: str, seconds: float) -> None:
            programs = ours()
            if programs is not None:
                programs.note(train, what, False, False, seconds)

        return note

    def _follow(self) -> None:
        """Have programs made before the arena grew take in its new address."""
        why = f"the arena grew from {self._size} to {self._arena.size} bytes"
        self._generation, self._size = self._arena.generation, self._arena.size
        for (train, _), program in self._made.items():
            for segment in (program.forward, program.backward):
                if program.planned is not None and segment is not None:

                    def note(seconds: float, train: bool = train) -> None:
                        self.note(train, why, True, False, seconds)

                    segment.moved(note)

    def note(
        self, train: bool, why: str, rebind: bool, planned: bool | None, seconds: float
    ) -> None:
        """Keep and log what has been done."""
        made = Bind(self._outputs, train, why, rebind, planned, seconds, self._arena.size)
        self.history.append(made)
        _logger.log(logging.INFO if rebind else logging.DEBUG, "%s", made)
