"""What kernels take for a moment besides planned values, known before anything is allocated."""

from __future__ import annotations

import functools
from collections.abc import Collection, Sequence

from ..graph.node import Graph
from ..ops.backward import Backward
from ..ops.core import Op
from ..ops.generated import scratch_bytes, threads
from .memory import Key
from .target import Target

__all__ = ["find_scratch", "find_temporaries", "may_multiply", "multiplies"]


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
                sources = tuple(shapes[at][index] for at, index in graph.sources[position])
                positions[node.op, sources, shapes[position], dtypes[position][0]] = position
    count, packing = threads(), 0
    for (op, *_, dtype), position in positions.items():
        if dtype == "float32":
            inputs, outputs = _facts(graph, position, shapes, dtypes)
            sizes = {each.packing(count) for each in op.products(inputs, outputs)}
            packing = max(packing, *sizes, 0)
    return scratch_bytes(count, packing)


def multiplies(
    graph: Graph, shapes: Sequence[tuple], dtypes: Sequence[tuple], target: Target
) -> bool:
    """Whether a graph in which nothing has been replaced will have generated products.

    Convolutions become such, most of them.
    """
    operators = (node.op for node in graph.nodes if node.op is not None)
    return "products" in target.kernels and (
        any(op.heavy and not may_multiply(op) for op in operators)
        or find_scratch(graph, shapes, dtypes, target) > scratch_bytes(threads(), 0)
    )


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
