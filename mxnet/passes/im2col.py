"""Convolutions in training as products with patches, where these are faster than direct ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ..graph.node import Entry, Node
from ..ops.backward import backward_class
from ..ops.core import get_op
from ..ops.generated import LANES
from .joint import Joint
from .rewrite import Replacement, derivative_parts, made, rewrite
from .target import Facts, Target

__all__ = ["use_patches"]

_MANY = 128  # channels and filters for which the derivative by the filters gains with strides


def use_patches(joint: Joint, facts: Callable[[], Facts], target: Target) -> Joint:
    """Compute convolutions, or some of their derivatives, as generated products with patches.

    oneDNN's direct convolutions are fast for whole vectors of channels and without strides; what is
    chosen here is what was measured to be faster. As products of pixels they need channels-last data,
    which arrays of users are not: what reads or makes these stays a convolution.
    """
    if not target.train or "products" not in target.kernels:
        return joint
    convolution: Any = get_op("Convolution")
    derivative = backward_class(convolution)
    found = [node for node in joint.graph.nodes if type(node.op) in (convolution, derivative)]
    if not found:
        return joint
    shapes, dtypes = facts()
    heads = set(map(joint.key, joint.graph.outputs))
    replacements: dict[Node, Replacement | None] = {}
    for node in found:
        position = joint.graph.index[node]
        forward = type(node.op) is convolution
        op: Any = node.op if forward else node.op.forward_op
        if dtypes[position][0] != "float32" or not _is_plain(op):
            continue
        inputs = dict(zip(node.op.input_names, node.inputs))
        p, o = joint.key(inputs["data"])
        channels, own = shapes[p][o][1], inputs["data"].node.op is not None
        if forward:
            if own and op.kernel == (1, 1) and (position, 0) not in heads:
                replacements[node] = partial(_convolution, node)
            continue
        if inputs["d_output"].node.op is None:
            continue
        fits = {"data": _by_data_gains(op, channels), "weight": own and _gains(op, channels)}
        makers = {"data": partial(_by_data, node), "weight": partial(_by_weight, node)}
        chosen = {name: makers[name] for name in node.op.wanted() if fits.get(name)}
        if chosen:
            replacements[node] = partial(derivative_parts, node, chosen)
    return rewrite(joint, replacements)


def _is_plain(op: Any) -> bool:
    """Whether a convolution is one over two dimensions, channels first, without groups."""
    return op.rank == 2 and not op.channels_last and op.num_group == 1


def _by_data_gains(op: Any, channels: int) -> bool:
    return op.kernel == (1, 1) or channels % LANES > 0 and min(channels, op.num_filter) >= LANES


def _gains(op: Any, channels: int) -> bool:
    """The same for the derivative by the filters."""
    if op.kernel == (1, 1):
        return True
    if channels % LANES:
        return min(channels, op.num_filter // 2) >= LANES
    return max(op.geometry()[0]) > 1 and min(channels, op.num_filter) >= _MANY


def _geometry(op: Any) -> dict[str, tuple]:
    stride, pad, dilate = op.geometry()
    return {"kernel": op.kernel, "stride": stride, "pad": pad, "dilate": dilate}


def _convolution(node: Node, now: Callable[[Entry], Entry]) -> list[Entry]:
    op: Any = node.op
    kind = get_op("_im2col_convolution")
    whole = kind(num_filter=op.num_filter, no_bias=op.no_bias, **_geometry(op))
    return [made(whole, tuple(map(now, node.inputs)), node)]


def _by_data(node: Node, inputs: Mapping[str, Entry]) -> Entry:
    own: Any = node.op
    op = get_op("_im2col_data")(**_geometry(own.forward_op))
    return made(op, tuple(inputs[name] for name in ("d_output", "weight", "data")), node, "data")


def _by_weight(node: Node, inputs: Mapping[str, Entry]) -> Entry:
    own: Any = node.op
    op = get_op("_im2col_weight")(**_geometry(own.forward_op))
    return made(op, (inputs["d_output"], inputs["data"]), node, "weight")
