"""Shape and dtype inference: the rules of all nodes applied until nothing more follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Integral
from typing import Any

from ..error import MXNetError, NodeError
from ..graph.node import Graph, Node
from ..ops.dtypes import canonical
from ..ops.parameters import Shape, declare
from ..ops.shapes import UNKNOWN, Mismatch, is_complete, shape_text, unify_dtypes, unify_shapes

__all__ = ["Facts", "infer", "infer_dtypes", "infer_shapes", "partial_shape", "variable_hint"]

_SHAPE = declare("__shape__", Shape, None)


class Facts:
    """What inference found: for every node a tuple with one value per output.

    ``open``: the positions of nodes of which, or of whose inputs, something is not known.
    """

    def __init__(self, graph: Graph, values: list[tuple], open: Sequence[int] = ()):
        self.graph = graph
        self.values = values
        self.open = open

    def of(self, entry: Any) -> Any:
        """The value for one entry."""
        return self.values[self.graph.index[entry.node]][entry.index]


def partial_shape(shape: Any) -> tuple:
    """A shape as users write it, 0, -1 and None meaning unknown, as a partial shape.

    Raises TypeError for dimensions that are no integers.
    """
    if not all(dim is None or isinstance(dim, Integral) for dim in shape):
        raise TypeError(f"the dimensions of a shape need to be integers, not {shape!r}")
    return tuple(UNKNOWN if dim is None or dim <= 0 else int(dim) for dim in shape)


def variable_hint(node: Node, kind: str) -> Any:
    """The shape or dtype that a variable was declared with, None without one."""
    text = node.attrs.get("__shape__" if kind == "shape" else "__dtype__")
    if text is None:
        return None
    if kind == "shape":
        return partial_shape(_SHAPE.parse(text)) or None
    try:
        code = int(text) if text.lstrip("-").isdigit() else text
        return None if code == -1 else canonical(code)
    except TypeError as error:
        raise MXNetError(f"variable {node.name}: __dtype__: {error}") from None


def infer_shapes(
    graph: Graph, known: Mapping[Node, tuple | None], start: Facts | None = None
) -> Facts:
    """The shapes of all values, as far as they follow from those of some variables.

    ``start``: complete shapes of the first nodes of the graph, which are taken as they are.
    """
    return infer(graph, "shape", known, start)


def infer_dtypes(
    graph: Graph,
    known: Mapping[Node, str | None],
    start: Facts | None = None,
    default: str | None = None,
) -> Facts:
    """The dtypes of all values, as far as they follow from those of some variables.

    ``default``: what variables are that nothing determines, one after the other.
    """
    return infer(graph, "dtype", known, start, default)


def infer(
    graph: Graph,
    kind: str,
    known: Mapping[Node, Any],
    start: Facts | None = None,
    default: Any = None,
) -> Facts:
    """Sweep forwards and backwards over the rules until a sweep adds nothing.

    Raises NodeError naming the node at which two facts disagree.
    """
    state = _State(graph, kind, known, start.values if start else [])
    state.settle()
    if default is not None:
        for position in list(state.open):
            if graph.nodes[position].op is None and state.values[position] == (None,):
                state.values[position] = (default,)
                state.settle()
    return Facts(graph, state.values, state.open)


class _State:
    """``open``: positions, in order, of the nodes of which something may still follow or be missing."""

    def __init__(self, graph: Graph, kind: str, known: Mapping[Node, Any], start: list[tuple]):
        self.graph, self.kind = graph, kind
        self.unify = unify_shapes if kind == "shape" else unify_dtypes
        self.complete = is_complete if kind == "shape" else (lambda value: value is not None)
        self.changes = 0
        self.open: Sequence[int] = range(len(start), len(graph.nodes))
        self.values: list[tuple] = list(start)
        for node in graph.nodes[len(start) :]:
            if node.op is None:
                self.values.append((self._given(node, known.get(node)),))
            else:
                self.values.append((None,) * node.num_outputs)

    def settle(self) -> None:
        """Sweep in both directions in turn, until nothing is open or a sweep adds nothing."""
        backwards, before = False, -1
        while self.open and self.changes != before:
            before = self.changes
            if backwards:
                self.open = self.sweep(self.open[::-1])[::-1]
            else:
                self.open = self.sweep(self.open)
            backwards = not backwards

    def _given(self, node: Node, given: Any) -> Any:
        hint = variable_hint(node, self.kind) if node.attrs else None
        if given is None or hint is None:
            return hint if given is None else given
        try:
            return self.unify(given, hint)
        except Mismatch:
            return given  # as in 1.x, what the caller says overrides the declaration

    def sweep(self, positions: Sequence[int]) -> list[int]:
        """Apply the rules of some nodes once; return those of the nodes that remain open.

        A rule that has confirmed complete values has nothing more to say.
        """
        values, sources, nodes, kind = self.values, self.graph.sources, self.graph.nodes, self.kind
        complete = self.complete
        remaining = []
        for position in positions:
            op = nodes[position].op
            outputs = values[position]
            if op is None:
                if not complete(outputs[0]):
                    remaining.append(position)
                continue
            inputs = tuple([values[source][index] for source, index in sources[position]])
            try:
                new_inputs, new_outputs, whole = op.inferred(kind, inputs, outputs)
            except (Mismatch, MXNetError, ValueError, IndexError, TypeError) as error:
                raise self._failure(nodes[position], error) from None
            if new_outputs != outputs:
                values[position] = new_outputs
                self.changes += 1
            if new_inputs != inputs:
                self._assign_inputs(position, new_inputs)
                remaining.append(position)
            elif not whole:
                remaining.append(position)
        return remaining

    def _assign_inputs(self, position: int, new_inputs: tuple) -> None:
        for (source, index), value in zip(self.graph.sources[position], new_inputs):
            outputs = self.values[source]
            if outputs[index] == value:
                continue
            try:
                merged = self.unify(outputs[index], value)
            except Mismatch:
                reason = Mismatch(f"{self.kind} {outputs[index]} and {value} disagree")
                raise self._failure(self.graph.nodes[position], reason) from None
            if merged != outputs[index]:
                self.values[source] = (*outputs[:index], merged, *outputs[index + 1 :])
                self.changes += 1

    def _failure(self, node: Node, error: Exception) -> NodeError:
        def describe(entry: Any) -> str:
            value = self.values[self.graph.index[entry.node]][entry.index]
            return shape_text(value) if self.kind == "shape" else str(value or "?")

        reason = str(error)
        if not isinstance(error, (Mismatch, MXNetError)):
            reason = f"the input {self.kind}s do not fit this operator ({error})"
        elif not reason:
            reason = f"the input {self.kind}s disagree"
        return NodeError(node.facts(describe), f"{self.kind} inference", reason)
