"""Training: sums and relus behind matrix products as a part of them, in one pass over memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..graph.node import Entry, Node
from ..ops.core import Op, get_op
from ..ops.shapes import product
from .joint import Joint
from .readers import USER, Readers
from .rewrite import Replacement, is_relu, mirroring, rewrite
from .target import Facts, Target

__all__ = ["SUMS", "fuse_epilogues"]

SUMS = ("elemwise_add", "broadcast_add", "_grad_add", "add_n")  # of two arrays
_LAYERS = ("_fully_connected_product", "_pointwise_convolution", "_winograd_convolution")
_STORED = dict.fromkeys(_LAYERS[1:], ("float32", "bfloat16"))


def fuse_epilogues(joint: Joint, facts: Callable[[], Facts], target: Target) -> Joint:
    """Let layers that are generated products add another array, and apply relu, to what they make.

    The derivative of relu reads its output, so that what comes between is not needed.
    """
    if not target.train or "products" not in target.kernels:
        return joint
    names = {getattr(kind, "op_name", "") for kind in joint.forward.operators}
    if names.isdisjoint(("relu", "Activation", *SUMS)):
        return joint
    nodes = joint.forward.nodes
    layers = [node for node in nodes if _may_be_layer(node.op)]
    if not layers or not any(is_relu(node) or _may_add(node.op) for node in nodes):
        return joint
    finder, replacements = _Finder(joint, *facts()), {}
    for node in layers:
        layer = finder.follow(node)
        if layer is not None and not any(n in replacements for n in layer.following):
            replacements.update(layer.replacements())
    return rewrite(joint, replacements)


def _may_be_layer(op: Op | None) -> bool:
    return type(op) is get_op("FullyConnected") or getattr(op, "op_name", "") in _LAYERS


def _may_add(op: Op | None) -> bool:
    return getattr(op, "op_name", "") in SUMS


@dataclass(frozen=True)
class _Layer:
    """A layer, and the sum and relu behind it, in this order, of which there is one at least."""

    node: Node
    following: Sequence[Node]
    residual: Entry | None

    def replacements(self) -> dict[Node, Replacement | None]:
        """The layer does it all, where it stands; nothing is left of what follows."""
        whole = Entry(self.node)
        found: dict[Node, Replacement | None] = {self.node: self.make}
        return {**found, **{node: lambda now: [now(whole)] for node in self.following}}

    def make(self, now: Callable[[Entry], Entry]) -> list[Entry]:
        own: Any = self.node.op
        kind = get_op("_fully_connected_product")
        kind = kind if type(own) is get_op("FullyConnected") else type(own)
        changed: dict[str, Any] = {"with_residual": self.residual is not None}
        if is_relu(self.following[-1]):
            changed["activation"] = "relu"
        inputs = [*self.node.inputs, *(() if self.residual is None else (self.residual,))]
        op, last = kind(**{**own.changed(), **changed}), self.following[-1]
        attrs = {k: v for k, v in self.node.attrs.items() if k.startswith("__")}
        attrs.update(op.attrs())
        node = Node(op, tuple(map(now, inputs)), last.name, attrs, last.origin, last.derived_from)
        return [Entry(node)]


class _Finder(Readers):
    """Finds layers with what follows them."""

    def __init__(self, joint: Joint, shapes: Sequence[tuple], dtypes: Sequence[tuple]):
        super().__init__(joint)
        self.joint, self.shapes, self.dtypes = joint, shapes, dtypes

    def follow(self, node: Node) -> _Layer | None:
        """The layer with as much of what follows as it can take over; None if that is nothing."""
        position = self.graph.index[node]
        shape, op = self.shapes[position][0], node.op
        assert op is not None
        if self.dtypes[position][0] not in _STORED.get(op.op_name, ("float32",)):
            return None
        if product(shape[:-1]) < 2:
            return None
        residual, following = None, []
        after = self.reader(node)
        if after is not None and not getattr(op, "with_residual", False):
            residual = self.addend(after, node)
            if residual is not None:
                following.append(after)
                after = self.reader(after)
        if after is not None and is_relu(after) and getattr(op, "activation", "none") == "none":
            following.append(after)
        if not following or any(mirroring(n) != mirroring(node) for n in following):
            return None
        return _Layer(node, following, residual)

    def reader(self, node: Node) -> Node | None:
        """The node that alone reads a value in the forward graph and its derivative."""
        readers = self.of(node)
        return readers[0] if len(readers) == 1 and readers[0] is not USER else None

    def addend(self, node: Node, layer: Node) -> Entry | None:
        """What a node adds to the result of a layer, if that is there before."""
        if not _may_add(node.op) or len(node.inputs) != 2:
            return None
        others = [entry for entry in node.inputs if entry.node is not layer]
        if len(others) != 1:
            return None
        index, number = self.joint.key(others[0])
        here = self.graph.index[layer]
        fits = self.shapes[index][number] == self.shapes[here][0]
        fits = fits and self.dtypes[index][number] == self.dtypes[here][0]
        return others[0] if fits and index < here else None
