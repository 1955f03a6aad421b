"""From a graph and bound tensors to a program: infer, differentiate, plan, lower."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from ..error import MXNetError, NodeError
from ..graph.node import Entry, Graph, Node
from ..ops.dtypes import is_floating
from ..passes.differentiate import Derivative, differentiate, own_head_gradient
from ..passes.infer import Facts, infer_dtypes, infer_shapes
from ..passes.layout import choose_channels_last
from ..passes.memory import Key, Plan, plan_memory
from .dynamic import DynamicSegment
from .lower import Environment, Lowering, Sink, torch_dtype
from .program import Segment
from .storage import Arena

__all__ = ["Bound", "Program", "build", "is_dynamic", "known_facts"]


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


@dataclass(frozen=True)
class Program:
    """What runs: the forward part, the backward part (None without gradients), and their plan."""

    graph: Graph
    plan: Plan
    forward: Segment | DynamicSegment
    backward: Segment | DynamicSegment | None
    stochastic: bool
    generation: int  # of the arena that it was made on

    def __str__(self) -> str:
        parts = ["# forward", str(self.forward)]
        if self.backward is not None:
            parts += ["# backward", str(self.backward)]
        return "\n".join(parts)


def dtype_name(tensor: torch.Tensor) -> str:
    """The dtype name of a tensor."""
    return str(tensor.dtype)[6:]


def known_facts(
    graph: Graph,
    variables: Mapping[Node, torch.Tensor],
    start: tuple[Facts, Facts] | tuple[None, None] = (None, None),
) -> tuple[Facts, Facts]:
    """Shapes and dtypes of all values of a graph whose variables are bound.

    ``start``: what is known already of the graph's first nodes.

    Raises NodeError where the bound arrays do not fit the graph, or do not determine a shape
    (unless that depends on values, see ``Op.dynamic``).
    """
    if start[0] is not None and len(start[0].values) == len(graph.nodes):
        return start  # type: ignore[return-value] # nothing has been added
    shapes = infer_shapes(graph, {n: tuple(t.shape) for n, t in variables.items()}, start[0])
    dtypes = infer_dtypes(graph, {n: dtype_name(t) for n, t in variables.items()}, start[1])
    for node, tensor in variables.items():
        position = graph.index[node]
        found = shapes.values[position][0], dtypes.values[position][0]
        if found != (tuple(tensor.shape), dtype_name(tensor)):
            bound = f"{tuple(tensor.shape)} {dtype_name(tensor)}"
            reason = f"the bound array is {bound}, needed is {found[0]} {found[1]}"
            raise NodeError(node.facts(), "bind", reason)
    if is_dynamic(graph):
        return shapes, dtypes
    for node, node_shapes, node_dtypes in zip(graph.nodes, shapes.values, dtypes.values):
        if None in node_dtypes or any(
            s is None or not all(_is_int(d) for d in s) for s in node_shapes
        ):
            raise NodeError(
                node.facts(),
                "bind",
                f"shape {node_shapes} or dtype {node_dtypes} is not determined",
            )
    return shapes, dtypes


def _is_int(dim: Any) -> bool:
    return isinstance(dim, int)


def is_dynamic(graph: Graph) -> bool:
    """Whether some sizes are known at run time only."""
    return any(node.op is not None and node.op.dynamic for node in graph.nodes)


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
) -> Program:
    """Plan and lower a graph; with gradients where ``train`` is set and some are asked for.

    ``facts``: the shapes and dtypes of the graph's values, from ``known_facts``.
    ``state`` is where operators keep what outlives a run.
    """
    wrt = list(bound.gradients) if train else []
    derivative, head_variables = None, []
    joint = graph
    if wrt:
        joint, derivative, head_variables = join(graph, wrt, bound)
    variables = dict(bound.variables)
    for index, node in head_variables:
        variables[node] = bound.head_gradients[index]
    environment = Environment(context, device, train, rng, state)
    stochastic = any(node.op is not None and node.op.stochastic for node in graph.nodes)
    if is_dynamic(graph):
        return _build_dynamic(
            graph, joint, derivative, bound, variables, environment, stochastic, arena
        )
    shapes, dtypes = known_facts(joint, {n: variables[n] for n in joint.variables}, facts)

    fixed: dict[Key, torch.Tensor] = {(joint.index[n], 0): variables[n] for n in joint.variables}
    kept: list[Key] = []
    for entry, tensor in bound.heads.items():
        key = (joint.index[entry.node], entry.index)
        fixed[key] = tensor
        kept.append(key)
    sinks: dict[Key, list[Sink]] = {}
    if derivative is not None:
        _place_gradients(joint, derivative, bound, wrt, fixed, sinks, shapes, dtypes)
    channels_last = choose_channels_last(joint, shapes.values, dtypes.values, fixed.keys())
    plan = plan_memory(joint, shapes.values, dtypes.values, fixed.keys(), kept, channels_last)
    lowering = Lowering(
        joint, shapes.values, dtypes.values, plan, arena.take(plan.arena_size), fixed, environment,
        sinks, channels_last,
    )  # fmt: skip
    instructions = lowering.run()
    forward_nodes = set(graph.nodes)
    split = next(
        (i for i, each in enumerate(instructions) if each.node not in forward_nodes),
        len(instructions),
    )
    backward = Segment(instructions[split:]) if wrt else None
    forward = Segment(instructions[:split])
    return Program(joint, plan, forward, backward, stochastic, arena.generation)


def _build_dynamic(
    graph: Graph,
    joint: Graph,
    derivative: Derivative | None,
    bound: Bound,
    variables: Mapping[Node, torch.Tensor],
    environment: Environment,
    stochastic: bool,
    arena: Arena,
) -> Program:
    """A program that runs node by node."""
    values = {Entry(node): tensor for node, tensor in variables.items()}
    sinks: dict[Entry, list[Sink]] = {}
    for gradient, sink in zip(derivative.gradients if derivative else (), bound.gradients.values()):
        if gradient is not None:
            sinks.setdefault(Entry(gradient.node, gradient.index), []).append(Sink(*sink))
    rest = joint.nodes[len(graph.nodes) :]
    forward = DynamicSegment(graph.nodes, values, bound.heads, {}, environment)
    backward = DynamicSegment(rest, values, {}, sinks, environment) if derivative else None
    plan = Plan({}, {}, {}, {}, {})
    return Program(joint, plan, forward, backward, stochastic, arena.generation)


def join(
    graph: Graph, wrt: Sequence[Node], bound: Bound
) -> tuple[Graph, Derivative, list[tuple[int, Node]]]:
    """The forward and backward graph as one; also the variables of the head gradients."""
    heads: list[Entry | None] = []
    head_variables = []
    for index, output in enumerate(graph.outputs):
        if own_head_gradient(output.node.op):
            heads.append(None)
            continue
        node = Node(None, (), f"d_{output.name}", {}, derived_from=output.node)
        head_variables.append((index, node))
        heads.append(Entry(node))
        if index not in bound.head_gradients:
            raise MXNetError(f"no head gradient is bound for output {output.name}")
    derivative = differentiate(graph, wrt, heads)
    outputs = (*graph.outputs, *(entry for entry in derivative.gradients if entry is not None))
    needed = set(Graph(outputs).nodes)
    used_heads = [(index, node) for index, node in head_variables if node in needed]
    order = [*graph.nodes, *(node for _, node in used_heads)]
    order += [node for node in derivative.made if node in needed]
    return Graph(outputs, order), derivative, used_heads


def _place_gradients(
    joint: Graph,
    derivative: Derivative,
    bound: Bound,
    wrt: Sequence[Node],
    fixed: dict[Key, torch.Tensor],
    sinks: dict[Key, list[Sink]],
    shapes: Facts,
    dtypes: Facts,
) -> None:
    """Let gradients be computed right into their arrays where kernels can; else copy or add them.
    """
    for variable, entry in zip(wrt, derivative.gradients):
        if entry is None:
            continue
        target, accumulate = bound.gradients[variable]
        if not is_floating(dtype_name(target)):
            raise MXNetError(
                f"{variable.name}: gradients need a float array, not {dtype_name(target)}"
            )
        key = (joint.index[entry.node], entry.index)
        source = _computed_as(joint, key)
        writes = not accumulate and _can_write(joint, source, dtypes, target, fixed)
        if writes:
            position, index = source
            fixed[source] = target.view(shapes.values[position][index])
        else:
            sinks.setdefault(key, []).append(Sink(target, accumulate))


def _computed_as(joint: Graph, key: Key) -> Key:
    """The value whose memory holds a value that is a mere reshape of it."""
    while True:
        op = joint.nodes[key[0]].op
        if op is None or op.view != "reshape":
            return key
        key = joint.sources[key[0]][0]


def _can_write(
    joint: Graph, key: Key, dtypes: Facts, target: torch.Tensor, fixed: Mapping[Key, torch.Tensor]
) -> bool:
    op = joint.nodes[key[0]].op
    return (
        op is not None
        and "out" in op.requests
        and key not in fixed
        and torch_dtype(dtypes.values[key[0]][key[1]]) == target.dtype
        and target.is_contiguous()
        and not _overlaps(target, fixed.values())
    )


def _overlaps(target: torch.Tensor, others: Any) -> bool:
    storage = target.untyped_storage()._cdata
    return any(
        storage == other.untyped_storage()._cdata
        and target.data_ptr() < other.data_ptr() + other.numel() * other.element_size()
        and other.data_ptr() < target.data_ptr() + target.numel() * target.element_size()
        for other in others
    )
