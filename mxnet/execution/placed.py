"""Programs over several devices: each node runs where it was placed, without a memory plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from ..context import Context, torch_device
from ..graph.node import Entry, Graph, Node
from ..passes.joint import join
from ..passes.memory import Plan
from ..passes.place import assign_contexts, insert_copies
from .build import Bound, Program, draws, heads_now, moved_by
from .dynamic import DynamicSegment, Values, sinks_of
from .lower import Environment, Sink
from .recorded import RECORDERS, Recording

__all__ = ["build_placed"]


class PlacedSegment(DynamicSegment):
    """Some nodes of a graph, each run in the environment of its own device.

    ``dying``: by node, the values that nobody reads after it.
    """

    def __init__(
        self,
        nodes: Sequence[Node],
        values: Values,
        heads: Mapping[Entry, torch.Tensor],
        sinks: Mapping[Entry, Sequence[Sink]],
        environments: Mapping[Node, Environment],
        dying: Mapping[Node, Sequence[Entry]],
    ):
        every = sorted(environments.values(), key=lambda each: each.device.type != "cuda")
        super().__init__(nodes, values, heads, sinks, every[0])  # whose settings it runs under
        self.environments, self.dying = environments, dying

    def environment_of(self, node: Node) -> Environment:
        return self.environments[node]

    def deliver(self, node: Node) -> None:
        super().deliver(node)
        for entry in self.dying.get(node, ()):
            self.values.pop(entry, None)

    def __str__(self) -> str:
        return "\n".join(
            f"{node.name} = {node.op or 'variable'}  # on {self.environments[node].context}"
            for node in self.nodes
        )


def build_placed(
    graph: Graph,
    bound: Bound,
    groups: Mapping[str, Context],
    contexts: Mapping[Node, Context],
    generator: Callable[[Context], Any],
    *,
    train: bool,
    state: dict,
) -> Program:
    """A program whose nodes run on the devices of their groups.

    Parameters: ``contexts``: where the variables are; ``generator``: the random numbers of a
    context; the others as in ``build``.
    """
    joint = join(graph, list(bound.gradients) if train else [])
    variables = bound.variables_of(joint)
    on_forward = assign_contexts(joint.forward, groups, contexts)
    outputs = joint.forward.outputs
    where = {node: on_forward[outputs[index].node] for index, node in joint.head_gradients}
    where.update(contexts)
    placed = insert_copies(joint, {**assign_contexts(joint.graph, groups, where), **on_forward})
    now = list(heads_now(graph, joint, bound))
    joint, renewed = placed.joint, placed.renewed
    of_context = {
        context: Environment(context, torch_device(context), train, generator(context), state)
        for context in set(placed.contexts.values())
    }
    environments = {node: of_context[context] for node, context in placed.contexts.items()}
    values = {Entry(renewed[node]): tensor for node, tensor in variables.items()}
    heads = {Entry(renewed[e.node], e.index): head for e, head in now}
    sinks = sinks_of(joint, {renewed[node]: target for node, target in bound.gradients.items()})
    dying = _dying(joint.graph)
    nodes, rest = joint.forward.nodes, joint.graph.nodes[len(joint.forward.nodes) :]
    forward = PlacedSegment(nodes, values, heads, {}, environments, dying)
    backward = None
    if joint.wrt:
        backward = PlacedSegment(rest, values, {}, sinks, environments, dying)
    recorded = any(environment.device.type in RECORDERS for environment in of_context.values())
    recording = Recording(None, "it runs on several devices") if recorded else None
    moved = moved_by(joint.forward, variables)
    return Program(joint.graph, Plan(), forward, backward, draws(graph), None, recording, moved)


def _dying(graph: Graph) -> dict[Node, list[Entry]]:
    """For each node the values that it is the last one to read; unread results die at once."""
    last: dict[Entry, Node] = {}
    for node in graph.nodes:
        for index in range(node.num_outputs if node.op is not None else 0):
            last[Entry(node, index)] = node
        for entry in node.inputs:
            if entry.node.op is not None:
                last[Entry(entry.node, entry.index)] = node
    dying: dict[Node, list[Entry]] = {}
    for entry, node in last.items():
        dying.setdefault(node, []).append(entry)
    return dying
