"""Less memory at next to no work: what a pass over memory makes of a value that is kept anyway.

A normalisation is read by the layer behind it, whose derivative needs it again; its own derivative
needs the data that it was made of. So the data suffice: the backward part makes the normalised values
again. That takes a tenth to a fifth of the memory of deep networks, and some thousandths of the time.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..base import setting
from ..graph.node import Graph
from ..ops.core import Op
from .joint import Joint
from .memory import Key, nbytes
from .recompute import Choice, seconds_of_node

__all__ = ["spared"]

_MOST_TIME = 0.005  # of a step
_LEAST_SIZE = 1 << 18  # bytes of a value; smaller ones are not worth a call


def spared(joint: Joint, shapes: Sequence[tuple], dtypes: Sequence[tuple]) -> Choice | None:
    """What to compute again because it costs hardly anything; None where nothing is like that.

    MXNET_BACKWARD_DO_MIRROR=0 asks for a program that computes nothing twice.
    """
    if setting("MXNET_BACKWARD_DO_MIRROR", 1) == 0:
        return None
    found = [
        position
        for position, node in enumerate(joint.forward.nodes)
        if node.op is not None
        and node.op.light
        and nbytes(shapes[position][0], dtypes[position][0]) >= _LEAST_SIZE
    ]
    if not found:
        return None
    dropped = _Sparing(joint, shapes, dtypes).choose(found)
    if not dropped:
        return None
    nodes = joint.forward.nodes
    return Choice(
        "what costs little",
        frozenset(
            (position, index)
            for position, node in enumerate(nodes)
            for index in range(node.num_outputs)
            if (position, index) not in dropped
        ),
    )


class _Sparing:
    def __init__(self, joint: Joint, shapes: Sequence[tuple], dtypes: Sequence[tuple]):
        self.joint, self.shapes, self.dtypes = joint, shapes, dtypes
        self.border = len(joint.forward.nodes)
        self.roots: dict[Key, Key] = {}  # of views, the value that has the memory
        self.first: dict[Key, int] = {}  # by value, when the backward part reads it
        self.last: dict[Key, int] = {}
        self.find_readers(joint.graph)
        self.heads = {self.root(joint.key(entry)) for entry in joint.forward.outputs}

    def root(self, key: Key) -> Key:
        return self.roots.get(key, key)

    def find_readers(self, graph: Graph) -> None:
        for position, node in enumerate(graph.nodes):
            if node.op is None:
                continue
            if node.op.view is not None:
                source = self.root(graph.sources[position][0])
                self.roots.update(((position, i), source) for i in range(node.num_outputs))
                continue
            shape_only = node.op.shape_only_names
            for name, key in zip(node.op.input_names, graph.sources[position]):
                if name not in shape_only:
                    key = self.root(key)
                    self.last[key] = position
                    if position >= self.border:
                        self.first.setdefault(key, position)

    def choose(self, found: list[int]) -> set[Key]:
        """The values to drop, with their views: the largest and oldest first while there is time."""
        graph = self.joint.graph
        left = _MOST_TIME * sum(
            seconds_of_node(graph, p, self.shapes) for p in range(len(graph.nodes))
        )
        dropped: set[Key] = set()
        for position in sorted(found, key=lambda p: -nbytes(self.shapes[p][0], self.dtypes[p][0])):
            seconds = seconds_of_node(graph, position, self.shapes)
            if seconds <= left and self.is_spare(position, dropped):
                left -= seconds
                dropped.add((position, 0))
        views = [key for key, root in self.roots.items() if root in dropped]
        return dropped.union(key for key in views if key[0] < self.border)

    def is_spare(self, position: int, dropped: set[Key]) -> bool:
        """Whether all that a value is made of is in memory when the backward part first needs it."""
        key = (position, 0)
        needed = self.first.get(key)
        if needed is None or key in self.heads:
            return False
        graph = self.joint.graph
        op: Op = graph.nodes[position].op
        return all(
            graph.nodes[source[0]].op is None
            or source not in dropped
            and self.last.get(source, -1) >= needed
            for name, source in zip(op.input_names, map(self.root, graph.sources[position]))
            if name not in op.shape_only_names
        )
