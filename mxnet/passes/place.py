"""Model parallelism: which device each node runs on, and copies where values change devices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..context import Context
from ..error import MXNetError
from ..graph.node import Entry, Graph, Node
from ..ops.core import get_op
from .joint import Joint

__all__ = ["Placed", "assign_contexts", "context_of_group", "insert_copies", "same_device"]


def same_device(one: Context, other: Context) -> bool:
    """Whether two contexts are one memory: ``cpu(0)``, ``cpu(1)`` and pinned memory are."""
    if one.device_type == "gpu" or other.device_type == "gpu":
        return one == other
    return True


def context_of_group(node: Node, groups: Mapping[str, Context]) -> Context | None:
    """The context that ``group2ctx`` gives to the ``ctx_group`` of a node."""
    group = node.attrs.get("__ctx_group__", node.attrs.get("ctx_group"))
    return None if group is None else groups.get(group)


def assign_contexts(
    graph: Graph, groups: Mapping[str, Context], variables: Mapping[Node, Context]
) -> dict[Node, Context]:
    """The context of every node.

    A node of a group is on the group's context, a node of a derivative where its forward node is.
    Others are, as in 1.x, where their first input is that has a place, else where a node is that
    reads them. ``variables``: where all variables are.
    """
    default = next(iter(variables.values())) if variables else Context("cpu")
    found: dict[Node, Context] = dict(variables)
    for node in graph.nodes:
        source = node.derived_from or node
        context = context_of_group(source, groups)
        if node not in found and context is not None:
            found[node] = context
    for node in graph.nodes:
        if node in found:
            continue
        inputs = (found[entry.node] for entry in node.inputs if entry.node in found)
        context = found.get(node.derived_from) if node.derived_from else None
        context = context or next(inputs, None)
        if context is not None:
            found[node] = context
    for node in reversed(graph.nodes):
        for entry in node.inputs:
            found.setdefault(entry.node, found.get(node, default))
    return {node: found.get(node, default) for node in graph.nodes}


@dataclass(frozen=True)
class Placed:
    """A joint graph with copies between devices.

    ``contexts``: where each of its nodes runs; ``renewed``: the node that now stands for each of
    the nodes before.
    """

    joint: Joint
    contexts: Mapping[Node, Context]
    renewed: Mapping[Node, Node]


def insert_copies(joint: Joint, contexts: Mapping[Node, Context]) -> Placed:
    """Let every node read its inputs on its own device, and deliver gradients where arrays are.

    A value is copied once to each device that needs it. Raises MXNetError where an auxiliary
    state is not on the device of the operator that changes it.
    """
    return _Placing(joint, contexts).run()


class _Placing:
    def __init__(self, joint: Joint, contexts: Mapping[Node, Context]):
        self.joint, self.before = joint, contexts
        self.after: dict[Node, Context] = {}
        self.renewed: dict[Node, Node] = {}
        self.copies: dict[tuple[Entry, Context], Entry] = {}
        self.order: list[Node] = []

    def run(self) -> Placed:
        joint = self.joint
        for node in joint.forward.nodes:
            self.renew(node)
        forward = Graph([self.now(entry) for entry in joint.forward.outputs], list(self.order))
        for node in joint.graph.nodes[len(joint.forward.nodes) :]:
            self.renew(node)
        gradients = tuple(
            None if entry is None else self.on(self.before[variable], entry, entry.node)
            for variable, entry in zip(joint.wrt, joint.gradients, strict=True)
        )
        found = [entry for entry in gradients if entry is not None]
        whole = Graph((*forward.outputs, *found), self.order)
        head_gradients = tuple((i, self.renewed[node]) for i, node in joint.head_gradients)
        wrt = tuple(self.renewed[node] for node in joint.wrt)
        return Placed(
            Joint(whole, forward, wrt, gradients, head_gradients), self.after, self.renewed
        )

    def now(self, entry: Entry) -> Entry:
        return Entry(self.renewed[entry.node], entry.index)

    def renew(self, node: Node) -> None:
        """Take a node over, with inputs on its own device."""
        context = self.before[node]
        auxiliary = node.op.aux_names if node.op is not None else ()
        names = node.op.input_names if node.op is not None else ()
        inputs = []
        for name, entry in zip(names, node.inputs):
            if name in auxiliary and not same_device(self.before[entry.node], context):
                raise MXNetError(
                    f"{node.name} runs on {context}, but its auxiliary state {entry.name} is on "
                    f"{self.before[entry.node]}: make the array on {context}"
                )
            inputs.append(self.on(context, entry, node))
        source = node.derived_from and self.renewed.get(node.derived_from, node.derived_from)
        same = source is node.derived_from and all(
            new.node is old.node for new, old in zip(inputs, node.inputs)
        )
        if not same:
            made = node.renewed(inputs, source)
            self.add(made, context)
            self.renewed[node] = made
        else:
            self.add(node, context)
            self.renewed[node] = node

    def on(self, context: Context, entry: Entry, reader: Node) -> Entry:
        """A value on a device, copied there if it is on another."""
        current = self.now(entry)
        if same_device(self.before[entry.node], context):
            return current
        found = self.copies.get((entry, context))
        if found is None:
            source = reader.derived_from and self.renewed.get(reader.derived_from)
            node = Node(
                get_op("_CrossDeviceCopy")(), (current,), f"{entry.name}_on_{context}", {},
                reader.origin, source,
            )  # fmt: skip
            self.add(node, context)
            found = self.copies[entry, context] = Entry(node)
        return found

    def add(self, node: Node, context: Context) -> None:
        self.order.append(node)
        self.after[node] = context
