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
    updated: set[Hashable] = set()
    found: dict[Node, Node] = {}
    for node in nodes:
        inputs = node.inputs
        if found:
            inputs = tuple(
                Entry(found[e.node], e.index) if e.node in found else e for e in node.inputs
            )
        again = False
        if isinstance(node.op, Backward) and node.op.once:
            key = _application(node, node.op)
            again = key in updated
            updated.add(key)
        if again or any(map(is_not, inputs, node.inputs)):
            made = found[node] = node.renewed(inputs)
            made.op = node.op.without_update() if again else node.op
    return found


def _application(node: Node, op: Backward) -> Hashable:
    """The forward node of a derivative: its operator, with what it reads and makes."""
    forward = op.forward_op
    names = {*forward.input_names, *forward.output_names}
    return forward, *(e for name, e in zip(op.input_names, node.inputs) if name in names)
