"""States are updated once a run, however many derivatives of their operator a graph holds."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from operator import is_not

from ..graph.node import Entry, Node
from ..ops.backward import Backward

__all__ = ["updated_once"]


def updated_once(nodes: Sequence[Node]) -> dict[Node, Node]:
    """What stands for nodes where the first derivative of each application alone updates its states.

    ``nodes``: of a graph, in order of execution. Empty where nothing has to be replaced.
    """
    found: dict[Node, Node] = {}
    again = _again(nodes)
    if not again:
        return found
    for node in nodes:
        inputs = [Entry(found[e.node], e.index) if e.node in found else e for e in node.inputs]
        if node in again or any(map(is_not, inputs, node.inputs)):
            made = found[node] = node.renewed(inputs)
            made.op = node.op.without_update() if node in again else node.op
    return found


def _again(nodes: Sequence[Node]) -> set[Node]:
    """The derivatives of applications that have an earlier one."""
    updated: set[Hashable] = set()
    again = set()
    for node in nodes:
        op = node.op
        if isinstance(op, Backward) and op.once:
            key = _application(node, op)
            if key in updated:
                again.add(node)
            updated.add(key)
    return again


def _application(node: Node, op: Backward) -> Hashable:
    """The forward node of a derivative: its operator, with what it reads and makes."""
    forward = op.forward_op
    names = {*forward.input_names, *forward.output_names}
    return forward, *(e for name, e in zip(op.input_names, node.inputs) if name in names)
