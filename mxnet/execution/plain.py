"""The reference: a graph run node by node, without plan, storage sharing or capture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from ..error import NodeError
from ..graph.node import Graph, Node
from .explain import explain

__all__ = ["run_plain"]


@torch.no_grad()
def run_plain(
    graph: Graph,
    values: Mapping[Node, torch.Tensor],
    *,
    train: bool = False,
    rng: torch.Generator | None = None,
    context: Any = None,
) -> list[torch.Tensor]:
    """The outputs of a graph for given values of its variables; every node makes fresh tensors."""
    computed: dict[tuple[Node, int], torch.Tensor] = {}
    state: dict = {}
    for node in graph.nodes:
        if node.op is None:
            computed[node, 0] = values[node]
            continue
        inputs = [computed[entry.node, entry.index] for entry in node.inputs]
        for index, result in enumerate(
            run_node(node, inputs, train=train, rng=rng, context=context, state=state)
        ):
            computed[node, index] = result
    return [computed[entry.node, entry.index] for entry in graph.outputs]


def run_node(node: Node, inputs: list[torch.Tensor], **requests: Any) -> tuple:
    """The results of one node; a failure names it."""
    try:
        requests.setdefault("device", inputs[0].device if inputs else torch.device("cpu"))
        requests["node"] = (node.derived_from or node).declared
        requests["channels_last_storage"] = False
        return node.op.results(node.op.prepare(inputs, out=None, workspace=None, **requests)())
    except NodeError:
        raise
    except Exception as error:
        shapes = {entry: str(tuple(t.shape)) for entry, t in zip(node.inputs, inputs)}
        raise NodeError(node.facts(shapes.get), "run", *explain(error)) from error
