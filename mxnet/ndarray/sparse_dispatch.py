"""Operators on sparse arrays: computed with what is stored, where the result has few values too.

``RULES`` has a function for each operator that can do so; it returns None for the cases (mostly of
mixed storage types) in which it cannot. The storage type of the result is that of 1.9.1. All other
operators take sparse arrays as dense ones, which is logged once for each of them unless the
environment says MXNET_STORAGE_FALLBACK_LOG_VERBOSE=0. Values that are not stored count as zeros in
products whatever the other factor is, so that infinities and NaN there do not matter.

While autograd records, operators whose dense inputs are followed run densely, ``dot`` of a csr
matrix excepted.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from .._tape import state
from ..base import MXNetError, setting
from ..ops.core import Op
from .invoke import invoke, targets_of
from .ndarray import NDArray

__all__ = ["RULES", "STEPS", "invoke_sparse", "rule"]

Rule = Callable[[Any, Sequence[Any]], Any]
RULES: dict[str, Rule] = {}
#: Operators that change arrays; these rules take ``out`` as well.
STEPS: dict[str, Callable[[Any, Sequence[Any], Any], Any]] = {}
_logged: set[str] = set()


def invoke_sparse(op: Op, inputs: Sequence[NDArray], out: Any = None) -> Any:
    """Run an operator of which an input, or ``out``, is sparse; as ``invoke`` does for dense ones."""
    followed = state.recording and any(array._is_followed() for array in inputs)
    result = None
    if len(inputs) != len(op.input_names):
        pass  # the error is that of dense arrays
    elif op.op_name in STEPS:
        result = STEPS[op.op_name](op, inputs, out)
    elif all(array.stype == "default" for array in inputs):
        pass  # ``out`` alone is sparse
    elif op.op_name in RULES and (not followed or op.op_name == "dot"):
        result = RULES[op.op_name](op, inputs)
    if result is None:
        result = _densely(op, inputs, out)
    if out is None:
        return result
    results = result if isinstance(result, list) else [result]
    for target, made in zip(targets_of(op, out), results):
        _assign(op, target, made)
    return out


def _densely(op: Op, inputs: Sequence[NDArray], out: Any) -> Any:
    if op.op_name not in _logged:
        _logged.add(op.op_name)
        if setting("MXNET_STORAGE_FALLBACK_LOG_VERBOSE", 1) != 0:
            stored = ", ".join(array.stype for array in inputs)
            logging.getLogger("mxnet").warning(
                "%s has no form for arrays stored as (%s) and runs on dense copies",
                op.op_name, stored,
            )  # fmt: skip
    dense = [array.tostype("default") if array.stype != "default" else array for array in inputs]
    own = isinstance(out, NDArray) and out.stype == "default"
    result = invoke(op, dense, out=out if own else None)
    changed: Any = op.mutates() if callable(op.mutates) else op.mutates
    for name, array, copy in zip(op.input_names, inputs, dense):
        if name in changed and array is not copy:
            array[:] = copy
    return result


def _assign(op: Op, target: NDArray, result: NDArray) -> None:
    if result is target:
        return
    if target.shape != result.shape:
        raise MXNetError(f"{op.op_name}: out has shape {target.shape}, needed is {result.shape}")
    if target.stype == "default":
        result.copyto(target)
    else:
        target[:] = result if result.stype == target.stype else result.tostype("default")


def rule(*names: str) -> Callable[[Rule], Rule]:
    """Register a rule for operators."""

    def register(function: Rule) -> Rule:
        RULES.update(dict.fromkeys(names, function))
        return function

    return register
