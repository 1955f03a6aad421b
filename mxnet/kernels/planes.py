"""Batch normalisation of dense arrays: a plane of numbers for each channel of each sample.

One channel is done after the other, so that a channel is read from memory once and, where it fits,
from the cache from then on. Sums are made as in ``normalization``, and so are statistics.
"""

from __future__ import annotations

import math

from numpy import float32, float64

from .language import FAST, as_float, as_stored, float_bits, helper, take_part
from .native import Stage, bits, for_types

__all__ = ["backward_stage", "forward_stage", "move_statistics"]

_LINE = 1024  # numbers of a plane whose sums are float32
_SAMPLE = 16  # numbers of which the typical value is the mean


@for_types
def _forward(arguments):
    """Words: counter, x, y, gamma, beta, mean, inverse, samples, channels, plane, eps, low."""
    x, y = as_stored(arguments[1]), as_stored(arguments[2])
    gamma, beta = as_float(arguments[3]), as_float(arguments[4])
    means, inverses = as_float(arguments[5]), as_float(arguments[6])
    samples, channels, plane = arguments[7], arguments[8], arguments[9]
    eps, low = float_bits(arguments[10]), float32(float_bits(arguments[11]))
    count = samples * plane
    while True:
        c = take_part(arguments)
        if c >= channels:
            break
        shift, few = float32(0), min(_SAMPLE, plane)
        for index in range(few):
            shift += x[c * plane + plane * index // few]
        shift /= few
        total, squares = 0.0, 0.0
        for sample in range(samples):
            start = (sample * channels + c) * plane
            for first in range(0, plane, _LINE):
                part, square = float32(0), float32(0)
                for i in range(start + first, start + min(first + _LINE, plane)):
                    u = x[i] - shift
                    part += u
                    square += u * u
                total += part
                squares += square
        total /= count
        variance = squares / count - total * total
        variance = 0.0 if variance < 0 else variance
        means[c] = shift + total
        inverses[c] = 1 / math.sqrt(variance + eps)
        exact = float64(gamma[c]) * inverses[c]
        factor, offset = float32(exact), float32(beta[c] - means[c] * exact)
        for sample in range(samples):
            start = (sample * channels + c) * plane
            for i in range(start, start + plane):
                value = x[i] * factor + offset
                y[i] = low if value < low else value


@helper(FAST)
def _spread(x, d, d_x, c, samples, channels, plane, factor, offset, low, mean, slope, step):
    """The gradient of all planes of a channel."""
    for sample in range(samples):
        start = (sample * channels + c) * plane
        for i in range(start, start + plane):
            u = x[i]
            g = d[i]
            g = float32(0) if u * factor + offset <= low else g
            d_x[i] = g * factor + (u - mean) * slope + step


@helper(FAST)
def move_statistics(moving_mean, moving_var, c, momentum, mean, inverse, eps):
    """Move those of a channel towards those of the batch."""
    variance = 1 / (float64(inverse) * inverse) - eps
    moving_mean[c] = momentum * moving_mean[c] + (1 - momentum) * mean
    moving_var[c] = momentum * moving_var[c] + (1 - momentum) * variance


@for_types
def _backward(arguments):
    """Words: counter, x, d, d_x, gamma, beta, mean, inverse, d_gamma and d_beta (or 0), moving mean and
    variance, samples, channels, plane, momentum, eps, low.
    """
    x, d, d_x = as_stored(arguments[1]), as_stored(arguments[2]), as_stored(arguments[3])
    gamma, beta = as_float(arguments[4]), as_float(arguments[5])
    means, inverses = as_float(arguments[6]), as_float(arguments[7])
    d_gamma, d_beta = as_float(arguments[8]), as_float(arguments[9])
    moving_mean, moving_var = as_float(arguments[10]), as_float(arguments[11])
    samples, channels, plane = arguments[12], arguments[13], arguments[14]
    momentum, eps = float_bits(arguments[15]), float_bits(arguments[16])
    low = float32(float_bits(arguments[17]))
    count = samples * plane
    while True:
        c = take_part(arguments)
        if c >= channels:
            break
        mean, inverse = means[c], inverses[c]
        exact = float64(gamma[c]) * inverse
        factor, offset = float32(exact), float32(beta[c] - mean * exact)
        total, product = 0.0, 0.0
        for sample in range(samples):
            start = (sample * channels + c) * plane
            for first in range(0, plane, _LINE):
                part, other = float32(0), float32(0)
                for i in range(start + first, start + min(first + _LINE, plane)):
                    u = x[i]
                    g = d[i]
                    g = float32(0) if u * factor + offset <= low else g
                    part += g
                    other += g * (u - mean)
                total += part
                product += other
        product *= inverse
        if arguments[8] != 0:
            d_gamma[c] = product
        if arguments[9] != 0:
            d_beta[c] = total
        slope = float32(-product * inverse * factor / count)
        step = float32(-total * factor / count)
        # Loops over arrays that may be one are written with one name, or they are not vectorised.
        if arguments[2] == arguments[3]:
            _spread(x, d, d, c, samples, channels, plane, factor, offset, low, mean, slope, step)
        else:
            _spread(x, d, d_x, c, samples, channels, plane, factor, offset, low, mean, slope, step)
        move_statistics(moving_mean, moving_var, c, momentum, mean, inverse, eps)


def forward_stage(
    stored: str, addresses: tuple[int, ...], size: tuple[int, ...], eps: float, low: int
) -> Stage:
    """The kernel of ``normalization.forward`` for ``size``: samples, channels and numbers of a plane.

    ``addresses``: of x, y, gamma, beta, mean and 1 / sqrt(variance + eps); ``low``: bits.
    """
    return Stage(_forward[stored], (0, *addresses, *size, bits(eps), low), size[1])


def backward_stage(
    stored: str,
    addresses: tuple[int, ...],
    size: tuple[int, ...],
    momentum: float,
    eps: float,
    low: int,
) -> Stage:
    """The kernel of ``normalization_derivative.backward``.

    ``addresses``: of x, the gradient of the result, that of x, gamma, beta, mean, 1 / sqrt(variance +
    eps), the gradients of gamma and beta or 0, and the moving mean and variance.
    """
    words = (0, *addresses, *size, bits(momentum), bits(eps), low)
    return Stage(_backward[stored], words, size[1])
