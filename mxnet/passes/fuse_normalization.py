"""Batch normalisation in training, with the addition and the relu that follow it, as one node.

The separate operators pass over memory up to nine times forward and eight backward; the generated
kernels do with four and seven, or three and five without an addition. Small arrays do not gain. On CPUs
there are kernels for data in float32 and bfloat16; float16, which they convert but do not compute with,
is left to torch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ..graph.node import Entry, Node
from ..ops.backward import Backward, backward_of
from ..ops.core import get_op
from ..ops.shapes import product
from .joint import Joint
from .readers import Readers
from .rewrite import Replacement, is_relu, mirroring, rewrite
from .target import Facts, Target

__all__ = ["fuse_normalization"]

# Of data, by provider of kernels; parameters and statistics are float32 with all.
_STORED = {"numba": ("float32", "bfloat16"), "triton": ("float32", "bfloat16", "float16")}
_FEWEST = 1 << 13  # elements; for fewer the calls cost more than the passes over memory


def fuse_normalization(joint: Joint, facts: Callable[[], Facts], target: Target) -> Joint:
    """Replace BatchNorm, with what follows it and their derivatives, by fused nodes."""
    stored = sum((types for each, types in _STORED.items() if each in target.kernels), ())
    if not target.train or not stored:
        return joint
    if not joint.wrt or not any(_is_normalization(node) for node in joint.forward.nodes):
        return joint
    shapes, dtypes = facts()
    readers = _Finder(joint)
    replacements: dict[Node, Replacement | None] = {}
    for position, node in enumerate(joint.forward.nodes):
        shape = shapes[position][0]
        if not _is_normalization(node) or dtypes[position][0] not in stored:
            continue
        if len(shape) not in (2, 4) or node.op.axis not in (1, 1 - len(shape)):
            continue
        if product(shape) < _FEWEST:
            continue
        for group in readers.groups(node):
            free = not any(n in replacements for n in group.nodes)
            if free and all(shapes[p][i] == shape for p, i in map(joint.key, group.added)):
                replacements.update(group.replacements())
                break
    return rewrite(joint, replacements)


def _is_normalization(node: Node) -> bool:
    op: Any = node.op
    if op is None or op.op_name != "BatchNorm":
        return False
    return not op.use_global_stats and not op.output_mean_var


@dataclass(eq=False)
class _Group:
    """A normalisation, what follows it, and their derivatives; nodes that are missing are None."""

    norm: Node
    backward: Node
    add: Node | None = None
    relu: Node | None = None
    relu_backward: Node | None = None
    shared: bool = False  # whether something else reads what relu_backward gives
    fused: list[Node] = field(default_factory=list)  # forward, backward; once they are made

    @property
    def nodes(self) -> list[Node]:
        """All nodes that are replaced."""
        found = (self.norm, self.add, self.relu, self.relu_backward, self.backward)
        return [node for node in found if node is not None]

    @property
    def added(self) -> tuple[Entry, ...]:
        """What is added."""
        return () if self.add is None else tuple(self.add.inputs)

    def replacements(self) -> dict[Node, Replacement | None]:
        """What stands for each node."""
        last = self.relu or self.norm
        found: dict[Node, Replacement | None] = dict.fromkeys(self.nodes)
        found[last] = self.forward
        found[self.backward] = self.gradients
        if self.shared:  # what the relu lets through is the gradient of the other addend too
            assert self.relu_backward is not None
            found[self.relu_backward] = self.masked
        return found

    def make(self, op: Any, inputs: list[Entry], like: Node) -> Node:
        attrs = {k: v for k, v in self.norm.attrs.items() if k.startswith("__")}
        attrs.update(op.attrs())
        node = Node(op, tuple(inputs), like.name, attrs, like.origin, like.derived_from)
        self.fused.append(node)
        return node

    def forward(self, now: Callable[[Entry], Entry]) -> list[Entry]:
        op, last = self.norm.op, self.relu or self.norm
        shared = {"eps": op.eps, "momentum": op.momentum, "fix_gamma": op.fix_gamma}
        data, gamma, beta, *statistics = map(now, self.norm.inputs)
        if self.add is None:
            made = get_op("_batch_norm_relu")(relu=self.relu is not None, **shared)
            node = self.make(made, [data, gamma, beta, *statistics], last)
        else:
            side = 1 if self.add.inputs[0].node is self.norm else 0
            residual = now(self.add.inputs[side])
            made = get_op("_batch_norm_add_relu")(**shared)
            node = self.make(made, [data, gamma, beta, residual, *statistics], last)
        return [Entry(node, index) for index in range(last.num_outputs)]

    def make_backward(self, now: Callable[[Entry], Entry]) -> Node:
        node, like = self.fused[0], self.backward
        needs = [flag == "1" for flag in like.op.flags]
        if self.add is not None:
            needs.insert(3, self.shared)
        op = backward_of(node.op, tuple(needs))
        values = dict(zip(node.op.input_names, node.inputs))
        values.update((n, Entry(node, i)) for i, n in enumerate(node.op.output_names))
        values["d_output"] = now((self.relu_backward or like).inputs[0])
        return self.make(op, [values[name] for name in op.input_names], like)

    def masked(self, now: Callable[[Entry], Entry]) -> list[Entry]:
        node = self.make_backward(now)
        return [Entry(node, node.op.output_names.index("d_residual"))]

    def gradients(self, now: Callable[[Entry], Entry]) -> list[Entry]:
        node = self.fused[1] if self.shared else self.make_backward(now)
        return [
            Entry(node, node.op.output_names.index(name)) for name in self.backward.op.output_names
        ]


class _Finder(Readers):
    """Finds what can be one node."""

    def groups(self, norm: Node) -> Iterator[_Group]:
        """The groups that begin with a normalisation, the largest first."""
        backward = self.of(norm, 1)
        if (
            len(backward) != 1
            or not isinstance(backward[0].op, Backward)
            or not backward[0].op.once
        ):
            return
        whole = self.whole(_Group(norm, backward[0]))
        if whole is not None:
            yield whole
        yield _Group(norm, backward[0])

    def whole(self, group: _Group) -> _Group | None:
        """Find the addition and the relu, if the normalisation is followed by them alone."""
        following = self.of(group.norm)
        if len(following) == 1 and type(following[0].op) is get_op("elemwise_add"):
            group.add = following[0]
            following = self.of(group.add)
        if len(following) != 1 or not is_relu(following[0]):
            return None
        relu = group.relu = following[0]
        derivative = group.relu_backward = group.backward.inputs[0].node
        kind = getattr(derivative.op, "forward_class", type(derivative.op))
        if kind not in (type(relu.op), get_op("_backward_relu")):
            return None
        if Entry(relu) not in derivative.inputs or mirroring(group.norm) != mirroring(relu):
            return None
        group.shared = self.of(derivative) != [group.backward]
        inner = [node for node in (group.norm, group.add) if node is not None]
        only_here = all(self.shapes_only(node) <= set(group.nodes) for node in inner)
        return group if only_here and (group.add is not None or not group.shared) else None
