"""Batch normalisation with what follows it: two passes over memory forward, and two backward.

Channels-last arrays are ``rows`` of ``channels``; dense ones are planes, one for each sample and
channel. Sums are float32 within some rows, float64 beyond. Statistics are those of the data minus
a typical value of the channel, so that nothing cancels where the mean is far from zero.
"""

from __future__ import annotations

import math
import struct
import threading
from typing import Any

from numpy import float32, float64

from ..ops.lazy_torch import torch
from .language import FAST, as_float, as_real, as_stored, float_bits, helper, take_part
from .native import compiled, for_types, run

__all__ = ["backward", "forward"]

inline = helper(FAST)
_BLOCK = 64  # rows whose sums are float32
# Several rows are read at a time, unless they are long and come from far away.
_NARROW = 128
_CACHED = 1 << 22
_SAMPLE = 16  # rows of which the typical value is the mean


# -- channels-last: statistics ---------------------------------------------------------------------
@for_types
def _typical(arguments):
    """The mean of some rows, for each channel."""
    x, shift = as_stored(arguments[1]), as_float(arguments[2])
    rows, channels = arguments[3], arguments[4]
    count = min(_SAMPLE, rows)
    for c in range(channels):
        shift[c] = 0
    for index in range(count):
        row = rows * index // count * channels
        for c in range(channels):
            shift[c] += x[row + c]
    for c in range(channels):
        shift[c] /= count


@for_types
def _sums(arguments):
    """Of each part: the sums of x - shift and of its square, by channel."""
    x, shift = as_stored(arguments[1]), as_float(arguments[2])
    rows, channels, parts = arguments[3], arguments[4], arguments[5]
    totals, scratch = as_real(arguments[6]), as_float(arguments[7])
    several = channels <= _NARROW or rows * channels <= _CACHED
    while True:
        part = take_part(arguments)
        if part >= parts:
            break
        first, last = part * rows // parts, (part + 1) * rows // parts
        total, square_total = part * 2 * channels, (part * 2 + 1) * channels
        for c in range(2 * channels):
            totals[total + c] = 0
            scratch[total + c] = 0
        row = first
        while row < last:
            end = min(row + _BLOCK, last)
            while several and row + 4 <= end:
                at = row * channels
                for c in range(channels):
                    middle = shift[c]
                    a = x[at + c] - middle
                    b = x[at + channels + c] - middle
                    d = x[at + 2 * channels + c] - middle
                    e = x[at + 3 * channels + c] - middle
                    scratch[total + c] += (a + b) + (d + e)
                    scratch[square_total + c] += (a * a + b * b) + (d * d + e * e)
                row += 4
            while row < end:
                at = row * channels
                for c in range(channels):
                    a = x[at + c] - shift[c]
                    scratch[total + c] += a
                    scratch[square_total + c] += a * a
                row += 1
            for c in range(2 * channels):
                totals[total + c] += scratch[total + c]
                scratch[total + c] = 0


@inline
def _add_parts(totals, channels, parts):
    for part in range(1, parts):
        for c in range(2 * channels):
            totals[c] += totals[part * 2 * channels + c]


@compiled
def _finish_statistics(arguments):
    """Mean and 1 / sqrt(variance + eps) of each channel."""
    shift, rows, channels = as_float(arguments[1]), arguments[2], arguments[3]
    parts, totals = arguments[4], as_real(arguments[5])
    mean, inverse = as_float(arguments[6]), as_float(arguments[7])
    eps = float_bits(arguments[8])
    _add_parts(totals, channels, parts)
    for c in range(channels):
        total = totals[c] / rows
        variance = totals[channels + c] / rows - total * total
        variance = 0.0 if variance < 0 else variance
        mean[c] = shift[c] + total
        inverse[c] = 1 / math.sqrt(variance + eps)


@compiled
def _coefficients(arguments):
    """factor = gamma / deviation and offset = beta - mean factor, of each channel."""
    gamma, beta = as_float(arguments[1]), as_float(arguments[2])
    mean, inverse = as_float(arguments[3]), as_float(arguments[4])
    factor, offset = as_float(arguments[5]), as_float(arguments[6])
    channels = arguments[7]
    for c in range(channels):
        exact = float64(gamma[c]) * inverse[c]
        factor[c] = exact
        offset[c] = beta[c] - mean[c] * exact


@inline
def _add_residual(x, residual, y, factor, offset, low, first, last, channels):
    for row in range(first, last):
        at = row * channels
        for c in range(channels):
            value = x[at + c] * factor[c] + offset[c] + residual[at + c]
            y[at + c] = low if value < low else value


@for_types
def _apply(arguments):
    """y = max(factor x + offset (+ residual), low)."""
    x, y, residual = as_stored(arguments[1]), as_stored(arguments[2]), as_stored(arguments[3])
    rows, channels, parts = arguments[4], arguments[5], arguments[6]
    factor, offset = as_float(arguments[7]), as_float(arguments[8])
    low = float32(float_bits(arguments[9]))
    while True:
        part = take_part(arguments)
        if part >= parts:
            break
        first, last = part * rows // parts, (part + 1) * rows // parts
        # Loops over arrays that may be one are written with one name, or they are not vectorised.
        if arguments[3] == 0:
            for row in range(first, last):
                at = row * channels
                for c in range(channels):
                    value = x[at + c] * factor[c] + offset[c]
                    y[at + c] = low if value < low else value
        elif arguments[3] == arguments[2]:
            _add_residual(x, y, y, factor, offset, low, first, last, channels)
        else:
            _add_residual(x, residual, y, factor, offset, low, first, last, channels)


# -- channels-last: derivative ---------------------------------------------------------------------
@inline
def _masked_rows(
    x, y, d, masked, mean, totals, scratch, total, square_total, first, last, channels
):
    """Sums of what passes the relu, which is written to ``masked``."""
    row = first
    while row < last:
        end = min(row + _BLOCK, last)
        while row < end:
            at = row * channels
            for c in range(channels):
                g = d[at + c]
                g = float32(0) if y[at + c] <= 0 else g
                masked[at + c] = g
                scratch[total + c] += g
                scratch[square_total + c] += g * (x[at + c] - mean[c])
            row += 1
        for c in range(2 * channels):
            totals[total + c] += scratch[total + c]
            scratch[total + c] = 0


@for_types
def _gradient_sums(arguments):
    """Of each part: the sums of g and g (x - mean), where g is d_output where y is above low.

    Without a residual, y is computed again; with one it is read, and g is written to ``masked``.
    """
    x, y = as_stored(arguments[1]), as_stored(arguments[2])
    d, masked = as_stored(arguments[3]), as_stored(arguments[4])
    rows, channels, parts = arguments[5], arguments[6], arguments[7]
    factor, offset, mean = as_float(arguments[8]), as_float(arguments[9]), as_float(arguments[10])
    totals, scratch = as_real(arguments[11]), as_float(arguments[12])
    low, pitch = float32(float_bits(arguments[13])), arguments[14]
    zero = float32(0)
    several = channels <= _NARROW or rows * channels <= _CACHED
    while True:
        part = take_part(arguments)
        if part >= parts:
            break
        first, last = part * rows // parts, (part + 1) * rows // parts
        total, square_total = part * 2 * channels, (part * 2 + 1) * channels
        for c in range(2 * channels):
            totals[total + c] = 0
            scratch[total + c] = 0
        if arguments[4] != 0:
            if arguments[4] == arguments[3]:
                _masked_rows(
                    x, y, d, d, mean, totals, scratch, total, square_total, first, last, channels
                )
            else:
                _masked_rows(
                    x, y, d, masked, mean, totals, scratch, total, square_total, first, last,
                    channels,
                )  # fmt: skip
            continue
        row = first
        while row < last:
            end = min(row + _BLOCK, last)
            while several and row + 2 <= end:
                at, from_d = row * channels, row * pitch
                for c in range(channels):
                    u = x[at + c]
                    v = x[at + channels + c]
                    g = zero if u * factor[c] + offset[c] <= low else d[from_d + c]
                    h = zero if v * factor[c] + offset[c] <= low else d[from_d + pitch + c]
                    scratch[total + c] += g + h
                    scratch[square_total + c] += g * (u - mean[c]) + h * (v - mean[c])
                row += 2
            while row < end:
                at, from_d = row * channels, row * pitch
                for c in range(channels):
                    u = x[at + c]
                    g = zero if u * factor[c] + offset[c] <= low else d[from_d + c]
                    scratch[total + c] += g
                    scratch[square_total + c] += g * (u - mean[c])
                row += 1
            for c in range(2 * channels):
                totals[total + c] += scratch[total + c]
                scratch[total + c] = 0


@compiled
def _finish_gradient(arguments):
    """The gradients of gamma and beta, and slope and step: d_x = factor g + slope (x - mean) + step."""
    factor, inverse = as_float(arguments[1]), as_float(arguments[2])
    rows, channels, parts = arguments[3], arguments[4], arguments[5]
    totals = as_real(arguments[6])
    slope, step = as_float(arguments[7]), as_float(arguments[8])
    d_gamma, d_beta = as_float(arguments[9]), as_float(arguments[10])
    _add_parts(totals, channels, parts)
    for c in range(channels):
        total, product = totals[c], totals[channels + c] * inverse[c]
        if arguments[9] != 0:
            d_gamma[c] = product
        if arguments[10] != 0:
            d_beta[c] = total
        slope[c] = -product * inverse[c] * factor[c] / rows
        step[c] = -total * factor[c] / rows


@inline
def _spread(x, g, d_x, factor, mean, slope, step, first, last, channels):
    for row in range(first, last):
        at = row * channels
        for c in range(channels):
            centred = x[at + c] - mean[c]
            d_x[at + c] = g[at + c] * factor[c] + centred * slope[c] + step[c]


@inline
def _spread_masked(x, d, d_x, factor, offset, low, mean, slope, step, first, last, channels, pitch):
    zero = float32(0)
    for row in range(first, last):
        at, from_d = row * channels, row * pitch
        for c in range(channels):
            u = x[at + c]
            g = d[from_d + c]
            g = zero if u * factor[c] + offset[c] <= low else g
            d_x[at + c] = g * factor[c] + (u - mean[c]) * slope[c] + step[c]


@for_types
def _gradient(arguments):
    """d_x = factor g + slope (x - mean) + step, g as in ``_gradient_sums``."""
    x, d, d_x = as_stored(arguments[1]), as_stored(arguments[2]), as_stored(arguments[3])
    masked = arguments[4] != 0
    rows, channels, parts = arguments[5], arguments[6], arguments[7]
    factor, offset, mean = as_float(arguments[8]), as_float(arguments[9]), as_float(arguments[10])
    slope, step = as_float(arguments[11]), as_float(arguments[12])
    low, pitch = float32(float_bits(arguments[13])), arguments[14]
    while True:
        part = take_part(arguments)
        if part >= parts:
            break
        first, last = part * rows // parts, (part + 1) * rows // parts
        if masked and arguments[2] == arguments[3]:
            _spread(x, d, d, factor, mean, slope, step, first, last, channels)
        elif masked:
            _spread(x, d, d_x, factor, mean, slope, step, first, last, channels)
        elif arguments[2] == arguments[3]:
            _spread_masked(
                x, d, d, factor, offset, low, mean, slope, step, first, last, channels, channels
            )
        else:
            _spread_masked(
                x, d, d_x, factor, offset, low, mean, slope, step, first, last, channels, pitch
            )


# -- calls -----------------------------------------------------------------------------------------
_local = threading.local()


def _scratch(size: int) -> int:
    """The address of memory for ``size`` numbers of 8 bytes, of the calling thread."""
    memory = getattr(_local, "memory", None)
    if memory is None or memory.numel() < size:
        memory = _local.memory = torch.empty(size, dtype=torch.float64)
    return memory.data_ptr()


def _bits(value: float) -> int:
    return struct.unpack("q", struct.pack("d", value))[0]


_LOW = {True: _bits(0.0), False: _bits(float("-inf"))}  # by relu
_PART = 1 << 15  # elements that are worth a part of their own


def _parts(rows: int, channels: int) -> int:
    return max(1, min(16, rows * channels // _PART, rows // 8))


def forward(
    x: Any, gamma: Any, beta: Any, residual: Any, y: Any, mean: Any, inverse: Any,
    rows: int, channels: int, eps: float, relu: bool,
) -> None:  # fmt: skip
    """y = gamma (x - mean) / deviation + beta (+ residual), made positive with ``relu``.

    x, residual and y are stored as rows of channels; mean and ``inverse`` = 1 / sqrt(variance +
    eps) are results too. ``residual`` may be None, and may be y.
    """
    stored, parts = str(x.dtype)[6:], _parts(rows, channels)
    totals = _scratch(parts * 3 * channels + 2 * channels)
    sums = totals + parts * channels * 16
    shift = sums + parts * channels * 8
    factor, offset = shift + channels * 4, shift + channels * 8
    x_at, mean_at, inverse_at = x.data_ptr(), mean.data_ptr(), inverse.data_ptr()
    gamma_at, beta_at = gamma.data_ptr(), beta.data_ptr()
    run(_typical[stored], (0, x_at, shift, rows, channels))
    run(_sums[stored], (0, x_at, shift, rows, channels, parts, totals, sums), parts)
    run(_finish_statistics, (
        0, shift, rows, channels, parts, totals, mean_at, inverse_at, _bits(eps)
    ))  # fmt: skip
    run(_coefficients, (0, gamma_at, beta_at, mean_at, inverse_at, factor, offset, channels))
    added = 0 if residual is None else residual.data_ptr()
    run(_apply[stored], (
        0, x_at, y.data_ptr(), added, rows, channels, parts, factor, offset, _LOW[relu]
    ), parts)  # fmt: skip


def backward(
    d: Any, x: Any, y: Any, gamma: Any, beta: Any, mean: Any, inverse: Any, d_x: Any, masked: Any,
    d_gamma: Any, d_beta: Any, rows: int, channels: int, relu: bool, pitch: int | None = None,
) -> None:  # fmt: skip
    """The derivative of ``forward``: fills d_x, d_gamma and d_beta (where they are not None).

    With a residual, ``y`` is the output, and ``masked`` takes its gradient; it may be d or d_x.
    Without one both are None. d_x may be d unless ``masked`` is. ``pitch``: how far the rows of d lie
    apart, if that is not ``channels`` (without a residual only).
    """
    pitch = pitch or channels
    stored, parts = str(x.dtype)[6:], _parts(rows, channels)
    totals = _scratch(parts * 3 * channels + 2 * channels)
    sums = totals + parts * channels * 16
    factor = sums + parts * channels * 8
    offset, slope, step = (factor + channels * 4 * n for n in (1, 2, 3))
    x_at, d_at, mean_at, inverse_at = (t.data_ptr() for t in (x, d, mean, inverse))
    y_at, masked_at, d_gamma_at, d_beta_at = (
        0 if t is None else t.data_ptr() for t in (y, masked, d_gamma, d_beta)
    )
    run(_coefficients, (
        0, gamma.data_ptr(), beta.data_ptr(), mean_at, inverse_at, factor, offset, channels
    ))  # fmt: skip
    run(_gradient_sums[stored], (
        0, x_at, y_at, d_at, masked_at, rows, channels, parts, factor, offset, mean_at, totals,
        sums, _LOW[relu], pitch,
    ), parts)  # fmt: skip
    run(_finish_gradient, (
        0, factor, inverse_at, rows, channels, parts, totals, slope, step, d_gamma_at, d_beta_at
    ))  # fmt: skip
    run(_gradient[stored], (
        0, x_at, masked_at or d_at, d_x.data_ptr(), masked_at, rows, channels, parts, factor,
        offset, mean_at, slope, step, _LOW[relu], pitch,
    ), parts)  # fmt: skip
