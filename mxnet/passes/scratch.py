"""What native programs compute in besides the arena, which is known before anything is allocated."""

from __future__ import annotations

from collections.abc import Sequence

from ..graph.node import Graph
from ..ops.generated import scratch_bytes, threads
from .target import Target

__all__ = ["find_scratch"]


def find_scratch(
    graph: Graph, shapes: Sequence[tuple], dtypes: Sequence[tuple], target: Target
) -> int:
    """The bytes in which a graph's native programs compute, on all threads of torch.

    These are registers, and what the largest of the matrix products packs: programs take turns.
    """
    if "numba" not in target.kernels:
        return 0
    count, packing = threads(), 0
    if "products" in target.kernels:
        found = set()
        for position, node in enumerate(graph.nodes):
            op, results = node.op, (shapes[position], dtypes[position])
            if op is None or op.hoisted or results[1][:1] != ("float32",):
                continue
            inputs = [(shapes[i][index], dtypes[i][index]) for i, index in graph.sources[position]]
            found.update(op.products(inputs, list(zip(*results))))
        packing = max((each.packing(count) for each in found), default=0)
    return scratch_bytes(count, packing)
