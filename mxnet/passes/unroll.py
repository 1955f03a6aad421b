"""Loops whose length is known become the nodes of their steps, which are then planned as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..graph.node import Entry, Graph, Node, rewrite
from ..ops.control import Foreach
from ..ops.core import get_op
from ..ops.shapes import is_complete
from .infer import infer_shapes

__all__ = ["unroll"]

_MOST_NODES = 10_000  # what loops may become; more of them would take long to bind


def unroll(graph: Graph, shapes: Mapping[Node, tuple]) -> Graph:
    """The graph with the steps of each ``_foreach`` written out, loops inside of bodies as well.

    ``shapes``: those of the variables. Loops that would become very many nodes stay. The outputs
    keep their order.
    """
    budget, original = _MOST_NODES, graph
    while any(isinstance(node.op, Foreach) for node in graph.nodes):
        chosen = {}
        for node, data in _data_shapes(graph, shapes).items():
            cost = data[0][0] * len(node.op.bodies[0].graph.nodes)
            if cost <= budget:
                budget -= cost
                chosen[node] = data
        if not chosen:
            break

        def rule(node: Node, inputs: tuple[Entry, ...], chosen=chosen) -> Sequence[Entry] | None:
            return _steps(node, inputs, chosen[node]) if node in chosen else None

        graph = rewrite(graph, rule)
    # A variable stays even if only a result that nobody uses depended on it: it has an array.
    remaining = set(graph.nodes)
    idle = [node for node in original.variables if node not in remaining]
    return Graph(graph.outputs, [*idle, *graph.nodes]) if idle else graph


def _data_shapes(graph: Graph, shapes: Mapping[Node, tuple]) -> dict[Node, list[tuple]]:
    """The shapes of what the loops go through, where they are known."""
    facts = infer_shapes(graph, shapes)
    found = {}
    for node in graph.nodes:
        if isinstance(node.op, Foreach):
            data = [facts.of(entry) for entry in node.inputs[: node.op.counts[0]]]
            if all(map(is_complete, data)):
                found[node] = data
    return found


def _steps(loop: Node, inputs: Sequence[Entry], data: Sequence[tuple]) -> list[Entry]:
    """The outputs of a loop, computed by nodes of its own for each step."""
    length = data[0][0]
    op = loop.op
    (body,), (where,) = op.bodies, op.locations()
    items, count = op.counts

    def make(kind: str, name: str, *entries: Entry, **parameters) -> Node:
        made = get_op(kind)(**parameters)
        return Node(made, entries, f"{loop.name}_{name}", made.attrs(), loop.origin)

    rows = [
        # The items of a vector have one element: 1.x has no arrays without dimensions.
        make(
            "SliceChannel",
            f"data{i}",
            entry,
            num_outputs=length,
            axis=0,
            squeeze_axis=len(shape) > 1,
        )
        for i, (entry, shape) in enumerate(zip(inputs, data))
    ]
    states, rest = list(inputs[items : items + count]), inputs[items + count :]
    results: list[list[Entry]] = []
    for step in range(length):
        given = [*(Entry(row, step) for row in rows), *states, *rest]
        places = {node: given[at] for node, at in zip(body.graph.variables, where)}
        outputs = _copy(body.graph, places, f"{loop.name}_step{step}_")
        results.append(outputs[: op.num_out_data])
        states = outputs[op.num_out_data :]
    stacked = [
        Entry(make("stack", f"rows{i}", *row, num_args=length))
        for i, row in enumerate(zip(*results))
    ]
    # An output is no variable, even where a body returns what it was given.
    lasts = [
        Entry(make("_copy", f"state{i}", entry)) if entry.node.op is None else entry
        for i, entry in enumerate(states)
    ]
    return [*stacked, *lasts]


def _copy(graph: Graph, places: Mapping[Node, Entry], prefix: str) -> list[Entry]:
    """The outputs of a copy of a graph in which variables are replaced."""
    copies: dict[Node, Node] = {}

    def entry_of(entry: Entry) -> Entry:
        return (
            places[entry.node] if entry.node.op is None else Entry(copies[entry.node], entry.index)
        )

    for node in graph.nodes:
        if node.op is not None:
            inputs = tuple(map(entry_of, node.inputs))
            copies[node] = Node(node.op, inputs, prefix + node.name, node.attrs, node.origin)
    return [entry_of(entry) for entry in graph.outputs]
