"""Loops and branches over arrays: ``mx.nd.contrib.foreach``, ``while_loop`` and ``cond``.

They run at once, in Python; under ``autograd.record`` every step is recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..symbol.nesting import flatten, iterations, nest
from .creation import zeros
from .ndarray import NDArray
from .register import function

__all__ = ["cond", "foreach", "while_loop"]


def foreach(body: Callable, data: Any, init_states: Any) -> tuple[Any, Any]:
    """Run ``body(item, states)`` on the items of ``data`` along axis 0, handing on states.

    Parameters: ``body`` returns ``(outputs, states)``; ``data`` and ``init_states`` are arrays or nested
    lists of them. Returns the outputs, stacked along axis 0, and the last states. Raises
    AssertionError for values that are not arrays, IndexError where data are shorter than the first.
    """
    flat, form = flatten(data, NDArray, "foreach input")
    flatten(init_states, NDArray, "foreach states")
    if not flat:
        raise IndexError("foreach needs data to go through")
    states, rows, output_form = init_states, [], None
    for step in range(flat[0].shape[0]):
        outputs, states = body(nest(form, [array[step] for array in flat]), states)
        row, output_form = flatten(outputs, NDArray, "foreach output")
        rows.append(row)
    stacked = [function("stack")(*column) for column in zip(*rows)]
    return nest(output_form, stacked), states


def while_loop(
    cond: Callable, func: Callable, loop_vars: Any, max_iterations: int | None = None
) -> tuple[Any, Any]:
    """Run ``func(*loop_vars)`` as long as ``cond(*loop_vars)`` holds, ``max_iterations`` times at most.

    Parameters: ``func`` returns ``(outputs, loop_vars)``, with outputs None for none. Returns the
    outputs of all runs, stacked and filled up with zeros to ``max_iterations`` (an empty list if
    there was no run), and the last loop variables. Raises ValueError where their number changes, where a
    condition is not one number, or where ``max_iterations`` is no number.
    """
    limit = iterations(max_iterations)
    variables, form = flatten(loop_vars, NDArray, "while loop_vars")
    if not variables:
        raise ValueError("loop_vars should contain at least one element")
    rows: list[list[NDArray]] = []
    output_form: Any = []
    while len(rows) < limit and _is_true(_call(cond, form, variables)):
        outputs, next_variables = _call(func, form, variables)
        row, output_form = flatten([] if outputs is None else outputs, NDArray, "while output")
        found, form = flatten(next_variables, NDArray, "while loop_vars")
        if len(found) != len(variables):
            raise ValueError("The length of loop_vars should be consistent during the loop")
        variables = found
        rows.append(row)
    stacked = [_filled(column, limit) for column in zip(*rows)]
    return (nest(output_form, stacked) if rows else []), nest(form, variables)


def cond(pred: Any, then_func: Callable, else_func: Callable) -> Any:
    """What ``then_func()`` returns if ``pred`` is not zero, else what ``else_func()`` returns.

    ``pred`` is an array of one number, or a number. Raises ValueError for larger arrays.
    """
    return then_func() if _is_true(pred) else else_func()


def _filled(rows: Sequence[NDArray], limit: int) -> NDArray:
    """Arrays stacked along axis 0, with zeros after them."""
    stacked = function("stack")(*rows)
    missing = limit - len(rows)
    if not missing:
        return stacked
    rest = zeros((missing, *stacked.shape[1:]), ctx=stacked.context, dtype=stacked.dtype)
    return function("concat")(stacked, rest, dim=0)


def _call(function: Callable, form: Any, arrays: Sequence[NDArray]) -> Any:
    nested = nest(form, arrays)
    return function(*nested) if isinstance(nested, list) else function(nested)


def _is_true(value: Any) -> bool:
    return bool(value.asscalar() if isinstance(value, NDArray) else value)
