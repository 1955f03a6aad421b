"""Tiles of convolutions by Winograd's algorithm, transformed in vectors: F(4x4, 3x3).

16 channels are transformed at a time: what compilers make of loops over channels cannot know that no
two of the 72 rows overlap. Data and results may be stored in bfloat16; everything between is float32.
"""

# mypy: ignore-errors

from __future__ import annotations

from functools import partial
from typing import Any

from ..ops.generated import LANES
from .language import intrinsic, types
from .vectors import FLOAT, LONG, SHORTS, Build, addresses, writing

__all__ = ["data_tile", "filter_derivatives", "head_tile", "on_stored", "result_tile"]

Vector = Any


class _Tile(Build):
    """What tiles are made with; some of the numbers in memory may be ``stored`` in bfloat16."""

    def __init__(self, builder, pointer):
        from . import narrow

        super().__init__(builder)
        self.narrow = narrow if pointer == narrow.BFLOAT16 else None

    def read(self, address):
        """A vector of stored numbers."""
        if not self.narrow:
            return self.load(address)
        bits = self.builder.load(self.at(address, 0, SHORTS))
        bits.align = 2
        return self.narrow.widened(self.builder, bits)

    def write(self, value, address):
        """Store a vector of numbers."""
        if not self.narrow:
            self.store(value, address)
            return
        bits = self.narrow.rounded(self.builder, value)
        self.builder.store(bits, self.at(address, 0, SHORTS)).align = 2


def on_stored(pointer, count, write):
    """What numba asks for of a function of a pointer to what is stored and ``count`` integers.

    ``write`` writes LLVM's code, given a ``_Tile`` and all as integers.
    """

    def generate(context, builder, signature, arguments):
        first = builder.ptrtoint(arguments[0], LONG)
        write(_Tile(builder, pointer), first, *arguments[1:])
        return context.get_dummy_value()

    return types.void(pointer, *(types.int64,) * count), generate


def _data(build: Build, d: list[Vector]) -> list[Vector]:
    """Six values of a row or column of data, transformed."""
    add, subtract, times = build.add, build.subtract, build.times
    even, odd = subtract(d[4], times(d[2], 4)), subtract(d[3], times(d[1], 4))
    outer, inner = subtract(d[4], d[2]), times(subtract(d[3], d[1]), 2)
    return [
        add(subtract(times(d[0], 4), times(d[2], 5)), d[4]),
        add(even, odd),
        subtract(even, odd),
        add(outer, inner),
        subtract(outer, inner),
        add(subtract(times(d[1], 4), times(d[3], 5)), d[5]),
    ]


def _result(build: Build, m: list[Vector]) -> list[Vector]:
    """Four results from six values of a row or column of products."""
    add, subtract, times = build.add, build.subtract, build.times
    one, two = add(m[1], m[2]), subtract(m[1], m[2])
    three, four = add(m[3], m[4]), subtract(m[3], m[4])
    return [
        add(add(m[0], one), three),
        add(two, times(four, 2)),
        add(one, times(three, 4)),
        add(add(two, times(four, 8)), m[5]),
    ]


def _head(build: Build, d: list[Vector]) -> list[Vector]:
    """Four head gradients of a row or column, transformed: ``_result`` transposed."""
    add, subtract, times = build.add, build.subtract, build.times
    even, odd = add(d[0], d[2]), add(d[1], d[3])
    far, farther = add(d[0], times(d[2], 4)), times(add(d[1], times(d[3], 4)), 2)
    return [
        d[0], add(even, odd), subtract(even, odd), add(far, farther), subtract(far, farther), d[3],
    ]  # fmt: skip


def _filter(build: Build, m: list[Vector]) -> list[Vector]:
    """Three derivatives by a row or column of a filter from six values of products."""
    add, subtract, times = build.add, build.subtract, build.times
    one, two = add(m[1], m[2]), subtract(m[2], m[1])
    three, four = add(m[3], m[4]), subtract(m[3], m[4])
    return [
        add(subtract(times(m[0], 1 / 4), times(one, 1 / 6)), times(three, 1 / 24)),
        add(times(two, 1 / 6), times(four, 1 / 12)),
        add(times(subtract(three, one), 1 / 6), m[5]),
    ]


def _pixel(build: Build, i: int, j: int, base: Any, row: Any, column: Any) -> Any:
    """The address of a pixel of a tile."""
    builder = build.builder
    down = builder.mul(row, build.number(i))
    return builder.add(base, builder.add(down, builder.mul(column, build.number(j))))


def _within(build: Build, index: int, first: Any, end: Any) -> Any:
    builder, constant = build.builder, build.number(index)
    return builder.and_(
        builder.icmp_signed(">=", constant, first), builder.icmp_signed("<", constant, end)
    )


def _write_tile(
    transform, size, build, base, row, column, top, bottom, left, right, zeros, target, step
):
    """Transform a tile, of which rows top to bottom and columns left to right exist."""
    builder = build.builder
    rows = [_within(build, i, top, bottom) for i in range(size)]
    columns = [_within(build, j, left, right) for j in range(size)]
    middle = []
    for j in range(size):
        addresses = [
            builder.select(
                builder.and_(rows[i], columns[j]), _pixel(build, i, j, base, row, column), zeros
            )
            for i in range(size)
        ]
        middle.append(transform(build, [build.read(address) for address in addresses]))
    for i in range(6):
        for j, value in enumerate(transform(build, [line[i] for line in middle])):
            offset = builder.mul(step, build.number(6 * i + j))
            build.store(value, builder.add(target, offset))


def _write_result_tile(
    build, base, source, step, row, column, rows, columns, bias, other, other_row, other_column, low
):
    """Make a tile of results, add bias and another array, keep what is not less than ``low``."""
    builder = build.builder
    zero = build.number(0)
    middle = []
    for j in range(6):
        addresses = [
            builder.add(source, builder.mul(step, build.number(6 * i + j))) for i in range(6)
        ]
        middle.append(_result(build, [build.load(address) for address in addresses]))
    shift, least = build.read(bias), build.load(low)
    for i in range(4):
        values = _result(build, [middle[j][i] for j in range(6)])
        for j, value in enumerate(values):
            here = builder.and_(_within(build, i, zero, rows), _within(build, j, zero, columns))
            with builder.if_then(here):
                added = build.read(_pixel(build, i, j, other, other_row, other_column))
                total = build.add(build.add(value, shift), added)
                less = builder.fcmp_ordered("<", total, least)
                total = builder.select(less, least, total)
                build.write(total, _pixel(build, i, j, base, row, column))


def _write_filters(build, source, step, out, channel, tap):
    """Derivatives by the filters of some channels; ``channel``, ``tap``: bytes from one to the next."""
    builder = build.builder
    middle = []
    for j in range(6):
        addresses = [
            builder.add(source, builder.mul(step, build.number(6 * i + j))) for i in range(6)
        ]
        middle.append(_filter(build, [build.load(address) for address in addresses]))
    values = [value for i in range(3) for value in _filter(build, [line[i] for line in middle])]
    places = [build.after(out, tap, i) for i in range(9)]
    dense = builder.icmp_signed("==", channel, build.number(4))
    with builder.if_else(dense) as (together, apart):
        with together:
            for value, place in zip(values, places):
                build.store(value, place)
        with apart:
            for lane in range(LANES):
                for value, place in zip(values, places):
                    number = builder.extract_element(value, build.number(lane))
                    build.store(number, build.after(place, channel, lane), kind=FLOAT)


@intrinsic
def filter_derivatives(context, source, step, out, channel, tap):
    """See ``_write_filters``."""
    return addresses(5), writing(_write_filters)


@intrinsic
def data_tile(context, base, row, column, top, bottom, left, right, zeros, target, step):
    """A tile of 6x6 data, see ``_write_tile``."""
    return on_stored(base, 9, partial(_write_tile, _data, 6))


@intrinsic
def head_tile(context, base, row, column, top, bottom, left, right, zeros, target, step):
    """A tile of 4x4 head gradients, see ``_write_tile``."""
    return on_stored(base, 9, partial(_write_tile, _head, 4))


@intrinsic
def result_tile(
    context, base, source, step, row, column, rows, columns, bias, other, other_row, other_column,
    low,
):  # fmt: skip
    """See ``_write_result_tile``."""
    return on_stored(base, 11, _write_result_tile)
