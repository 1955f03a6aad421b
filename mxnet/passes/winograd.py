"""Convolutions with a quarter of the multiplications in training: forward, and both derivatives.

Their results differ from exact ones by about 1e-5 of the largest, those of direct convolutions by 1e-6.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ..graph.node import Entry, Node
from ..ops.core import get_op
from ..ops.winograd import suits, suits_weight
from .convolutions import Casts, convolutions, derivative_parts, of_dtype
from .joint import Joint
from .rewrite import Replacement, made, rewrite
from .target import Facts, Target

__all__ = ["use_winograd"]


def use_winograd(joint: Joint, facts: Callable[[], Facts], target: Target) -> Joint:
    """Compute convolutions of 3x3 filters in training by Winograd's algorithm, where that is faster.

    The derivative by the data is such a convolution of the head gradient, with the filters turned
    round. Of bfloat16, what lies between is float32, and oneDNN's convolutions are twice as fast: the
    algorithm was measured to gain where products are generated, which is where no matrix unit makes
    them faster yet.
    """
    if not target.train or "numba" not in target.kernels:
        return joint
    replacements: dict[Node, Replacement | None] = {}
    casts = Casts(joint, facts)
    wanted = ("float32", "bfloat16") if "products" in target.kernels else ("float32",)
    for layer in convolutions(joint, facts, wanted):
        node: Any = layer.node
        data, result, dtype = layer.data, layer.result, layer.dtype
        if not _is_plain(layer.op):
            continue
        if layer.forward:
            if suits(data, result, dtype):
                replacements[node] = partial(_convolution, node)
            continue
        fits = {"data": suits(result, data, dtype), "weight": suits_weight(data, result, dtype)}
        chosen = {name for name in node.op.wanted() if fits.get(name)}
        makers = {}
        if "data" in chosen:
            makers["data"] = partial(_by_data, node, data[1])
        if "weight" in chosen:
            widened = casts.of_weight(node)
            makers["weight"] = partial(_by_weight, node, None if widened else dtype)
            replacements.update(widened)
        if makers:
            replacements[node] = partial(derivative_parts, node, makers)
    return rewrite(joint, replacements)


def _is_plain(op: Any) -> bool:
    """Whether a convolution is of the kind whose derivative by data is of that kind, too."""
    stride, pad, dilate = op.geometry()
    return op.kernel == (3, 3) and (*stride, *pad, *dilate) == (1,) * 6


def _convolution(node: Node, now: Callable[[Entry], Entry]) -> list[Entry]:
    op: Any = node.op
    data, weight, *bias = map(now, node.inputs)
    filters = made(get_op("_winograd_filters")(), (weight,), node, "filters")
    kind = get_op("_winograd_convolution")
    whole = kind(num_filter=op.num_filter, pad=1, no_bias=op.no_bias)
    return [made(whole, (data, filters, *bias), node)]


def _by_data(node: Node, channels: int, inputs: Mapping[str, Entry]) -> Entry:
    transform = get_op("_winograd_filters")(for_data=True)
    filters = made(transform, (inputs["weight"],), node, "filters")
    kind = get_op("_winograd_convolution")
    whole = kind(num_filter=channels, pad=1, no_bias=True)
    return made(whole, (inputs["d_output"], filters), node, "data")


def _by_weight(node: Node, dtype: str | None, inputs: Mapping[str, Entry]) -> Entry:
    op = get_op("_winograd_weight")()
    result = made(op, (inputs["d_output"], inputs["data"]), node, "weight")
    return of_dtype(dtype, result, node)
