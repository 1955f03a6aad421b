"""Initializers of single arrays: constants, random numbers, kernels."""

from __future__ import annotations

import json
import math

import numpy as np

from .base import Initializer, alias, register

__all__ = [
    "Bilinear",
    "Constant",
    "MSRAPrelu",
    "Normal",
    "One",
    "Orthogonal",
    "Uniform",
    "Xavier",
    "Zero",
]


@register
@alias("zeros")
class Zero(Initializer):
    """Zeros."""

    def __init__(self):
        super().__init__()

    def _init_weight(self, _, arr):
        arr[:] = 0.0


@register
@alias("ones")
class One(Initializer):
    """Ones."""

    def __init__(self):
        super().__init__()

    def _init_weight(self, _, arr):
        arr[:] = 1.0


@register
class Constant(Initializer):
    """One value, or the values of an array that broadcasts."""

    def __init__(self, value):
        super().__init__(value=value)
        self.value = value

    def _init_weight(self, _, arr):
        arr[:] = self.value

    def dumps(self) -> str:
        """JSON of class name and value."""
        value = self.value.asnumpy() if hasattr(self.value, "asnumpy") else self.value
        return json.dumps(["constant", {"value": getattr(value, "tolist", lambda: value)()}])


def _draw(distribution: str, scale: float, arr) -> None:
    """Fill an array from mx.random: uniform in (-scale, scale), or normal with that deviation."""
    from .. import random

    if distribution == "uniform":
        random.uniform(-scale, scale, out=arr)
    else:
        random.normal(0, scale, out=arr)


@register
class Uniform(Initializer):
    """Uniform numbers between -scale and scale."""

    def __init__(self, scale: float = 0.07):
        super().__init__(scale=scale)
        self.scale = scale

    def _init_weight(self, _, arr):
        _draw("uniform", self.scale, arr)


@register
class Normal(Initializer):
    """Normal numbers with mean 0 and standard deviation sigma."""

    def __init__(self, sigma: float = 0.01):
        super().__init__(sigma=sigma)
        self.sigma = sigma

    def _init_weight(self, _, arr):
        _draw("gaussian", self.sigma, arr)


@register
class Orthogonal(Initializer):
    """Orthogonal rows (or columns, if there are fewer) of length scale, of arrays as matrices.

    Source: Saxe, McClelland, Ganguli 2013. ``rand_type``: "uniform" or "normal", what the
    rows are made of; it comes from ``numpy.random``, as in 1.x.
    """

    def __init__(self, scale: float = 1.414, rand_type: str = "uniform"):
        super().__init__(scale=scale, rand_type=rand_type)
        self.scale = scale
        self.rand_type = rand_type

    def _init_weight(self, _, arr):
        matrix = (arr.shape[0], math.prod(arr.shape[1:]))
        if self.rand_type == "uniform":
            draws = np.random.uniform(-1.0, 1.0, matrix)
        elif self.rand_type == "normal":
            draws = np.random.normal(0.0, 1.0, matrix)
        else:
            raise ValueError(f"rand_type should be 'uniform' or 'normal', not {self.rand_type!r}")
        u, _, v = np.linalg.svd(draws, full_matrices=False)
        arr[:] = (self.scale * (u if u.shape == matrix else v)).reshape(arr.shape)


@register
class Xavier(Initializer):
    """Numbers whose scale is sqrt(magnitude / fan), to keep the size of activations.

    fan is that of ``factor_type``: "in" (channels in * kernel size), "out", or "avg" of both;
    ``rnd_type``: "uniform" in (-scale, scale), or "gaussian" with that deviation. Raises ValueError
    for vectors. Source: Glorot, Bengio 2010.
    """

    def __init__(self, rnd_type: str = "uniform", factor_type: str = "avg", magnitude: float = 3):
        super().__init__(rnd_type=rnd_type, factor_type=factor_type, magnitude=magnitude)
        self.rnd_type = rnd_type
        self.factor_type = factor_type
        self.magnitude = float(magnitude)

    def _init_weight(self, name, arr):
        shape = arr.shape
        if len(shape) < 2:
            raise ValueError(
                f"Xavier initializer cannot be applied to vector {name}. It requires at least 2D."
            )
        if self.rnd_type not in ("uniform", "gaussian"):
            raise ValueError(f"Unknown random type {self.rnd_type!r}: 'uniform' or 'gaussian'")
        kernel = math.prod(shape[2:])
        fan_in, fan_out = shape[1] * kernel, shape[0] * kernel
        fans = {"avg": (fan_in + fan_out) / 2, "in": fan_in, "out": fan_out}
        if self.factor_type not in fans:
            raise ValueError(f"Incorrect factor type {self.factor_type!r}: 'in', 'out' or 'avg'")
        _draw(self.rnd_type, math.sqrt(self.magnitude / fans[self.factor_type]), arr)


@register
class MSRAPrelu(Xavier):
    """Normal numbers for layers before (leaky) ReLUs of the given slope.

    Source: He et al. 2015. It is Xavier with a magnitude of 2 / (1 + slope^2).
    """

    def __init__(self, factor_type: str = "avg", slope: float = 0.25):
        super().__init__("gaussian", factor_type, 2.0 / (1 + slope**2))
        self._kwargs = {"factor_type": factor_type, "slope": slope}


@register
class Bilinear(Initializer):
    """Kernels (..., h, w) by which a transposed convolution interpolates linearly."""

    def __init__(self):
        super().__init__()

    def _init_weight(self, name, arr):
        self._init_bilinear(name, arr)
