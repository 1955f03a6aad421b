"""Mixed precision: which operators compute on 16-bit floats, and the casts where values cross.

Every operator class says how it wants its inputs (``Op.precision``): "low" for products that run
faster on 16 bits, "full" for sums, exponentials and losses that need 32, "widest" for the rest,
which take what comes and agree on the widest. Which inputs have to agree follows from the operator's
own rule for dtypes; so indices and labels in floats are never rounded.

Variables stay as they are, so that parameters keep 32 bits, and so do their gradients: the
derivative of a cast is the cast back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from ..error import MXNetError
from ..graph.node import Entry, Graph, Node
from ..ops.core import Op, get_op
from ..ops.dtypes import canonical
from ..ops.elementwise import is_mixed
from ..ops.shapes import Mismatch
from .infer import variable_hint

__all__ = ["LOW", "PRECISIONS", "Precision", "Rule", "loss_scale_variable", "mix_precision"]

LOW = ("bfloat16", "float16")
PRECISIONS = ("low", "widest", "full")

Rule = Callable[[Node], str]


def loss_scale_variable() -> Node:
    """A variable by which gradients in float16 are multiplied, for ``mix_precision``."""
    return Node(None, (), "loss_scale", {})


def own_precision(node: Node) -> str:
    """What the class of a node's operator says."""
    return node.op.precision


@dataclass(frozen=True)
class Precision:
    """Mixed precision as it is asked for: the 16-bit type, and what each node wants."""

    dtype: str
    rule: Rule = own_precision

    @staticmethod
    def parse(dtype: object, rule: Rule = own_precision) -> Precision | None:
        """What a ``dtype`` argument means; None for float32, which is no mixed precision.

        Raises MXNetError for anything else.
        """
        try:
            name = canonical(dtype)
        except TypeError:
            name = None
        if name == "float32":
            return None
        if name not in LOW:
            known = " or ".join(LOW)
            raise MXNetError(f"mixed precision is in {known} ('float32': none), not {dtype!r}")
        return Precision(name, rule)


def mix_precision(
    graph: Graph,
    dtype: str,
    known: Mapping[Node, str] | None = None,
    *,
    rule: Rule = own_precision,
    loss_scale: Node | None = None,
) -> Graph:
    """The graph with casts, so that operators compute in ``dtype`` or float32 as they want.

    Parameters: ``known``: the dtypes of variables; without it those that they were declared with
    count, and for the others ``amp_multicast`` finds the widest at bind. ``rule``: "low", "widest"
    or "full" for a node. ``loss_scale``: with it, gradients are multiplied by this variable as long
    as they are of 16 bits, and are true again where they arrive in 32. Outputs have the dtypes that
    they would have without casts. Casts of one value are shared.
    """
    if known is None:
        known = {node: variable_hint(node, "dtype") for node in graph.variables}
    return _Mixing(dtype, known, rule, loss_scale).run(graph)


class _Mixing:
    def __init__(self, low: str, known: Mapping, rule: Rule, loss_scale: Node | None):
        self.low, self.known, self.rule, self.loss_scale = low, known, rule, loss_scale
        self.order: list[Node] = [] if loss_scale is None else [loss_scale]
        self.current: dict[Entry, Entry] = {}  # of the given graph -> of the new one
        self.dtypes: dict[Entry, str | None] = {}  # of the new graph's values
        self.before: dict[Entry, str | None] = {}  # of the given graph's values
        self.casts: dict[tuple, Entry] = {}

    def run(self, graph: Graph) -> Graph:
        for node in graph.nodes:
            if node.op is None:
                self.keep_variable(node)
            else:
                self.visit(node)
        return Graph([self.output(entry) for entry in graph.outputs], self.order)

    def keep_variable(self, node: Node) -> None:
        entry = Entry(node)
        self.order.append(node)
        self.current[entry] = entry
        self.before[entry] = self.dtypes[entry] = self.known.get(node)

    def visit(self, node: Node) -> None:
        op = node.op
        inputs = [self.current[entry] for entry in node.inputs]
        inputs = self.agree(node, inputs)
        dtypes = [self.dtypes[entry] for entry in inputs]
        results = _results(op, dtypes)
        if self.rule(node) == "full":
            results = tuple(each or "float32" for each in results)
        scaled = self.loss_scale is not None and self.low in (*dtypes, *results)
        if scaled:
            inputs = self.scale_inputs(node, inputs)
        copy = node
        if any(a.node is not b.node or a.index != b.index for a, b in zip(inputs, node.inputs)):
            copy = node.with_inputs(inputs)
        self.order.append(copy)
        plain = _results(op, [self.before[entry] for entry in node.inputs])
        for index in range(node.num_outputs):
            old, new = Entry(node, index), Entry(copy, index)
            self.before[old], self.dtypes[new] = plain[index], results[index]
            if scaled and results[index] == "float32" and index < op.num_visible:
                new = self.boundary(new, "float32", node, entering=False)
            self.current[old] = new

    def agree(self, node: Node, inputs: list[Entry]) -> list[Entry]:
        """The inputs with the element types that the operator wants."""
        op = node.op
        if not inputs or not any(self.changeable(entry) for entry in inputs):
            return inputs
        policy = self.rule(node)
        # A copy of what the operator writes to would miss it.
        fixed = {i for i, name in enumerate(op.input_names) if name in op.written_names}
        tied = [i for i in _tied(op) if i not in fixed]
        dtypes = [self.dtypes[entry] for entry in inputs]
        if policy == "low" and all(self.changeable(inputs[i]) for i in tied):
            targets: dict[int, str] = dict.fromkeys(tied, self.low)
        elif policy == "full":
            targets = {i: "float32" for i, name in enumerate(dtypes) if name in LOW}
        else:
            found = {dtypes[i] for i in tied if self.changeable(inputs[i])}
            if None in found and len(tied) > 1:
                return self.multicast(node, inputs, tied)
            targets = dict.fromkeys(tied, _widest(found)) if len(found) > 1 else {}
        targets = {i: t for i, t in targets.items() if i not in fixed}
        for i, needed in enumerate(_needed(op, [targets.get(i, d) for i, d in enumerate(dtypes)])):
            if needed == "float32" and dtypes[i] in LOW and i not in fixed:
                targets[i] = needed
        if not _accepts(op, [targets.get(i, d) for i, d in enumerate(dtypes)]):
            targets = {i: "float32" for i, name in enumerate(dtypes) if name in LOW}
        return [
            self.cast(entry, targets[i], node) if i in targets else entry
            for i, entry in enumerate(inputs)
        ]

    def changeable(self, entry: Entry) -> bool:
        dtype = self.dtypes[entry]
        return dtype is None or is_mixed(dtype)

    def cast(self, entry: Entry, dtype: str, consumer: Node) -> Entry:
        if self.dtypes[entry] == dtype:
            return entry
        if self.loss_scale is not None:
            return self.boundary(entry, dtype, consumer, entering=dtype == self.low)
        op = get_op("amp_cast")(dtype=dtype)
        return self.shared(entry, op, (entry,), f"{entry.name}_amp_cast_{dtype}", dtype, consumer)

    def boundary(self, entry: Entry, dtype: str, consumer: Node, entering: bool) -> Entry:
        """A cast at which gradients begin or end to be multiplied by the scale of the loss."""
        assert self.loss_scale is not None
        op = get_op("_amp_scaled_cast")(dtype=dtype, entering=entering)
        kind = "enter" if entering else "leave"
        inputs = entry, Entry(self.loss_scale)
        name = f"{entry.name}_amp_{kind}_{dtype}"
        return self.shared(entry, op, inputs, name, dtype, consumer)

    def shared(
        self, entry: Entry, op: Op, inputs: tuple, name: str, dtype: str, consumer: Node
    ) -> Entry:
        key = (entry, op)
        found = self.casts.get(key)
        if found is None:
            node = Node(op, inputs, name, op.attrs(), consumer.origin)
            self.order.append(node)
            found = self.casts[key] = Entry(node)
            self.dtypes[found] = dtype
        return found

    def multicast(self, node: Node, inputs: list[Entry], tied: list[int]) -> list[Entry]:
        """Have the widest of several types, not all of them known, found at bind."""
        op = get_op("amp_multicast")(num_outputs=len(tied))
        chosen = tuple(inputs[i] for i in tied)
        cast = Node(op, chosen, f"{chosen[0].name}_amp_multicast", op.attrs(), node.origin)
        self.order.append(cast)
        result = list(inputs)
        widest = "float32" if "float32" in {self.dtypes[e] for e in chosen} else None
        for at, i in enumerate(tied):
            result[i] = Entry(cast, at)
            self.dtypes[result[i]] = widest
        return result

    def scale_inputs(self, node: Node, inputs: list[Entry]) -> list[Entry]:
        """Let the gradients of 32-bit inputs of an operator on 16 bits arrive unscaled."""
        op = node.op
        idle = op.written_names.union(op.labels)
        return [
            entry
            if name in idle or self.dtypes[entry] != "float32"
            else self.boundary(entry, "float32", node, entering=True)
            for name, entry in zip(op.input_names, inputs)
        ]

    def output(self, entry: Entry) -> Entry:
        new, wanted = self.current[entry], self.before[entry] or "float32"
        if entry.node.op is None or self.dtypes[new] == wanted or not self.changeable(new):
            return new
        return self.cast(new, wanted, entry.node)


def _widest(dtypes: set) -> str:
    return "float32" if "float32" in dtypes or len(dtypes) > 1 else dtypes.pop()


def _infer(op: Op, inputs: list, outputs: list) -> tuple[tuple, tuple] | None:
    try:
        return op.infer("dtype", tuple(inputs), tuple(outputs))
    except (Mismatch, MXNetError, ValueError, IndexError, TypeError):
        return None


def _results(op: Op, dtypes: list) -> tuple:
    unknown = [None] * len(op.output_names)
    found = _infer(op, dtypes, unknown)
    return tuple(unknown) if found is None else found[1]


def _needed(op: Op, dtypes: list) -> tuple:
    """What the operator's rule says of each input whose type is left open, given the others."""
    found = _infer(
        op, [None if d == "float32" else d for d in dtypes], [None] * len(op.output_names)
    )
    return (None,) * len(dtypes) if found is None else found[0]


def _accepts(op: Op, dtypes: list) -> bool:
    return _infer(op, dtypes, [None] * len(op.output_names)) is not None


@lru_cache(maxsize=1 << 12)
def _tied(op: Op) -> tuple[int, ...]:
    """The inputs that share the element type of the result, or else of the first input."""
    inputs: list[str | None] = [None] * len(op.input_names)
    outputs: list[str | None] = [None] * len(op.output_names)
    for start in (outputs, inputs):
        start[0] = "float16"
        found = _infer(op, inputs, outputs)
        start[0] = None
        if found is not None and "float16" in found[0]:
            return tuple(i for i, dtype in enumerate(found[0]) if dtype == "float16")
    return ()
