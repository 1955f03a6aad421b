"""Which values are kept channels-last: a property of their storage, while shapes stay (n, c, h, w).

Convolutions on CPUs with oneDNN and on tensor cores read and write channels-last data without
reordering it (``channels_last_types``). So the results of convolutions are kept that way, and so is
what follows from them, through every operator that says that it passes the format on, and back
through their derivatives.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ..graph.node import Graph
from ..ops.backward import Backward
from .memory import Key
from .target import channels_last_types

__all__ = ["choose_channels_last"]


def choose_channels_last(
    graph: Graph,
    shapes: Sequence[tuple],
    dtypes: Sequence[tuple],
    fixed: Collection[Key],
    device: str = "cpu",
) -> set[Key]:
    """The values to be stored channels-last; values in ``fixed`` have their storage already."""
    gaining = channels_last_types(device)
    fixed = {*fixed, *_parts(graph, fixed)}
    chosen: set[Key] = set()
    for position, node in enumerate(graph.nodes):
        op = node.op
        if op is None:
            continue
        sources = graph.sources[position]
        if isinstance(op, Backward):
            if op.forward_op.memory_format is None:
                continue
            by_name = dict(zip(op.input_names, sources))
            like: list = [by_name[name] for name in op.wanted()]
        elif op.memory_format == "channels_last":
            like = [None] * len(op.output_names) if dtypes[position][0] in gaining else []
        elif op.memory_format == "follows":
            leader = next((key for key in sources if key in chosen), False)
            like = [leader] * len(op.output_names)
        else:
            continue
        for index, source in enumerate(like):
            key = (position, index)
            if (source is None or source in chosen) and key not in fixed:
                if _matters(shapes[position][index]):
                    chosen.add(key)
    return chosen


def _parts(graph: Graph, fixed: Collection[Key]) -> list[Key]:
    """What is computed as a part of values whose storage is fixed."""
    return [
        source
        for position, node in enumerate(graph.nodes)
        if node.op is not None and node.op.joins and (position, 0) in fixed
        for source in graph.sources[position]
    ]


def _matters(shape: tuple) -> bool:
    """Whether the two formats of an array differ at all."""
    return len(shape) == 4 and shape[1] > 1 and shape[2] * shape[3] > 1
