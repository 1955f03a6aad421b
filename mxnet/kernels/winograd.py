"""Convolutions of 3x3 filters with a quarter of the multiplications: F(4x4, 3x3).

Tiles of 4x4 results come from tiles of 6x6 data. Both and the filters are transformed, so that a
convolution becomes 36 matrix products over the channels, and its derivative by the filters 36 over
the tiles. Images are taken a few at a time, so that what lies between stays in the cache. Winograd
1980; Lavin and Gray 2016.

A tile is transformed for 16 channels at a time, in vectors: what compilers make of loops over
channels cannot know that no two of the 72 rows overlap.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from ..ops.generated import LANES
from ..ops.lazy_torch import torch
from . import products
from .language import intrinsic, take_part
from .native import compiled, run
from .vectors import FLOAT, Build, addresses, writing

__all__ = ["convolve", "weight_derivative"]

Vector = Any


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
        middle.append(transform(build, [build.load(address) for address in addresses]))
    for i in range(6):
        for j, value in enumerate(transform(build, [line[i] for line in middle])):
            offset = builder.mul(step, build.number(6 * i + j))
            build.store(value, builder.add(target, offset))


def _write_result_tile(
    build, source, step, base, row, column, rows, columns, bias, other, other_row, other_column, low
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
    shift, least = build.load(bias), build.load(low)
    for i in range(4):
        values = _result(build, [middle[j][i] for j in range(6)])
        for j, value in enumerate(values):
            here = builder.and_(_within(build, i, zero, rows), _within(build, j, zero, columns))
            with builder.if_then(here):
                added = build.load(_pixel(build, i, j, other, other_row, other_column))
                total = build.add(build.add(value, shift), added)
                less = builder.fcmp_ordered("<", total, least)
                total = builder.select(less, least, total)
                build.store(total, _pixel(build, i, j, base, row, column))


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
def _filters(context, source, step, out, channel, tap):
    """See ``_write_filters``."""
    return addresses(5), writing(_write_filters)


@intrinsic
def _data_tile(context, base, row, column, top, bottom, left, right, zeros, target, step):
    """A tile of 6x6 data, see ``_write_tile``."""
    return addresses(10), writing(partial(_write_tile, _data, 6))


@intrinsic
def _head_tile(context, base, row, column, top, bottom, left, right, zeros, target, step):
    """A tile of 4x4 head gradients, see ``_write_tile``."""
    return addresses(10), writing(partial(_write_tile, _head, 4))


@intrinsic
def _result_tile(
    context, source, step, base, row, column, rows, columns, bias, other, other_row, other_column,
    low,
):  # fmt: skip
    """See ``_write_result_tile``."""
    return addresses(12), writing(_write_result_tile)


@compiled(loops="improved")
def _transform_data(arguments):
    """The data of some images to 36 matrices of tiles by channels; a part is a row of tiles."""
    x, zeros, v = arguments[1], arguments[2], arguments[3]
    parts, across, down = arguments[4], arguments[5], arguments[6]
    height, width, channels, pad = arguments[7], arguments[8], arguments[9], arguments[10]
    column = 4 * channels
    row = width * column
    step = parts * across * column
    while True:
        part = take_part(arguments)
        if part >= parts:
            break
        image, y = part // down, part % down * 4 - pad
        for t in range(across):
            left = t * 4 - pad
            base = x + image * height * row + y * row + left * column
            target = v + (part * across + t) * column
            for c in range(0, column, 64):
                _data_tile(
                    base + c, row, column, -y, height - y, -left, width - left, zeros,
                    target + c, step,
                )  # fmt: skip


@compiled(loops="kept")
def _transform_heads(arguments):
    """The head gradients of some images to 36 matrices of tiles by filters; a part is a row of tiles."""
    y_, zeros, m = arguments[1], arguments[2], arguments[3]
    parts, across, down = arguments[4], arguments[5], arguments[6]
    height, width, filters = arguments[7], arguments[8], arguments[9]
    column = 4 * filters
    row = width * column
    step = parts * across * column
    while True:
        part = take_part(arguments)
        if part >= parts:
            break
        image, y = part // down, part % down * 4
        for t in range(across):
            base = y_ + image * height * row + y * row + t * 4 * column
            target = m + (part * across + t) * column
            for c in range(0, column, 64):
                _head_tile(
                    base + c, row, column, 0, height - y, 0, width - t * 4, zeros, target + c, step,
                )  # fmt: skip


@compiled(loops="kept")
def _transform_filters(arguments):
    """36 matrices of filters by channels to derivatives; a part is a filter."""
    source, out, parts, channels = arguments[1], arguments[2], arguments[3], arguments[4]
    filter_, channel, tap = arguments[5], arguments[6], arguments[7]
    step = parts * channels * 4
    while True:
        part = take_part(arguments)
        if part >= parts:
            break
        for c in range(0, channels, 16):
            _filters(
                source + (part * channels + c) * 4, step, out + part * filter_ + c * channel,
                channel, tap,
            )  # fmt: skip


@compiled(loops="kept")
def _transform_results(arguments):
    """36 matrices of tiles by filters to the results of some images; a part is a row of tiles."""
    m, y_, bias, other, low = (
        arguments[1], arguments[2], arguments[3], arguments[4], arguments[5],
    )  # fmt: skip
    parts, across, down = arguments[6], arguments[7], arguments[8]
    height, width, filters, added = arguments[9], arguments[10], arguments[11], arguments[12]
    column = 4 * filters
    row = width * column
    step = parts * across * column
    while True:
        part = take_part(arguments)
        if part >= parts:
            break
        image, top = part // down, part % down * 4
        for t in range(across):
            place = image * height * row + top * row + t * 4 * column
            source = m + (part * across + t) * column
            for c in range(0, column, 64):
                _result_tile(
                    source + c, step, y_ + place + c, row, column, height - top, width - 4 * t,
                    bias + c, other + added * (place + c), added * row, added * column, low,
                )  # fmt: skip


def convolve(
    data: torch.Tensor,
    filters: torch.Tensor,
    bias: torch.Tensor | None,
    other: torch.Tensor | None,
    pad: int,
    relu: bool,
    images: int,
    scratch: torch.Tensor,
    out: torch.Tensor,
) -> torch.Tensor:
    """Convolve, add bias and another array, apply relu if asked for.

    Data (n, c, h, w) and results (n, k, h', w') are float32 and channels-last, ``other`` like the
    results (it may be ``out`` itself), filters (36, c, k); c and k are multiples of 16. So many
    ``images`` are between the transforms at a time, in ``scratch``.
    """
    n, c, h, w = data.shape
    _, k, height, width = out.shape
    down, across = -(-height // 4), -(-width // 4)
    most = max(c, k)
    zeros, low = scratch[:most].zero_(), scratch[most : most + LANES]
    low.fill_(0 if relu else float("-inf"))
    between = scratch[most + LANES :]
    shift = zeros if bias is None else bias
    for first in range(0, n, images):
        count = min(images, n - first)
        parts = count * down
        tiles = parts * across
        v = between[: 36 * tiles * c].view(36, tiles, c)
        m = between[36 * tiles * c : 36 * tiles * (c + k)].view(36, tiles, k)
        x, y = data[first], out[first]
        run(_transform_data, (0, x.data_ptr(), zeros.data_ptr(), v.data_ptr(), parts, across, down,
                              h, w, c, pad), parts)  # fmt: skip
        if products.available():
            products.multiply(v, filters, out=m, memory=between[36 * tiles * (c + k) :])
        else:
            torch.bmm(v, filters, out=m)
        beside = zeros if other is None else other[first]
        run(_transform_results, (0, m.data_ptr(), y.data_ptr(), shift.data_ptr(),
                                 beside.data_ptr(), low.data_ptr(), parts, across, down, height,
                                 width, k, int(other is not None)), parts)  # fmt: skip
    torch.autograd.graph.increment_version(out)
    return out


def weight_derivative(
    d_output: torch.Tensor,
    data: torch.Tensor,
    pad: int,
    images: int,
    scratch: torch.Tensor,
    out: torch.Tensor,
) -> torch.Tensor:
    """Compute the derivative of a convolution by its filters.

    Head gradients (n, k, h', w') and data (n, c, h, w) are float32 and channels-last, the result
    (k, c, 3, 3) is dense in either format; c and k are multiples of 16. So many ``images`` are between
    the transforms at a time, in ``scratch``.
    """
    n, c, h, w = data.shape
    _, k, height, width = d_output.shape
    down, across = -(-height // 4), -(-width // 4)
    zeros = scratch[: max(c, k)].zero_()
    sums, between = scratch[max(c, k) :].split(
        (36 * k * c, scratch.numel() - max(c, k) - 36 * k * c)
    )
    sums = sums.view(36, k, c)
    for first in range(0, n, images):
        parts = min(images, n - first) * down
        tiles = parts * across
        v = between[: 36 * tiles * c].view(36, tiles, c)
        m = between[36 * tiles * c : 36 * tiles * (c + k)].view(36, tiles, k)
        x, y = data[first], d_output[first]
        run(_transform_data, (0, x.data_ptr(), zeros.data_ptr(), v.data_ptr(), parts, across, down,
                              h, w, c, pad), parts)  # fmt: skip
        run(_transform_heads, (0, y.data_ptr(), zeros.data_ptr(), m.data_ptr(), parts, across, down,
                               height, width, k), parts)  # fmt: skip
        rest = between[36 * tiles * (c + k) :]
        if products.available():
            products.multiply(m.mT, v, start=sums if first else None, out=sums, memory=rest)
        else:
            torch.baddbmm(sums, m.mT, v, beta=int(first > 0), out=sums)
    filter_, channel, _, tap = (4 * stride for stride in out.stride())
    run(_transform_filters, (0, sums.data_ptr(), out.data_ptr(), k, c, filter_, channel, tap), k)
    torch.autograd.graph.increment_version(out)
    return out
