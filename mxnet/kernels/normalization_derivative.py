"""The derivative of batch normalisation with what follows it: two passes over memory.

Arrays are rows of channels, and sums are made as in ``normalization``.
"""

from __future__ import annotations

from typing import Any

from numpy import float32

from ..ops.fused_normalization import parts_of
from ..ops.lazy_torch import torch
from . import planes
from .language import FAST, as_float, as_real, as_stored, float_bits, helper, take_part
from .native import Stage, bits, compiled, for_types, run_stages
from .normalization import (
    BLOCK,
    CACHED,
    LOW,
    NARROW,
    Scratch,
    add_parts,
    address,
    coefficients,
)
from .planes import move_statistics

__all__ = ["backward", "backward_stages"]

inline = helper(FAST)


@inline
def _masked_rows(
    x, y, d, masked, mean, totals, scratch, total, square_total, first, last, channels
):
    """Sums of what passes the relu, which is written to ``masked``."""
    row = first
    while row < last:
        end = min(row + BLOCK, last)
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


@inline
def _rows(
    x, d, factor, offset, low, mean, totals, scratch, total, square_total, first, last, channels,
    pitch, several,
):  # fmt: skip
    """Sums of what passes the relu, which is found out by computing its input again."""
    zero, row = float32(0), first
    while row < last:
        end = min(row + BLOCK, last)
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
        _rows(
            x, d, factor, offset, low, mean, totals, scratch, total, square_total, first, last,
            channels, pitch, several,
        )  # fmt: skip


@compiled
def _finish_gradient(arguments):
    """The gradients of gamma and beta, and slope and step: d_x = factor g + slope (x - mean) + step.

    Moving statistics move towards those of the batch.
    """
    factor, inverse = as_float(arguments[1]), as_float(arguments[2])
    rows, channels, parts = arguments[3], arguments[4], arguments[5]
    totals = as_real(arguments[6])
    slope, step = as_float(arguments[7]), as_float(arguments[8])
    d_gamma, d_beta = as_float(arguments[9]), as_float(arguments[10])
    mean, moving_mean, moving_var = (
        as_float(arguments[11]), as_float(arguments[12]), as_float(arguments[13]),
    )  # fmt: skip
    momentum, eps = float_bits(arguments[14]), float_bits(arguments[15])
    add_parts(totals, channels, parts)
    for c in range(channels):
        total, product = totals[c], totals[channels + c] * inverse[c]
        if arguments[9] != 0:
            d_gamma[c] = product
        if arguments[10] != 0:
            d_beta[c] = total
        slope[c] = -product * inverse[c] * factor[c] / rows
        step[c] = -total * factor[c] / rows
        move_statistics(moving_mean, moving_var, c, momentum, mean[c], inverse[c], eps)


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
def backward_stages(
    d: Any, x: Any, y: Any, gamma: Any, beta: Any, mean: Any, inverse: Any, scratch: Any,
    size: tuple[int, ...], relu: bool, pitch: int | None, momentum: float, eps: float, *, out: tuple,
) -> list[Stage]:  # fmt: skip
    """The kernels that ``backward`` runs."""
    stored = str(x.dtype)[6:]
    d_at, x_at, y_at, gamma_at, beta_at, mean_at, inverse_at = map(
        address, (d, x, y, gamma, beta, mean, inverse)
    )
    d_x, masked, d_gamma, d_beta, moving_mean, moving_var = map(address, out)
    if len(size) == 3:
        addresses = (
            x_at, d_at, d_x, gamma_at, beta_at, mean_at, inverse_at, d_gamma, d_beta, moving_mean,
            moving_var,
        )  # fmt: skip
        return [planes.backward_stage(stored, addresses, size, momentum, eps, LOW[relu])]
    rows, channels = size
    pitch = pitch or channels
    parts = parts_of(rows, channels)
    own = Scratch(scratch, parts, channels)
    factor, offset, slope, step = own.vectors
    return [
        Stage(coefficients, (0, gamma_at, beta_at, mean_at, inverse_at, factor, offset, channels)),
        Stage(_gradient_sums[stored], (
            0, x_at, y_at, d_at, masked, rows, channels, parts, factor, offset, mean_at, own.totals,
            own.sums, LOW[relu], pitch,
        ), parts),
        Stage(_finish_gradient, (
            0, factor, inverse_at, rows, channels, parts, own.totals, slope, step, d_gamma, d_beta,
            mean_at, moving_mean, moving_var, bits(momentum), bits(eps),
        )),
        Stage(_gradient[stored], (
            0, x_at, masked or d_at, d_x, masked, rows, channels, parts, factor, offset, mean_at,
            slope, step, LOW[relu], pitch,
        ), parts),
    ]  # fmt: skip


def backward(
    d: Any, x: Any, y: Any, gamma: Any, beta: Any, mean: Any, inverse: Any, scratch: Any,
    size: tuple[int, ...], relu: bool, pitch: int | None, momentum: float, eps: float, *, out: tuple,
) -> tuple:  # fmt: skip
    """The derivative of ``forward``; moving statistics move towards those of the batch.

    ``out``: the gradient of x, that of the residual, those of gamma and beta (None where they are not
    wanted), and the moving mean and variance. With a residual, ``y`` is the output, and the residual's
    gradient may be d or that of x. Without one both are None. The gradient of x may be d unless there
    is one of a residual. ``pitch``: how far the rows of d lie apart, if that is not the number of
    channels (without a residual only).
    """
    if torch.overrides.has_torch_function((x,)):
        return torch.overrides.handle_torch_function(
            backward, (x,), d, x, y, gamma, beta, mean, inverse, scratch, size, relu, pitch, momentum,
            eps, out=out,
        )  # fmt: skip
    run_stages(
        backward_stages(
            d, x, y, gamma, beta, mean, inverse, scratch, size, relu, pitch, momentum, eps, out=out
        )
    )
    torch.autograd.graph.increment_version(tuple(each for each in out if each is not None))
    return out
