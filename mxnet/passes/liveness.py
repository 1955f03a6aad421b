"""How much memory is in use at each step, for any order of a graph's nodes.

Sums over whole arrays, so that many orders can be looked at: some microseconds for hundred nodes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..graph.node import Graph
from .memory import Key, Lifetimes
from .packing import ALIGNMENT

__all__ = ["Liveness", "Profile", "dependencies"]

ARENA, ADOPTED = 0, 1


@dataclass(frozen=True)
class Profile:
    """One order of execution.

    ``order``: the positions of nodes in the graph, step by step; ``steps``: the step of each node;
    ``first``, ``last``: by value, the steps at which it is made and last read; ``live``: by step, the
    bytes in use in the arena, and those that kernels have allocated.
    """

    order: list[int]
    steps: np.ndarray
    first: np.ndarray
    last: np.ndarray
    live: tuple[np.ndarray, np.ndarray]

    @cached_property
    def peaks(self) -> tuple[float, float]:
        """The most bytes of both kinds of memory."""
        return float(self.live[ARENA].max()), float(self.live[ADOPTED].max())

    @property
    def total(self) -> float:
        """The bytes that both take."""
        return sum(self.peaks)


class Liveness:
    """The values of a graph that have memory, and the nodes that touch them.

    ``touching``: for each value the nodes that make or read it; ``touched``: the values of each node;
    ``sizes`` in bytes; ``kinds``: the memory that each is in. Which output takes over the memory of
    which input depends on the order, of which memory it then is does so hardly ever: that is taken from
    the order in which lifetimes were found.
    """

    def __init__(self, lifetimes: Lifetimes):
        self.graph = lifetimes.graph
        plan = lifetimes.plan
        self.numbers: dict[Key, int] = {}
        sizes: list[int] = []
        kinds: list[int] = []
        for keys, kind in (
            (plan.homes, ARENA), (plan.adopted, ADOPTED), (plan.in_place, ADOPTED)
        ):  # fmt: skip
            for key in keys:
                if key not in plan.parts:
                    self.numbers[key] = len(sizes)
                    size = lifetimes.size(key)
                    sizes.append(-(-size // ALIGNMENT) * ALIGNMENT if kind == ARENA else size)
                    kinds.append(kind)
        self.sizes = np.array(sizes, np.float64)
        self.kinds = np.array(kinds, np.int64)
        self.touching: list[list[int]] = [[key[0]] for key in self.numbers]
        self.touched: list[list[int]] = [[] for _ in self.graph.nodes]
        self._find_readers(lifetimes)
        self._find_replacements(lifetimes)
        ends = np.cumsum([len(nodes) for nodes in self.touching])
        self._starts = np.concatenate([[0], ends[:-1]]).astype(np.int64)
        self._flat = np.array([p for nodes in self.touching for p in nodes], np.int64)
        self._scratch = np.zeros((2, len(self.graph.nodes)))  # of both kinds, during a node
        for position, buffer in plan.workspaces.items():
            self._scratch[ARENA, position] = -(-buffer.size // ALIGNMENT) * ALIGNMENT
        for position, size in plan.temporaries.items():
            self._scratch[ADOPTED, position] = size

    def value(self, lifetimes: Lifetimes, key: Key) -> int | None:
        """The number of the value with the memory in which a value lies."""
        root = lifetimes.roots[key]
        if root in lifetimes.plan.parts:
            root = lifetimes.plan.parts[root][0]
        return self.numbers.get(root)

    def _find_readers(self, lifetimes: Lifetimes) -> None:
        for key in lifetimes.plan.parts:
            value = self.value(lifetimes, key)
            if value is not None:
                self.touching[value].append(key[0])
        for position, node in enumerate(self.graph.nodes):
            if node.op is None:
                continue
            unread = node.op.shape_only_names
            for name, key in zip(node.op.input_names, self.graph.sources[position]):
                value = None if name in unread else self.value(lifetimes, key)
                if value is not None:
                    self.touching[value].append(position)
        for value, nodes in enumerate(self.touching):
            nodes[:] = dict.fromkeys(nodes)
            for position in nodes:
                self.touched[position].append(value)

    def _find_replacements(self, lifetimes: Lifetimes) -> None:
        """The outputs that can be computed in place of inputs, wherever those die."""
        found: list[tuple[int, int, list[int]]] = []
        for key, value in self.numbers.items():
            position, op = key[0], self.graph.nodes[key[0]].op
            name = op.output_names[key[1]]
            if "out" not in op.requests or not op.inplace.get(name):
                continue
            sources = []
            for source in lifetimes.inputs_like(position, op, name):
                other = self.value(lifetimes, source)
                if other is None or self.kinds[other] != self.kinds[value]:
                    continue
                if lifetimes.may_replace(position, op, name, source, key):
                    sources.append(other)
            if sources:
                found.append((position, value, sources))
        most = max((len(sources) for *_, sources in found), default=0)
        self._replacing = np.array([position for position, *_ in found], np.int64)
        self._results = np.array([value for _, value, _ in found], np.int64)
        self._replaced = [
            np.array([s[n] if n < len(s) else -1 for *_, s in found], np.int64) for n in range(most)
        ]

    def profile(self, order: Sequence[int]) -> Profile:
        """What is in use when nodes run in an order."""
        count = len(order)
        steps = np.empty(count, np.int64)
        steps[order] = np.arange(count)
        times = steps[self._flat]
        first = np.minimum.reduceat(times, self._starts)
        last = np.maximum.reduceat(times, self._starts)
        shared = self._shared(steps, last)
        live = []
        for kind in (ARENA, ADOPTED):
            size = np.where(self.kinds == kind, self.sizes, 0)
            change = np.bincount(first, size, count + 1) - np.bincount(last + 1, size, count + 1)
            at = steps[self._replacing]
            saved = np.bincount(at, size[self._results] * shared, count)
            live.append(np.cumsum(change[:count]) - saved + self._scratch[kind, np.asarray(order)])
        return Profile(list(order), steps, first, last, (live[ARENA], live[ADOPTED]))

    def _shared(self, steps: np.ndarray, last: np.ndarray) -> np.ndarray:
        """Which of the possible replacements take place."""
        shared = np.zeros(len(self._replacing), bool)
        for sources in self._replaced:
            shared |= (sources >= 0) & (last[sources] == steps[self._replacing])
        return shared


def dependencies(lifetimes: Lifetimes) -> list[list[int]]:
    """For each node, those that have to run before it.

    Beside the nodes that it reads: draws of random numbers and what keeps a state stay in their order,
    and so do the writers of an array and its readers.
    """
    graph: Graph = lifetimes.graph
    found = [list(dict.fromkeys(p for p, _ in sources)) for sources in graph.sources]
    written = {
        lifetimes.roots[key]
        for node, sources in zip(graph.nodes, graph.sources)
        if node.op is not None and node.op.written_names
        for name, key in zip(node.op.input_names, sources)
        if name in node.op.written_names
    }
    effect: int | None = None
    writer: dict[Key, int] = {}
    readers: dict[Key, list[int]] = {}
    for position, node in enumerate(graph.nodes):
        op = node.op
        if op is None:
            continue
        before: list[int] = []
        if op.stochastic or op.keeps_state:
            before += [] if effect is None else [effect]
            effect = position
        if written:
            for name, key in zip(op.input_names, graph.sources[position]):
                root = lifetimes.roots[key]
                if root not in written:
                    continue
                before += [writer[root]] if root in writer else []
                if name in op.written_names:
                    before += readers.pop(root, [])
                    writer[root] = position
                else:
                    readers.setdefault(root, []).append(position)
        if before:
            found[position] += [p for p in dict.fromkeys(before) if p != position]
    return found
