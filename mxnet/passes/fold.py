"""Prediction: layers with the normalisation, addition and activation behind them as one kernel.

Batch normalisation by moving statistics is a factor and an addend per channel, so it goes into weight
and bias of the convolution or fully connected layer before it. What depends on parameters alone, such
as those weights, is hoisted: it is computed again only when a parameter has changed. Where memory for
them is limited, layers that use each weight most often come first.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

from ..graph.node import Entry, Node
from ..ops.core import get_op
from ..ops.shapes import product
from ..ops.winograd import suits
from .epilogues import SUMS
from .joint import Joint
from .memory import nbytes
from .pointwise import is_dense, is_pointwise, suits_images
from .rewrite import Replacement, rewrite
from .target import Facts, Target

__all__ = ["fold"]

# Matrix products with at least so many multiplications, and results of at most so many bytes, gain by
# an order of the weight for oneDNN: its results are fresh memory each time.
LEAST_PRODUCT, LARGEST_RESULT = 1 << 24, 1 << 23
LEAST_GENERATED = 1 << 20  # the same for generated products

Now = Callable[[Entry], Entry]


def fold(joint: Joint, facts: Callable[[], Facts], target: Target) -> Joint:
    """The joint graph of a prediction program with fused layers; others are left alone."""
    if target.train or joint.wrt or "onednn" not in target.kernels:
        return joint
    kinds = _layers()
    found = [(node, kinds[type(node.op)]) for node in joint.graph.nodes if type(node.op) in kinds]
    if not found:
        return joint
    folding = _Folding(joint, target, *facts())
    folding.any_normalisation = any(kind == "normalisation" for _, kind in found)
    if target.prepared is not None:
        found.sort(key=lambda each: -folding.uses(each[0]))
    for node, kind in found:
        if node not in folding.replacements:
            getattr(folding, kind)(node)
    return rewrite(joint, folding.replacements)


def _layers() -> dict[type, str]:
    """The method of ``_Folding`` that looks at the nodes of a class."""
    convolutions = ("Convolution", "Convolution_v1")
    return {
        **{get_op(name): "convolution" for name in convolutions},
        get_op("FullyConnected"): "fully_connected",
        **{get_op(name): "normalisation" for name in NORMALISATIONS},
    }


NORMALISATIONS = ("BatchNorm", "BatchNorm_v1", "_contrib_BatchNormWithReLU")


@dataclass
class _Chain:
    """A layer and the nodes behind it that its kernel takes over."""

    layer: Node
    nodes: list[Node] = field(default_factory=list)
    normalisation: Node | None = None
    residual: Entry | None = None
    activation: tuple[str, tuple[float, ...]] = ("none", ())

    @property
    def last(self) -> Node:
        """The node whose place the fused one takes."""
        return self.nodes[-1] if self.nodes else self.layer


class _Folding:
    def __init__(
        self, joint: Joint, target: Target, shapes: Sequence[tuple], dtypes: Sequence[tuple]
    ):
        self.joint, self.graph, self.target = joint, joint.graph, target
        self.shapes, self.dtypes = shapes, dtypes
        self.replacements: dict[Node, Replacement | None] = {}
        self.prepared: dict[tuple, Node] = {}
        self.heads = set(map(joint.key, joint.graph.outputs))
        self.any_normalisation = True
        self.left = math.inf if target.prepared is None else target.prepared  # bytes for weights

    # -- facts --------------------------------------------------------------------------------
    @cached_property
    def readers(self) -> dict[tuple[int, int], list[Node]]:
        """The nodes that read each value."""
        found: dict[tuple[int, int], list[Node]] = {}
        for node, sources in zip(self.graph.nodes, self.graph.sources):
            for source in sources:
                found.setdefault(source, []).append(node)
        return found

    def shape(self, entry: Entry) -> tuple:
        position, index = self.joint.key(entry)
        return self.shapes[position][index]

    def uses(self, layer: Node) -> int:
        """How often a run uses each weight of a layer: once for each row or pixel of the result."""
        return product(self.shape(Entry(layer))) // max(1, self.shape(layer.inputs[1])[0])

    def has_room(self, layer: Node, copies: int = 1) -> bool:
        """Whether there is memory for so many numbers for each weight; it is taken, then."""
        size = copies * nbytes(self.shape(layer.inputs[1]), "float32")
        fits = size <= self.left
        self.left -= size if fits else 0
        return fits

    def is_float32(self, node: Node) -> bool:
        return all(
            self.dtypes[p][i] == "float32" for p, i in self.graph.sources[self.graph.index[node]]
        )

    def reader(self, node: Node) -> Node | None:
        """The one reader of a node's first output, if nothing else needs any of its outputs."""
        position = self.graph.index[node]
        keys = [(position, index) for index in range(node.num_outputs)]
        readers = [reader for key in keys for reader in self.readers.get(key, ())]
        if len(readers) != 1 or any(key in self.heads for key in keys):
            return None
        first = self.readers.get(keys[0])
        return readers[0] if first and readers[0] not in self.replacements else None

    def goes_to_user(self, node: Node) -> bool:
        """Whether a node's result is an output, or a part of one: stored as users want it."""
        key = self.joint.key(Entry(node))
        return key in self.heads or any(
            reader.op is not None and reader.op.joins and self.goes_to_user(reader)
            for reader in self.readers.get(key, ())
        )

    # -- layers -------------------------------------------------------------------------------
    def convolution(self, node: Node) -> None:
        """Fuse a two-dimensional convolution, if it is one, with what follows."""
        op = node.op
        if op.rank != 2 or op.channels_last or not self.is_plain_layer(node):
            return
        if op.is_misread(self.shape(node.inputs[0])):
            return
        chain = self.follow(node, may_add=True)
        geometry = dict(zip(("stride", "pad", "dilate"), op.geometry()), num_group=op.num_group)
        data_shape = self.shape(node.inputs[0])
        packing = {"packing": "convolution", "data_shape": data_shape, **geometry}
        own = {**geometry, "kernel": op.kernel, "num_filter": op.num_filter}
        planned = {"num_filter": op.num_filter, "with_residual": chain.residual is not None}
        if self.suits_winograd(chain) and self.has_room(node, 4):
            planned["pad"] = op.geometry()[1][0]
            self.replace(chain, "_winograd_convolution", planned, {"packing": "winograd"})
            return
        if self.multiply(chain, planned) or not self.has_room(node):
            return
        kind = "_fused_convolution" if chain.residual is None else "_fused_convolution_add"
        self.replace(chain, kind, own, packing)

    def multiply(self, chain: _Chain, own: dict) -> bool:
        """Compute a convolution as a matrix product, if it is one whose data and result suit that."""
        layer, relu_at_most = chain.layer, chain.activation[0] in ("none", "relu")
        if "products" not in self.target.kernels or not relu_at_most or not is_pointwise(layer.op):
            return False
        result = self.shape(Entry(layer))
        dense = is_dense(result) and self.goes_to_user(chain.last)
        if dense and not suits_images(result):
            return False
        if not dense and is_dense(result) and layer.inputs[0].node.op is None:
            return False  # the result would be stored as the data are not
        if dense and chain.normalisation is None:
            packing = None
        elif self.has_room(layer):
            packing = {} if dense else {"packing": "product"}
        else:
            return False
        self.replace(chain, "_pointwise_convolution", {**own, "packed": not dense}, packing)
        return True

    def suits_winograd(self, chain: _Chain) -> bool:
        """Whether a convolution is of the kind that needs a quarter of the multiplications."""
        op = chain.layer.op
        steps, (pad, other_pad), gaps = op.geometry()
        return (
            "numba" in self.target.kernels
            and op.kernel == (3, 3)
            and (*steps, *gaps, op.num_group) == (1,) * 5
            and pad == other_pad <= 1
            and chain.activation[0] in ("none", "relu")
            and suits(self.shape(chain.layer.inputs[0]), self.shape(Entry(chain.layer)))
        )

    def fully_connected(self, node: Node) -> None:
        """Fuse a fully connected layer that is large or has a normalisation behind it."""
        shape = self.shape(Entry(node))
        rows, width = product(shape[:-1]), self.shape(node.inputs[1])[1]
        size = rows * shape[-1]
        packs = "products" in self.target.kernels
        if packs:
            large = rows > 1 and size * width >= LEAST_GENERATED
        else:
            large = size * width >= LEAST_PRODUCT and size * 4 <= LARGEST_RESULT
        if not (large or self.any_normalisation) or not self.is_plain_layer(node):
            return
        chain = self.follow(node, may_add=large and packs, may_activate=large)
        if not (large or chain.normalisation):
            return
        room = self.has_room(node)
        own = {"num_hidden": node.op.num_hidden, "flatten": node.op.flatten}
        if large and packs and (room or chain.normalisation is None):
            own.update(packed=room, with_residual=chain.residual is not None)
            product_packing = {"packing": "product"} if room else None
            self.replace(chain, "_fully_connected_product", own, product_packing)
        elif room and large:
            linear = {"packing": "linear", "data_shape": (rows, width)}
            self.replace(chain, "_fused_fully_connected", own, linear)
        elif room:
            self.replace(chain, "FullyConnected", own, {})

    def normalisation(self, node: Node) -> None:
        """Make one pass of a normalisation that stands behind something else, and of its relu."""
        if not self.is_foldable(node) or len(self.shape(node.inputs[0])) < 2:
            return
        if not self.is_float32(node):
            return
        relu = "ReLU" in node.op.op_name
        after = None if relu else self.reader(node)
        if after is not None and _activation(after)[0] == "relu":
            self.replacements[node] = None
            relu = True
        else:
            if not self.only_first_output(node):
                return
            after = node
        self.replacements[after] = partial(self.scale_shift, node, after, relu)

    def is_plain_layer(self, node: Node) -> bool:
        parameters = node.inputs[1:]
        return all(entry.node.op is None for entry in parameters) and self.is_float32(node)

    def is_foldable(self, node: Node) -> bool:
        """Whether a normalisation uses given statistics of the channels on axis 1."""
        rank = len(self.shape(node.inputs[0]))
        return node.op.axis % rank == 1 and all(e.node.op is None for e in node.inputs[1:])

    def only_first_output(self, node: Node) -> bool:
        position = self.graph.index[node]
        keys = [(position, index) for index in range(1, node.num_outputs)]
        return not any(key in self.heads or self.readers.get(key) for key in keys)

    # -- what follows a layer -----------------------------------------------------------------
    def follow(self, layer: Node, may_add: bool = False, may_activate: bool = True) -> _Chain:
        """The layer with as much of what follows as its kernel can take over."""
        chain = _Chain(layer)
        after = self.reader(layer)
        kinds = tuple(map(get_op, NORMALISATIONS))
        if after is not None and isinstance(after.op, kinds) and self.normalises(after, layer):
            chain.normalisation = after
            chain.nodes.append(after)
            if "ReLU" in after.op.op_name:
                chain.activation = ("relu", ())
                return chain
            after = self.reader(after)
        if after is not None and may_add and self.adds(after, chain):
            chain.nodes.append(after)
            after = self.reader(after)
        if after is not None and may_activate:
            activation = _activation(after)
            if activation[0] == "relu" or (activation[0] != "none" and chain.residual is None):
                chain.activation = activation
                chain.nodes.append(after)
        return chain

    def normalises(self, node: Node, layer: Node) -> bool:
        """Whether a node normalises the channels that a layer makes, and nothing reads the rest."""
        ranks = len(self.shape(Entry(layer)))
        return (
            node.inputs[0].node is layer
            and self.only_first_output(node)
            and self.is_foldable(node)
            and (ranks == 2 or layer.op.op_name != "FullyConnected")
        )

    def adds(self, node: Node, chain: _Chain) -> bool:
        """Whether a node adds an array of equal shape that is there before; notes which."""
        if node.op.op_name not in SUMS or len(node.inputs) != 2 or not self.is_float32(node):
            return False
        own = Entry(chain.last)
        others = [entry for entry in node.inputs if entry.node is not own.node]
        if len(others) != 1 or self.shape(others[0]) != self.shape(own):
            return False
        if (self.graph.index[node], 0) in self.heads or others[0].node.op is None:
            return False
        # The later one of two layers takes the sum, so that the other has its place in the order.
        if self.graph.index[self.producer(others[0])] > self.graph.index[chain.layer]:
            return False
        chain.residual = others[0]
        return True

    def producer(self, entry: Entry) -> Node:
        """The layer that will be computed where a value is now, or the node that makes it."""
        node = entry.node
        while node.op is not None and node.op.op_name in NORMALISATIONS:
            node = node.inputs[0].node
        return node

    # -- replacing ----------------------------------------------------------------------------
    def replace(self, chain: _Chain, kind: str, own: dict, packing: dict | None) -> None:
        """Have one node do all of a chain, on a prepared weight unless ``packing`` is None."""
        for node in (chain.layer, *chain.nodes):
            self.replacements[node] = None
        self.replacements[chain.last] = partial(self.fused, chain, kind, own, packing)

    def fused(
        self, chain: _Chain, kind: str, own: dict, packing: dict | None, now: Now
    ) -> tuple[Entry]:
        layer, last = chain.layer, chain.last
        parameters = self.parameters(chain, packing)
        residual = [] if chain.residual is None else [now(chain.residual)]
        if chain.activation[0] != "none":
            own["activation"] = chain.activation[0]
            if chain.activation[1]:
                own["factors"] = chain.activation[1]
        op = get_op(kind)(no_bias=len(parameters) == 1, **own)
        return (_made(op, (now(layer.inputs[0]), *parameters, *residual), last),)

    def parameters(self, chain: _Chain, packing: dict | None) -> Sequence[Entry]:
        """Weight and bias, prepared unless ``packing`` is None."""
        layer, normalisation = chain.layer, chain.normalisation
        inputs = layer.inputs[1:]
        if packing is None:
            return inputs
        options: dict[str, Any] = dict(packing)
        if normalisation is None:
            inputs = inputs[:1]
        else:
            op = normalisation.op
            options.update(normalised=True, eps=op.eps, fix_gamma=op.fix_gamma)
            options["no_bias"] = layer.op.no_bias
            inputs = (*inputs, *normalisation.inputs[1:])
        node = self.shared(get_op("_prepared_weight")(**options), inputs, layer)
        if normalisation is not None:
            return [Entry(node, 0), Entry(node, 1)]
        return [Entry(node), *layer.inputs[2:]]

    def scale_shift(self, node: Node, last: Node, relu: bool, now: Now) -> tuple[Entry]:
        op = get_op("_prepared_scale")(eps=node.op.eps, fix_gamma=node.op.fix_gamma)
        made = self.shared(op, node.inputs[1:], node)
        inputs = (now(node.inputs[0]), Entry(made, 0), Entry(made, 1))
        return (_made(get_op("_scale_shift")(relu=relu), inputs, last),)

    def shared(self, op: Any, inputs: tuple[Entry, ...], source: Node) -> Node:
        """A hoisted node; one for all layers that use the same parameters in the same way."""
        key = (op, inputs)
        node = self.prepared.get(key)
        if node is None:
            node = self.prepared[key] = Node(op, inputs, source.name, op.attrs(), source.origin)
        return node


def _made(op: Any, inputs: tuple[Entry, ...], last: Node) -> Entry:
    return Entry(Node(op, inputs, last.name, op.attrs(), last.origin, last.derived_from))


def _activation(node: Node) -> tuple[str, tuple[float, ...]]:
    """What oneDNN applies in place of a node, with its numbers; "none" if there is no such thing."""
    op = node.op
    name = op.op_name
    if name == "Activation" and op.act_type in ("relu", "sigmoid", "tanh"):
        return op.act_type, ()
    if name in ("relu", "sigmoid", "tanh"):
        return name, ()
    if name == "LeakyReLU" and op.act_type == "leaky":
        return "leaky_relu", (op.slope,)
    if name == "LeakyReLU" and op.act_type == "gelu":
        return "gelu", ()
    if name == "clip":
        return "hardtanh", (op.a_min, op.a_max)
    return "none", ()
