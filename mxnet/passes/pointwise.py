"""Convolutions with filters of one pixel as matrix products in training, with both derivatives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ..graph.node import Entry, Node
from ..ops.core import get_op
from ..ops.shapes import product
from .convolutions import Casts, convolutions, derivative_parts, of_dtype
from .joint import Joint
from .rewrite import Replacement, made, rewrite
from .target import Facts, Target

__all__ = ["is_dense", "is_pointwise", "suits_images", "use_products"]

LEAST_IMAGE = 64  # pixels: products of each of many smaller images were measured to be slower


def use_products(joint: Joint, facts: Callable[[], Facts], target: Target) -> Joint:
    """Compute convolutions with filters of one pixel, and their derivatives, as generated products.

    Data are stored channels-last, so that pixels are rows. Arrays of users are dense, so that channels
    are: there is a product for each image, then. The results are in planned memory.
    """
    if not target.train or "products" not in target.kernels:
        return joint
    wanted = ["float32", *["bfloat16"] * ("products of bfloat16" in target.kernels)]
    replacements: dict[Node, Replacement | None] = {}
    casts = Casts(joint, facts)
    for layer in convolutions(joint, facts, wanted):
        if not is_pointwise(layer.op):
            continue
        of_user = layer.from_user or layer.to_user
        if of_user and not (layer.dtype == "float32" and suits_images(layer.result)):
            continue
        node: Any = layer.node
        if layer.forward:
            replacements[node] = partial(_convolution, node)
            continue
        makers = {"data": partial(_by_data, node, layer.data[1])}
        if "weight" in node.op.wanted():
            widened = casts.of_weight(node)
            makers["weight"] = partial(_by_weight, node, None if widened else layer.dtype)
            replacements.update(widened)
        chosen = {name: makers[name] for name in node.op.wanted() if name in makers}
        replacements[node] = partial(derivative_parts, node, chosen)
    return rewrite(joint, replacements)


def is_pointwise(op: Any) -> bool:
    """Whether a convolution multiplies each pixel by one matrix."""
    if op.kernel != (1, 1) or op.channels_last or op.num_group != 1:
        return False
    stride, pad, _ = op.geometry()
    return (*stride, *pad) == (1, 1, 0, 0)


def is_dense(shape: tuple) -> bool:
    """Whether an array of a user has channels as rows, rather than pixels: not if there is one."""
    return product(shape[2:]) > 1


def suits_images(shape: tuple) -> bool:
    """Whether an array of a user is fit for products."""
    return not is_dense(shape) or product(shape[2:]) >= LEAST_IMAGE


def _convolution(node: Node, now: Callable[[Entry], Entry]) -> list[Entry]:
    op: Any = node.op
    kind = get_op("_pointwise_convolution")
    whole = kind(num_filter=op.num_filter, no_bias=op.no_bias)
    return [made(whole, tuple(map(now, node.inputs)), node)]


def _by_data(node: Node, channels: int, inputs: Mapping[str, Entry]) -> Entry:
    op = get_op("_pointwise_convolution")(num_filter=channels, no_bias=True, transposed=True)
    return made(op, (inputs["d_output"], inputs["weight"]), node, "data")


def _by_weight(node: Node, dtype: str | None, inputs: Mapping[str, Entry]) -> Entry:
    """The derivative by the weight, in float32, or cast to a type."""
    op = get_op("_pointwise_weight")()
    result = made(op, (inputs["d_output"], inputs["data"]), node, "weight")
    return of_dtype(dtype, result, node)
