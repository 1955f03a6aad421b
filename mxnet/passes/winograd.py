"""Convolutions with a quarter of the multiplications in training: forward, and both derivatives.

Their results differ from exact ones by about 1e-5 of the largest, those of direct convolutions by 1e-6.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ..graph.node import Entry, Node
from ..ops.backward import backward_class
from ..ops.core import Op, get_op
from ..ops.winograd import suits, suits_weight
from .joint import Joint
from .rewrite import Replacement, rewrite
from .target import Facts, Target

__all__ = ["use_winograd"]


def use_winograd(joint: Joint, facts: Callable[[], Facts], target: Target) -> Joint:
    """Compute convolutions of 3x3 filters in training by Winograd's algorithm, where that is faster.

    The derivative by the data is such a convolution of the head gradient, with the filters turned
    round.
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
        p, o = sources["data"]
        data = shapes[p][o]
        if forward:
            if suits(data, shapes[position][0]):
                replacements[node] = partial(_convolution, node)
            continue
        p, o = sources["d_output"]
        head = shapes[p][o]
        fits = {"data": suits(head, data), "weight": suits_weight(data, head)}
        chosen = {name for name in node.op.wanted() if fits.get(name)}
        if chosen:
            replacements[node] = partial(_derivative, node, chosen, data[1])
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


def _derivative(
    node: Node, chosen: set[str], channels: int, now: Callable[[Entry], Entry]
) -> list[Entry]:
    """The derivatives, of which those ``chosen`` by the algorithm and the others as they were."""
    own: Any = node.op
    inputs = dict(zip(own.input_names, map(now, node.inputs)))
    d_output = inputs["d_output"]
    made: dict[str, Entry] = {}
    if "data" in chosen:
        transform = get_op("_winograd_filters")(for_data=True)
        filters = _made(transform, (inputs["weight"],), node, "filters")
        kind = get_op("_winograd_convolution")
        by_data = kind(num_filter=channels, pad=1, no_bias=True)
        made["data"] = _made(by_data, (d_output, filters), node, "data")
    if "weight" in chosen:
        by_weight = get_op("_winograd_weight")()
        made["weight"] = _made(by_weight, (d_output, inputs["data"]), node, "weight")
    rest = [name for name in own.wanted() if name not in made]
    if rest == ["bias"]:
        made["bias"] = _made(get_op("sum")(axis=(0, 2, 3)), (d_output,), node, "bias")
    elif rest:
        flags = "".join("01"[name in rest] for name in own.forward_op.input_names)
        given = {**own.changed(), own.needs_name: flags}
        others = _made(type(own)(**given), tuple(inputs.values()), node)
        made.update((name, Entry(others.node, i)) for i, name in enumerate(rest))
    return [made[name] for name in own.wanted()]


def _made(op: Op, inputs: tuple[Entry, ...], node: Node, part: str = "") -> Entry:
    name = f"{node.name}_{part}" if part else node.name
    return Entry(Node(op, inputs, name, op.attrs(), node.origin, node.derived_from))
