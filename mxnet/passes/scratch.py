"""What kernels take for a moment besides planned values, known before anything is allocated."""

from __future__ import annotations

import functools
from collections.abc import Collection, Sequence

from ..graph.node import Graph
from ..ops.backward import Backward
from ..ops.core import Op
from ..ops.generated import MatrixProduct, scratch_bytes, threads
from .memory import Key
from .target import Target

__all__ = [
    "find_scratch",
    "find_temporaries",
    "generated_products",
    "may_multiply",
    "product_types",
]


def find_scratch(
    graph: Graph, shapes: Sequence[tuple], dtypes: Sequence[tuple], target: Target
) -> int:
    """The bytes in which a graph's native programs compute, on all threads of torch.

    These are registers, and what the largest of the matrix products packs: programs take turns.
    """
    if "numba" not in target.kernels:
        return 0
    positions = {}  # of applications of one operator to arrays of the same shapes, the last one
    if "products" in target.kernels:
        for position, node in enumerate(graph.nodes):
            if node.op is not None and may_multiply(node.op) and not node.op.hoisted:
                sources = tuple((shapes[p][i], dtypes[p][i]) for p, i in graph.sources[position])
                positions[node.op, sources, shapes[position], dtypes[position][0]] = position
    count, packing = threads(), 0
    for position in positions.values():
        for each in generated_products(graph, position, shapes, dtypes):
            packing = max(packing, each.packing(count))
    return scratch_bytes(count, packing)


def generated_products(
    graph: Graph, position: int, shapes: Sequence[tuple], dtypes: Sequence[tuple]
) -> Sequence[MatrixProduct]:
    """The matrix products of a node for whose types there are kernels."""
    op = graph.nodes[position].op
    if op is None or not may_multiply(op):
        return ()
    found = op.products(*_facts(graph, position, shapes, dtypes))
    whole = dtypes[position][0] == "float32"
    return found if whole else [each for each in found if each.together > 1]


def product_types(
    graph: Graph, shapes: Sequence[tuple], dtypes: Sequence[tuple], target: Target
) -> set[str]:
    """Of what types a graph in which nothing has been replaced will have generated products.

    Convolutions become such, most of them.
    """
    if "products" not in target.kernels:
        return set()
    types = {"float32", *["bfloat16"] * ("products of bfloat16" in target.kernels)}
    found = {
        each[0]
        for node, each in zip(graph.nodes, dtypes)
        if node.op is not None and node.op.heavy and not may_multiply(node.op)
    }
    if types.isdisjoint(found):
        scratch = find_scratch(graph, shapes, dtypes, target)
        return {"float32"} if scratch > scratch_bytes(threads(), 0) else set()
    return types & found


@functools.lru_cache(1 << 12)
def may_multiply(op: Op) -> bool:
    """Whether an operator may declare matrix products."""
    if isinstance(op, Backward):
        return op.forward_class.backward_products is not Op.backward_products
    return type(op).products is not Op.products


def find_temporaries(
    graph: Graph,
    shapes: Sequence[tuple],
    dtypes: Sequence[tuple],
    channels_last: Collection[Key],
    target: Target,
) -> dict[int, int]:
    """The bytes that kernels allocate beside their results, by position."""
    if target.device != "cpu" or not channels_last:
        return {}
    found = {}
    for position, node in enumerate(graph.nodes):
        last = [key in channels_last for key in graph.sources[position]]
        if node.op is not None and (any(last) or (position, 0) in channels_last):
            amount = node.op.temporary(*_facts(graph, position, shapes, dtypes), last)
            if amount:
                found[position] = amount
    return found


def _facts(graph: Graph, position: int, shapes: Sequence, dtypes: Sequence) -> tuple[list, list]:
    """Shapes and dtypes of a node's inputs and outputs."""
    inputs = [(shapes[at][index], dtypes[at][index]) for at, index in graph.sources[position]]
    return inputs, list(zip(shapes[position], dtypes[position]))
