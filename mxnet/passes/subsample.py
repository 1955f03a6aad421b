"""Convolutions with filters of one pixel and with strides, in bfloat16, as such of fewer pixels."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ..graph.node import Entry, Node
from ..ops.core import get_op
from .convolutions import convolutions
from .joint import Joint
from .rewrite import Replacement, made, rewrite
from .target import Facts, Target

__all__ = ["use_subsampling"]


def use_subsampling(joint: Joint, facts: Callable[[], Facts], target: Target) -> Joint:
    """Take the pixels first that convolutions with strides read, where then products are generated.

    A copy of a quarter of the data takes a hundredth of the time, and dense products are faster. In
    float32, patches (``im2col``) are gathered from where they are.
    """
    if not target.train or "products" not in target.kernels:
        return joint
    replacements: dict[Node, Replacement | None] = {}
    for layer in convolutions(joint, facts, ("bfloat16",)):
        stride, pad, _ = layer.op.geometry()
        if layer.op.kernel == (1, 1) and pad == (0, 0) and max(stride) > 1:
            make = _convolution if layer.forward else _derivative
            replacements[layer.node] = partial(make, layer.node, stride)
    return rewrite(joint, replacements)


def _convolution(node: Node, stride: tuple, now: Callable[[Entry], Entry]) -> list[Entry]:
    op: Any = node.op
    data, *rest = map(now, node.inputs)
    pixels = made(get_op("_subsample")(stride=stride), (data,), node, "pixels")
    return [made(_dense(op), (pixels, *rest), node)]


def _derivative(node: Node, stride: tuple, now: Callable[[Entry], Entry]) -> list[Entry]:
    op: Any = node.op
    inputs = dict(zip(op.input_names, map(now, node.inputs)))
    data = inputs["data"]
    inputs["data"] = made(get_op("_subsample")(stride=stride), (data,), node, "pixels")
    whole = made(_dense(op), tuple(inputs.values()), node).node
    results = {name: Entry(whole, index) for index, name in enumerate(op.wanted())}
    if "data" in results:
        spread = get_op("_backward_subsample")(stride=stride)
        results["data"] = made(spread, (results["data"], data), node, "data")
    return list(results.values())


def _dense(op: Any) -> Any:
    """The same convolution, or derivative of one, of neighbouring pixels."""
    return type(op)(**{**op.changed(), "stride": (1, 1)})
