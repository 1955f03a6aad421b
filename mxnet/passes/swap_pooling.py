"""Max pooling before the activation instead of after it, where that is the same.

A function that never decreases commutes with the maximum. Behind the pooling there are fewer
elements to compute it of, forward and backward, and the larger array is not kept for the backward
part. Where rounding makes the values of several elements of a window equal, the gradient goes to
the one that was the largest before rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from ..graph.node import Entry, Node
from ..ops.backward import Backward
from .joint import Joint
from .readers import Readers
from .rewrite import Replacement, rewrite
from .target import Facts, Target

__all__ = ["swap_pooling"]

# Functions that never decrease, and whose derivatives read their results.
_MONOTONE = ("relu", "sigmoid", "tanh")


def swap_pooling(joint: Joint, facts: Callable[[], Facts], target: Target) -> Joint:
    """Let max pooling precede the activations that only it reads."""
    if not target.kernels or target.device != "cpu" or not joint.wrt:
        return joint
    poolings = [node for node in joint.forward.nodes if _takes_maxima(node)]
    if not poolings:
        return joint
    readers = Readers(joint)
    replacements: dict[Node, Replacement | None] = {}
    for pooling in poolings:
        found = _find(readers, pooling)
        if found is not None:
            replacements.update(found.replacements())
    return rewrite(joint, replacements)


def _takes_maxima(node: Node) -> bool:
    """Whether a node is a max pooling that keeps positions, with data in all windows."""
    op: Any = node.op
    if op is None or op.op_name != "Pooling" or op.pool_type != "max" or not op.keeps_indices:
        return False
    if op.global_pool or op.pooling_convention != "valid":
        return False
    return all(2 * pad <= size for size, pad in zip(op.kernel, op.pad))


def _is_monotone(node: Node) -> bool:
    name = getattr(node.op, "op_name", "")
    return name in _MONOTONE or (
        name == "Activation" and getattr(node.op, "act_type", "") in _MONOTONE
    )


@dataclass
class _Swap:
    """The activation, the pooling, and their derivatives."""

    activation: Node
    pooling: Node
    pooling_backward: Node
    activation_backward: Node

    def replacements(self) -> dict[Node, Replacement | None]:
        """What stands for each node."""
        made: list[Node] = []
        return {
            self.activation: None,
            self.pooling: partial(self.forward, made),
            self.pooling_backward: None,
            self.activation_backward: partial(self.backward, made),
        }

    def forward(self, made: list[Node], now: Callable[[Entry], Entry]) -> list[Entry]:
        pooled = self.pooling.with_inputs([now(self.activation.inputs[0])])
        result = self.activation.with_inputs([Entry(pooled)])
        made += pooled, result
        return [Entry(result), Entry(pooled, 1)]

    def backward(self, made: list[Node], now: Callable[[Entry], Entry]) -> list[Entry]:
        pooled, result = made

        def instead(entry: Entry) -> Entry:
            if entry.node is self.activation:
                return Entry(result)
            if entry.node is self.pooling_backward:
                return now(self.pooling_backward.inputs[0])
            return Entry(pooled)  # the data, for its shape

        inner = self.activation_backward.with_inputs(
            list(map(instead, self.activation_backward.inputs))
        )
        data = now(self.activation.inputs[0])
        named = {"d_output": Entry(inner), "indices": Entry(pooled, 1), "data": data}
        names = self.pooling_backward.op.input_names
        return [Entry(self.pooling_backward.with_inputs([named[name] for name in names]))]


def _find(readers: Readers, pooling: Node) -> _Swap | None:
    """The nodes to be swapped; None where something else reads what is between them."""
    activation = pooling.inputs[0].node
    if not _is_monotone(activation):
        return None
    after = readers.of(pooling, 1)
    if len(after) != 1 or not isinstance(after[0].op, Backward):
        return None
    pooling_backward = after[0]
    derivative = readers.of(pooling_backward)
    if len(derivative) != 1 or derivative[0].derived_from is not activation:
        return None
    if len(derivative[0].op.output_names) != 1 or pooling_backward.op.input_names[0] != "d_output":
        return None
    if readers.of(activation) != [pooling, derivative[0]]:
        return None
    if not readers.shapes_only(activation) <= {pooling_backward}:
        return None
    return _Swap(activation, pooling, pooling_backward, derivative[0])
