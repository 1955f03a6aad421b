"""Agreement of a symbol with itself on other devices and in other types; of optimizers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..ndarray import NDArray, array
from ..symbol import Symbol
from .arrays import rand_ndarray
from .compare import assert_almost_equal, compare_ndarray_tuple, get_tols

__all__ = ["check_consistency", "compare_optimizer"]


def check_consistency(
    sym: Any,
    ctx_list: Sequence[dict[str, Any]],
    scale: float = 1.0,
    grad_req: Any = "write",
    arg_params: dict[str, Any] | None = None,
    aux_params: dict[str, Any] | None = None,
    rtol: Any = None,
    atol: Any = None,
    raise_on_err: bool = True,
    ground_truth: dict[str, NDArray] | None = None,
    equal_nan: bool = False,
    use_uniform: bool = False,
    rand_type: Any = np.float64,
) -> dict[str, NDArray]:
    """Compare the outputs and gradients of a symbol, bound in several ways to the same numbers.

    Parameters: ``sym``: a symbol, or one for each way; ``ctx_list``: the keywords of ``simple_bind``
    for each way (``ctx``, shapes, ``type_dict``); ``scale``: of the random arguments, normal, or
    ``use_uniform``; ``arg_params``, ``aux_params``: values to take instead; ``ground_truth``: what
    to compare with, by default the most exact way. Returns what was compared with. Raises
    AssertionError where ways differ, or prints the difference without ``raise_on_err``.
    """
    assert len(ctx_list) > 1, "there should be at least two ways to compare"
    symbols = [sym] * len(ctx_list) if isinstance(sym, Symbol) else list(sym)
    assert len(symbols) == len(ctx_list), f"{len(symbols)} symbols for {len(ctx_list)} ways"
    assert len({tuple(s.list_outputs()) for s in symbols}) == 1, "the symbols differ in outputs"
    executors = [s.simple_bind(grad_req=grad_req, **c) for s, c in zip(symbols, ctx_list)]
    _fill(executors, scale, arg_params, aux_params, use_uniform, rand_type)
    trains = grad_req != "null"
    for executor in executors:
        executor.forward(is_train=trains)
        if trains:
            executor.backward([out.copy() for out in executor.outputs])
    exactness = [np.dtype(e.outputs[0].dtype).itemsize for e in executors]
    best = int(np.argmax(exactness))
    truth = ground_truth or _results(executors[best], trains)
    for number, executor in enumerate(executors):
        if number == best and ground_truth is None:
            continue
        for name, got in _results(executor, trains).items():
            error = _difference(got, truth[name], rtol, atol, equal_nan)
            if error is None:
                continue
            message = f"way {number} against {best}, {name}: {error}"
            if raise_on_err:
                raise AssertionError(message)
            print(message)
    return truth


def _difference(got: Any, want: Any, rtol: Any, atol: Any, equal_nan: bool) -> str | None:
    """In which way two results differ, if they do; one that is missing does not."""
    if want is None or got is None:
        return None
    try:
        assert_almost_equal(got, want, *get_tols(got, want, rtol, atol), equal_nan=equal_nan)
    except AssertionError as error:
        return str(error)
    return None


def _fill(executors, scale, arg_params, aux_params, use_uniform, rand_type) -> None:
    """Give all executors the same arguments and states."""
    arg_params, aux_params = dict(arg_params or {}), dict(aux_params or {})
    for name, value in executors[0].arg_dict.items():
        if name not in arg_params:
            draw = np.random.uniform(-0.92, 0.92, value.shape) if use_uniform else None
            drawn = np.random.normal(size=value.shape) if draw is None else draw
            arg_params[name] = drawn.astype(rand_type) * scale
    for executor in executors:
        for name, value in arg_params.items():
            executor.arg_dict[name][:] = value
        for name, state in executor.aux_dict.items():
            state[:] = aux_params.get(name, 0)
        for gradient in executor.grad_arrays or ():
            if gradient is not None:
                gradient[:] = 0


def _results(executor: Any, trains: bool) -> dict[str, NDArray]:
    results = {name: out.copy() for name, out in executor.output_dict.items()}
    if trains:
        results |= {n: g.copy() for n, g in executor.grad_dict.items() if g is not None}
    return results


def compare_optimizer(
    opt1: Any,
    opt2: Any,
    shape: Any,
    dtype: Any,
    w_stype: str = "default",
    g_stype: str = "default",
    rtol: float = 1e-4,
    atol: float = 1e-5,
    compare_states: bool = True,
    ntensors: int = 1,
) -> None:
    """Compare one update of two optimizers from the same random weights, gradients and states.

    Parameters: ``shape``: of the weights, or a list of ``ntensors`` shapes; ``dtype``; ``w_stype``,
    ``g_stype``: storage types. Raises AssertionError where they differ.
    """
    shapes = [shape] if ntensors == 1 and not isinstance(shape, list) else list(shape)
    weights, grads = [], []
    for each in shapes:
        dense = np.random.uniform(size=each).astype(dtype)
        weight = array(dense, dtype=dtype)
        gradient = rand_ndarray(
            each, g_stype, density=0.5 if g_stype != "default" else None, dtype=dtype
        )
        weights.append((weight.tostype(w_stype), weight.copy().tostype(w_stype)))
        grads.append((gradient, gradient.copy()))
    many = isinstance(shape, list)
    for number, opt in enumerate((opt1, opt2)):
        opt._compared = [
            opt.create_state_multi_precision(i, pair[number]) for i, pair in enumerate(weights)
        ]
    compare_ndarray_tuple(tuple(opt1._compared), tuple(opt2._compared), rtol, atol)
    for number, opt in enumerate((opt1, opt2)):
        w, g = ([pair[number] for pair in pairs] for pairs in (weights, grads))
        if many and opt.aggregate_num:
            opt.update_multi_precision(list(range(len(w))), w, g, opt._compared)
        else:
            for i, (one, gradient) in enumerate(zip(w, g)):
                opt.update_multi_precision(i, one, gradient, opt._compared[i])
    if compare_states:
        compare_ndarray_tuple(tuple(opt1._compared), tuple(opt2._compared), rtol, atol)
    for one, other in weights:
        assert_almost_equal(one.asnumpy(), other.asnumpy(), rtol=rtol, atol=atol)
