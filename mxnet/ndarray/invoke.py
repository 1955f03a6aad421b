"""Imperative execution: one operator on NDArrays, now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import cache, partial
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
from .tracing import Program, trace

__all__ = ["Case", "invoke", "known", "repeat"]

_DTYPE_NAMES: dict[torch.dtype, str] = {}
_MEMO_LIMIT = 1 << 10
_DENSE = torch.contiguous_format
_ERRORS = (Mismatch, RuntimeError, ValueError, LookupError, TypeError, ArithmeticError)


def _dtype_name(dtype: torch.dtype) -> str:
    name = _DTYPE_NAMES.get(dtype)
    if name is None:
        name = _DTYPE_NAMES[dtype] = str(dtype)[6:]
    return name


def invoke(
    op: Op,
    inputs: Sequence[NDArray],
    out: Any = None,
    context: Context | None = None,
    facts: tuple | None = None,
    tensors: list[torch.Tensor] | None = None,
) -> Any:
    """Run an operator on arrays; returns its visible output, or a list where there are several.

    Parameters: ``out``: an NDArray (or one per output) that takes the result and is returned;
    ``context``: the device for operators without inputs; ``facts``: what is ``known`` of the
    ``tensors`` of the inputs. Raises NodeError with the inputs' shapes.
    """
    if inputs:
        context = inputs[0]._context
    elif context is None:
        context = current_context()
    memory: dict | None = {} if op.keeps_state else None
    recording = state.recording
    try:
        if everywhere:
            results = _execute_watched(op, inputs, context, memory, out)
        else:
            hidden = recording
            if out is not None and not hidden:
                hidden = isinstance(out, (list, tuple)) and len(out) > op.num_visible
            results = execute(op, inputs, context, memory, out, hidden, facts, tensors)
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
    if recording:
        from ..autograd import attach, record_operation

        node = record_operation(op, inputs, results, memory)
        if node is not None:
            attach(node, [arrays] if isinstance(arrays, NDArray) else arrays)
    return arrays


def execute(
    op: Op,
    inputs: Sequence[NDArray],
    context: Context,
    memory: dict | None,
    out: Any = None,
    hidden: bool = True,
    facts: tuple | None = None,
    tensors: list[torch.Tensor] | None = None,
) -> tuple:
    """All results of an operator as tensors; the hidden ones need not be there unless ``hidden``.

    ``memory`` is where operators with a state of their own keep it from forward to backward.
    Raises NotSupportedForSparseNDArray, before anything is done, if an array is sparse.
    """
    # The tensors of NDArrays never need gradients, so torch records nothing.
    if facts is None or tensors is None:
        facts, tensors = (), []
        for array in inputs:
            tensor = array._tensor
            tensors.append(tensor)
            facts += tensor.shape, tensor.dtype
    try:
        runner = op._runner or _Runner(op)
        if runner.varies:
            facts += (hidden, *[find(context) for _, find in runner.varying])
        case = runner.cases.get(facts) or runner.check(facts, tensors)
        if out is not None:
            place = runner.place_of(out, case, tensors)
            if place is not None:
                tensors.append(out._tensor)
                case = case.writing(place)
        if case.program is not None:
            return case.program(tensors)
        return runner.run(case, tensors, context, memory, hidden)
    except (NodeError, NotSupportedForSparseNDArray):
        raise
    except _ERRORS as error:
        cause = None if isinstance(error, (Mismatch, MXNetError)) else error
        raise _failure(op, tensors[: len(inputs)], error) from cause


def known(op: Op, tensors: Sequence[torch.Tensor]) -> tuple[tuple, Case | None]:
    """After a call, the shapes and dtypes of its inputs, and the case if these are all that matters."""
    facts = sum(((tensor.shape, tensor.dtype) for tensor in tensors), ())
    runner = op._runner
    if runner is None or runner.varies or op.num_visible != 1:
        return facts, None
    return facts, runner.cases.get(facts)


def repeat(
    op: Op, case: Case, tensors: list[torch.Tensor], context: Context, out: Any
) -> NDArray | None:
    """What ``invoke`` returns for inputs of a known case, where nothing is recorded and nobody watches.

    None, and nothing is done, without a program for it.
    """
    try:
        if out is not None:
            place = op._runner.place_of(out, case, tensors)
            if place is None:
                return None
            case = case.writing(place)
            tensors = [*tensors, out._tensor]
        if case.program is None:
            return None
        result = case.program(tensors)[0]
    except NotSupportedForSparseNDArray:
        return None
    except _ERRORS as error:
        raise _failure(op, tensors, error) from error
    if out is None:
        return NDArray(result, context)
    return out if result is out._tensor else deliver(op, (result,), out)


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
_REQUESTS: dict[str, Callable[[Context], Any]] = {
    "train": lambda context: state.training,
    "rng": generator,
    "context": lambda context: context,
    "device": torch_device,
}
_CONSTANT = {"out": None, "workspace": None, "node": None, "channels_last_storage": False}


class Case:
    """Inputs of certain shapes and dtypes.

    ``result``: shape and dtype of the result, if there is one that the kernel can write to an array;
    ``place``: which input that array is, which then comes after all inputs (-1: none of them), None
    without it; ``program``: what runs in place of the kernel.
    """

    __slots__ = ("place", "program", "ran", "result", "writers")

    def __init__(self, result: tuple | None, place: int | None = None):
        self.result, self.place = result, place
        self.program: Program | None = None
        self.ran = False
        self.writers: dict[int, Case] = {}

    def writing(self, place: int) -> Case:
        """The same with an array that takes the result."""
        return self.writers.get(place) or self.writers.setdefault(place, Case(None, place))


class _Runner:
    """What running an operator on arrays needs again and again, kept with the operator.

    ``kernel``: its kernel, if there is no work to do before each call; ``constant`` and
    ``varying``: what this asks for; ``cases``: by shapes and dtypes of inputs that fit, and whatever
    else ``varies`` from call to call, what is known of them; ``traced``: whether kernels become
    programs; ``replaceable``: the inputs whose memory may take the result.
    """

    __slots__ = (
        "cases", "constant", "keeps_state", "kernel", "op", "replaceable", "traced", "varies", "varying",
    )  # fmt: skip

    def __init__(self, op: Op):
        kind = type(op)
        plain = kind.prepare is Op.prepare and kind.results is Op.results
        self.op = op
        self.kernel: Callable | None = op.forward if plain else None
        self.keeps_state = "state" in op.requests
        self.traced = not self.keeps_state
        if _has_gpus() and (op.heavy or getattr(op, "forward_op", op).precision == "low"):
            self.kernel, self.traced = partial(_run_under_settings, op), False
        known = {name: value for name, value in _CONSTANT.items() if name in op.requests}
        self.constant: dict[str, Any] = known
        self.varying = [(n, find) for n, find in _REQUESTS.items() if n in op.requests]
        self.varies = bool(self.varying) or op.num_visible < len(op.output_names)
        first = () if "out" not in op.requests else op.inplace.get(op.output_names[0], ())
        self.replaceable = [n for n, name in enumerate(op.input_names) if name in first]
        self.cases: dict[tuple, Case] = {}
        op.__dict__["_runner"] = self

    def check(self, facts: tuple, tensors: list[torch.Tensor]) -> Case:
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
        if len(self.cases) >= _MEMO_LIMIT:
            self.cases.clear()
        result = None
        if "out" in op.requests and len(shapes) == 1:
            result = shapes[0], getattr(torch, dtypes[0])
        case = self.cases[facts] = Case(result)
        return case

    def place_of(self, out: Any, case: Case, tensors: list[torch.Tensor]) -> int | None:
        """Which input ``out`` is, -1 for none; None where the kernel may not write right into it.

        It may if that fits, and is in no other use.
        """
        if case.result is None or not isinstance(out, NDArray):
            return None
        target = out._tensor
        storage, place = target.untyped_storage()._cdata, -1
        for number, tensor in enumerate(tensors):
            if tensor is target:
                # What autograd may still read is not overwritten.
                if state.recording or number not in self.replaceable:
                    return None
                place = number
            elif tensor.untyped_storage()._cdata == storage:
                return None
        if place < 0 or place not in case.writers:  # an input of the case that fits does so always
            shape, dtype = case.result
            if target.dtype is not dtype or target.shape != shape:
                return None
        return place if target.is_contiguous() else None

    def run(
        self,
        case: Case,
        tensors: list[torch.Tensor],
        context: Context,
        memory: dict | None,
        hidden: bool,
    ) -> tuple:
        """The results; a second run of the same case finds out what a program would do."""
        requests = {**self.constant, **{name: find(context) for name, find in self.varying}}
        if self.keeps_state:
            requests["state"] = memory
        kernel = partial(self.results, requests, case.place)
        if not (self.traced and case.ran):
            case.ran = True
            return kernel(tensors)
        wanted = len(self.op.output_names) if hidden else self.op.num_visible
        results, case.program = trace(kernel, tensors, wanted, one_device=not _has_gpus())
        self.traced = case.program is not None
        return results

    def results(
        self, requests: dict[str, Any], place: int | None, tensors: Sequence[torch.Tensor]
    ) -> tuple:
        """What the kernel returns for tensors, of which the last takes the result if it has a place."""
        op = self.op
        if place is not None:
            *tensors, out = tensors
            requests["out"] = out if place < 0 else tensors[place]
        kernel = self.kernel
        raw = op.prepare(tensors, **requests)() if kernel is None else kernel(*tensors, **requests)
        results = op.results(raw)
        if op.view is None:
            return results
        return tuple([result.clone(memory_format=_DENSE) for result in results])


@cache
def _has_gpus() -> bool:
    return num_gpus() > 0


def _run_under_settings(op: Op, *tensors: torch.Tensor, **requests: Any) -> tuple:
    """The results of a kernel for which the settings of a GPU matter."""
    with settings() if tensors[0].is_cuda else nullcontext():
        return op.results(op.prepare(tensors, **requests)())


def deliver(op: Op, results: tuple, out: Any) -> Any:
    """Bring results to the arrays given as ``out``, where the kernel has not written there."""
    if isinstance(out, NDArray) and results[0] is out._tensor:
        return out
    for target, result in zip(targets_of(op, out), results):
        if result is not target._tensor:
            if target._tensor.shape != result.shape:
                raise MXNetError(
                    f"{op.op_name}: out has shape {tuple(target._tensor.shape)}, needed is"
                    f" {tuple(result.shape)}"
                )
            target._tensor.copy_(result)
    return out


def targets_of(op: Op, out: Any) -> Sequence[NDArray]:
    """The arrays given as ``out``, one for each output, hidden ones left out or not.

    Raises TypeError for anything else, MXNetError for another number of arrays.
    """
    targets = [out] if isinstance(out, NDArray) else out
    if not isinstance(targets, (list, tuple)) or not all(isinstance(t, NDArray) for t in targets):
        raise TypeError(f"{op.op_name}: out should be an NDArray or a list of them, not {out!r}")
    if len(targets) not in (op.num_visible, len(op.output_names)):
        raise MXNetError(
            f"{op.op_name}: out has {len(targets)} arrays, the operator returns {op.num_visible}"
            f" ({', '.join(op.output_names[: op.num_visible])})"
        )
    return targets


def _failure(op: Op, tensors: list[torch.Tensor], error: Exception) -> NodeError:
    inputs = [
        InputFact(name, f"{tuple(t.shape)} {_dtype_name(t.dtype)}", "given")
        for name, t in zip(op.input_names, tensors)
    ]
    origin = caller(3)
    facts = NodeFacts(op.op_name, str(op), str(origin) if origin else None, None, inputs)
    stage = "shape inference" if isinstance(error, Mismatch) else "run"
    return NodeError(facts, stage, *explain(error))
