"""What an executor binds: its tensors, what is inferred of them, and the programs on them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING

import torch

from .base import MXNetError
from .context import torch_device
from .execution.build import Bound, Program, build, fact_of, writable_gradients
from .execution.lower import torch_dtype
from .execution.placed import build_placed
from .execution.programs import Blueprint, Programs, Recent
from .graph.node import Entry
from .ops.shapes import is_complete
from .passes.differentiate import own_head_gradient
from .passes.infer import Facts
from .planning import known_facts, prepare
from .random import generator

if TYPE_CHECKING:
    from .executor import Executor

__all__ = ["Binding", "Kept", "binding_of"]


@dataclass(frozen=True)
class Binding:
    """Tensors with the programs on them."""

    bound: Bound
    blueprint: Blueprint
    programs: Programs


class Kept:
    """What executors that are reshaped from one another keep for each other.

    Bindings are kept if they need no memory beside that of the first executor, blueprints always.
    """

    def __init__(self) -> None:
        self.memory: set[int | None] | None = None  # of the first one, by storage
        self.bindings: Recent[Binding] = Recent(8)
        self.blueprints: Recent[Blueprint] = Recent(16)


def _storage_of(tensor: torch.Tensor | None) -> int | None:
    return None if tensor is None else tensor.untyped_storage()._cdata


def _bound_tensors(executor: Executor) -> list[torch.Tensor | None]:
    """The tensors of all arrays of an executor, outputs aside."""
    arrays = (*executor.arg_arrays, *(executor.grad_arrays or ()), *executor.aux_arrays)
    return [None if array is None else array._tensor for array in arrays]


def binding_of(
    executor: Executor, shared: Executor | None, inferred: tuple[Facts, Facts] | None, since: float
) -> Binding:
    """The binding of an executor's arrays: the one kept of the same memory in the same shapes, or new.

    Parameters: ``shared``: the executor whose arena it uses; ``inferred``: facts of the symbol's graph,
    if known; ``since``: when binding began, in seconds of ``perf_counter``.
    """
    if executor._contexts:
        return _bind(executor, shared, inferred, since)
    tensors, kept = _bound_tensors(executor), executor._kept
    places = (t if t is None else (t.data_ptr(), *fact_of(t), t.stride()) for t in tensors)
    key = executor._budget, tuple(places)
    found = kept.bindings.find(key)
    if found is None:
        found = _bind(executor, shared, inferred, since)
        memory = set(map(_storage_of, tensors))
        kept.memory = kept.memory or memory
        if kept.memory.issuperset(memory):
            kept.bindings.add(key, found)
        return found
    found.programs.shared = True
    why, seconds = "shapes bound before, program kept", perf_counter() - since
    found.programs.note(found.bound.gradients != {}, why, True, False, seconds)
    return found


def _bind(
    executor: Executor, shared: Executor | None, inferred: tuple[Facts, Facts] | None, since: float
) -> Binding:
    graph = executor._symbol._graph
    variables = dict(zip(graph.arguments, (array._tensor for array in executor.arg_arrays)))
    states = (array._tensor for array in executor.aux_arrays)
    variables.update(zip(graph.auxiliary_states, states))
    gradients = {}
    for node, array, req in zip(graph.arguments, executor.grad_arrays or (), executor._grad_req):
        if array is not None and req != "null":
            if array.shape != tuple(variables[node].shape):
                raise MXNetError(
                    f"bind: the gradient array of {node.name} has shape {array.shape}, the"
                    f" argument {tuple(variables[node].shape)}"
                )
            gradients[node] = (array._tensor, req == "add")
    facts = {node: fact_of(tensor) for node, tensor in variables.items()}
    key = tuple(facts.values()), gradients != {}
    blueprint = executor._kept.blueprints.find(key)
    if blueprint is None:
        blueprint = _infer(executor, facts, inferred, gradients != {})
        executor._kept.blueprints.add(key, blueprint)
    if blueprint.scale is not None:
        variables[blueprint.scale] = executor._loss_scale
    bound = Bound(variables, gradients, *_make_heads(executor, blueprint, gradients != {}))
    why, rebind = _why(executor, shared)
    pattern = executor._budget, tuple(gradients), writable_gradients(bound)
    programs = Programs(
        _maker(executor, bound, blueprint), executor._arena, blueprint.plans, pattern,
        executor._symbol.list_outputs(), why, rebind, since,
    )  # fmt: skip
    return Binding(bound, blueprint, programs)


def _why(executor: Executor, shared: Executor | None) -> tuple[str, bool]:
    """Why an executor is bound, and whether something like it was bound before."""
    if shared is None:
        return "first bind", False
    old = dict(zip(shared._symbol.list_arguments(), (a.shape for a in shared.arg_arrays)))
    new = zip(executor._symbol.list_arguments(), (a.shape for a in executor.arg_arrays))
    changed = [f"{name} {s}, was {old[name]}" for name, s in new if old.get(name, s) != s]
    if changed:
        return f"new shapes: {'; '.join(changed[:4])}{'; ...' if changed[4:] else ''}", True
    same = shared._symbol is executor._symbol
    return ("new arrays" if same else "another symbol in the same arena"), same


def _infer(
    executor: Executor, facts: dict, inferred: tuple[Facts, Facts] | None, train: bool
) -> Blueprint:
    declared = executor._symbol._graph
    graph, scale = declared, None
    if not executor._contexts:  # nodes that are placed run as they were declared
        graph, scale = prepare(declared, facts, executor._precision, train)
    if inferred is not None:  # of arrays as they were asked for
        shapes, dtypes = (each.values for each in inferred)
        places = ((declared.index[node], fact) for node, fact in facts.items())
        if any((shapes[at][0], dtypes[at][0]) != fact for at, fact in places):
            inferred = None
    if scale is not None:
        facts = {**facts, scale: fact_of(executor._loss_scale)}
    return Blueprint(graph, scale, known_facts(graph, facts, inferred))


def _make_heads(executor: Executor, blueprint: Blueprint, differentiated: bool) -> tuple:
    """The tensors of the outputs, and of those gradients of them that come from outside."""
    shapes, dtypes = blueprint.facts
    heads: dict[Entry, torch.Tensor] = {}
    head_gradients: dict[int, torch.Tensor] = {}
    for index, entry in enumerate(blueprint.graph.outputs):
        shape, dtype = shapes.of(entry), torch_dtype(dtypes.of(entry))
        if not is_complete(shape):
            shape = (0,)  # known when it has run; the tensor then takes over the result
        device = torch_device(executor._contexts.get(entry.node, executor._ctx))
        if entry.node.op is not None and entry not in heads:
            heads[entry] = torch.zeros(shape, dtype=dtype, device=device)
        if differentiated and not own_head_gradient(entry.node.op):
            head_gradients[index] = torch.zeros(shape, dtype=dtype, device=device)
    return heads, head_gradients


def _maker(executor: Executor, bound: Bound, blueprint: Blueprint) -> Callable[..., Program]:
    """What makes a program for a mode; it does not hold the executor."""
    state: dict = {}  # what operators keep from run to run
    if executor._contexts and executor._group2ctx:
        placed = partial(
            build_placed, executor._symbol._graph, bound, executor._group2ctx,
            executor._contexts_of_variables(), generator, state=state,
        )  # fmt: skip
        return lambda train, fused, planned: placed(train=train)
    make = partial(
        build, blueprint.graph, bound, blueprint.facts, context=executor._ctx,
        device=executor._device, rng=executor._rng, state=state, arena=executor._arena,
        budget=executor._budget, backend=executor._backend,
    )  # fmt: skip
    return lambda train, fused, planned: make(train=train, fused=fused, planned=planned)
