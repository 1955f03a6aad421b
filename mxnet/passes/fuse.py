"""Fusion: several nodes of a joint graph as one, where a kernel does it in one pass over memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from ..graph.node import Entry, Node
from ..ops.core import get_op
from .joint import Joint
from .rewrite import Replacement, made, rewrite
from .target import Facts, Target

__all__ = ["accumulate_derivatives", "accumulate_products", "join_products"]

_FEW_ROWS = 4  # of factors whose product is bound by reading and writing its result
_MANY_ROWS = 256  # of joined factors: beyond that the result no longer counts


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


def accumulate_derivatives(joint: Joint, facts: Callable[[], Facts], target: Target) -> Joint:
    """Add derivatives of convolutions by their data right into the sum of gradients.

    ``_grad_add(sum, derivative)`` becomes a derivative whose residual is the sum, where nothing else
    reads the derivative, its operator can add, and the rest of the sum is there before it.
    """
    graph = joint.graph
    add = get_op("_grad_add")
    replacements: dict[Node, Replacement | None] = {}
    for node in graph.nodes[len(joint.forward.nodes) :]:
        if type(node.op) is not add:
            continue
        first, last = sorted(node.inputs, key=lambda entry: graph.index[entry.node])
        position = graph.index[last.node]
        op: Any = last.node.op
        # An activation would come after the sum.
        can_add = getattr(op, "with_residual", None) is False
        can_add = can_add and getattr(op, "activation", "none") == "none"
        if can_add and graph.uses[position] == 1 and last.node not in replacements:
            replacements[last.node] = partial(_with_residual, last.node, first)
            replacements[node] = partial(_instead, last)
    return rewrite(joint, replacements)


def _with_residual(node: Node, residual: Entry, now: Callable[[Entry], Entry]) -> list[Entry]:
    own: Any = node.op
    op = type(own)(**{**own.changed(), "with_residual": True})
    return [made(op, (*map(now, node.inputs), now(residual)), node)]


def _instead(entry: Entry, now: Callable[[Entry], Entry]) -> list[Entry]:
    return [now(entry)]


def join_products(joint: Joint, facts: Callable[[], Facts], target: Target) -> Joint:
    """Compute a sum of products of thin matrices, as in networks unrolled over time, as one product.

    ``_dot_add(_dot_add(dot(a, b), c, d), e, f)``, all ``transpose_a``, becomes one ``dot`` of what
    ``Concat`` makes of a, c, e and of b, d, f: the sum is written once rather than once a step.
    """
    chains = _chains_of_products(joint)
    if not chains:
        return joint
    shapes, graph = facts()[0], joint.graph
    replacements: dict[Node, Replacement | None] = {}
    for chain in chains:
        rows = {shapes[p][o][0] for node in chain for p, o in graph.sources[graph.index[node]][-2:]}
        if len(rows) > 1 or max(rows) > _FEW_ROWS:
            continue
        length = _MANY_ROWS // rows.pop()
        for start in range(0, len(chain), length):
            part = chain[start : start + length]
            if len(part) > 1:
                replacements.update(dict.fromkeys(part))
                replacements[part[-1]] = partial(_joined_product, part)
    return rewrite(joint, replacements)


def _chains_of_products(joint: Joint) -> list[list[Node]]:
    """Products each of which is added to the one before it, which nothing else reads."""
    graph = joint.graph
    add, dot = get_op("_dot_add")(transpose_a=True), get_op("dot")(transpose_a=True)
    chains: dict[Node, list[Node]] = {}  # by their last node
    for node in graph.nodes[len(joint.forward.nodes) :]:
        if node.op != add:
            continue
        before = node.inputs[0].node
        chain = chains.pop(before, [])
        if not chain and before.op == dot:
            chain = [before]
        if chain and graph.uses[graph.index[before]] > 1:
            chains[before], chain = chain, []
        chains[node] = [*chain, node]
    return [chain for chain in chains.values() if len(chain) > 3]


def _joined_product(part: Sequence[Node], now: Callable[[Entry], Entry]) -> tuple[Entry]:
    first, last = part[0], part[-1]
    joined = []
    for side in (-2, -1):
        op = get_op("Concat")(num_args=len(part), dim=0)
        operands = tuple(now(node.inputs[side]) for node in part)
        name = f"{last.name}_{'rows' if side == -2 else 'columns'}"
        joined.append(Entry(Node(op, operands, name, op.attrs(), last.origin, last.derived_from)))
    start = () if len(first.inputs) == 2 else (now(first.inputs[0]),)
    op = get_op("_dot_add" if start else "dot")(transpose_a=True)
    node = Node(op, (*start, *joined), last.name, op.attrs(), last.origin, last.derived_from)
    return (Entry(node),)
