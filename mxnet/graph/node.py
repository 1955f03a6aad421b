"""Nodes, entries and graphs: the whole intermediate representation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any

from ..error import InputFact, NodeFacts
from .origin import Origin

__all__ = ["Entry", "Graph", "Node", "unique_name"]


class Node:
    """One operator application, or a variable (``op`` is None).

    A node never changes, with one exception that 1.x demands: ``Symbol._set_attr``. ``attrs`` are
    the strings as given, ``derived_from`` is the forward node that a gradient rule made this one
    for, and ``towards`` says which of its outputs are gradients for which inputs of that node.
    ``stands_for`` is the node that a pass has put this one in place of, None where there is none.
    """

    __slots__ = (
        "__weakref__",
        "attrs",
        "derived_from",
        "inputs",
        "name",
        "op",
        "origin",
        "stands_for",
        "towards",
    )

    def __init__(
        self,
        op: Any,
        inputs: tuple[Entry, ...],
        name: str,
        attrs: dict[str, str],
        origin: Origin | None = None,
        derived_from: Node | None = None,
        towards: dict[int, int] | None = None,
        stands_for: Node | None = None,
    ):
        self.op = op
        self.inputs = inputs
        self.name = name
        self.attrs = attrs
        self.origin = origin
        self.derived_from = derived_from
        self.towards = towards
        self.stands_for = stands_for

    def with_inputs(
        self,
        inputs: Iterable[Entry],
        *,
        name: str | None = None,
        attrs: dict[str, str] | None = None,
        derived_from: Node | None = None,
    ) -> Node:
        """A copy that reads something else; with another name, attributes or source if given."""
        return Node(
            self.op,
            tuple(inputs),
            self.name if name is None else name,
            self.attrs if attrs is None else attrs,
            self.origin,
            self.derived_from if derived_from is None else derived_from,
            self.towards,
        )

    def renewed(self, inputs: Iterable[Entry], derived_from: Node | None = None) -> Node:
        """This application in a graph that a pass has changed before it: reading something else."""
        copy = self.with_inputs(inputs, derived_from=derived_from)
        copy.stands_for = self.declared
        return copy

    @property
    def declared(self) -> Node:
        """The node that this one was before passes changed the graph: by it, states are kept."""
        return self.stands_for or self

    def __repr__(self) -> str:
        return f"<{self.op or 'variable'} {self.name}>"

    @property
    def num_outputs(self) -> int:
        """How many values the node yields, hidden ones included."""
        return 1 if self.op is None else len(self.op.output_names)

    def output_name(self, index: int) -> str:
        """The public name of an output: a variable's own, ``<node>_<output>`` for operators."""
        return self.name if self.op is None else f"{self.name}_{self.op.output_names[index]}"

    def monitored_name(self, index: int) -> str:
        """What monitors of 1.x call an output.

        There the derivative of a layer is one node with a result for each input, such as
        ``fc_backward_output1``, the number being left out for layers with one input.
        """
        source, towards = self.derived_from, (self.towards or {}).get(index)
        if source is None or towards is None:
            return self.output_name(index)
        several = len(source.op.input_names) - len(source.op.aux_names) > 1
        return f"{source.name}_backward_output{towards if several else ''}"

    def facts(self, describe: Callable[[Entry], str] | None = None) -> NodeFacts:
        """What an error message says about this node; ``describe`` gives the text of an input."""
        inputs = []
        if self.op is not None:
            for name, entry in zip(self.op.input_names, self.inputs):
                text = describe(entry) if describe else ""
                inputs.append(InputFact(name, text, entry.producer_text()))
        source = self.derived_from
        origin = self.origin or (source.origin if source else None)
        return NodeFacts(
            self.name,
            str(self.op or "variable"),
            str(origin) if origin else None,
            f"{source.name} = {source.op}" if source else None,
            inputs,
        )


class Entry:
    """One output of a node."""

    __slots__ = ("index", "node")

    def __init__(self, node: Node, index: int = 0):
        self.node = node
        self.index = index

    def __repr__(self) -> str:
        return f"<{self.name}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Entry) and self.node is other.node and self.index == other.index

    def __hash__(self) -> int:
        return hash((id(self.node), self.index))

    @property
    def name(self) -> str:
        """The public name of this value."""
        return self.node.output_name(self.index)

    def producer_text(self) -> str:
        """Where the value comes from, for error messages."""
        node = self.node
        if node.op is not None:
            return node.name
        created = (
            "created for it"
            if isinstance(node.origin, Origin) and node.origin.automatic
            else "given"
        )
        return f"{node.name} ({created})"


class Graph:
    """A frozen view of everything that some entries depend on, indexed for analysis.

    ``nodes`` are in an order of execution: by default depth-first post-order from the outputs,
    inputs left to right, each node once (the order of all 1.x listings). A pass that knows a better
    order gives it as ``order``.
    """

    def __init__(self, outputs: Iterable[Entry], order: Sequence[Node] | None = None):
        self.outputs = tuple(outputs)
        self.nodes: list[Node] = list(order) if order is not None else depth_first(self.outputs)

    @cached_property
    def index(self) -> dict[Node, int]:
        """The position of each node."""
        return {node: position for position, node in enumerate(self.nodes)}

    @cached_property
    def operators(self) -> frozenset[type]:
        """The classes of its operators, by which passes see whether there is anything for them."""
        return frozenset({type(node.op) for node in self.nodes})

    @cached_property
    def sources(self) -> list[list[tuple[int, int]]]:
        """For each node, its inputs as pairs (position of the node, output)."""
        index = self.index
        return [[(index[e.node], e.index) for e in node.inputs] for node in self.nodes]

    @cached_property
    def auxiliary(self) -> frozenset[Node]:
        """The variables that some operator uses as auxiliary state."""
        found = set()
        for node in self.nodes:
            if node.op is not None and node.op.aux_names:
                aux_names = node.op.aux_names
                for name, entry in zip(node.op.input_names, node.inputs):
                    if name in aux_names and entry.node.op is None:
                        found.add(entry.node)
        return frozenset(found)

    @cached_property
    def variables(self) -> list[Node]:
        """All variables, auxiliary ones included."""
        return [node for node in self.nodes if node.op is None]

    @cached_property
    def arguments(self) -> list[Node]:
        """The variables that are not auxiliary states."""
        auxiliary = self.auxiliary
        return [node for node in self.variables if node not in auxiliary]

    @cached_property
    def auxiliary_states(self) -> list[Node]:
        """The auxiliary states in graph order."""
        auxiliary = self.auxiliary
        return [node for node in self.variables if node in auxiliary]

    @cached_property
    def uses(self) -> list[int]:
        """For each node, how many inputs of other nodes (and outputs of the graph) refer to it."""
        counts = [0] * len(self.nodes)
        for inputs in self.sources:
            for source, _ in inputs:
                counts[source] += 1
        for entry in self.outputs:
            counts[self.index[entry.node]] += 1
        return counts

    def __str__(self) -> str:
        from .text import graph_text

        return graph_text(self)


def unique_name(name: str, taken: Counter[str]) -> str:
    """The name, or with a number behind it one that is not taken, which it is from then on."""
    found = name
    while found in taken:
        found = f"{name}{taken[name]}"
        taken[name] += 1
    taken[found] = 1
    return found


def depth_first(outputs: Iterable[Entry]) -> list[Node]:
    """All nodes that the entries depend on, in depth-first post-order, without recursion."""
    order: list[Node] = []
    seen: set[Node] = set()
    for output in outputs:
        if output.node in seen:
            continue
        seen.add(output.node)
        # Two flat stacks instead of one of pairs: a deep graph then costs no tracked objects.
        stack, positions = [output.node], [0]
        while stack:
            node, position = stack[-1], positions[-1]
            inputs = node.inputs
            while position < len(inputs):
                child = inputs[position].node
                position += 1
                if child not in seen:
                    seen.add(child)
                    if child.inputs:
                        positions[-1] = position
                        stack.append(child)
                        positions.append(0)
                        break
                    order.append(child)
            else:
                order.append(node)
                stack.pop()
                positions.pop()
    return order


def rewrite(
    graph: Graph, rule: Callable[[Node, tuple[Entry, ...]], Sequence[Entry] | None]
) -> Graph:
    """A graph in which ``rule`` replaced nodes; those that it leaves alone are kept if possible.

    ``rule(node, inputs)`` sees the inputs already rewritten and returns the entries that replace
    the node's outputs, or None to keep it. New nodes without an origin inherit that of the old.
    """
    replaced: dict[Entry, Entry] = {}
    for node in graph.nodes:
        inputs = tuple(replaced.get(entry, entry) for entry in node.inputs)
        entries = rule(node, inputs)
        if entries is None:
            if all(a is b for a, b in zip(inputs, node.inputs)):
                continue
            copy = Node(node.op, inputs, node.name, node.attrs, node.origin, node.derived_from)
            entries = [Entry(copy, i) for i in range(node.num_outputs)]
        for index, entry in enumerate(entries):
            replaced[Entry(node, index)] = entry
    return Graph(replaced.get(entry, entry) for entry in graph.outputs)
