"""Graphs as text that a person reads."""

from __future__ import annotations

from .node import Graph

__all__ = ["graph_text"]


def graph_text(graph: Graph) -> str:
    """One line a node: ``name = Operator(parameters)(inputs)``; the outputs last."""
    lines = []
    for node in graph.nodes:
        if node.op is None:
            lines.append(f"{node.name} = variable")
            continue
        inputs = ", ".join(entry.name for entry in node.inputs)
        names = [node.output_name(i) for i in range(node.num_outputs)]
        lines.append(f"{', '.join(names)} = {node.op}({inputs})")
    lines.append("return " + ", ".join(entry.name for entry in graph.outputs))
    return "\n".join(lines)
