"""From a graph and bound tensors to a program: infer, differentiate, plan, lower."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch

from ..error import MXNetError
from ..graph.node import Entry, Graph, Node
from ..ops.core import Op
from ..ops.dtypes import is_floating
from ..ops.generated import scratch_bytes, threads
from ..passes.infer import Facts
from ..passes.joint import Joint, join
from ..passes.memory import Key, Plan
from ..passes.report import MemoryReport
from ..passes.schedule import Planned, plan_graph
from ..passes.scratch import generated_products, may_multiply, product_types
from ..passes.target import Target, available_kernels
from ..planning import Inference, is_dynamic
from .allocator import keep_freed_memory
from .collector import without_collection
from .dynamic import DynamicSegment, sinks_of
from .hoisted import Prologue
from .lower import Environment, Lowering, Sink, torch_dtype
from .program import Instruction, Segment
from .recorded import RECORDERS, Recording, recording_of
from .storage import Arena

__all__ = [
    "Bound", "Program", "build", "draws", "dtype_name", "fact_of", "heads_now", "moved_by",
    "writable_gradients",
]  # fmt: skip


@dataclass(frozen=True)
class Bound:
    """The tensors that a program works on.

    ``variables``: of every argument and auxiliary state; ``gradients``: for some arguments, the
    array that receives the gradient and whether it is added; ``heads``: one tensor per distinct
    output that is not a variable; ``head_gradients``: one per output whose gradient comes from
    outside.
    """

    variables: Mapping[Node, torch.Tensor]
    gradients: Mapping[Node, tuple[torch.Tensor, bool]]
    heads: Mapping[Entry, torch.Tensor]
    head_gradients: dict[int, torch.Tensor] = field(default_factory=dict)

    def variables_of(self, joint: Joint) -> dict[Node, torch.Tensor]:
        """The tensors of all variables of a joint graph: also of the gradients of its outputs."""
        heads = {node: self.head_gradients[index] for index, node in joint.head_gradients}
        return {**self.variables, **heads}


@dataclass(frozen=True)
class Program:
    """What runs: the forward part, the backward part (None without gradients), and their plan.

    ``moved``: the states that each forward run takes further.
    """

    graph: Graph
    plan: Plan
    forward: Segment | DynamicSegment
    backward: Segment | DynamicSegment | None
    stochastic: bool
    planned: Planned | None = None  # None where each value is made when it is computed
    recording: Recording | None = None  # None on devices that record no runs
    moved: Sequence[torch.Tensor] = ()

    @property
    def memory(self) -> MemoryReport | None:
        """What it needs in bytes; None where there is no plan."""
        return None if self.planned is None else self.planned.report

    def __str__(self) -> str:
        parts = [] if self.recording is None else [f"# {self.recording}"]
        if self.planned is None:
            parts.append("# without a plan: each value is made when it is computed")
        parts += ["# forward", str(self.forward)]
        if self.backward is not None:
            parts += ["# backward", str(self.backward)]
        return "\n".join(parts)


def dtype_name(tensor: torch.Tensor) -> str:
    """The dtype name of a tensor."""
    return _dtype_name(tensor.dtype)


@functools.cache
def _dtype_name(dtype: torch.dtype) -> str:
    return str(dtype)[6:]


def fact_of(tensor: torch.Tensor) -> tuple[tuple, str]:
    """Shape and dtype of a tensor, as passes see them."""
    return tuple(tensor.shape), dtype_name(tensor)


@without_collection
def build(
    graph: Graph,
    bound: Bound,
    facts: tuple[Facts, Facts],
    *,
    context: Any,
    device: torch.device,
    train: bool,
    rng: Any,
    state: dict,
    arena: Arena,
    budget: int | None = None,
    fused: bool = True,
    backend: str | None = None,
    planned: Planned | None = None,
) -> Program:
    """Plan and lower a graph; with gradients where ``train`` is set and some are asked for.

    ``facts``: the shapes and dtypes of the graph's values, from ``known_facts``.
    ``state`` is where operators keep what outlives a run; ``budget``: the most bytes to take;
    ``fused``: whether several nodes may become one; ``backend``: who compiles the program, if not we;
    ``planned``: its plan, if it has been planned before.
    """
    wrt = list(bound.gradients) if train else []
    joint = planned.joint if planned is not None else join(graph, wrt, facts[0])
    variables = bound.variables_of(joint)
    environment = Environment(context, device, train, rng, state)
    if backend is not None or is_dynamic(joint.graph):
        _refuse_budget(budget, backend)
        heads = dict(heads_now(graph, joint, bound))
        return _build_dynamic(joint, bound, variables, heads, environment, draws(graph), backend)
    _check_gradients(bound)
    kernels = available_kernels(device.type) if fused else frozenset()
    target = Target(device.type, train, kernels, monitored=not fused)
    if planned is None:
        planned = _planned(joint, facts, bound, variables, target, budget)
    if planned.plan.adopted and device.type == "cpu":
        keep_freed_memory()
    lowering = Lowering(
        planned.joint.graph, planned.shapes, planned.dtypes, planned.plan,
        arena.take(planned.plan.arena_size), _tensors_outside(planned, graph, bound, variables),
        environment, _sinks(planned, bound), planned.channels_last, planned.placement.constants,
        views_too=not fused,
    )  # fmt: skip
    recording = recording_of(arena.recorder, planned.joint.graph, variables, rng)
    native = arena if "numba" in target.kernels else None
    forward, backward = _segments(planned, lowering, recording, native)
    return Program(
        planned.joint.graph, planned.plan, forward, backward, draws(graph), planned, recording,
        moved_by(joint.forward, variables),
    )  # fmt: skip


def draws(graph: Graph) -> bool:
    """Whether some operator draws random numbers."""
    return any(node.op is not None and node.op.stochastic for node in graph.nodes)


def _refuse_budget(budget: int | None, backend: str | None) -> None:
    """Raise MXNetError for a budget where there is no plan of ours that could keep it."""
    if budget is not None and backend is not None:
        raise MXNetError("memory_budget is for our own plans: leave it or backend out")
    if budget is not None:
        raise MXNetError("memory_budget cannot be kept where sizes depend on values: leave it out")


def _segments(
    planned: Planned, lowering: Lowering, recording: Recording | None, native: Arena | None
) -> tuple[Segment, Segment | None]:
    """The forward and the backward part; ``native``: the arena, if some of it runs below Python."""
    before, after = _divided(lowering.run(), planned.joint.forward)
    if recording is not None:
        segment: Callable[[Sequence[Instruction]], Segment] = recording.segment
    else:
        segment = partial(Segment, native=native, scratch=planned.plan.scratch)
    forward = segment(before)
    if lowering.hoisted:
        forward.prologue = Prologue(lowering.hoisted)
    return forward, segment(after) if planned.joint.wrt else None


def _check_gradients(bound: Bound) -> None:
    for node, (target, _) in bound.gradients.items():
        if not is_floating(dtype_name(target)):
            raise MXNetError(f"{node.name}: gradients need a float array, not {dtype_name(target)}")


def _planned(
    joint: Joint,
    facts: tuple[Facts, Facts],
    bound: Bound,
    variables: Mapping[Node, torch.Tensor],
    target: Target,
    budget: int | None,
) -> Planned:
    """The plan of a joint graph. Other processes compile meanwhile what its operators will call."""
    infer = Inference(facts, {n: fact_of(variables[n]) for _, n in joint.head_gradients})
    writable = partial(_Writable, bound, variables)
    if "numba" not in target.kernels:
        return plan_graph(joint, infer, writable, list(bound.gradients), target, budget)
    from ..kernels import ahead

    if ahead.begin():
        types = product_types(joint.graph, *infer(joint.graph), target)
        ahead.begin((name, dtype) for dtype in sorted(types) for name in ahead.PRODUCTS)
    planned = plan_graph(joint, infer, writable, list(bound.gradients), target, budget)
    products = ahead.PRODUCTS * (planned.plan.scratch > scratch_bytes(threads(), 0))
    ahead.expect(_functions(planned, products, False), _functions(planned, products, True))
    return planned


def _functions(
    planned: Planned, products: Sequence[str], backward: bool
) -> dict[tuple[str, str], None]:
    """What calls the kernels of one part, in its order, with the type of what the nodes read first.

    ``products``: what calls those of matrix products.
    """
    graph, border = planned.joint.graph, len(planned.joint.forward.nodes)
    found: dict[tuple[str, str], None] = {}
    seen: set[tuple[Op, str]] = set()
    for position in range(border, len(graph.nodes)) if backward else range(border):
        op, sources = graph.nodes[position].op, graph.sources[position]
        if op is None or not sources:
            continue
        dtype = planned.dtypes[sources[0][0]][sources[0][1]]
        if (op, dtype) in seen:
            continue
        found.update(((name, dtype), None) for name in op.kernels)
        multiplies = products and may_multiply(op)
        if multiplies and dtype != "float32":  # then it depends on the shapes, too
            multiplies = generated_products(graph, position, planned.shapes, planned.dtypes)
        else:
            seen.add((op, dtype))
        found.update(((name, dtype), None) for name in (products if multiplies else ()))
    return found


def _tensors_outside(
    planned: Planned, graph: Graph, bound: Bound, variables: Mapping[Node, torch.Tensor]
) -> dict[Key, torch.Tensor]:
    """The tensors of values that live outside the arena: variables, outputs, gradients.

    ``graph``: as it was declared; its outputs are those that ``bound`` has tensors for.
    """
    joint, placement = planned.joint, planned.placement
    index = joint.graph.index
    fixed: dict[Key, torch.Tensor] = {(index[n], 0): variables[n] for n in joint.graph.variables}
    fixed.update((joint.key(entry), head) for entry, head in heads_now(graph, joint, bound))
    for key, variable in placement.computed_in.items():
        fixed[key] = bound.gradients[variable][0].view(planned.shapes[key[0]][key[1]])
    fixed.update({key: fixed[head] for key, head in placement.overwritten.items()})
    return fixed


def heads_now(graph: Graph, joint: Joint, bound: Bound) -> Iterator[tuple[Entry, torch.Tensor]]:
    """The outputs that have tensors, as they are in a joint graph, from the graph as it was declared."""
    for declared, now in zip(graph.outputs, joint.forward.outputs):
        if declared in bound.heads:
            yield now, bound.heads[declared]


def moved_by(graph: Graph, variables: Mapping[Node, torch.Tensor]) -> list[torch.Tensor]:
    """The variables that the nodes of a graph take further in each run; see ``Op.once``."""
    moved = {
        entry.node: None
        for node in graph.nodes
        if node.op is not None and node.op.once
        for name, entry in zip(node.op.input_names, node.inputs)
        if name in node.op.written_names and entry.node.op is None
    }
    return [variables[node] for node in moved]


def _sinks(planned: Planned, bound: Bound) -> dict[Key, list[Sink]]:
    """The gradient arrays that values are copied or added to."""
    return {
        key: [Sink(*bound.gradients[variable]) for variable in variables]
        for key, variables in planned.placement.delivered.items()
    }


def _divided(
    instructions: Sequence[Instruction], forward: Graph
) -> tuple[Sequence[Instruction], Sequence[Instruction]]:
    """The instructions of the forward part, and those of the backward part after it."""
    nodes = set(forward.nodes)
    whole = len(instructions)
    first = next((at for at, each in enumerate(instructions) if each.node not in nodes), whole)
    return instructions[:first], instructions[first:]


def _build_dynamic(
    joint: Joint,
    bound: Bound,
    variables: Mapping[Node, torch.Tensor],
    heads: Mapping[Entry, torch.Tensor],
    environment: Environment,
    stochastic: bool,
    backend: str | None,
) -> Program:
    """A program that runs node by node, or as compiled by a backend."""
    values = {Entry(node): tensor for node, tensor in variables.items()}
    nodes, rest = joint.forward.nodes, joint.graph.nodes[len(joint.forward.nodes) :]
    forward = DynamicSegment(nodes, values, heads, {}, environment)
    backward = None
    if joint.wrt:
        sinks = sinks_of(joint, bound.gradients)
        backward = DynamicSegment(rest, values, {}, sinks, environment)
    if backend is not None:
        from .inductor import compile_segments  # importing torch's compiler takes a second

        forward, backward = compile_segments(backend, joint, forward, backward)
    plan, recording = Plan(), None
    if environment.device.type in RECORDERS:
        why = f"compiled by {backend}" if backend else "sizes are known at run time only"
        recording = Recording(None, why)
    moved = moved_by(joint.forward, variables)
    return Program(joint.graph, plan, forward, backward, stochastic, None, recording, moved)


def writable_gradients(bound: Bound) -> tuple[bool, ...]:
    """For each gradient whether it can be computed in its array, if it has the type of that."""
    writable = _Writable(bound, bound.variables)
    return tuple(writable(node, dtype_name(t)) for node, (t, _) in bound.gradients.items())


class _Writable:
    """Whether a gradient can be computed right into its array."""

    def __init__(self, bound: Bound, variables: Mapping[Node, torch.Tensor]):
        self.gradients = bound.gradients
        self.taken: dict[int, list[torch.Tensor]] = {}  # by storage: most have one of their own
        for tensor in (*variables.values(), *bound.heads.values()):
            self.taken.setdefault(tensor.untyped_storage()._cdata, []).append(tensor)

    def __call__(self, variable: Node, dtype: str) -> bool:
        target, accumulate = self.gradients[variable]
        if accumulate or not target.is_contiguous() or torch_dtype(dtype) != target.dtype:
            return False
        beside = self.taken.setdefault(target.untyped_storage()._cdata, [])
        if any(_overlap(target, other) for other in beside):
            return False
        beside.append(target)
        return True


def _overlap(one: torch.Tensor, other: torch.Tensor) -> bool:
    """Whether two tensors of one storage may have bytes in common."""
    return one.data_ptr() < _end(other) and other.data_ptr() < _end(one)


def _end(tensor: torch.Tensor) -> int:
    """The address after the last element."""
    if tensor.numel() == 0:
        return tensor.data_ptr()
    last = sum((size - 1) * stride for size, stride in zip(tensor.shape, tensor.stride()))
    return tensor.data_ptr() + (last + 1) * tensor.element_size()
