"""Convolutions in training as products with patches, where these are faster than direct ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ..graph.node import Entry, Node
from ..ops.core import get_op
from ..ops.generated import LANES
from .convolutions import convolutions, derivative_parts
from .joint import Joint
from .rewrite import Replacement, made, rewrite
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
    replacements: dict[Node, Replacement | None] = {}
    for layer in convolutions(joint, facts):
        node, op, channels = layer.node, layer.op, layer.data[1]
        if layer.forward:
            if not (layer.from_user or layer.to_user) and op.kernel == (1, 1):
                replacements[node] = partial(_convolution, node)
            continue
        if layer.from_user:
            continue
        fits = {"data": _by_data_gains(op, channels), "weight": _by_weight_gains(op, channels)}
        makers = {"data": partial(_by_data, node), "weight": partial(_by_weight, node)}
        chosen = {name: makers[name] for name in node.op.wanted() if fits.get(name)}
        if chosen:
            replacements[node] = partial(derivative_parts, node, chosen)
    return rewrite(joint, replacements)


def _by_data_gains(op: Any, channels: int) -> bool:
    return op.kernel == (1, 1) or channels % LANES > 0 and min(channels, op.num_filter) >= LANES


def _by_weight_gains(op: Any, channels: int) -> bool:
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
