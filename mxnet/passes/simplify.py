"""Casts that change nothing: networks converted to 16 bits have them before 16-bit parameters."""

from __future__ import annotations

from collections.abc import Callable

from ..graph.node import Node
from .joint import Joint
from .rewrite import Replacement, rewrite
from .target import Facts, Target

__all__ = ["drop_idle_casts"]


def drop_idle_casts(joint: Joint, facts: Callable[[], Facts], target: Target) -> Joint:
    """Let readers of a cast read its input, where that has the element type already."""
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


def _input_of(node: Node) -> Replacement:
    return lambda now: [now(node.inputs[0])]


def _changed(joint: Joint) -> set[Node]:
    """The variables that an operator writes to: a copy of them is more than a cast."""
    return {
        entry.node
        for node in joint.graph.nodes
        if node.op is not None
        for name, entry in zip(node.op.input_names, node.inputs)
        if name in node.op.written_names
    }
