"""Functions of ``mx.sym.contrib`` that are more than an operator."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from . import creation, random
from .control_flow import cond, foreach, while_loop  # noqa: F401 - public from here
from .functions import function
from .symbol import Symbol

uniform = random.uniform  # type: ignore[attr-defined]


def adamw_update(
    weight: Symbol,
    grad: Symbol,
    mean: Symbol,
    var: Symbol,
    rescale_grad: Symbol | float,
    lr: float,
    eta: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    wd: float = 0,
    clip_gradient: float = -1,
    out: Any = None,
    name: str | None = None,
    **kwargs: Any,
) -> Symbol:
    """A step of AdamW; see ``_adamw_update``. ``rescale_grad`` may be a number."""
    numbers: dict[str, Any] = {
        "lr": lr,
        "eta": eta,
        "beta1": beta1,
        "beta2": beta2,
        "epsilon": epsilon,
    }
    numbers |= {"wd": wd, "clip_gradient": clip_gradient, "name": name, **kwargs}
    return function("_adamw_update")(weight, grad, mean, var, _factor(rescale_grad), **numbers)


def mp_adamw_update(
    weight: Symbol,
    grad: Symbol,
    mean: Symbol,
    var: Symbol,
    weight32: Symbol,
    rescale_grad: Symbol | float,
    lr: float,
    eta: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    wd: float = 0,
    clip_gradient: float = -1,
    out: Any = None,
    name: str | None = None,
    **kwargs: Any,
) -> Symbol:
    """A step of AdamW in float32; see ``_mp_adamw_update``. ``rescale_grad`` may be a number."""
    numbers: dict[str, Any] = {
        "lr": lr,
        "eta": eta,
        "beta1": beta1,
        "beta2": beta2,
        "epsilon": epsilon,
    }
    numbers |= {"wd": wd, "clip_gradient": clip_gradient, "name": name, **kwargs}
    factor = _factor(rescale_grad)
    return function("_mp_adamw_update")(weight, grad, mean, var, weight32, factor, **numbers)


def _factor(rescale_grad: Symbol | float) -> Symbol:
    if isinstance(rescale_grad, Symbol):
        return rescale_grad
    return creation.full((1,), rescale_grad)


def rand_zipfian(
    true_classes: Symbol, num_sampled: int, range_max: int
) -> tuple[Symbol, Symbol, Symbol]:
    """Candidate classes for a sampled loss: see ``zipfian``."""
    return zipfian(uniform, true_classes, num_sampled, range_max)


def zipfian(
    uniform: Callable, true_classes: Any, num_sampled: int, range_max: int, **where: Any
) -> tuple[Any, Any, Any]:
    """Draws of classes, with repetition, from an approximately Zipfian distribution.

    P(class) = log((class + 2) / (class + 1)) / log(range_max + 1), for classes sorted by falling
    frequency. Returns the ``num_sampled`` classes (int64), and how often the true and the drawn
    classes are expected among so many (float64). ``uniform`` draws numbers, of arrays or symbols.
    """
    log_range = math.log(range_max + 1)
    drawn = uniform(0, log_range, shape=(num_sampled,), dtype="float64", **where)
    classes = (drawn.exp() - 1).astype("int64") % range_max

    def expected(values: Any) -> Any:
        return ((values + 2.0) / (values + 1.0)).log() / log_range * num_sampled

    return classes, expected(true_classes.astype("float64")), expected(classes.astype("float64"))
