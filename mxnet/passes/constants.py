"""Constant folding: what depends on no variable is computed before the first run, and kept.

That goes for arrays made of nothing and for what is made of them, and for what reads only the shapes of
other values, which are known. Random draws are never constants. Such values outlive a run, as what is
made of parameters alone does (``Op.hoisted``); so they are kept only where they are small, or in memory
anyway when most is in use. Views of them stay views, which take neither time nor memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass

from ..graph.node import Graph
from ..ops.core import Op
from .memory import nbytes
from .target import Target

__all__ = ["NO_CONSTANTS", "ConstantFolding", "Constants"]

_SMALL, _SMALL_TOGETHER = 1 << 16, 1 << 20  # bytes of one node's results, and of all: always kept


@dataclass(frozen=True)
class Constants:
    """The nodes, by position, that do not run with the others.

    ``kept``: those whose results are kept; ``inner``: those that are needed for these alone.
    """

    kept: frozenset[int] = frozenset()
    inner: frozenset[int] = frozenset()

    def moved(self, order: Sequence[int]) -> Constants:
        """The same of the graph in another order."""
        if not self.kept and not self.inner:
            return self
        sets = ({n for n, p in enumerate(order) if p in each} for each in (self.kept, self.inner))
        return Constants(*map(frozenset, sets))


NO_CONSTANTS = Constants()


class ConstantFolding:
    """The constants of a graph, of which some are to be kept.

    ``small``: those that take hardly any memory; ``large``: the positions of the others.
    """

    def __init__(
        self, graph: Graph, shapes: Sequence[tuple], dtypes: Sequence[tuple], target: Target
    ):
        self.graph, self.small = graph, NO_CONSTANTS
        self.large: list[int] = []
        reference = target.device == "cpu" and not target.kernels
        self.nodes = {} if reference or target.monitored else _constant_nodes(graph)
        if not self.nodes:
            return
        self.readers = _readers(graph, self.nodes)
        sizes = {p: sum(map(nbytes, shapes[p], dtypes[p])) for p in self.nodes}
        few = {p for p, size in sizes.items() if size <= _SMALL}
        self.small = self.keeping(few)
        if sum(sizes[p] for p in self.small.kept) > _SMALL_TOGETHER:
            few, self.small = set(), NO_CONSTANTS
        self.large = sorted(self.keeping(set(self.nodes)).kept - few)

    def keeping(self, allowed: Set[int]) -> Constants:
        """Some of the constants, and what they are made of."""
        kept: set[int] = set()
        inner: set[int] = set()
        for position in reversed(self.nodes):
            reading = self.readers[position]
            if -1 in reading:
                continue  # an array of the user's, who may write to it
            if all(reader in kept or reader in inner for reader in reading):
                inner.add(position)
            elif self.graph.nodes[position].op.view is None and position in allowed:
                kept.add(position)
        return Constants(frozenset(kept), frozenset(inner))

    def keeping_also(self, large: Iterable[int]) -> Constants:
        """The small ones and some of the large."""
        return self.keeping(self.small.kept | self.small.inner | set(large))


def _constant_nodes(graph: Graph) -> dict[int, None]:
    """The positions of nodes that depend on no value of a variable, in order."""
    written: set[int] | None = None
    found: dict[int, None] = {}
    for position, node in enumerate(graph.nodes):
        op = node.op
        if op is None or (node.inputs and not found and not op.shape_only_names):
            continue
        sources = graph.sources[position]
        unread = op.shape_only_names
        if not all(key[0] in found or name in unread for name, key in zip(op.input_names, sources)):
            continue
        if written is None:
            written = set(_written(graph))
        if _is_function(op) and position not in written:
            found[position] = None
    return found


def _is_function(op: Op) -> bool:
    """Whether equal inputs always give equal results, which is all that an operator does."""
    effects = op.stochastic or op.keeps_state or op.dynamic or op.written_names or op.hoisted
    return not effects and "workspace" not in op.requests


def _written(graph: Graph) -> Iterator[int]:
    """The nodes with results that another node writes to."""
    for node, sources in zip(graph.nodes, graph.sources):
        if node.op is not None and node.op.written_names:
            for name, key in zip(node.op.input_names, sources):
                if name in node.op.written_names:
                    yield from _behind_views(graph, key[0])


def _behind_views(graph: Graph, position: int) -> Iterator[int]:
    """A node, and those of which it is a view."""
    yield position
    op = graph.nodes[position].op
    while op is not None and op.view is not None:
        position = graph.sources[position][0][0]
        yield position
        op = graph.nodes[position].op


def _readers(graph: Graph, found: dict[int, None]) -> dict[int, list[int]]:
    """The nodes that read the elements of constants; -1 for the results of the graph."""
    readers: dict[int, list[int]] = {position: [] for position in found}
    for position, (node, sources) in enumerate(zip(graph.nodes, graph.sources)):
        if node.op is not None:
            for name, key in zip(node.op.input_names, sources):
                if key[0] in found and name not in node.op.shape_only_names:
                    readers[key[0]].append(position)
    for entry in graph.outputs:
        for position in _behind_views(graph, graph.index[entry.node]):
            if position in found:
                readers[position].append(-1)
    return readers
