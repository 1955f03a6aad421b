"""Buffers in use at one time lie apart, and the arena is hardly larger than it has to be."""

from __future__ import annotations

import random
import time

import pytest

from mxnet.passes import packing
from mxnet.passes.packing import ALIGNMENT, Buffer, assign_offsets, largest_live


def overlapping(buffers):
    """Pairs in use at one time at one place."""
    return [
        (one, other)
        for i, one in enumerate(buffers)
        for other in buffers[:i]
        if one.size and other.size
        and one.birth <= other.death and other.birth <= one.death
        and one.offset < other.offset + other.size and other.offset < one.offset + one.size
    ]  # fmt: skip


def drawn(seed, count):
    """Random buffers; some live from the first half of time to the second, as in training."""
    rng = random.Random(seed)
    buffers = []
    for _ in range(count):
        birth = rng.randrange(count)
        death = birth + rng.choice((0, 1, 2, 5, count // 4))
        if rng.random() < 0.3 and birth < count // 2:
            death = count - birth
        buffers.append(Buffer(rng.choice((0, 4, 64, 100, 4096, 50_000)), birth, death))
    return buffers


@pytest.mark.parametrize("count", [0, 1, 2, 7, 40, 300])
@pytest.mark.parametrize("seed", range(3))
def test_no_overlap_and_near_the_bound(seed, count):
    buffers = drawn(seed, count)
    total = assign_offsets(buffers)
    bound = largest_live(buffers)
    assert not overlapping(buffers)
    assert all(buffer.offset % ALIGNMENT == 0 for buffer in buffers)
    assert total == max((b.offset + b.size for b in buffers), default=0)
    assert bound <= total <= 1.05 * bound


def test_a_gap_that_only_another_order_fills():
    # Best fit in order of time puts the second buffer where the last one has to be.
    spans = ((64, 0, 3), (128, 1, 9), (64, 2, 3), (192, 4, 9), (128, 4, 5), (192, 6, 9))
    buffers = [Buffer(*span) for span in spans]
    assert assign_offsets(buffers) == largest_live(buffers)


def test_the_result_depends_on_nothing_but_the_buffers():
    one, other = drawn(5, 200), drawn(5, 200)
    assert assign_offsets(one) == assign_offsets(other)
    assert [b.offset for b in one] == [b.offset for b in other]


def test_a_hundred_thousand_buffers_take_seconds():
    count = 50_000
    sizes = random.Random(0)
    buffers = [Buffer(64 * sizes.randint(1, 9), i, 2 * count - i) for i in range(count)]
    buffers += [Buffer(64 * sizes.randint(1, 9), count + i, count + i + 1) for i in range(count)]
    started = time.process_time()
    total = assign_offsets(buffers)
    assert time.process_time() - started < 20
    assert total <= 1.005 * largest_live(buffers)


def test_many_buffers_get_the_places_of_few(monkeypatch):
    found = []
    for few in (1000, 0):
        monkeypatch.setattr(packing, "_FEW_BUFFERS", few)
        buffers = drawn(3, 120)
        total = assign_offsets(buffers)
        found.append((total, [buffer.offset for buffer in buffers]))
    assert found[0] == found[1]


def test_patience_is_asked_for_where_cheap_ways_are_not_enough():
    asked = []

    def most(count):
        asked.append(count)
        return 20

    assign_offsets([Buffer(64, time, time + 1) for time in range(5)], most)
    assert not asked
    hard = drawn(8, 60)
    assign_offsets(hard, most)
    assert asked == [sum(1 for buffer in hard if buffer.size)]
