"""Graphs with sizes that are known at run time only: run node by node, without a plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import Any

import torch

from ..graph.node import Entry, Node
from ..passes.joint import Joint
from .cuda import settings
from .lower import Environment, Sink
from .plain import run_node
from .program import Instruction
from .watch import Watcher

__all__ = ["DynamicSegment", "sinks_of"]

Values = dict[Entry, torch.Tensor]


class DynamicSegment:
    """Some nodes of a graph, run one after the other on fresh tensors.

    Parameters: ``values``: shared by the segments of a program, filled as nodes run, and initially
    the variables; ``heads``: output tensors, which take over the memory of results; ``sinks``:
    gradient arrays by entry.
    """

    def __init__(
        self,
        nodes: Sequence[Node],
        values: Values,
        heads: Mapping[Entry, torch.Tensor],
        sinks: Mapping[Entry, Sequence[Sink]],
        environment: Environment,
    ):
        self.nodes, self.values, self.heads = nodes, values, heads
        self.sinks, self.environment = sinks, environment
        self.instructions: list[Instruction] = []
        self.settings: Any = settings if environment.device.type == "cuda" else nullcontext

    def run(self) -> None:
        """Run all nodes; a failure is reported as a NodeError naming the node."""
        self.run_watched(Watcher())

    def run_watched(self, watcher: Watcher) -> None:
        """Run all nodes; ``watcher`` sees each before and after it runs."""
        with self.settings():
            self._run_nodes(watcher)

    def _run_nodes(self, watcher: Watcher) -> None:
        for node in self.nodes:
            if node.op is not None:
                inputs = [self.values[entry] for entry in node.inputs]
                instruction = Instruction(node, _nothing, inputs, ())
                watcher.before(instruction)
                results = run_node(node, inputs, **self.environment_of(node).requests())
                for index, result in enumerate(results):
                    self.values[Entry(node, index)] = result
                instruction.writes = results
                watcher.after(instruction)
            self.deliver(node)

    def environment_of(self, node: Node) -> Environment:
        """What the kernel of a node may ask for."""
        return self.environment

    def deliver(self, node: Node) -> None:
        """Bring the results of a node to outputs and gradient arrays."""
        for index in range(node.num_outputs):
            entry = Entry(node, index)
            head = self.heads.get(entry)
            if head is not None:
                value = self.values[entry]
                head.resize_(value.shape).copy_(value)  # others may hold its memory
            for sink in self.sinks.get(entry, ()):
                (sink.target.add_ if sink.accumulate else sink.target.copy_)(self.values[entry])

    def __str__(self) -> str:
        declared = (node for node in self.nodes if node.op is not None)
        return "\n".join(str(Instruction(node, _nothing, (), ())) for node in declared)


def sinks_of(
    joint: Joint, targets: Mapping[Node, tuple[torch.Tensor, bool]]
) -> dict[Entry, list[Sink]]:
    """The gradient arrays by entry; ``targets``: by variable, as those of ``Bound``."""
    sinks: dict[Entry, list[Sink]] = {}
    for variable, gradient in zip(joint.wrt, joint.gradients, strict=True):
        if gradient is not None:
            entry = Entry(gradient.node, gradient.index)
            sinks.setdefault(entry, []).append(Sink(*targets[variable]))
    return sinks


def _nothing() -> Any:
    return None
