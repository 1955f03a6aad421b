"""Batch normalisation with what follows it: two passes over memory.

Channels-last arrays are ``rows`` of ``channels``; dense ones are planes, see ``planes``. Sums are
float32 within some rows, float64 beyond. Statistics are those of the data minus
a typical value of the channel, so that nothing cancels where the mean is far from zero.
"""

from __future__ import annotations

import math
from typing import Any

from numpy import float32, float64

from ..ops.fused_normalization import parts_of
from ..ops.lazy_torch import torch
from . import planes
from .language import FAST, as_float, as_real, as_stored, float_bits, helper, take_part
from .native import Stage, bits, compiled, for_types, run_stages

__all__ = [
    "BLOCK", "CACHED", "LOW", "NARROW", "Scratch", "add_parts", "address", "coefficients",
    "forward", "forward_stages",
]  # fmt: skip

inline = helper(FAST)
BLOCK = 64  # rows whose sums are float32
# Several rows are read at a time, unless they are long and come from far away.
NARROW = 128
CACHED = 1 << 22
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
    several = channels <= NARROW or rows * channels <= CACHED
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
            end = min(row + BLOCK, last)
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
def add_parts(totals, channels, parts):
    """Add the sums of all parts to those of the first."""
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
    add_parts(totals, channels, parts)
    for c in range(channels):
        total = totals[c] / rows
        variance = totals[channels + c] / rows - total * total
        variance = 0.0 if variance < 0 else variance
        mean[c] = shift[c] + total
        inverse[c] = 1 / math.sqrt(variance + eps)


@compiled
def coefficients(arguments):
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


# -- calls -----------------------------------------------------------------------------------------
LOW = {True: bits(0.0), False: bits(float("-inf"))}  # by relu


def address(array: Any) -> int:
    """Where an array lies; 0 for None."""
    return 0 if array is None else array.data_ptr()


class Scratch:
    """Addresses in scratch memory: of sums of 8 and of 4 bytes for each part, and of four vectors."""

    def __init__(self, memory: Any, parts: int, channels: int):
        self.totals = memory.data_ptr()
        self.sums = self.totals + parts * channels * 16
        first = self.sums + parts * channels * 8
        self.vectors = tuple(first + channels * 4 * n for n in range(4))


def forward_stages(
    x: Any, gamma: Any, beta: Any, residual: Any, scratch: Any, size: tuple[int, ...], eps: float,
    relu: bool, *, out: tuple,
) -> list[Stage]:  # fmt: skip
    """The kernels that ``forward`` runs."""
    stored, x_at, added = str(x.dtype)[6:], x.data_ptr(), address(residual)
    y_at, mean, inverse = map(address, out)
    vectors = gamma.data_ptr(), beta.data_ptr(), mean, inverse
    if len(size) == 3:
        return [planes.forward_stage(stored, (x_at, y_at, *vectors), size, eps, LOW[relu])]
    rows, channels = size
    parts = parts_of(rows, channels)
    own = Scratch(scratch, parts, channels)
    shift, factor, offset, _ = own.vectors
    return [
        Stage(_typical[stored], (0, x_at, shift, rows, channels)),
        Stage(_sums[stored], (0, x_at, shift, rows, channels, parts, own.totals, own.sums), parts),
        Stage(
            _finish_statistics,
            (0, shift, rows, channels, parts, own.totals, mean, inverse, bits(eps)),
        ),
        Stage(coefficients, (0, *vectors, factor, offset, channels)),
        Stage(
            _apply[stored],
            (0, x_at, y_at, added, rows, channels, parts, factor, offset, LOW[relu]),
            parts,
        ),
    ]


def forward(
    x: Any, gamma: Any, beta: Any, residual: Any, scratch: Any, size: tuple[int, ...], eps: float,
    relu: bool, *, out: tuple,
) -> tuple:  # fmt: skip
    """y = gamma (x - mean) / deviation + beta (+ residual), made positive with ``relu``.

    x, residual and y are stored as rows of channels, ``size``; ``residual`` may be None, and may be y.
    Without it they may be dense: ``size`` is samples, channels and numbers of a plane. ``out``: y, mean
    and 1 / sqrt(variance + eps); ``scratch``: as ``scratch_of`` says.
    """
    if torch.overrides.has_torch_function((x,)):
        return torch.overrides.handle_torch_function(
            forward, (x,), x, gamma, beta, residual, scratch, size, eps, relu, out=out
        )
    run_stages(forward_stages(x, gamma, beta, residual, scratch, size, eps, relu, out=out))
    torch.autograd.graph.increment_version(out)
    return out
