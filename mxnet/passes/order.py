"""The order of execution: of those that a graph allows, one that needs less memory at its peak.

The order in which nodes were made is good nearly everywhere, and caches like it. So nodes are moved
only where memory is at its peak: what allocates, to its first reader; what frees, right behind what it
needs. Where that is not enough, a list scheduler begins anew.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from random import Random

import numpy as np

from ..graph.node import Graph
from .joint import Joint
from .liveness import ADOPTED, ARENA, Liveness, Profile, dependencies
from .memory import Lifetimes, Plan

__all__ = ["Orders", "better_orders", "reordered"]

# The order in which nodes were made is better for caches: it is left for so much only.
LEAST_GAIN, LEAST_BYTES = 0.01, 1 << 18  # a part of the memory, and bytes
_MOST_ORDERS = 2
_SHIFTS = 400
_DIFFERENT = 0.999  # of the memory that another takes
_MOST_TRIES = 150
_EFFORT = 500_000  # nodes of all orders that are looked at
_MOST_MOVED = 64  # nodes at a time
_MOST_VALUES = 40  # the largest at a peak
_NEARLY = 0.97  # of a peak, what is lowered together with it


@dataclass(frozen=True)
class Orders:
    """Orders of execution that take notably less memory, the best first, and the one there was.

    ``most``: the bytes that another one may take at most; ``vary`` makes more of the best, by number.
    """

    better: Sequence[Profile]
    most: float
    vary: Callable[[int], Profile]


def better_orders(joint: Joint, lifetimes: Lifetimes) -> Orders | None:
    """Orders that take notably less memory; None where none is found.

    Several, since not all lifetimes can be packed closely. Forward nodes stay before all others.
    """
    border = len(joint.forward.nodes)
    if _largest_gain(lifetimes.plan, joint.graph, border) < LEAST_BYTES:
        return None
    liveness = Liveness(lifetimes)
    search = _Search(liveness, dependencies(lifetimes), border)
    given = liveness.profile(range(len(joint.graph.nodes)))
    most = given.total - max(LEAST_BYTES, LEAST_GAIN * given.total)
    found = search.improve(given)
    if found[-1].total > most:
        found = search.improve(liveness.profile(search.scheduled()))
    better = [profile for profile in reversed(found) if profile.total <= most]
    if not better:
        return None
    return Orders(better[:_MOST_ORDERS], most, partial(search.varied, better[0]))


def reordered(joint: Joint, order: Sequence[int]) -> Joint:
    """The joint graph with its nodes in another order."""
    nodes = [joint.graph.nodes[position] for position in order]
    forward = Graph(joint.forward.outputs, nodes[: len(joint.forward.nodes)])
    whole = forward if joint.graph is joint.forward else Graph(joint.graph.outputs, nodes)
    return Joint(whole, forward, joint.wrt, joint.gradients, joint.head_gradients)


def _largest_gain(plan: Plan, graph: Graph, border: int) -> int:
    """The most bytes that another order could save, by what any has to have in memory; 0 for too few.

    That is all that the backward part reads of the forward part, when it begins, and what a single
    node reads and writes.
    """
    end = len(graph.nodes)
    deaths = {key: time for time, keys in plan.frees.items() for key in keys}
    most = needed = 0
    for spans in (
        [(b.birth, min(b.death, end - 1), b.size) for b in plan.buffers],
        [(key[0], deaths.get(key, end - 1), size) for key, size in plan.adopted.items()]
        + [(position, position, size) for position, size in plan.temporaries.items()],
    ):
        if not spans:
            continue
        first, last, size = np.array(spans, np.int64).T
        live = np.cumsum(np.bincount(first, size, end + 1) - np.bincount(last + 1, size, end + 1))
        at = int(live.argmax())
        crossing = int(size[(first < border) & (last >= border)].sum())
        here = int(size[(first == at) | (last == at)].sum())
        needed += max(crossing, here)
        most += int(live[at])
    return most - needed if most - needed >= LEAST_GAIN * most else 0


class _Search:
    def __init__(self, liveness: Liveness, before: list[list[int]], border: int):
        self.liveness, self.before, self.border = liveness, before, border
        self.nodes = liveness.graph.nodes
        self.after: list[list[int]] = [[] for _ in self.nodes]
        for position, sources in enumerate(before):
            for source in sources:
                self.after[source].append(position)

    # -- moving nodes around the peak ---------------------------------------------------------
    def improve(self, profile: Profile) -> list[Profile]:
        """Orders with ever more nodes moved, as long as that lowers the highest peaks."""
        left = max(min(_MOST_TRIES, _EFFORT // len(self.nodes)), 2)
        best, found = _merit(profile), [profile]
        better: Profile | None = profile
        while better is not None and left > 0:
            profile, better = better, None
            for order in self.changes(profile):
                tried = self.liveness.profile(order)
                left -= 1
                merit = _merit(tried)
                if merit < best:
                    best, better = merit, tried
                if better is not None or left <= 0:
                    break
            if better is not None:
                if better.total > _DIFFERENT * found[-1].total and len(found) > 1:
                    found.pop()
                found.append(better)
        return found

    def changes(self, profile: Profile) -> Iterator[list[int]]:
        """Orders in which a value that is in memory at a peak is not there."""
        sizes, kinds = self.liveness.sizes, self.liveness.kinds
        for kind in (ARENA, ADOPTED):
            if profile.peaks[kind] <= 0:
                continue
            at = int(profile.live[kind].argmax())
            there = (profile.first <= at) & (profile.last >= at) & (kinds == kind)
            values = np.nonzero(there)[0]
            values = values[np.argsort(-sizes[values], kind="stable")][:_MOST_VALUES]
            peak = _Peak(self, profile, at)
            for value in values.tolist():
                touching = self.liveness.touching[value]
                for order in (peak.with_earlier(touching), peak.with_later(touching)):
                    if order is not None:
                        yield order

    def varied(self, profile: Profile, number: int) -> Profile:
        """An order that takes no more memory, with nodes shifted by chance: the same at every call."""
        chance, order = Random(number), list(profile.order)
        for _ in range(min(_SHIFTS, _EFFORT // len(order))):
            old = new = chance.randrange(len(order))
            node, steps = order[old], chance.randrange(1, 6)
            while new < old + steps and new + 1 < len(order):
                if new + 1 == self.border or node in self.before[order[new + 1]]:
                    break
                new += 1
            shifted = [*order[:old], *order[old + 1 : new + 1], node, *order[new + 1 :]]
            if new > old and self.liveness.profile(shifted).total <= profile.total:
                order = shifted
        return self.liveness.profile(order)

    # -- list scheduling ----------------------------------------------------------------------
    def scheduled(self) -> list[int]:
        """Of all nodes that can run, always that one which adds the fewest bytes."""
        return _Scheduler(self.liveness, self.before, self.after, self.border).run()


class _Peak:
    """A step at which most is in memory, and the nodes around it that could run on its other side."""

    def __init__(self, search: _Search, profile: Profile, at: int):
        self.before, self.after = search.before, search.after
        self.order, self.steps, self.at = profile.order, profile.steps.tolist(), at
        border = search.border
        self.start, self.end = (0, border) if at < border else (border, len(self.order))

    @cached_property
    def needing(self) -> set[int]:
        """The nodes of this part that need the one that runs at the peak."""
        found = reach((self.order[self.at],), self.after, lambda p: self.steps[p] < self.end)
        return found or set()

    @cached_property
    def needed(self) -> set[int]:
        """The nodes of this part that it needs."""
        found = reach((self.order[self.at],), self.before, lambda p: self.steps[p] >= self.start)
        return found or set()

    def with_earlier(self, touching: Iterable[int]) -> list[int] | None:
        """The order with the last readers of a value, and all that they need, before the peak."""
        steps, order, at = self.steps, self.order, self.at
        wanted = [p for p in touching if steps[p] > at]
        if not wanted or any(steps[p] >= self.end or p in self.needing for p in wanted):
            return None
        moved = reach(wanted, self.before, lambda p: steps[p] > at, _MOST_MOVED)
        if moved is None:
            return None
        sources = (steps[q] for p in moved for q in self.before[p] if q not in moved)
        to = max(max(sources, default=-1) + 1, self.start)
        run = sorted(moved, key=steps.__getitem__)
        return order[:to] + run + [p for p in order[to:] if p not in moved]

    def with_later(self, touching: Iterable[int]) -> list[int] | None:
        """The order with the maker of a value, and all that needs it before the peak, behind that."""
        steps, order, at = self.steps, self.order, self.at
        wanted = [p for p in touching if steps[p] < at]
        if not wanted or any(steps[p] < self.start or p in self.needed for p in wanted):
            return None
        moved = reach(wanted, self.after, lambda p: steps[p] < at, _MOST_MOVED)
        if moved is None:
            return None
        readers = (steps[q] for p in moved for q in self.after[p] if q not in moved)
        to = min(min(readers, default=self.end), self.end)
        run = sorted(moved, key=steps.__getitem__)
        return [p for p in order[:to] if p not in moved] + run + order[to:]


def reach(
    starts: Iterable[int],
    neighbours: Sequence[Sequence[int]],
    inside: Callable[[int], bool],
    most: int | None = None,
) -> set[int] | None:
    """Nodes with all neighbours inside, and theirs; None where there are more than ``most``."""
    found = set(starts)
    waiting = list(found)
    while waiting:
        if most is not None and len(found) > most:
            return None
        for position in neighbours[waiting.pop()]:
            if position not in found and inside(position):
                found.add(position)
                waiting.append(position)
    return found


def _merit(profile: Profile) -> tuple[float, float]:
    """The memory that an order takes; among orders that take as much, how long."""
    long = 0.0
    for live, peak in zip(profile.live, profile.peaks):
        if peak > 0:
            long += float(np.maximum(live - _NEARLY * peak, 0).sum()) / peak
    return profile.total, round(long, 9)


class _Scheduler:
    def __init__(
        self, liveness: Liveness, before: list[list[int]], after: list[list[int]], border: int
    ):
        self.liveness, self.before, self.after, self.border = liveness, before, after, border
        self.nodes = liveness.graph.nodes
        self.sizes = liveness.sizes.tolist()
        self.left = [sum(self.nodes[q].op is not None for q in sources) for sources in before]
        self.remaining = [len(nodes) for nodes in liveness.touching]  # makers and readers to come
        self.begun = [False] * len(self.sizes)
        self.placed: set[int] = set()
        self.order: list[int] = []

    def run(self) -> list[int]:
        for part in (range(self.border), range(self.border, len(self.nodes))):
            self.schedule(part)
            self.place(p for p in part if p not in self.placed)  # variables that nothing reads
        return self.order

    def schedule(self, part: range) -> None:
        costs: dict[int, float] = {}  # of the nodes that can run
        heap: list[tuple[float, int]] = []

        def offer(position: int) -> None:
            costs[position] = self.cost(position)
            heapq.heappush(heap, (costs[position], position))

        for position in part:
            if self.nodes[position].op is not None and not self.left[position]:
                offer(position)
        while heap:
            cost, position = heapq.heappop(heap)
            if costs.get(position) != cost:
                continue  # it has been offered again at another cost
            del costs[position]
            self.place(q for q in self.before[position] if self.nodes[q].op is None)
            self.place((position,))
            for reader in self.after[position]:
                self.left[reader] -= 1
                if not self.left[reader] and reader in part:
                    offer(reader)
            for value in self.liveness.touched[position]:
                self.begun[value] = True
                self.remaining[value] -= 1
                for other in self.liveness.touching[value] if self.remaining[value] <= 1 else ():
                    if other in costs and costs[other] != self.cost(other):
                        offer(other)

    def place(self, positions: Iterable[int]) -> None:
        for position in positions:
            if position not in self.placed:
                self.placed.add(position)
                self.order.append(position)

    def cost(self, position: int) -> float:
        """The bytes that are in use when a node has run, beyond those before."""
        touched = self.liveness.touched[position]
        made = sum(self.sizes[value] for value in touched if not self.begun[value])
        return made - sum(self.sizes[value] for value in touched if self.remaining[value] == 1)
