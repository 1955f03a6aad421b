"""Graphs inside operators: as a parameter, and run and differentiated for given values."""

from __future__ import annotations

import hashlib
import weakref
from collections.abc import Iterator, Sequence
from typing import Any

from ..graph.node import Entry, Graph, Node

__all__ = ["Body", "Subgraphs"]


class Subgraphs:
    """Annotation of a parameter: the graphs that a control operator runs; its text is JSON.

    Objects with the same text are the same object, so that operators can be compared and rebuilt
    from their parameters as strings.
    """

    _by_text: weakref.WeakValueDictionary[str, Subgraphs] = weakref.WeakValueDictionary()

    def __new__(cls, graphs: Sequence[Graph]) -> Subgraphs:
        from ..symbol import json

        text = "[" + ", ".join(json.dumps_subgraph(graph) for graph in graphs) + "]"
        found = cls._by_text.get(text)
        if found is None:
            found = cls._by_text[text] = super().__new__(cls)
            found.bodies = tuple(map(Body, graphs))
            found.text = text
        return found

    bodies: tuple[Body, ...]
    text: str

    @classmethod
    def read(cls, text: str) -> Subgraphs:
        """The graphs that a text stands for; raises MXNetError if it is damaged."""
        found = cls._by_text.get(text)
        if found is None:
            from ..symbol import json

            found = cls(json.loads_subgraphs(text))
        return found

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        digest = hashlib.blake2s(self.text.encode(), digest_size=4).hexdigest()
        return f"<{len(self.bodies)} graphs {digest}>"

    def __len__(self) -> int:
        return len(self.bodies)

    def __iter__(self) -> Iterator[Graph]:
        return (body.graph for body in self.bodies)


class Body:
    """A graph inside an operator: how it runs, node by node, and backwards.

    Values of variables are in the order of ``graph.variables``. ``requests`` are what kernels may ask
    for besides their inputs.
    """

    def __init__(self, graph: Graph):
        self.graph = graph
        self._derivatives: dict[tuple[bool, ...], _Derivative] = {}

    def __len__(self) -> int:
        return len(self.graph.variables)

    @property
    def stochastic(self) -> bool:
        """Whether it draws random numbers."""
        return any(node.op is not None and node.op.stochastic for node in self.graph.nodes)

    def infer(self, kind: str, values: Sequence[Any]) -> tuple[list, list]:
        """Shapes or dtypes (``kind``) of variables and outputs, from those known of variables."""
        from ..passes.infer import infer

        known = {node: v for node, v in zip(self.graph.variables, values) if v is not None}
        facts = infer(self.graph, kind, known)
        outputs = [facts.of(entry) for entry in self.graph.outputs]
        return [facts.of(Entry(node)) for node in self.graph.variables], outputs

    def run(self, values: Sequence[Any], requests: dict[str, Any]) -> tuple[list, _Run]:
        """The outputs for values of the variables, and what the derivative needs to know."""
        run = _Run({Entry(node): value for node, value in zip(self.graph.variables, values)})
        run.advance(self.graph.nodes, requests)
        return [run.values[entry] for entry in self.graph.outputs], run

    def propagate(
        self,
        run: _Run,
        d_outputs: Sequence[Any],
        wanted: tuple[bool, ...],
        requests: dict[str, Any],
    ) -> list:
        """The gradients of the wanted variables (None for others, and for labels of losses)."""
        derivative = self._derivatives.get(wanted)
        if derivative is None:
            derivative = self._derivatives[wanted] = _Derivative(self.graph, wanted)
        heads = {
            head: d_output
            for head, d_output in zip(derivative.heads, d_outputs)
            if head is not None and d_output is not None
        }
        back = _Run({**run.values, **heads}, run.state)
        back.advance(derivative.nodes, requests)
        return [None if g is None else back.values[g] for g in derivative.gradients]


class _Run:
    """The values of a graph while it runs, and what its operators keep for their derivatives."""

    def __init__(self, values: dict[Entry, Any], state: dict | None = None):
        self.values = values
        self.state = {} if state is None else state

    def advance(self, nodes: Sequence[Node], requests: dict[str, Any]) -> None:
        """Run nodes, in their order."""
        from ..execution.plain import run_node

        for node in nodes:
            if node.op is None:
                continue
            inputs = [self.values[entry] for entry in node.inputs]
            results = run_node(node, inputs, state=self.state, **requests)
            for index, result in enumerate(results):
                self.values[Entry(node, index)] = result


class _Derivative:
    """The derivative of a graph: the nodes that compute it, and where it begins and ends."""

    def __init__(self, graph: Graph, wanted: tuple[bool, ...]):
        from ..passes.differentiate import differentiate, own_head_gradient

        self.heads: list[Entry | None] = [
            None
            if own_head_gradient(entry.node.op)
            else Entry(Node(None, (), f"d_{entry.name}", {}))
            for entry in graph.outputs
        ]
        variables = [node for node, want in zip(graph.variables, wanted) if want]
        derivative = differentiate(graph, variables, self.heads)
        found = iter(derivative.gradients)
        self.gradients = [next(found) if want else None for want in wanted]
        results = [entry for entry in self.gradients if entry is not None]
        needed = set(Graph(results).nodes)
        self.nodes = [node for node in derivative.made if node in needed]
