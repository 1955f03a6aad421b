"""Convolutions with a quarter of the multiplications in training: forward, and the derivative by data.

Their results differ from exact ones by about 1e-5 of the largest, those of direct convolutions by 1e-6.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ..graph.node import Entry, Node
from ..ops.backward import backward_class
from ..ops.core import Op, get_op
from ..ops.winograd import suits
from .joint import Joint
from .rewrite import Replacement, rewrite
from .target import Facts, Target

__all__ = ["use_winograd"]


def use_winograd(joint: Joint, facts: Callable[[], Facts], target: Target) -> Joint:
    """Compute convolutions of 3x3 filters in training by Winograd's algorithm, where that is faster.

    The derivative by the data is such a convolution of the head gradient, with the filters turned
    round; that by the filters stays as it is.
    """
    if not target.train or "numba" not in target.kernels:
        return joint
    convolution: Any = get_op("Convolution")
    derivative = backward_class(convolution)
    graph = joint.graph
    found = [n for n in graph.nodes if type(n.op) in (convolution, derivative)]
    if not found:
        return joint
    shapes, dtypes = facts()
    replacements: dict[Node, Replacement | None] = {}
    for node in found:
        position = graph.index[node]
        sources = dict(zip(node.op.input_names, graph.sources[position]))
        forward = type(node.op) is convolution
        op = node.op if forward else node.op.forward_op
        if dtypes[position][0] != "float32" or not _is_plain(op):
            continue
        p, o = sources["data" if forward else "d_output"]
        q, r = (position, 0) if forward else sources["data"]
        if (forward or node.op.flags[0] == "1") and suits(shapes[p][o], shapes[q][r]):
            if forward:
                replacements[node] = partial(_convolution, node)
            else:
                replacements[node] = partial(_derivative, node, shapes[q][r][1])
    return rewrite(joint, replacements)


def _is_plain(op: Any) -> bool:
    """Whether a convolution is of the kind whose derivative by data is of that kind, too."""
    if op.kernel != (3, 3) or op.channels_last or op.num_group != 1:
        return False
    stride, pad, dilate = op.geometry()
    return (*stride, *pad, *dilate) == (1,) * 6


def _convolution(node: Node, now: Callable[[Entry], Entry]) -> list[Entry]:
    op: Any = node.op
    data, weight, *bias = map(now, node.inputs)
    filters = _made(get_op("_winograd_filters")(), (weight,), node, "filters")
    kind = get_op("_winograd_convolution")
    made = kind(num_filter=op.num_filter, pad=1, no_bias=op.no_bias)
    return [_made(made, (data, filters, *bias), node)]


def _derivative(node: Node, channels: int, now: Callable[[Entry], Entry]) -> list[Entry]:
    own: Any = node.op
    inputs = dict(zip(own.input_names, map(now, node.inputs)))
    transform = get_op("_winograd_filters")(for_data=True)
    filters = _made(transform, (inputs["weight"],), node, "filters")
    kind = get_op("_winograd_convolution")
    made = kind(num_filter=channels, pad=1, no_bias=True)
    entries = [_made(made, (inputs["d_output"], filters), node, "data")]
    rest = own.flags[1:]
    if "1" in rest:
        given = {**own.changed(), own.needs_name: f"0{rest}"}
        others = type(own)(**given)
        first = _made(others, tuple(map(now, node.inputs)), node)
        entries += [Entry(first.node, index) for index in range(rest.count("1"))]
    return entries


def _made(op: Op, inputs: tuple[Entry, ...], node: Node, part: str = "") -> Entry:
    name = f"{node.name}_{part}" if part else node.name
    return Entry(Node(op, inputs, name, op.attrs(), node.origin, node.derived_from))
