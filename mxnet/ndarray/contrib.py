"""Functions of ``mx.nd.contrib`` that are more than an operator."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

from ..context import Context, current_context
from ..symbol.contrib import zipfian
from . import random
from .control_flow import cond, foreach, while_loop  # noqa: F401 - public from here
from .creation import full
from .ndarray import NDArray
from .register import function

uniform = random.uniform  # type: ignore[attr-defined]

Arrays = Sequence[NDArray]


def adamw_update(
    weight: NDArray,
    grad: NDArray,
    mean: NDArray,
    var: NDArray,
    rescale_grad: NDArray | float,
    lr: float,
    eta: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    wd: float = 0,
    clip_gradient: float = -1,
    out: NDArray | None = None,
    name: str | None = None,
    **kwargs: Any,
) -> NDArray:
    """A step of AdamW; see ``_adamw_update``. ``rescale_grad`` may be a number."""
    numbers = {"lr": lr, "eta": eta, "beta1": beta1, "beta2": beta2, "epsilon": epsilon}
    numbers |= {"wd": wd, "clip_gradient": clip_gradient, **kwargs}
    arrays = weight, grad, mean, var, _factor(rescale_grad, weight)
    return function("_adamw_update")(*arrays, out=out, **numbers)


def mp_adamw_update(
    weight: NDArray,
    grad: NDArray,
    mean: NDArray,
    var: NDArray,
    weight32: NDArray,
    rescale_grad: NDArray | float,
    lr: float,
    eta: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    wd: float = 0,
    clip_gradient: float = -1,
    out: NDArray | None = None,
    name: str | None = None,
    **kwargs: Any,
) -> NDArray:
    """A step of AdamW in float32; see ``_mp_adamw_update``. ``rescale_grad`` may be a number."""
    numbers = {"lr": lr, "eta": eta, "beta1": beta1, "beta2": beta2, "epsilon": epsilon}
    numbers |= {"wd": wd, "clip_gradient": clip_gradient, **kwargs}
    arrays = weight, grad, mean, var, weight32, _factor(rescale_grad, weight)
    return function("_mp_adamw_update")(*arrays, out=out, **numbers)


def multi_adamw_update(
    weights: Arrays,
    grads: Arrays,
    mean: Arrays,
    var: Arrays,
    rescale_grad: NDArray | float,
    lrs: Sequence[float],
    wds: Sequence[float],
    etas: Sequence[float],
    out: Arrays | None = None,
    name: str | None = None,
    size: int = 0,
    **kwargs: Any,
) -> Any:
    """Steps of AdamW for several weights; see ``_multi_adamw_update``.

    ``size``: how many weights there are, by default all.
    """
    return _several(
        "_multi_adamw_update",
        (weights, grads, mean, var),
        [_factor(rescale_grad, weights[0])],
        out,
        num_weights=size or len(weights),
        lrs=lrs,
        wds=wds,
        etas=etas,
        **kwargs,
    )


def multi_mp_adamw_update(
    weights: Arrays,
    grads: Arrays,
    mean: Arrays,
    var: Arrays,
    weights32: Arrays,
    rescale_grad: NDArray | float,
    lrs: Sequence[float],
    wds: Sequence[float],
    etas: Sequence[float],
    out: Arrays | None = None,
    name: str | None = None,
    size: int = 0,
    **kwargs: Any,
) -> Any:
    """Steps of AdamW in float32 for several weights; see ``_multi_mp_adamw_update``.

    ``size``: how many weights there are, by default all.
    """
    return _several(
        "_multi_mp_adamw_update",
        (weights, grads, mean, var, weights32),
        [_factor(rescale_grad, weights[0])],
        out,
        num_weights=size or len(weights),
        lrs=lrs,
        wds=wds,
        etas=etas,
        **kwargs,
    )


def multi_lamb_update(
    weights: Arrays,
    grads: Arrays,
    mean: Arrays,
    var: Arrays,
    step_count: Sequence[int],
    lrs: Sequence[float],
    wds: Sequence[float],
    out: Arrays | None = None,
    num_tensors: int = 0,
    **kwargs: Any,
) -> Any:
    """Steps of LAMB for several weights; see ``_multi_lamb_update``.

    ``num_tensors``: how many weights there are, by default all.
    """
    return _several(
        "_multi_lamb_update",
        (weights, grads, mean, var),
        [],
        out,
        num_tensors=num_tensors or len(weights),
        step_count=step_count,
        learning_rates=lrs,
        wds=wds,
        **kwargs,
    )


def multi_mp_lamb_update(
    weights: Arrays,
    grads: Arrays,
    mean: Arrays,
    var: Arrays,
    weights32: Arrays,
    step_count: Sequence[int],
    lrs: Sequence[float],
    wds: Sequence[float],
    out: Arrays | None = None,
    num_tensors: int = 0,
    **kwargs: Any,
) -> Any:
    """Steps of LAMB in float32 for several weights; see ``_multi_mp_lamb_update``.

    ``num_tensors``: how many weights there are, by default all.
    """
    return _several(
        "_multi_mp_lamb_update",
        (weights, grads, mean, var, weights32),
        [],
        out,
        num_tensors=num_tensors or len(weights),
        step_count=step_count,
        learning_rates=lrs,
        wds=wds,
        **kwargs,
    )


def _several(name: str, groups: Sequence[Arrays], shared: list, out: Any, **parameters: Any) -> Any:
    """An operator that takes the arrays of all weights, weight by weight."""
    arrays = chain.from_iterable(zip(*groups, strict=True))
    numbers = {
        key: tuple(value) if isinstance(value, (list, tuple)) else value
        for key, value in parameters.items()
    }
    return function(name)(*arrays, *shared, out=out, **numbers)


def _factor(rescale_grad: NDArray | float, weight: NDArray) -> NDArray:
    if isinstance(rescale_grad, NDArray):
        return rescale_grad
    return full((1,), rescale_grad, ctx=weight.context)


def rand_zipfian(
    true_classes: NDArray, num_sampled: int, range_max: int, ctx: Context | None = None
) -> tuple[NDArray, NDArray, NDArray]:
    """Candidate classes for a sampled loss: see ``mxnet.symbol.contrib.zipfian``."""
    where = ctx or current_context()
    return zipfian(uniform, true_classes, num_sampled, range_max, ctx=where)


def isnan(data: NDArray) -> NDArray:
    """1 where an element is not a number, else 0, in the dtype of ``data``."""
    return data != data


def isinf(data: NDArray) -> NDArray:
    """1 where an element is infinite, of either sign, else 0, in the dtype of ``data``."""
    return (data == data) - isfinite(data)


def isfinite(data: NDArray) -> NDArray:
    """1 where an element is a number and not infinite, else 0, in the dtype of ``data``."""
    return data * 0 == 0  # the product is not a number otherwise
