"""Fusion: several nodes of a joint graph as one, where a kernel does it in one pass over memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..graph.node import Entry, Graph, Node
from ..ops.core import get_op
from .joint import Joint

__all__ = ["accumulate_products"]


def accumulate_products(joint: Joint, shapes: Callable[[], Sequence[tuple]]) -> Joint:
    """Add matrix products of shared weights right into the sum of their gradients.

    ``_grad_add(sum, dot(a, b))`` becomes ``_dot_add(sum, a, b)`` where nothing else reads the product.
    ``shapes()`` gives the shapes of the graph's values; it is asked only where there is such a sum.
    """
    found = _products(joint)
    if not found:
        return joint
    known = shapes()
    graph = joint.graph
    fused = {
        node: side
        for node, side in found.items()
        if all(len(known[p][o]) == 2 for p, o in graph.sources[graph.index[node.inputs[side].node]])
    }
    return _rewritten(joint, fused) if fused else joint


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


def _rewritten(joint: Joint, fused: dict[Node, int]) -> Joint:
    absorbed = {node.inputs[side].node for node, side in fused.items()}
    copies: dict[Node, Node] = {}

    def current(entry: Entry) -> Entry:
        return Entry(copies.get(entry.node, entry.node), entry.index)

    order = list(joint.forward.nodes)
    for node in joint.graph.nodes[len(order) :]:
        if node in absorbed:
            continue
        op, inputs = node.op, node.inputs
        if node in fused:
            product = inputs[fused[node]].node
            op = get_op("_dot_add")(
                transpose_a=product.op.transpose_a, transpose_b=product.op.transpose_b
            )
            inputs = (inputs[1 - fused[node]], *product.inputs)
        changed = tuple(map(current, inputs))
        if op is not node.op or any(a.node is not b.node for a, b in zip(changed, node.inputs)):
            attrs = node.attrs if op is node.op else op.attrs()
            copies[node] = Node(op, changed, node.name, attrs, node.origin, node.derived_from)
        order.append(copies.get(node, node))
    gradients = tuple(None if entry is None else current(entry) for entry in joint.gradients)
    outputs = (*joint.forward.outputs, *(entry for entry in gradients if entry is not None))
    graph = Graph(outputs, order)
    return Joint(graph, joint.forward, joint.wrt, gradients, joint.head_gradients)
