"""Who reads which value of a joint graph: what passes ask before they replace nodes."""

from __future__ import annotations

from ..graph.node import Graph, Node
from .joint import Joint
from .memory import Key

__all__ = ["USER", "Readers"]

USER = Node(None, (), "user", {})  # reads the outputs


class Readers:
    """Who reads which value of a joint graph."""

    def __init__(self, joint: Joint):
        self.graph: Graph = joint.graph
        self.found: dict[Key, list[Node]] = {}
        self.shape_only: dict[Key, set[Node]] = {}
        for node, sources in zip(self.graph.nodes, self.graph.sources):
            if node.op is None:
                continue
            unread = node.op.shape_only_names
            for name, key in zip(node.op.input_names, sources):
                if name in unread:
                    self.shape_only.setdefault(key, set()).add(node)
                else:
                    self.found.setdefault(key, []).append(node)
        for entry in self.graph.outputs:
            self.found.setdefault(joint.key(entry), []).append(USER)

    def of(self, node: Node, index: int = 0) -> list[Node]:
        """The nodes that read the elements of a value."""
        return self.found.get((self.graph.index[node], index), [])

    def shapes_only(self, node: Node, index: int = 0) -> set[Node]:
        """The nodes that read nothing of a value but its shape."""
        return self.shape_only.get((self.graph.index[node], index), set())
