"""Convolutions of 3x3 filters with a quarter of the multiplications: F(4x4, 3x3).

Tiles of 4x4 results come from tiles of 6x6 data. Both and the filters are transformed, so that a
convolution becomes 36 matrix products over the channels, and its derivative by the filters 36 over
the tiles. Images are taken a few at a time, so that what lies between stays in the cache. Winograd
1980; Lavin and Gray 2016.

Arrays may be stored in bfloat16: numbers are widened where tiles are read, and rounded where they are
written; what lies between is float32.
"""

from __future__ import annotations

from ..ops.generated import LANES
from ..ops.lazy_torch import torch
from . import products
from .language import as_stored, take_part
from .native import compiled, for_types, run
from .winograd_tiles import data_tile, filter_derivatives, head_tile, result_tile

__all__ = ["convolve", "weight_derivative"]


@for_types(loops="improved")
def _transform_data(arguments):
    """The data of some images to 36 matrices of tiles by channels; a part is a row of tiles."""
    x, zeros, v = arguments[1], arguments[2], arguments[3]
    parts, across, down = arguments[4], arguments[5], arguments[6]
    height, width, channels, pad = arguments[7], arguments[8], arguments[9], arguments[10]
    size = arguments[11]
    column = size * channels
    row = width * column
    step = parts * across * channels * 4
    while True:
        part = take_part(arguments)
        if part >= parts:
            break
        image, y = part // down, part % down * 4 - pad
        for t in range(across):
            left = t * 4 - pad
            base = x + image * height * row + y * row + left * column
            target = v + (part * across + t) * channels * 4
            for c in range(0, channels, 16):
                data_tile(
                    as_stored(base + c * size), row, column, -y, height - y, -left, width - left,
                    zeros, target + c * 4, step,
                )  # fmt: skip


@for_types(loops="kept")
def _transform_heads(arguments):
    """The head gradients of some images to 36 matrices of tiles by filters; a part is a row of tiles."""
    y_, zeros, m = arguments[1], arguments[2], arguments[3]
    parts, across, down = arguments[4], arguments[5], arguments[6]
    height, width, filters, size = arguments[7], arguments[8], arguments[9], arguments[10]
    column = size * filters
    row = width * column
    step = parts * across * filters * 4
    while True:
        part = take_part(arguments)
        if part >= parts:
            break
        image, y = part // down, part % down * 4
        for t in range(across):
            base = y_ + image * height * row + y * row + t * 4 * column
            target = m + (part * across + t) * filters * 4
            for c in range(0, filters, 16):
                head_tile(
                    as_stored(base + c * size), row, column, 0, height - y, 0, width - t * 4, zeros,
                    target + c * 4, step,
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
            filter_derivatives(
                source + (part * channels + c) * 4, step, out + part * filter_ + c * channel,
                channel, tap,
            )  # fmt: skip


@for_types(loops="kept")
def _transform_results(arguments):
    """36 matrices of tiles by filters to the results of some images; a part is a row of tiles."""
    m, y_, bias, other, low = (
        arguments[1], arguments[2], arguments[3], arguments[4], arguments[5],
    )  # fmt: skip
    parts, across, down = arguments[6], arguments[7], arguments[8]
    height, width, filters, added = arguments[9], arguments[10], arguments[11], arguments[12]
    size = arguments[13]
    column = size * filters
    row = width * column
    step = parts * across * filters * 4
    while True:
        part = take_part(arguments)
        if part >= parts:
            break
        image, top = part // down, part % down * 4
        for t in range(across):
            place = image * height * row + top * row + t * 4 * column
            source = m + (part * across + t) * filters * 4
            for c in range(0, filters, 16):
                at = c * size
                result_tile(
                    as_stored(y_ + place + at), source + c * 4, step, row, column, height - top,
                    width - 4 * t, bias + at, other + added * (place + at), added * row,
                    added * column, low,
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

    Data (n, c, h, w) and results (n, k, h', w') are channels-last, all of one type, ``other`` like the
    results (it may be ``out`` itself); filters (36, c, k) are float32; c and k are multiples of 16. So
    many ``images`` are between the transforms at a time, in ``scratch``.
    """
    stored, size = str(data.dtype)[6:], data.element_size()
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
        run(_transform_data[stored], (0, x.data_ptr(), zeros.data_ptr(), v.data_ptr(), parts, across,
                                      down, h, w, c, pad, size), parts)  # fmt: skip
        if products.available():
            products.multiply(v, filters, out=m, memory=between[36 * tiles * (c + k) :])
        else:
            torch.bmm(v, filters, out=m)
        beside = zeros if other is None else other[first]
        run(_transform_results[stored], (0, m.data_ptr(), y.data_ptr(), shift.data_ptr(),
                                         beside.data_ptr(), low.data_ptr(), parts, across, down,
                                         height, width, k, int(other is not None), size),
            parts)  # fmt: skip
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

    Head gradients (n, k, h', w') and data (n, c, h, w) are channels-last, of one type, the result
    (k, c, 3, 3) is float32 and dense in either format; c and k are multiples of 16. So many ``images``
    are between the transforms at a time, in ``scratch``.
    """
    stored, size = str(data.dtype)[6:], data.element_size()
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
        run(_transform_data[stored], (0, x.data_ptr(), zeros.data_ptr(), v.data_ptr(), parts, across,
                                      down, h, w, c, pad, size), parts)  # fmt: skip
        run(_transform_heads[stored], (0, y.data_ptr(), zeros.data_ptr(), m.data_ptr(), parts, across,
                                       down, height, width, k, size), parts)  # fmt: skip
        rest = between[36 * tiles * (c + k) :]
        if products.available():
            products.multiply(m.mT, v, start=sums if first else None, out=sums, memory=rest)
        else:
            torch.baddbmm(sums, m.mT, v, beta=int(first > 0), out=sums)
    filter_, channel, _, tap = (4 * stride for stride in out.stride())
    places = (0, sums.data_ptr(), out.data_ptr(), k, c, filter_, channel, tap)
    run(_transform_filters, places, k)
    torch.autograd.graph.increment_version(out)
    return out
