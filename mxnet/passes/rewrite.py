"""Replacing nodes of a joint graph: what every pass that fuses nodes is made with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import is_not

from ..graph.node import Entry, Graph, Node
from ..ops.core import Op
from .joint import Joint

__all__ = ["Replacement", "is_relu", "made", "mirroring", "rewrite"]

# Gives what stands for the outputs of a node in the new graph; it is told how to find what stands
# there for any entry of the old one that comes before it.
Replacement = Callable[[Callable[[Entry], Entry]], Sequence[Entry]]


def rewrite(joint: Joint, replacements: Mapping[Node, Replacement | None]) -> Joint:
    """The joint graph with some nodes replaced, in the same order of execution.

    New nodes stand where the node was that they replace. Readers of a replaced node read what stands
    for it; None drops a node that nothing reads any more.
    """
    if not replacements:
        return joint
    made = _Rewriting(replacements)
    count = len(joint.forward.nodes)
    for node in joint.graph.nodes[:count]:
        made.add(node)
    forward = Graph([made.now(entry) for entry in joint.forward.outputs], list(made.order))
    for node in joint.graph.nodes[count:]:
        made.add(node)
    gradients = tuple(None if entry is None else made.now(entry) for entry in joint.gradients)
    found = [entry for entry in gradients if entry is not None]
    graph = Graph((*forward.outputs, *found), made.order)
    return Joint(graph, forward, joint.wrt, gradients, joint.head_gradients)


class _Rewriting:
    def __init__(self, replacements: Mapping[Node, Replacement | None]):
        self.replacements = replacements
        self.order: list[Node] = []
        self.placed: set[Node] = set()
        self.results: dict[Node, Sequence[Entry]] = {}  # what stands for replaced nodes
        self.copies: dict[Node, Node] = {}  # of nodes that only read something else now

    def now(self, entry: Entry) -> Entry:
        """What stands for an entry in the new graph."""
        found = self.results.get(entry.node)
        if found is not None:
            return found[entry.index]
        copy = self.copies.get(entry.node)
        return entry if copy is None else Entry(copy, entry.index)

    def add(self, node: Node) -> None:
        if node in self.replacements:
            replacement = self.replacements[node]
            if replacement is not None:
                results = self.results[node] = replacement(self.now)
                for entry in results:
                    self.place(entry.node)
            return
        inputs = tuple(map(self.now, node.inputs))
        if any(map(is_not, inputs, node.inputs)):
            copy = self.copies[node] = node.renewed(inputs)
            node = copy
        self.place(node)

    def place(self, node: Node) -> None:
        """Append a node after those that it reads."""
        waiting = [node]
        while waiting:
            last = waiting[-1]
            missing = [e.node for e in last.inputs if e.node not in self.placed]
            if last in self.placed or not missing:
                waiting.pop()
                if last not in self.placed:
                    self.placed.add(last)
                    self.order.append(last)
            else:
                waiting.extend(missing)


def made(op: Op, inputs: tuple[Entry, ...], node: Node, part: str = "") -> Entry:
    """The value of a node that stands for another one, or for a part of it."""
    name = f"{node.name}_{part}" if part else node.name
    return Entry(Node(op, inputs, name, op.attrs(), node.origin, node.derived_from))


def is_relu(node: Node) -> bool:
    """Whether a node applies max(x, 0)."""
    name = getattr(node.op, "op_name", "")
    return name == "relu" or (name == "Activation" and getattr(node.op, "act_type", "") == "relu")


def mirroring(node: Node) -> list[str | None]:
    """What the user says about computing a node again; nodes are fused where it is the same."""
    return [node.attrs.get(f"__{name}__") for name in ("force_mirroring", "mirror_stage")]
