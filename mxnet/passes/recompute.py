"""Less memory for more work: forward values that the backward part computes again.

Chen, Xu, Zhang, Guestrin 2016, "Training Deep Nets with Sublinear Memory Cost": keep the values that
cross some cuts of the forward graph, drop those in between, and compute each part again right before
its derivative. First of all drop what is cheap: normalisation, activations, elementwise work.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ..base import MXNetError, setting
from ..graph.node import Entry, Graph, Node
from ..ops.core import Op, building_for, positional
from ..ops.expression import Expression
from ..ops.shapes import product
from .joint import Joint
from .memory import Key, nbytes

__all__ = [
    "Choice", "can_repeat", "choices", "mirrored", "parse_bytes", "recompute", "seconds_of_node",
    "work_of", "work_of_node",
]  # fmt: skip

# A rough model of one core: seconds a multiplication or addition of a product, an element that is
# written, a call.
_PER_OPERATION, _PER_ELEMENT, _PER_CALL = 1e-11, 5e-10, 5e-6

_UNITS = {"": 1, "B": 1, "KB": 2**10, "MB": 2**20, "GB": 2**30, "TB": 2**40}


def parse_bytes(size: int | float | str, name: str = "memory_budget") -> int:
    """A number of bytes given as such or as text such as "2GB" or "500 MB" (powers of 1024).

    Raises MXNetError for anything else; ``name``: what it calls the argument.
    """
    text = "" if isinstance(size, bool) else str(size).strip().upper().replace("IB", "B")
    number = text.rstrip("KMGTB ")
    unit = text[len(number) :].strip()
    try:
        value = float(number) * _UNITS[unit]
    except (ValueError, KeyError):
        value = 0.0
    if not 0 < value < float("inf"):
        raise MXNetError(f"{name} should be bytes or a text like '2GB', not {size!r}")
    return int(value)


@dataclass(frozen=True)
class Choice:
    """One way to trade work for memory: the forward values to keep, and its name."""

    name: str
    kept: frozenset[Key]


def recompute(joint: Joint, kept: Collection[Key]) -> Joint:
    """The joint graph in which the backward part computes again what is not kept.

    Variables and outputs are always there; operators that keep or update a state are never run twice,
    and those that draw random numbers repeat what they have drawn (``Op.replay``) or are kept. Each node
    is computed again at most once, right before its first use.
    """
    return _Rewriter(joint, kept).run()


class _Rewriter:
    def __init__(self, joint: Joint, kept: Collection[Key]):
        self.joint, self.kept = joint, kept
        self.forward = set(joint.forward.nodes)
        self.heads = set(joint.forward.outputs)
        # Operators that keep a state may hold on to the memory of what they have read.
        keeping = [n for n in joint.forward.nodes if n.op is not None and n.op.keeps_state]
        self.held = {entry for node in keeping for entry in node.inputs}
        self.order: list[Node] = list(joint.forward.nodes)
        self.copies: dict[Node, Node] = {}

    def run(self) -> Joint:
        joint = self.joint
        for node in joint.graph.nodes[len(joint.forward.nodes) :]:
            if node.op is None:
                self.order.append(node)
                continue
            inputs = tuple(
                self.now(entry) if name in node.op.shape_only_names else self.value(entry)
                for name, entry in zip(node.op.input_names, node.inputs)
            )
            self.copies[node] = self.copy(node, inputs, node.name)
        gradients = tuple(None if entry is None else self.now(entry) for entry in joint.gradients)
        outputs = (*joint.forward.outputs, *(entry for entry in gradients if entry is not None))
        graph = Graph(outputs, self.order)
        return Joint(graph, joint.forward, joint.wrt, gradients, joint.head_gradients)

    def copy(self, node: Node, inputs: tuple[Entry, ...], name: str) -> Node:
        made = node.with_inputs(inputs, name=name)
        self.order.append(made)
        return made

    def now(self, entry: Entry) -> Entry:
        """What stands for an entry that nothing is computed again for: a gradient, or a mere shape."""
        if entry.node in self.forward:
            return entry
        return Entry(self.copies.get(entry.node, entry.node), entry.index)

    def stays(self, entry: Entry) -> bool:
        """Whether a forward value is still there in the backward part."""
        if not can_repeat(entry.node) or entry.node.op.stochastic and entry.index:
            return True
        if entry in self.heads or entry in self.held:
            return True
        return self.joint.key(entry) in self.kept

    def value(self, entry: Entry) -> Entry:
        """The entry that stands for a value in the backward part, computed again if it has to be."""
        if entry.node not in self.forward or self.stays(entry):
            return self.now(entry)
        stack = [entry.node]
        while stack:
            node = stack[-1]
            if node in self.copies:
                stack.pop()
                continue
            missing = [
                e.node for e in node.inputs if not self.stays(e) and e.node not in self.copies
            ]
            if missing:
                stack.extend(missing)
                continue
            inputs = tuple(
                e if self.stays(e) else Entry(self.copies[e.node], e.index) for e in node.inputs
            )
            self.copies[node] = self.again(node, inputs)
            stack.pop()
        return Entry(self.copies[entry.node], entry.index)

    def again(self, node: Node, inputs: tuple[Entry, ...]) -> Node:
        """A node that makes the values of a forward node again, or the first one if it has drawn."""
        name = f"{node.name}_again"
        if not node.op.stochastic:
            return self.copy(node, inputs, name)
        names = (*node.op.input_names, *node.op.output_names)
        values = dict(zip(names, (*inputs, *Expression.outputs_of(node))))
        with building_for(node, []):
            made = node.op.replay(*(values[each] for each in positional(node.op.replay)[1:])).node
        return self.copy(made, made.inputs, name)


def can_repeat(node: Node) -> bool:
    """Whether what a forward node makes can be made again: by itself, or from what it has drawn."""
    op = node.op
    if op is None or op.keeps_state or op.once:
        return False
    return op.replay is not None or not op.stochastic


def choices(joint: Joint, shapes: Sequence[tuple], dtypes: Sequence[tuple]) -> list[Choice]:
    """Ways to recompute, from the least to the most extra work that is usual for them."""
    nodes = joint.forward.nodes
    sizes = [
        [nbytes(shape, dtype) for shape, dtype in zip(shapes[i], dtypes[i])]
        for i in range(len(nodes))
    ]
    small = {
        (i, output)
        for i, row in enumerate(sizes)
        for output, size in enumerate(row)
        if size * 64 <= max(row)
    }
    heavy = {
        (i, output)
        for i, node in enumerate(nodes)
        if node.op is not None and node.op.heavy
        for output in range(node.num_outputs)
    }
    found = [Choice("cheap operators", frozenset(heavy | small))]
    crossing = _crossing(joint.forward)
    costs = [sum(sizes[p][o] for p, o in keys) for keys in crossing]
    segments = 2
    while segments <= len(nodes):
        kept: set[Key] = set(small)
        for cut in _cuts(sizes, costs, segments):
            kept.update(crossing[cut])
        found.append(Choice(f"{segments} segments", frozenset(kept)))
        segments = max(segments + 1, segments * 3 // 2)
    return found


def _crossing(graph: Graph) -> list[list[Key]]:
    """For each position, the values made before or at it that are used after it."""
    last: dict[Key, int] = {}
    for position, sources in enumerate(graph.sources):
        for key in sources:
            last[key] = position
    live: list[Key] = []
    result = []
    for position, node in enumerate(graph.nodes):
        if node.op is not None:
            live.extend((position, output) for output in range(node.num_outputs))
        live = [key for key in live if last.get(key, -1) > position]
        result.append(live)
    return result


def _cuts(sizes: list[list[int]], costs: list[int], segments: int) -> list[int]:
    """Positions that part the forward values into segments of similar size, where little crosses."""
    total = sum(map(sum, sizes))
    cuts: list[int] = []
    done, target, start = 0, total / segments, 0
    for position, row in enumerate(sizes):
        done += sum(row)
        if done >= target * (len(cuts) + 1) and len(cuts) < segments - 1:
            window = range(max(start, position - (position - start) // 2), position + 1)
            best = min(window, key=lambda p: (costs[p], -p))
            cuts.append(best)
            start = best + 1
    return cuts


def mirrored(joint: Joint) -> list[Choice]:
    """What the program itself asks to recompute, as in 1.x; empty where nothing asks for it.

    Nodes with the attribute ``force_mirroring`` are computed again; with MXNET_BACKWARD_DO_MIRROR=1
    all cheap operators are, but for those with ``mirror_stage``. Results of random draws are kept, as
    in 1.x; second comes what follows if they are repeated, too, which may take less or more.
    """
    whole = setting("MXNET_BACKWARD_DO_MIRROR", 0) != 0
    asked = [
        node
        for node in joint.forward.nodes
        if node.op is not None
        and (
            _is_set(node, "__force_mirroring__")
            or whole
            and not node.op.heavy
            and not _is_set(node, "__mirror_stage__")
        )
    ]
    pure = {node for node in asked if not node.op.stochastic}
    repeated = pure.union(node for node in asked if can_repeat(node))
    ways = {frozenset(pure): None, frozenset(repeated): None}  # one, where nothing is drawn
    return [Choice("mirroring", _all_but(joint, dropped)) for dropped in ways if dropped]


def _all_but(joint: Joint, dropped: Collection[Node]) -> frozenset[Key]:
    return frozenset(
        (position, output)
        for position, node in enumerate(joint.forward.nodes)
        if node not in dropped
        for output in range(node.num_outputs)
    )


def _is_set(node: Node, key: str) -> bool:
    return node.attrs.get(key, "0").lower() in ("1", "true")


def work_of(graph: Graph, shapes: Sequence[tuple]) -> int:
    """A rough count of operations: multiplications for products, elements for everything else."""
    return sum(work_of_node(graph, position, shapes) for position in range(len(graph.nodes)))


def work_of_node(graph: Graph, position: int, shapes: Sequence[tuple]) -> int:
    """The part of one node in ``work_of``."""
    op = graph.nodes[position].op
    if op is None or op.view is not None:
        return 0
    return _work(op, [shapes[p][o] for p, o in graph.sources[position]], shapes[position])


def seconds_of_node(graph: Graph, position: int, shapes: Sequence[tuple]) -> float:
    """About how long one core takes for a node."""
    op = graph.nodes[position].op
    if op is None or op.view is not None:
        return 0.0
    heavy = getattr(op, "forward_op", op).heavy
    each = _PER_OPERATION if heavy else _PER_ELEMENT
    return _PER_CALL + each * work_of_node(graph, position, shapes)


def _work(op: Op, inputs: Sequence[tuple], outputs: Sequence[tuple]) -> int:
    elements = product(outputs[0]) if outputs else 0
    forward = getattr(op, "forward_op", op)
    if forward.heavy and len(inputs) > 1:
        names = op.input_names
        at = names.index("weight") if "weight" in names else 1
        per_output = forward.multiplications(inputs[at])
        data = inputs[names.index("d_output")] if "d_output" in names else outputs[0]
        return 2 * product(data) * per_output * (len(outputs) if forward is not op else 1)
    return elements
