"""Fusion: several nodes of a joint graph as one, where a kernel does it in one pass over memory."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ..graph.node import Entry, Node
from ..ops.core import get_op
from .joint import Joint
from .rewrite import Replacement, rewrite
from .target import Facts, Target

__all__ = ["accumulate_products"]


def accumulate_products(joint: Joint, facts: Callable[[], Facts], target: Target) -> Joint:
    """Add matrix products of shared weights right into the sum of their gradients.

    ``_grad_add(sum, dot(a, b))`` becomes ``_dot_add(sum, a, b)`` where nothing else reads the product.
    ``facts()`` gives what is known of the graph's values; it is asked only where there is such a sum.
    """
    found = _products(joint)
    if not found:
        return joint
    shapes, graph = facts()[0], joint.graph
    replacements: dict[Node, Replacement | None] = {}
    for node, side in found.items():
        if all(
            len(shapes[p][o]) == 2 for p, o in graph.sources[graph.index[node.inputs[side].node]]
        ):
            replacements[node.inputs[side].node] = None
            replacements[node] = partial(_added_product, node, side)
    return rewrite(joint, replacements)


def _products(joint: Joint) -> dict[Node, int]:
    """The sums of gradients one of whose two inputs is a product for them alone."""
    graph = joint.graph
    add, dot = get_op("_grad_add"), get_op("dot")
    found = {}
    for node in graph.nodes[len(joint.forward.nodes) :]:
        if type(node.op) is not add:
            continue
        for side in (1, 0):
            product = node.inputs[side].node
            if type(product.op) is dot and graph.uses[graph.index[product]] == 1:
                found[node] = side
                break
    return found


def _added_product(node: Node, side: int, now: Callable[[Entry], Entry]) -> tuple[Entry]:
    product = node.inputs[side].node
    op = get_op("_dot_add")(transpose_a=product.op.transpose_a, transpose_b=product.op.transpose_b)
    operands = tuple(map(now, (node.inputs[1 - side], *product.inputs)))
    return (Entry(Node(op, operands, node.name, op.attrs(), node.origin, node.derived_from)),)
