"""Nodes that a graph can do without: those that change nothing, and what is computed twice."""

from __future__ import annotations

from collections.abc import Callable
from math import copysign

from ..graph.node import Entry, Node
from ..ops.dtypes import is_floating
from .joint import Joint
from .rewrite import Replacement, rewrite
from .target import Facts, Target

__all__ = ["drop_idle_casts", "drop_neutral", "merge_duplicates"]


def drop_idle_casts(joint: Joint, facts: Callable[[], Facts], target: Target) -> Joint:
    """Let readers of a cast read its input, where that has the element type already.

    Networks converted to 16 bits have such casts before parameters that are converted too.
    """
    graph = joint.graph
    casts = [node for node in graph.nodes if node.op is not None and node.op.conversion]
    if not casts:
        return joint
    dtypes = facts()[1]
    kept = {entry.node for entry in graph.outputs} | _changed(joint)
    replacements: dict[Node, Replacement | None] = {}
    for node in casts:
        source = graph.sources[graph.index[node]][0]
        same = dtypes[source[0]][source[1]] == dtypes[graph.index[node]][0]
        if same and node not in kept and node.inputs[0].node not in kept:
            replacements[node] = _input_of(node)
    return rewrite(joint, replacements)


def _input_of(node: Node, number: int = 0) -> Replacement:
    return lambda now: [now(node.inputs[number])]


def drop_neutral(joint: Joint, facts: Callable[[], Facts], target: Target) -> Joint:
    """Let readers of x * 1, x / 1, x - 0 and x ** 1 read x, in floating point.

    The ones may be an array. Left alone are sums with 0, which make 0 of -0.
    """
    graph = joint.graph
    passed = {
        node: number
        for node in graph.nodes
        if node.op is not None and node.op.neutral and (number := _passed_on(node)) is not None
    }
    if not passed or target.monitored:
        return joint
    shapes, dtypes = facts()
    kept = {entry.node for entry in graph.outputs} | _changed(joint)
    replacements: dict[Node, Replacement | None] = {}
    for node, number in passed.items():
        position = graph.index[node]
        p, i = graph.sources[position][number]
        same = (shapes[p][i], dtypes[p][i]) == (shapes[position][0], dtypes[position][0])
        if same and is_floating(dtypes[p][i]) and kept.isdisjoint((node, graph.nodes[p])):
            replacements[node] = _input_of(node, number)
    return rewrite(joint, replacements)


def _passed_on(node: Node) -> int | None:
    """The number of the input that a node gives back as it is."""
    op = node.op
    for name, neutral in op.neutral.items():
        if name in op.parameters:
            if _is_neutral(getattr(op, name), neutral):
                return 0
            continue
        number = op.input_names.index(name)
        other = node.inputs[number].node.op
        if other is not None and _is_neutral(other.filled, neutral):
            return 1 - number
    return None


def _is_neutral(value: float | None, neutral: float) -> bool:
    """Whether a number is the neutral one, of which none is -0."""
    return value is not None and value == neutral and copysign(1, value) > 0


def _changed(joint: Joint) -> set[Node]:
    """The variables that an operator writes to: a copy of them is more than a cast."""
    return {
        entry.node
        for node in joint.graph.nodes
        if node.op is not None
        for name, entry in zip(node.op.input_names, node.inputs)
        if name in node.op.written_names
    }


def merge_duplicates(joint: Joint, facts: Callable[[], Facts], target: Target) -> Joint:
    """Compute once what several nodes compute from the same inputs with the same operator.

    Outputs of the graph are left alone, as are operators that draw random numbers, keep a state, or
    touch variables that change while the graph runs.
    """
    graph = joint.graph
    first: dict[tuple, int] = {}  # positions of nodes
    stands: dict[int, int] = {}  # the earlier node that computes the same
    for position, (node, sources) in enumerate(zip(graph.nodes, graph.sources)):
        if node.op is None:
            continue
        if stands:
            sources = [(stands.get(source, source), index) for source, index in sources]
        op = node.op.without_update() if node.op.once else node.op
        earlier = first.setdefault((op, *sources), position)
        if earlier != position and _alike(graph.nodes[earlier], node):
            stands[position] = earlier
    if not stands:
        return joint
    kept, changed = {entry.node for entry in graph.outputs}, _changed(joint)
    replacements: dict[Node, Replacement | None] = {}
    for position, earlier in stands.items():
        node = graph.nodes[position]
        first_one = graph.nodes[earlier]
        # What only the first one updates is for both as that has left it.
        updated = node.op.aux_names if first_one.op.once else ()
        read = (e.node for n, e in zip(node.op.input_names, node.inputs) if n not in updated)
        if node not in kept and changed.isdisjoint(read):
            replacements[node] = _outputs_of(first_one)
    return rewrite(joint, replacements)


def _alike(one: Node, other: Node) -> bool:
    """Whether one result can serve for both of two nodes with one operator and the same inputs."""
    op = other.op
    alone = op.stochastic or op.keeps_state or op.written_names or not op.input_names
    # Attributes say where a node runs, and whether it is computed again for the backward run.
    return not alone and one.attrs == other.attrs


def _outputs_of(node: Node) -> Replacement:
    return lambda now: [now(Entry(node, index)) for index in range(len(node.op.output_names))]
