"""Normalisation of rows: one pass over memory forward, and one backward.

A row is read from memory once; what else is asked of it comes from the cache. Sums over rows are
float32 within some of them, float64 beyond, and are cut in the same way for any number of threads.
"""

from __future__ import annotations

import math
from typing import Any

from numpy import float32

from ..ops.lazy_torch import torch
from ..ops.norm import PARTS
from .language import FAST, as_float, as_real, as_stored, float_bits, helper, take_part
from .native import bits, for_types, run

__all__ = ["backward", "forward"]

_BLOCK = 64  # rows whose sums are float32
_LINE = 1024  # numbers of a row whose sum is float32: of each lane of a vector a few


@helper(FAST, returns="float32")
def _mean(x, row, columns):
    total = 0.0
    for first in range(0, columns, _LINE):
        part = float32(0)
        for i in range(row + first, row + min(first + _LINE, columns)):
            part += x[i]
        total += part
    return float32(total / columns)


@helper(FAST, returns="float64")
def _spread(x, row, columns, mean):
    """The mean of the squares of what differs from the mean."""
    total = 0.0
    for first in range(0, columns, _LINE):
        part = float32(0)
        for i in range(row + first, row + min(first + _LINE, columns)):
            part += (x[i] - mean) * (x[i] - mean)
        total += part
    return total / columns


@for_types
def _forward(arguments):
    """Words: counter, data, gamma, beta, result, mean, std, rows, columns, eps, parts."""
    x, gamma, beta = as_stored(arguments[1]), as_stored(arguments[2]), as_stored(arguments[3])
    y, means, stds = as_stored(arguments[4]), as_stored(arguments[5]), as_stored(arguments[6])
    rows, columns, eps, parts = arguments[7], arguments[8], float_bits(arguments[9]), arguments[10]
    while True:
        part = take_part(arguments)
        if part >= parts:
            break
        for r in range(part * rows // parts, (part + 1) * rows // parts):
            row = r * columns
            mean = _mean(x, row, columns)
            std = math.sqrt(_spread(x, row, columns, mean) + eps)
            factor = float32(1 / std)
            for i in range(columns):
                y[row + i] = (x[row + i] - mean) * factor * gamma[i] + beta[i]
            if arguments[5]:
                means[r] = mean
            if arguments[6]:
                stds[r] = std


@for_types
def _backward(arguments):
    """Words: counter, gradient of the result, data, gamma, mean, std, gradient of the data or 0, sums
    of 4 and of 8 bytes, two lines for each part, rows, columns, parts, eps, whether mean and std are
    to be found again.
    """
    d, x, gamma = as_stored(arguments[1]), as_stored(arguments[2]), as_stored(arguments[3])
    means, stds, result = as_stored(arguments[4]), as_stored(arguments[5]), as_stored(arguments[6])
    rows, columns, parts = arguments[9], arguments[10], arguments[11]
    eps, again = float_bits(arguments[12]), arguments[13] != 0
    while True:
        part = take_part(arguments)
        if part >= parts:
            break
        near = as_float(arguments[7] + 8 * part * columns)
        near_shift = as_float(arguments[7] + (8 * part + 4) * columns)
        far = as_real(arguments[8] + 16 * part * columns)
        for i in range(2 * columns):
            near[i] = 0
            far[i] = 0
        first, last = part * rows // parts, (part + 1) * rows // parts
        for r in range(first, last):
            row, mean, std = r * columns, means[r], stds[r]
            if again:
                mean = _mean(x, row, columns)
                std = float32(math.sqrt(_spread(x, row, columns, mean) + eps))
            factor = float32(1 / std)
            for i in range(columns):
                near[i] += d[row + i] * ((x[row + i] - mean) * factor)
                near_shift[i] += d[row + i]
            if arguments[6]:
                total, product = float32(0), float32(0)
                for i in range(columns):
                    scaled = d[row + i] * gamma[i]
                    total += scaled
                    product += scaled * (x[row + i] - mean)
                total = float32(total / columns)
                product = float32(product * factor * factor / columns)
                for i in range(columns):
                    rest = d[row + i] * gamma[i] - total - (x[row + i] - mean) * product
                    result[row + i] = rest * factor
            if (r - first) % _BLOCK == _BLOCK - 1 or r == last - 1:
                for i in range(2 * columns):
                    far[i] += near[i]
                    near[i] = 0


@for_types
def _finish(arguments):
    """The sums of all parts. Words: 0, sums of 8 bytes, columns, parts, two results or 0."""
    far, columns, parts = as_real(arguments[1]), arguments[2], arguments[3]
    for index in range(2):
        if arguments[4 + index]:
            result = as_stored(arguments[4 + index])
            first = index * columns
            for part in range(1, parts):
                own = first + 2 * part * columns
                for i in range(columns):
                    far[first + i] += far[own + i]
            for i in range(columns):
                result[i] = far[first + i]


def _address(array: Any) -> int:
    return 0 if array is None else array.data_ptr()


def _written(out: tuple) -> None:
    torch.autograd.graph.increment_version(tuple(each for each in out if each is not None))


def _parts(rows: int) -> int:
    return max(1, min(PARTS, rows // 16))


def forward(data: Any, gamma: Any, beta: Any, eps: float, *, out: tuple) -> tuple:
    """Normalise dense data along the last axis, all arrays in float32 or all in bfloat16.

    ``out``: result, mean and deviation, of which the last two may be None.
    """
    if torch.overrides.has_torch_function((data,)):
        return torch.overrides.handle_torch_function(
            forward, (data,), data, gamma, beta, eps, out=out
        )
    columns = len(gamma)
    rows = data.numel() // columns
    addresses = map(_address, (data, gamma, beta, *out))
    kernel = _forward[str(data.dtype)[6:]]
    run(kernel, (0, *addresses, rows, columns, bits(eps), _parts(rows)), _parts(rows))
    _written(out)
    return out


def backward(
    d_output: Any,
    data: Any,
    gamma: Any,
    mean: Any,
    std: Any,
    eps: float,
    scratch: Any,
    *,
    out: tuple,
) -> tuple:
    """The derivative; ``out``: the gradients of data, gamma and beta, None where they are not wanted.

    ``scratch``: 6 PARTS float32 numbers for each column. A mean and a deviation that have been rounded
    to bfloat16 are found again.
    """
    if torch.overrides.has_torch_function((data,)):
        return torch.overrides.handle_torch_function(
            backward, (data,), d_output, data, gamma, mean, std, eps, scratch, out=out
        )
    columns, stored = len(gamma), str(data.dtype)[6:]
    rows = data.numel() // columns
    parts = _parts(rows)
    far = scratch.data_ptr()
    near = far + 16 * PARTS * columns
    d_data, d_gamma, d_beta = map(_address, out)
    addresses = map(_address, (d_output, data, gamma, mean, std))
    words = d_data, near, far, rows, columns, parts, bits(eps), int(stored != "float32")
    run(_backward[stored], (0, *addresses, *words), parts)
    run(_finish[stored], (0, far, columns, parts, d_gamma, d_beta))
    _written(out)
    return out
