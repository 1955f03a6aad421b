"""What ``bind``, ``simple_bind`` and ``Executor.reshape`` make of their arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .base import MXNetError
from .context import Context, current_context, torch_device
from .execution.collector import without_collection
from .execution.lower import torch_dtype
from .executor import Executor
from .graph.node import Graph, Node
from .ndarray import NDArray
from .ndarray import zeros as nd_zeros
from .ndarray.creation import allocate
from .ops.dtypes import canonical
from .passes.place import context_of_group, same_device
from .passes.recompute import parse_bytes
from .passes.target import available_kernels
from .planning import infer_variables, requirements_of
from .precision import chosen_precision

__all__ = ["bind", "reshape", "simple_bind"]


@without_collection
def bind(
    symbol: Any,
    ctx: Context,
    args: Any,
    args_grad: Any,
    grad_req: Any,
    aux_states: Any,
    group2ctx: Any,
    shared_exec: Executor | None,
    memory_budget: Any = None,
    check: bool = False,
    dtype: Any = None,
    backend: str | None = None,
) -> Executor:
    """See ``Symbol.bind``."""
    if not isinstance(ctx, Context):
        raise TypeError(
            f"Context type error: ctx should be a Context such as mx.cpu(), not {ctx!r}"
        )
    names, aux_names = symbol.list_arguments(), symbol.list_auxiliary_states()
    arg_arrays = _arrays("args", args, names)
    grad_arrays = (
        None if args_grad is None else _arrays("args_grad", args_grad, names, allow_missing=True)
    )
    aux_arrays = _arrays("aux_states", [] if aux_states is None else aux_states, aux_names)
    if group2ctx is None:
        _require_device(ctx, names + aux_names, arg_arrays + aux_arrays)
    _require("shared_exec", shared_exec, Executor)
    _require_groups(group2ctx)
    requirements = requirements_of(grad_req, names, ValueError)
    return Executor(
        symbol, ctx, arg_arrays, grad_arrays, requirements, aux_arrays, group2ctx, shared_exec,
        None if memory_budget is None else parse_bytes(memory_budget),
        check, chosen_precision(dtype), backend,
    )  # fmt: skip


def _arrays(kind: str, given: Any, names: Sequence[str], allow_missing: bool = False) -> list[Any]:
    """What a list or dict gives for each name; None where one may be missing and is."""
    if isinstance(given, Mapping):
        missing = [name for name in names if name not in given]
        if missing and not allow_missing:
            raise ValueError(
                f"key `{missing[0]}` is missing in `{kind}`; needed are {', '.join(names)}"
            )
        arrays = [given.get(name) for name in names]
    elif isinstance(given, (list, tuple)):
        if len(given) != len(names):
            raise ValueError(
                f"Length of {kind} does not match the number of arguments: {len(given)} given, needed"
                f" are {len(names)}: {', '.join(names)}"
            )
        arrays = list(given)
    else:
        raise TypeError(
            f"Only accept list of NDArrays or dict of str to NDArray for {kind}, not {type(given)}"
        )
    for name, array in zip(names, arrays):
        if not isinstance(array, NDArray) and not (allow_missing and array is None):
            raise TypeError(f"{kind}: {name} should be an NDArray, not {type(array)}")
    return arrays


@without_collection
def simple_bind(
    symbol: Any,
    ctx: Context | None,
    grad_req: Any,
    type_dict: Any,
    stype_dict: Any,
    group2ctx: Any,
    shared_arg_names: Any,
    shared_exec: Executor | None,
    shared_buffer: dict[str, NDArray] | None,
    memory_budget: Any,
    check: bool,
    dtype: Any,
    backend: str | None,
    shapes: Mapping[str, Any],
) -> Executor:
    """See ``Symbol.simple_bind``."""
    ctx = current_context() if ctx is None else ctx
    if not isinstance(ctx, Context):
        raise TypeError(f"ctx should be a Context such as mx.cpu(), not {ctx!r}")
    _require("shared_exec", shared_exec, Executor)
    _require("shared_buffer", shared_buffer, Mapping)
    _require_groups(group2ctx)
    requirements = _requirements(grad_req, symbol.list_arguments())
    if "numba" in available_kernels(torch_device(ctx).type):
        from .kernels import ahead

        ahead.begin()
    facts, inferred = infer_variables(symbol, shapes, type_dict or {})
    allocator = _Allocator(ctx, set(shared_arg_names or ()), shared_exec, shared_buffer)
    arg_arrays, grad_arrays, aux_arrays = _allocate(
        symbol._graph, facts, requirements, allocator, ctx, group2ctx
    )
    return Executor(
        symbol, ctx, arg_arrays, grad_arrays, requirements, aux_arrays, group2ctx, shared_exec,
        None if memory_budget is None else parse_bytes(memory_budget),
        check, chosen_precision(dtype), backend, inferred,
    )  # fmt: skip


def _allocate(
    graph: Graph,
    facts: Mapping[Node, tuple[tuple, str]],
    requirements: Sequence[str],
    allocator: _Allocator,
    ctx: Context,
    group2ctx: Mapping[str, Context] | None,
) -> tuple[list[NDArray], list[NDArray | None], list[NDArray]]:
    """Arrays for the arguments, for those gradients that are wanted, and for auxiliary states."""

    def place(node: Node) -> None:
        if group2ctx:
            allocator.on(context_of_group(node, group2ctx) or ctx)

    arguments, gradients, states = [], [], []
    for node, requirement in zip(graph.arguments, requirements):
        place(node)
        arguments.append(allocator(node.name, *facts[node]))
        wanted = requirement != "null"
        gradients.append(allocator(f"grad of {node.name}", *facts[node]) if wanted else None)
    for node in graph.auxiliary_states:
        place(node)
        states.append(allocator.state(node.name, *facts[node]))
    return arguments, gradients, states


def _require(name: str, given: Any, kind: type) -> None:
    if given is not None and not isinstance(given, kind):
        wanted = "a dict" if kind is Mapping else f"an {kind.__name__}"
        raise TypeError(f"{name} should be {wanted}, not {given!r}")


def _require_groups(group2ctx: Any) -> None:
    _require("group2ctx", group2ctx, Mapping)
    for group, context in (group2ctx or {}).items():
        if not isinstance(context, Context):
            raise TypeError(
                f"group2ctx: {group} should be on a Context such as mx.cpu(), not {context!r}"
            )


def _require_device(ctx: Context, names: Sequence[str], arrays: Sequence[NDArray]) -> None:
    for name, array in zip(names, arrays):
        if not same_device(array.context, ctx):
            raise MXNetError(
                f"{name} is on {array.context} but the executor is bound to {ctx}; use as_in_context"
            )


def _requirements(grad_req: Any, names: Sequence[str]) -> Sequence[str]:
    """What is asked of the gradient of each argument; raises MXNetError for names that occur twice."""
    if isinstance(grad_req, (list, tuple)) and not grad_req and names:
        raise RuntimeError("simple_bind error: grad_req in simple_bind cannot be an empty list")
    requirements = requirements_of(grad_req, names, RuntimeError)
    if len(set(names)) < len(names):
        repeated = sorted({name for name in names if names.count(name) > 1})
        raise MXNetError(
            f"simple_bind error: duplicate argument names: {', '.join(repeated)}; arguments need"
            " unique names"
        )
    return requirements


class _Allocator:
    """Makes zero-filled arrays, or takes them from what is shared with another executor."""

    def __init__(
        self,
        ctx: Context,
        shared_names: set[str],
        shared_exec: Executor | None,
        pool: dict[str, NDArray] | None,
    ):
        self.names, self.pool = shared_names, pool
        self.shared: dict[str, Any] = {}
        self.states: dict[str, Any] = {}
        if shared_exec is not None and shared_names:
            self.shared.update(shared_exec.arg_dict)
            self.shared.update({f"grad of {k}": v for k, v in shared_exec.grad_dict.items()})
            self.states = shared_exec.aux_dict
        self.on(ctx)

    def on(self, ctx: Context) -> None:
        """Make what follows on a device."""
        self.ctx, self.device = ctx, torch_device(ctx)

    def __call__(self, key: str, shape: tuple, dtype: str) -> NDArray:
        name = key.removeprefix("grad of ")
        if name in self.names:
            return self.taken(self.shared.get(key), shape, dtype)
        if self.pool is None:
            return self.fresh(shape, dtype)
        pooled = self.pool.get(key)
        size = int(np.prod(shape))
        if pooled is None or pooled.size < size or not self.holds(pooled, dtype):
            pooled = self.pool[key] = self.fresh(shape, dtype)
        if pooled.shape == shape:
            return pooled
        return NDArray(pooled._tensor.view(-1)[:size].view(shape), self.ctx)

    def state(self, name: str, shape: tuple, dtype: str) -> NDArray:
        """An array for an auxiliary state."""
        return self.taken(self.states.get(name), shape, dtype)

    def taken(self, found: NDArray | None, shape: tuple, dtype: str) -> NDArray:
        """What is shared, if it is what is asked for; else a new array."""
        if found is not None and found.shape == shape and self.holds(found, dtype):
            return found
        return self.fresh(shape, dtype)

    def holds(self, array: NDArray, dtype: str) -> bool:
        """Whether an array is where one is asked for, and of its type."""
        return same_device(array.context, self.ctx) and canonical(array.dtype) == dtype

    def fresh(self, shape: tuple, dtype: str) -> NDArray:
        if 0 in shape:
            return nd_zeros(shape, ctx=self.ctx, dtype=dtype)  # only where 0 is a size
        return allocate(shape, self.ctx, self.device, torch_dtype(dtype))


@without_collection
def reshape(
    executor: Executor, partial_shaping: bool, allow_up_sizing: bool, shapes: Mapping[str, tuple]
) -> Executor:
    """See ``Executor.reshape``."""
    symbol = executor._symbol
    arg_shapes, _, aux_shapes = symbol.infer_shape(**shapes)
    if arg_shapes is None:
        raise MXNetError("Insufficient argument shapes provided.")
    names = symbol.list_arguments()
    old_grads = executor.grad_arrays or [None] * len(names)
    args, grads = [], []
    for name, shape, array, gradient in zip(names, arg_shapes, executor.arg_arrays, old_grads):
        if name not in shapes and shape != array.shape and not partial_shaping:
            raise MXNetError(
                f"Shape of unspecified array arg:{name} changed. This can cause the new executor"
                " to not share parameters with the old one. Please check for error in the network."
                " If this is intended, set partial_shaping=True to suppress this warning."
            )
        args.append(_resized("arg", name, array, shape, allow_up_sizing))
        grads.append(
            None if gradient is None else _resized("grad", name, gradient, shape, allow_up_sizing)
        )
    auxiliary = []
    for name, shape, array in zip(symbol.list_auxiliary_states(), aux_shapes, executor.aux_arrays):
        if shape != array.shape and not partial_shaping:
            raise MXNetError(
                f"Shape of unspecified array aux:{name} changed; set partial_shaping=True to allow"
                " it"
            )
        auxiliary.append(_resized("aux", name, array, shape, allow_up_sizing))
    new_grads = None if executor.grad_arrays is None else grads
    return Executor(
        symbol, executor._ctx, args, new_grads, executor._grad_req, auxiliary,
        executor._group2ctx, executor, executor._budget, executor._check is not None,
        precision=executor._precision, backend=executor._backend, reshaped=True,
    )  # fmt: skip


def _resized(kind: str, name: str, array: NDArray, shape: tuple, allow_up_sizing: bool) -> NDArray:
    """The same memory under another shape, or new memory where it does not suffice."""
    size = int(np.prod(shape))
    if size <= array.size:
        return NDArray(array._tensor.view(-1)[:size].view(shape), array.context)
    if not allow_up_sizing:
        raise MXNetError(
            f"New shape of {kind}:{name} larger than original. First making a big executor and"
            " then down sizing it is more efficient than the reverse. If you really want to up size,"
            " set allow_up_sizing=True to enable allocation of new arrays."
        )
    return nd_zeros(shape, ctx=array.context, dtype=array.dtype)
