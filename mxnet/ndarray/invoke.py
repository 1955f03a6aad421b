"""Imperative execution: one operator on NDArrays, now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import cache, partial
from operator import attrgetter
from typing import Any

import torch

from .._tape import state
from ..base import MXNetError, NotSupportedForSparseNDArray
from ..context import Context, current_context, num_gpus, torch_device
from ..error import InputFact, NodeError, NodeFacts
from ..execution.cuda import settings
from ..execution.explain import explain
from ..execution.watch import Call, Watchers, everywhere
from ..graph.origin import caller
from ..ops.core import Op
from ..ops.shapes import Mismatch
from ..random import generator
from .ndarray import NDArray

__all__ = ["invoke"]

_DTYPE_NAMES: dict[torch.dtype, str] = {}
_MEMO_LIMIT = 1 << 12
_DENSE = torch.contiguous_format
_tensor_of = attrgetter("_tensor")
_facts_of = attrgetter("shape", "dtype")


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
    try:
        if everywhere:
            results = _execute_watched(op, inputs, context, memory, out)
        else:
            results = execute(op, inputs, context, memory, out)
    except NotSupportedForSparseNDArray:
        from .sparse_dispatch import invoke_sparse

        return invoke_sparse(op, inputs, out)
    arrays: Any
    if out is not None:
        arrays = deliver(op, results, out)
    elif op.num_visible == 1:
        arrays = NDArray(results[0], context)
    else:
        arrays = [NDArray(result, context) for result in results[: op.num_visible]]
    if state.recording:
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
    # The tensors of NDArrays never need gradients, so torch records nothing.
    tensors = list(map(_tensor_of, inputs))
    try:
        runner = op.__dict__.get("_runner") or _Runner(op)
        facts = tuple(map(_facts_of, tensors))
        try:
            result = runner.checked[facts]
        except KeyError:
            result = runner.check(facts, tensors)
        requests = runner.constant
        if runner.varying:
            requests = requests.copy()
            for name, find in runner.varying:
                requests[name] = find(context, memory)
        if out is not None and "out" in requests and _may_write(op, tensors, result, out):
            requests = {**requests, "out": out._tensor}
        if runner.kernel is None:
            return op.results(op.prepare(tensors, **requests)())
        raw = runner.kernel(*tensors, **requests)
        if runner.view:
            return tuple([result.clone(memory_format=_DENSE) for result in op.results(raw)])
        return raw if isinstance(raw, tuple) else (raw,)
    except (NodeError, NotSupportedForSparseNDArray):
        raise
    except (
        Mismatch, RuntimeError, ValueError, LookupError, TypeError, ArithmeticError
    ) as error:  # fmt: skip
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


# What a kernel may ask for, as far as it differs from call to call.
_REQUESTS: dict[str, Callable[[Context, Any], Any]] = {
    "train": lambda context, memory: state.training,
    "rng": lambda context, memory: generator(context),
    "context": lambda context, memory: context,
    "state": lambda context, memory: memory,
    "device": lambda context, memory: torch_device(context),
}
_CONSTANT = {"out": None, "workspace": None, "node": None, "channels_last_storage": False}


class _Runner:
    """What running an operator on arrays needs again and again, kept with the operator.

    ``kernel``: its kernel, if there is no work to do before each call; ``constant`` and
    ``varying``: what this asks for; ``checked``: for shapes and dtypes of inputs that fit, the
    shape and dtype of the output, None where there are several.
    """

    __slots__ = ("checked", "constant", "kernel", "op", "varying", "view")

    def __init__(self, op: Op):
        kind = type(op)
        plain = kind.prepare is Op.prepare and kind.results is Op.results
        self.op, self.view = op, op.view is not None
        self.kernel: Callable | None = op.forward if plain else None
        if _has_gpus() and (op.heavy or getattr(op, "forward_op", op).precision == "low"):
            self.kernel = partial(_run_under_settings, op)
        known = {name: value for name, value in _CONSTANT.items() if name in op.requests}
        self.constant: dict[str, Any] = known
        self.varying = [(n, find) for n, find in _REQUESTS.items() if n in op.requests]
        self.checked: dict[tuple, tuple | None] = {}
        op.__dict__["_runner"] = self

    def check(self, facts: tuple, tensors: list[torch.Tensor]) -> tuple | None:
        """Apply the operator's shape and dtype rules, which say what torch would let pass."""
        op = self.op
        if len(tensors) != len(op.input_names):
            raise MXNetError(
                f"it takes {len(op.input_names)} inputs ({', '.join(op.input_names)}) but"
                f" {len(tensors)} are given"
            )
        unknown = (None,) * len(op.output_names)
        _, shapes = op.infer("shape", tuple([tuple(t.shape) for t in tensors]), unknown)
        _, dtypes = op.infer("dtype", tuple([_dtype_name(t.dtype) for t in tensors]), unknown)
        if len(self.checked) >= _MEMO_LIMIT:
            self.checked.clear()
        found = (shapes[0], getattr(torch, dtypes[0])) if len(shapes) == 1 else None
        self.checked[facts] = found
        return found


@cache
def _has_gpus() -> bool:
    return num_gpus() > 0


def _run_under_settings(op: Op, *tensors: torch.Tensor, **requests: Any) -> tuple:
    """The results of a kernel for which the settings of a GPU matter."""
    with settings() if tensors[0].is_cuda else nullcontext():
        return op.results(op.prepare(tensors, **requests)())


def _may_write(op: Op, tensors: list[torch.Tensor], result: tuple | None, out: Any) -> bool:
    """Whether the kernel may write right into ``out``: it fits, and is in no other use."""
    if result is None or not isinstance(out, NDArray):
        return False
    target = out._tensor
    if result != (target.shape, target.dtype) or not target.is_contiguous():
        return False
    storage = target.untyped_storage()._cdata
    for name, tensor in zip(op.input_names, tensors):
        if tensor.untyped_storage()._cdata == storage:
            # What autograd may still read is not overwritten.
            replaceable = () if state.recording else op.inplace.get(op.output_names[0], ())
            if tensor is not target or name not in replaceable:
                return False
    return True


def deliver(op: Op, results: tuple, out: Any) -> Any:
    """Bring results to the arrays given as ``out``, where the kernel has not written there."""
    targets = [out] if isinstance(out, NDArray) else list(out)
    for target, result in zip(targets, results[: op.num_visible]):
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
    return NodeError(facts, stage, *explain(error))
