"""Imperative execution: one operator on NDArrays, now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from .. import _tape
from ..base import MXNetError, NotSupportedForSparseNDArray
from ..context import Context, current_context, torch_device
from ..error import InputFact, NodeError, NodeFacts
from ..execution.watch import Call, Watchers, everywhere
from ..graph.origin import caller
from ..ops.core import Op
from ..ops.shapes import Mismatch
from .ndarray import NDArray

__all__ = ["invoke"]

_DTYPE_NAMES: dict[torch.dtype, str] = {}


def _dtype_name(dtype: torch.dtype) -> str:
    name = _DTYPE_NAMES.get(dtype)
    if name is None:
        name = _DTYPE_NAMES[dtype] = str(dtype)[6:]
    return name


def invoke(
    op: Op, inputs: Sequence[NDArray], out: Any = None, context: Context | None = None
) -> Any:
    """Run an operator on arrays; returns its visible output, or a list where there are several.

    Parameters: ``out``: an NDArray (or one per output) that takes the result and is returned;
    ``context``: the device for operators without inputs. Raises NodeError with the inputs' shapes.
    """
    if inputs:
        context = inputs[0]._context
    elif context is None:
        context = current_context()
    memory: dict | None = {} if op.keeps_state else None
    run = execute if not everywhere else _execute_watched
    try:
        results = run(op, inputs, context, memory, out)
    except NotSupportedForSparseNDArray:
        from .sparse_dispatch import invoke_sparse

        return invoke_sparse(op, inputs, out)
    arrays = deliver(op, results, out, context)
    if _tape.state.recording:
        from ..autograd import attach, record_operation

        node = record_operation(op, inputs, results, memory)
        if node is not None:
            attach(node, [arrays] if isinstance(arrays, NDArray) else arrays)
    return arrays


def execute(
    op: Op, inputs: Sequence[NDArray], context: Context, memory: dict | None, out: Any = None
) -> tuple:
    """All results of an operator, hidden ones included, as tensors.

    ``memory`` is where operators with a state of their own keep it from forward to backward.
    Raises NotSupportedForSparseNDArray, before anything is done, if an array is sparse.
    """
    tensors = [array._tensor for array in inputs]
    try:
        _check(op, tensors)
        return _run(op, tensors, out, context, memory)
    except (NodeError, NotSupportedForSparseNDArray):
        raise
    except (Mismatch, MXNetError, RuntimeError, ValueError, IndexError, TypeError) as error:
        cause = None if isinstance(error, (Mismatch, MXNetError)) else error
        raise _failure(op, tensors, error) from cause


def _execute_watched(
    op: Op, inputs: Sequence[NDArray], context: Context, memory: dict | None, out: Any
) -> tuple:
    """The same, seen by the watchers of everything."""
    call, watcher = Call(op, [array._tensor for array in inputs], caller(3)), Watchers(everywhere)
    watcher.before(call)
    call.writes = results = execute(op, inputs, context, memory, out)
    watcher.after(call)
    return results


def _check(op: Op, tensors: list[torch.Tensor]) -> None:
    """Apply the operator's shape and dtype rules, which say what torch would let pass."""
    if len(tensors) != len(op.input_names):
        raise MXNetError(
            f"it takes {len(op.input_names)} inputs ({', '.join(op.input_names)}) but"
            f" {len(tensors)} are given"
        )
    unknown = (None,) * len(op.output_names)
    op.infer("shape", tuple([tuple(t.shape) for t in tensors]), unknown)
    op.infer("dtype", tuple([_dtype_name(t.dtype) for t in tensors]), unknown)


def _run(
    op: Op, tensors: list[torch.Tensor], out: Any, context: Context, memory: dict | None
) -> tuple:
    asked = op.requests
    requests: dict[str, Any] = {"train": _tape.state.training, "context": context}
    if "rng" in asked:
        from ..random import generator

        requests["rng"] = generator(context)
    requests["workspace"] = None
    target = out._tensor if isinstance(out, NDArray) else None
    direct = target is not None and "out" in asked and _may_write(op, tensors, target)
    requests["out"] = target if direct else None
    if not tensors:
        requests["device"] = torch_device(context)
    requests["state"], requests["node"] = memory, None
    requests["channels_last_storage"] = False
    with torch.no_grad():
        results = op.results(op.prepare(tensors, **requests)())
        if op.view is not None:
            results = tuple([result.clone() for result in results])
    return results


def _may_write(op: Op, tensors: list[torch.Tensor], target: torch.Tensor) -> bool:
    """Whether the kernel may write right into ``target``: it fits, and is no input in other use."""
    if len(op.output_names) != 1 or not target.is_contiguous():
        return False
    shapes = tuple([tuple(t.shape) for t in tensors])
    dtypes = tuple([_dtype_name(t.dtype) for t in tensors])
    _, (shape,) = op.infer("shape", shapes, (None,))
    _, (dtype,) = op.infer("dtype", dtypes, (None,))
    if shape != tuple(target.shape) or dtype != _dtype_name(target.dtype):
        return False
    storage = target.untyped_storage()._cdata
    # What autograd may still read is not overwritten.
    replaceable = () if _tape.state.recording else op.inplace.get(op.output_names[0], ())
    return all(
        tensor.untyped_storage()._cdata != storage or (tensor is target and name in replaceable)
        for name, tensor in zip(op.input_names, tensors)
    )


def deliver(op: Op, results: tuple, out: Any, context: Context) -> Any:
    """The results as NDArrays, or in the arrays given as ``out``."""
    visible = results[: op.num_visible]
    if out is None:
        arrays = [NDArray(result, context) for result in visible]
        return arrays[0] if len(arrays) == 1 else arrays
    targets = [out] if isinstance(out, NDArray) else list(out)
    for target, result in zip(targets, visible):
        if result is not target._tensor:
            if target._tensor.shape != result.shape:
                raise MXNetError(
                    f"{op.op_name}: out has shape {tuple(target._tensor.shape)}, needed is"
                    f" {tuple(result.shape)}"
                )
            target._tensor.copy_(result)
    return out


def _failure(op: Op, tensors: list[torch.Tensor], error: Exception) -> NodeError:
    inputs = [
        InputFact(name, f"{tuple(t.shape)} {_dtype_name(t.dtype)}", "given")
        for name, t in zip(op.input_names, tensors)
    ]
    origin = caller(3)
    facts = NodeFacts(op.op_name, str(op), str(origin) if origin else None, None, inputs)
    stage = "shape inference" if isinstance(error, Mismatch) else "run"
    return NodeError(facts, stage, str(error) or "the inputs do not fit")
