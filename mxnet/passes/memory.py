"""The memory plan: which values share storage, and where in the arena each buffer lies.

Times are positions of nodes in the graph's order of execution. Facts only: nothing is allocated
here, and torch is not needed.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, insort
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from ..graph.node import Graph
from ..ops.dtypes import item_size
from ..ops.shapes import product

__all__ = ["ALIGNMENT", "Buffer", "Plan", "assign_offsets", "largest_live", "plan_memory"]

ALIGNMENT = 64  # bytes; what torch.empty gives, and enough for any vector instruction
_EXACT_LIMIT = 6000  # buffers; above it, packing by size takes seconds

Key = tuple[int, int]  # (position of the node, output)


@dataclass
class Buffer:
    """A piece of the arena: its size in bytes and the first and last time it is in use."""

    size: int
    birth: int
    death: int
    offset: int = -1


@dataclass
class Plan:
    """Where every value lives.

    ``homes`` gives each planned value its buffer; values that share one are in-place results or
    views. ``views`` are values that are views of another value; ``adopted`` are values whose kernel
    allocates them (counted at their size); ``frees`` lists, for each time, the adopted values that
    die there.
    """

    homes: dict[Key, Buffer]
    views: dict[Key, Key]
    adopted: dict[Key, int]
    workspaces: dict[int, Buffer]
    frees: dict[int, list[Key]]
    arena_size: int = 0

    @property
    def buffers(self) -> list[Buffer]:
        """All buffers of the arena, once each."""
        unique = {id(b): b for b in (*self.homes.values(), *self.workspaces.values())}
        return list(unique.values())


def nbytes(shape: tuple, dtype: str) -> int:
    """The size of a dense array in bytes."""
    return product(shape) * item_size(dtype)


def plan_memory(
    graph: Graph,
    shapes: Sequence[tuple],
    dtypes: Sequence[tuple],
    fixed: Collection[Key],
    kept: Collection[Key] = (),
    channels_last: Collection[Key] = (),
) -> Plan:
    """Decide the home of every value of a graph.

    Parameters: shapes and dtypes per node and output; ``fixed``: values that live outside the arena
    (variables, outputs, gradients written in place); ``kept``: values that are needed to the end;
    ``channels_last``: values stored in that format (see ``layout``).
    """
    return _Planner(graph, shapes, dtypes, fixed, kept, channels_last).run()


class _Planner:
    def __init__(
        self,
        graph: Graph,
        shapes: Sequence,
        dtypes: Sequence,
        fixed: Collection[Key],
        kept: Collection[Key],
        channels_last: Collection[Key],
    ):
        self.channels_last = channels_last
        self.graph, self.shapes, self.dtypes = graph, shapes, dtypes
        self.fixed, self.kept = set(fixed), kept
        self.roots: dict[Key, Key] = {}
        self.contiguous: set[Key] = set()
        self.plan = Plan({}, {}, {}, {}, {})

    def run(self) -> Plan:
        self.find_views()
        deaths = self.last_uses()
        for position, node in enumerate(self.graph.nodes):
            if node.op is not None:
                self.place(position, node.op, deaths)
        plan = self.plan
        for key in plan.adopted:
            plan.frees.setdefault(deaths[key], []).append(key)
        plan.arena_size = assign_offsets(plan.buffers)
        return plan

    def size(self, key: Key) -> int:
        position, index = key
        return nbytes(self.shapes[position][index], self.dtypes[position][index])

    def find_views(self) -> None:
        for position, node in enumerate(self.graph.nodes):
            op = node.op
            keys = [(position, index) for index in range(node.num_outputs)]
            if op is None or op.view is None or not self.can_view(position, op):
                for key in keys:
                    self.roots[key] = key
                    if key not in self.channels_last:
                        self.contiguous.add(key)
                continue
            source = self.graph.sources[position][0]
            for key in keys:
                self.roots[key] = self.roots[source]
                self.plan.views[key] = source
                if op.view == "reshape" and source in self.contiguous:
                    self.contiguous.add(key)

    def can_view(self, position: int, op) -> bool:
        source = self.graph.sources[position][0]
        if any((position, index) in self.fixed for index in range(len(op.output_names))):
            return False
        if op.view == "strided" or source in self.contiguous:
            return True
        shapes = self.shapes  # a reshape to the shape that the array has already
        return all(shape == shapes[source[0]][source[1]] for shape in shapes[position])

    def last_uses(self) -> dict[Key, int]:
        deaths = {root: root[0] for root in self.roots.values()}
        for position, node in enumerate(self.graph.nodes):
            if node.op is None:
                continue
            shape_only = node.op.shape_only_names
            for name, source in zip(node.op.input_names, self.graph.sources[position]):
                if name not in shape_only:
                    deaths[self.roots[source]] = position
        end = len(self.graph.nodes)
        for key in self.kept:
            deaths[self.roots[key]] = end
        return deaths

    def place(self, position: int, op, deaths: dict[Key, int]) -> None:
        plan = self.plan
        taken: set[int] = set()
        planned = "out" in op.requests or op.view is not None
        for index, name in enumerate(op.output_names):
            key = (position, index)
            if key in plan.views or key in self.fixed:
                continue
            if not planned:
                plan.adopted[key] = self.size(key)
                continue
            buffer = self.reuse(position, op, name, key, deaths, taken)
            if buffer is None:
                buffer = Buffer(self.size(key), position, deaths[key])
            else:
                buffer.death = max(buffer.death, deaths[key])
            plan.homes[key] = buffer
        if "workspace" in op.requests:
            self.place_workspace(position, op)

    def place_workspace(self, position: int, op) -> None:
        facts = list(zip(self.shapes[position], self.dtypes[position]))
        inputs = [(self.shapes[p][i], self.dtypes[p][i]) for p, i in self.graph.sources[position]]
        wanted = op.workspace(inputs, facts)
        if wanted is not None:
            self.plan.workspaces[position] = Buffer(nbytes(*wanted), position, position)

    def reuse(
        self, position: int, op, name: str, key: Key, deaths: dict[Key, int], taken: set[int]
    ) -> Buffer | None:
        """The buffer of an input that dies here and may hold the output, if there is one."""
        for candidate in op.inplace.get(name, ()):
            if candidate not in op.input_names:
                continue
            source = self.graph.sources[position][op.input_names.index(candidate)]
            root = self.roots[source]
            buffer = self.plan.homes.get(root)
            if (
                buffer is not None
                and id(buffer) not in taken
                and deaths[root] == position
                and buffer.death == position
                and not self.read_as_view(position, root)
                and self.same_storage(source, key)
            ):
                taken.add(id(buffer))
                return buffer
        return None

    def read_as_view(self, position: int, root: Key) -> bool:
        """Whether a node reads a buffer in an order that is not that of its elements."""
        return any(
            self.roots[source] == root
            and source in self.plan.views
            and source not in self.contiguous
            for source in self.graph.sources[position]
        )

    def same_storage(self, source: Key, key: Key) -> bool:
        """Whether two values have their elements at the same places of their buffers.

        Of different shapes they would overlap in a way that torch refuses.
        """
        shapes = self.shapes
        if shapes[source[0]][source[1]] != shapes[key[0]][key[1]]:
            return False
        if self.size(source) != self.size(key):
            return False
        if key in self.channels_last:
            return source in self.channels_last and source not in self.plan.views
        return source in self.contiguous


def assign_offsets(buffers: Sequence[Buffer]) -> int:
    """Give every buffer an offset so that buffers in use at one time do not overlap.

    Returns the size of the arena. Packs in order of time, best fit; where that does not reach the
    lower bound, also by decreasing size, each at the lowest gap (Pisarchyk & Lee 2020, "greedy by
    size"), and keeps the better.
    """
    for buffer in buffers:
        buffer.size = -(-buffer.size // ALIGNMENT) * ALIGNMENT
    live = [buffer for buffer in buffers if buffer.size]
    for buffer in buffers:
        buffer.offset = 0
    total = _pack_in_time(live)
    if total == largest_live(live) or len(live) > _EXACT_LIMIT:
        return total
    offsets = [buffer.offset for buffer in live]
    other = _pack_by_size(live)
    if other > total:
        for buffer, offset in zip(live, offsets):
            buffer.offset = offset
    return min(total, other)


def largest_live(buffers: Iterable[Buffer]) -> int:
    """The lower bound of any arena: the most bytes in use at one time."""
    changes: dict[int, int] = {}
    for buffer in buffers:
        changes[buffer.birth] = changes.get(buffer.birth, 0) + buffer.size
        changes[buffer.death + 1] = changes.get(buffer.death + 1, 0) - buffer.size
    return max(accumulate(changes[time] for time in sorted(changes)), default=0)


def _pack_by_size(buffers: Sequence[Buffer]) -> int:
    order = sorted(buffers, key=lambda b: (-b.size, b.birth))
    count = len(order)
    births, deaths = np.empty(count, np.int64), np.empty(count, np.int64)
    starts, ends = np.empty(count, np.int64), np.empty(count, np.int64)
    total = 0
    for n, buffer in enumerate(order):
        together = (births[:n] <= buffer.death) & (deaths[:n] >= buffer.birth)
        offset = _lowest_gap(starts[:n][together], ends[:n][together], buffer.size)
        # Keep the placed buffers sorted by offset, so that gaps can be read off.
        at = int(np.searchsorted(starts[:n], offset))
        for array, value in (
            (births, buffer.birth),
            (deaths, buffer.death),
            (starts, offset),
            (ends, offset + buffer.size),
        ):
            array[at + 1 : n + 1] = array[at:n].copy()
            array[at] = value
        buffer.offset = offset
        total = max(total, offset + buffer.size)
    return total


def _lowest_gap(starts: np.ndarray, ends: np.ndarray, size: int) -> int:
    if not len(starts):
        return 0
    covered = np.maximum.accumulate(ends)
    free_from = np.concatenate(([0], covered))
    room = np.concatenate((starts, [np.iinfo(np.int64).max])) - free_from
    return int(free_from[int(np.argmax(room >= size))])


def _pack_in_time(buffers: Sequence[Buffer]) -> int:
    """Best fit over a free list, in order of birth; near-linear in the number of buffers."""
    free: list[tuple[int, int]] = []  # (size, offset), sorted
    by_start: dict[int, int] = {}
    by_end: dict[int, int] = {}
    dying: list[tuple[int, int, int]] = []
    total = 0

    def release(offset: int, size: int) -> None:
        before = by_end.pop(offset, None)
        if before is not None:
            _remove(free, by_start.pop(before), before)
            offset, size = before, size + offset - before
        after = by_start.pop(offset + size, None)
        if after is not None:
            _remove(free, after, offset + size)
            by_end.pop(offset + size + after)
            size += after
        insort(free, (size, offset))
        by_start[offset], by_end[offset + size] = size, offset

    for buffer in sorted(buffers, key=lambda b: b.birth):
        while dying and dying[0][0] < buffer.birth:
            _, offset, size = heapq.heappop(dying)
            release(offset, size)
        at = bisect_left(free, (buffer.size, -1))
        if at < len(free):
            size, offset = free.pop(at)
            del by_start[offset], by_end[offset + size]
            if size > buffer.size:
                rest = offset + buffer.size
                insort(free, (size - buffer.size, rest))
                by_start[rest], by_end[offset + size] = size - buffer.size, rest
        else:
            offset, total = total, total + buffer.size
        buffer.offset = offset
        heapq.heappush(dying, (buffer.death, offset, buffer.size))
    return total


def _remove(free: list[tuple[int, int]], size: int, offset: int) -> None:
    del free[bisect_left(free, (size, offset))]
