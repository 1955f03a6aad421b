"""What an initializer is, how names choose values, and initializers made of others."""

from __future__ import annotations

import json
import logging
import math
import re
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import registry

__all__ = ["InitDesc", "Initializer", "Load", "Mixed", "alias", "create", "register"]


class InitDesc(str):
    """The name of a parameter, with what decides on its first value.

    Attributes: ``attrs``: of the variable, ``__init__`` (see ``Initializer.dumps``) above all;
    ``global_init``: the initializer of the whole network.
    """

    attrs: dict[str, str]
    global_init: Any

    def __new__(cls, name: str, attrs: dict[str, str] | None = None, global_init=None):
        self = super().__new__(cls, name)
        self.attrs = attrs or {}
        self.global_init = global_init
        return self


# What the end of a name means, and the method that does it.
_RULES = [
    ("weight", "_init_weight"),
    ("bias", "_init_bias"),
    ("gamma", "_init_gamma"),
    ("beta", "_init_beta"),
    ("min", "_init_zero"),
    ("max", "_init_one"),
    ("weight_quantize", "_init_quantized_weight"),
    ("bias_quantize", "_init_quantized_bias"),
]
# Names without InitDesc come from programs of before it; BatchNorm had no attributes then.
_OLD_RULES = [
    *_RULES[:6],
    ("moving_mean", "_init_zero"),
    ("moving_var", "_init_one"),
    ("moving_inv_var", "_init_zero"),
    ("moving_avg", "_init_zero"),
]


class Initializer:
    """Base class: ``initializer(InitDesc(name), array)`` writes first values into an array.

    The ``__init__`` attribute of the variable decides; without one, the end of the name does:
    ``bias``, ``beta`` and ``min`` are 0, ``gamma`` and ``max`` are 1, ``weight`` is what a subclass
    implements in ``_init_weight(desc, array)``. Raises ValueError for other names.
    """

    def __init__(self, **kwargs):
        self._kwargs = kwargs
        self._verbose = False
        self._print_func: Callable | None = None

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._kwargs == other._kwargs

    __hash__ = None  # type: ignore[assignment]

    def set_verbosity(self, verbose: bool = False, print_func: Callable | None = None):
        """Log what is written: ``print_func(array)``, its root mean square by default."""
        self._verbose = verbose
        self._print_func = print_func or _root_mean_square
        return self

    def dumps(self) -> str:
        """JSON of class name and arguments, from which ``create`` makes the initializer again."""
        return json.dumps([type(self).__name__.lower(), self._kwargs])

    def __call__(self, desc: str, arr) -> None:
        if not isinstance(desc, str):
            raise TypeError(f"name must be string, not {type(desc).__name__}")
        if not isinstance(desc, InitDesc):
            self._legacy_init(desc, arr)
            return
        if desc.global_init is None:
            desc.global_init = self
        given = desc.attrs.get("__init__", "")
        if given:
            create(given)._init_weight(desc, arr)
            self._verbose_print(desc, given, arr)
        else:
            self._init_by_name(desc, arr, _RULES)

    def _legacy_init(self, name: str, arr) -> None:
        warnings.warn(
            "Calling initializer with init(str, NDArray) has been deprecated. "
            "please use init(mx.init.InitDesc(...), NDArray) instead.",
            DeprecationWarning,
            stacklevel=3,
        )
        if name.startswith("upsampling"):
            self._init_bilinear(name, arr)
        elif name.startswith("stn_loc") and name.endswith("weight"):
            self._init_zero(name, arr)
        elif name.startswith("stn_loc") and name.endswith("bias"):
            self._init_loc_bias(name, arr)
        else:
            self._init_by_name(name, arr, _OLD_RULES)

    def _init_by_name(self, name: str, arr, rules: list[tuple[str, str]]) -> None:
        for end, method in rules:
            if name.endswith(end):
                getattr(self, method)(name, arr)
                self._verbose_print(name, end, arr)
                return
        self._init_default(name, arr)

    def _verbose_print(self, desc: str, rule: str, arr) -> None:
        if self._verbose and self._print_func:
            logging.info("Initialized %s as %s: %s", desc, rule, self._print_func(arr))

    def _init_weight(self, name: str, arr) -> None:
        raise NotImplementedError(f"{type(self).__name__} does not implement _init_weight")

    def _init_default(self, name: str, arr) -> None:
        raise ValueError(
            f"Unknown initialization pattern for {name}. Names that end in weight, bias, gamma (1) "
            "and beta (0) are known; for others use mx.sym.Variable(init=...) or mx.init.Mixed"
        )

    def _init_zero(self, _, arr) -> None:
        arr[:] = 0.0

    def _init_one(self, _, arr) -> None:
        arr[:] = 1.0

    _init_bias = _init_beta = _init_quantized_bias = _init_zero
    _init_gamma = _init_one

    def _init_bilinear(self, _, arr) -> None:
        arr[:] = _bilinear_kernels(arr.shape)

    def _init_loc_bias(self, _, arr) -> None:
        if arr.shape != (6,):
            raise AssertionError(f"an affine transformation has 6 numbers, not {arr.shape}")
        arr[:] = np.array([1.0, 0, 0, 0, 1.0, 0])

    def _init_quantized_weight(self, _, arr) -> None:
        arr[:] = np.random.randint(-127, 127, arr.shape)


def _root_mean_square(arr) -> str:
    return str(np.sqrt(np.square(arr.asnumpy()).mean()))


def _bilinear_kernels(shape: tuple[int, ...]) -> np.ndarray:
    """Kernels (..., h, w) by which a transposed convolution interpolates linearly."""
    if len(shape) != 4:
        raise ValueError(f"Bilinear fills convolution kernels of 4 dimensions, not {shape}")
    half = math.ceil(shape[3] / 2)
    centre = (2 * half - 1 - half % 2) / (2 * half)
    rows, columns = (1 - np.abs(np.arange(n) / half - centre) for n in shape[2:])
    return np.broadcast_to(np.outer(rows, columns), shape).astype(np.float32)


_register = registry.get_register_func(Initializer, "initializer")
alias = registry.get_alias_func(Initializer, "initializer")
create = registry.get_create_func(Initializer, "initializer")


def register(klass: type[Initializer]) -> type[Initializer]:
    """Make an Initializer known to ``create`` and ``__init__`` attributes; a class decorator."""
    return _register(klass)


class Load:
    """Takes values from saved parameters.

    Parameters: ``param``: a dict of arrays, or the file of one; prefixes ``arg:`` and ``aux:`` do
    not count; ``default_init``: for parameters that are not there (AssertionError without);
    ``verbose``: log which. Raises AssertionError where shapes differ.
    """

    def __init__(self, param, default_init=None, verbose: bool = False):
        if isinstance(param, str):
            from ..ndarray import load

            param = load(param)
        if not isinstance(param, dict):
            raise AssertionError(f"parameters should be a dict of arrays, not {type(param)}")
        self.param = {
            name[4:] if name.startswith(("arg:", "aux:")) else name: array
            for name, array in param.items()
        }
        self.default_init = default_init
        self.verbose = verbose

    def __call__(self, name: str, arr) -> None:
        found = self.param.get(name)
        if found is not None:
            if arr.shape != found.shape:
                raise AssertionError(
                    f"Parameter {name} cannot be initialized from loading. "
                    f"Shape mismatch, target {arr.shape} vs loaded {found.shape}"
                )
            arr[:] = found
        elif self.default_init is None:
            raise AssertionError(
                f"Cannot Initialize {name}. Not found in loaded param "
                "and no default Initializer is provided."
            )
        else:
            self.default_init(name, arr)
        if self.verbose:
            how = "by default" if found is None else "by loading"
            logging.info("Initialized %s %s", name, how)


class Mixed:
    """Picks an initializer by the first pattern that matches the beginning of a name.

    Parameters: ``patterns``: regular expressions; ``initializers``: as many. Raises ValueError for
    a name that none matches; end with ".*" for a default.
    """

    def __init__(self, patterns: list[str], initializers: list):
        if len(patterns) != len(initializers):
            raise AssertionError(f"{len(patterns)} patterns for {len(initializers)} initializers")
        self.map = list(zip(map(re.compile, patterns), initializers, strict=True))

    def __call__(self, name: str, arr) -> None:
        for pattern, initializer in self.map:
            if pattern.match(name):
                initializer(name, arr)
                return
        raise ValueError(
            f"Parameter name {name} did not match any pattern. "
            'Add a ".*" pattern at the end with a default Initializer.'
        )
