"""Packing: an offset for every buffer, so that buffers in use at one time do not overlap.

The problem is two-dimensional packing with fixed lifetimes, and hard; heuristics come to the lower
bound nearly always. They are tried from cheap to dear, until one reaches it.
"""

from __future__ import annotations

import heapq
import math
from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from random import Random

import numpy as np

__all__ = ["ALIGNMENT", "Buffer", "assign_offsets", "largest_live"]

ALIGNMENT = 64  # bytes; what torch.empty gives, and enough for any vector instruction
_MOST_PAIRS = 4_000_000  # of buffers that are compared with each other; a second or so
_MOST_SEARCHES = 200
_PATIENCE = 8, 2  # of these from one beginning; later ones
_LONGER = 5  # times as many where the others have not come near
_FEW_BUFFERS = 1000  # up to which loops of Python are faster than those of numpy
_IN_VAIN = 250  # ways to pack, one after the other, none of which is better: enough


@dataclass
class Buffer:
    """A piece of the arena: its size in bytes and the first and last time it is in use."""

    size: int
    birth: int
    death: int
    offset: int = -1


def largest_live(buffers: Iterable[Buffer]) -> int:
    """The lower bound of any arena: the most bytes in use at one time."""
    changes: dict[int, int] = {}
    for buffer in buffers:
        changes[buffer.birth] = changes.get(buffer.birth, 0) + buffer.size
        changes[buffer.death + 1] = changes.get(buffer.death + 1, 0) - buffer.size
    return max(accumulate(changes[time] for time in sorted(changes)), default=0)


def assign_offsets(buffers: Sequence[Buffer], most: Callable[[int], int] | None = None) -> int:
    """Set the offset of every buffer; returns the size of the arena.

    Sizes are rounded up to the alignment. ``most``: how many ways to pack so many buffers may be
    tried; it is asked where the cheap ways are not enough.
    """
    for buffer in buffers:
        buffer.size = -(-buffer.size // ALIGNMENT) * ALIGNMENT
        buffer.offset = 0
    live = [buffer for buffer in buffers if buffer.size]
    bound = largest_live(live)
    best, offsets, since, limit = -1, [], 0, math.inf
    for number, (attempt, enough) in enumerate(_attempts(live)):
        if number == _CHEAP and most is not None:
            limit = most(len(live))
        if 0 <= best <= bound * enough or number - since > _IN_VAIN or number >= limit:
            break
        total = attempt()
        if best < 0 or total < best:
            best, offsets, since = total, [buffer.offset for buffer in live], number
    for buffer, offset in zip(live, offsets):
        buffer.offset = offset
    return max(best, 0)


def _attempts(buffers: Sequence[Buffer]) -> Iterator[tuple[Callable[[], int], float]]:
    """Ways to pack, from cheap to dear: each sets offsets and returns the size that they need.

    With each the ratio to the lower bound that makes it needless.
    """
    if not buffers:
        return
    yield partial(_pack_in_time, buffers), 1
    yield partial(_pack_in_time_backwards, buffers), 1
    most = int(_MOST_PAIRS**0.5)
    if len(buffers) > most:
        yield partial(_pack_largest_first, buffers, most), 1.001
        return
    for key in _ORDERS:
        yield partial(_pack_in_order, sorted(buffers, key=key)), 1
    count = min(_MOST_SEARCHES, _MOST_PAIRS // len(buffers) ** 2)
    for number, search in enumerate(_searches(buffers, count)):
        yield search, 1.0015 if number < count else 1.004


# Greedy by size is that of Pisarchyk & Lee 2020; which order is best depends on the graph.
_ORDERS: tuple[Callable[[Buffer], tuple], ...] = (
    lambda b: (-b.size, b.birth),
    lambda b: (-b.size * (b.death - b.birth + 1), b.birth),
    lambda b: (b.birth - b.death, -b.size),
    lambda b: (b.birth, -b.size),
    lambda b: (-b.death, -b.size),
)
_CHEAP = 2 + len(_ORDERS)  # ways to pack that are tried in any case: those in order of time, too


def _searches(buffers: Sequence[Buffer], count: int) -> Iterator[Callable[[], int]]:
    """Pack again and again, each time with those first that stood out of the arena before.

    From time to time this begins anew, in an order between those by size and by life, with some chance:
    the same at every call.
    """
    order = sorted(buffers, key=_ORDERS[0])
    chance = Random(0)

    def search(number: int) -> int:
        nonlocal order
        if number and number % _PATIENCE[number >= count] == 0:
            by_size, by_life = chance.random(), chance.random()

            def weight(b: Buffer) -> float:
                life = b.death - b.birth + 1
                return b.size**by_size * life**by_life * (1 + chance.random() / 2)

            order = sorted(buffers, key=weight, reverse=True)
        total = _pack_in_order(order)
        top = [b for b in order if b.offset + b.size == total]
        chosen = set(map(id, top))
        order = [*top, *(b for b in order if id(b) not in chosen)]
        return total

    return (partial(search, number) for number in range(_LONGER * count))


def _pack_in_order(order: Sequence[Buffer]) -> int:
    """Each buffer at the lowest place that is free over its whole life."""
    if len(order) > _FEW_BUFFERS:
        return _pack_many_in_order(order)
    placed: list[tuple[int, int, int, int]] = []  # start, end, birth, death: sorted
    total = 0
    for buffer in order:
        size, birth, death, offset = buffer.size, buffer.birth, buffer.death, 0
        for start, end, born, dead in placed:
            if born <= death and dead >= birth:
                if start - offset >= size:
                    break
                if end > offset:
                    offset = end
        buffer.offset = offset
        insort(placed, (offset, offset + size, birth, death))
        total = max(total, offset + size)
    return total


def _pack_many_in_order(order: Sequence[Buffer]) -> int:
    """The same for many buffers."""
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
    if len(starts) == 1 or (room := starts[1:] - covered[:-1]).max() < size:
        return 0 if starts[0] >= size else int(covered[-1])
    return 0 if starts[0] >= size else int(covered[int(np.argmax(room >= size))])


def _pack_largest_first(buffers: Sequence[Buffer], count: int) -> int:
    """The largest buffers packed well, all others above them in order of time."""
    order = sorted(buffers, key=_ORDERS[0])
    base = _pack_in_order(order[:count])
    above = _pack_in_time(order[count:])
    for buffer in order[count:]:
        buffer.offset += base
    return base + above


def _pack_in_time_backwards(buffers: Sequence[Buffer]) -> int:
    """Best fit in order of decreasing death, as if time ran the other way."""
    mirrored = [Buffer(b.size, -b.death, -b.birth) for b in buffers]
    total = _pack_in_time(mirrored)
    for buffer, mirror in zip(buffers, mirrored):
        buffer.offset = mirror.offset
    return total


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

    for buffer in sorted(buffers, key=lambda b: (b.birth, -b.size)):
        while dying and dying[0][0] < buffer.birth:
            _, offset, size = heapq.heappop(dying)
            release(offset, size)
        at = bisect_left(free, (buffer.size, -1))
        if at < len(free):
            size, offset = free.pop(at)
            del by_start[offset], by_end[offset + size]
        elif total in by_end:  # the last gap grows with the arena
            offset = by_end.pop(total)
            size = by_start.pop(offset)
            _remove(free, size, offset)
            size, total = buffer.size, offset + buffer.size
        else:
            offset, size, total = total, buffer.size, total + buffer.size
        if size > buffer.size:
            rest = offset + buffer.size
            insort(free, (size - buffer.size, rest))
            by_start[rest], by_end[offset + size] = size - buffer.size, rest
        buffer.offset = offset
        heapq.heappush(dying, (buffer.death, offset, buffer.size))
    return total


def _remove(free: list[tuple[int, int]], size: int, offset: int) -> None:
    del free[bisect_left(free, (size, offset))]
