"""``bind(..., backend="inductor")``: the nodes of a program as one function, compiled by torch.

The kernels are traced once; torch fuses what it has recorded and writes C++ or Triton for it. The
compiled code manages its memory itself: there is no plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch.fx.experimental.proxy_tensor import make_fx

from ..error import MXNetError, NodeError
from ..graph.node import Entry, Node
from ..passes.joint import Joint
from .dynamic import DynamicSegment
from .plain import run_node

__all__ = ["BACKENDS", "CompiledSegment", "compile_segments"]

BACKENDS = ("inductor",)


def compile_segments(
    backend: str, joint: Joint, forward: DynamicSegment, backward: DynamicSegment | None
) -> tuple[DynamicSegment, DynamicSegment | None]:
    """Compiled forms of the forward and the backward part of a program, made at their first runs.

    Raises MXNetError for an unknown backend, NodeError for operators that cannot be traced.
    """
    if backend not in BACKENDS:
        raise MXNetError(f"there is no backend {backend!r}; there are: {', '.join(BACKENDS)}")
    for node in joint.graph.nodes:
        _check(node, forward.environment.train)
    outputs = [entry for entry in joint.forward.outputs if entry.node.op is not None]
    if backward is None:
        return CompiledSegment(forward, outputs), None
    inner = set(backward.nodes)
    read, sized = [], []
    for node in backward.nodes:
        for name, entry in zip(node.op.input_names if node.op else (), node.inputs):
            if entry.node not in inner and entry.node.op is not None:
                (sized if name in node.op.shape_only_names else read).append(entry)
    gradients = [entry for entry in joint.gradients if entry is not None and entry.node in inner]
    shapes = set(sized) - set(read)
    return (
        CompiledSegment(forward, [*outputs, *read], shapes),
        CompiledSegment(backward, gradients, last=(*outputs, *read)),
    )


def _check(node: Node, train: bool) -> None:
    op = node.op
    if op is None:
        return
    # What only training draws for does not matter to prediction.
    if op.stochastic and (train or "train" not in op.requests):
        reason = "its random numbers would not be those of the other programs"
    elif op.keeps_state or op.dynamic:
        reason = "it runs code, or has sizes, that are known at run time only"
    else:
        return
    raise NodeError(
        node.facts(),
        "compilation",
        f"{op.op_name} cannot be compiled: {reason}",
        "leave backend out",
    )


class CompiledSegment(DynamicSegment):
    """Some nodes of a graph as one compiled function; watched, they run one by one.

    Parameters: ``plain``: the nodes with their values and targets; ``results``: what others read of
    them; ``shapes``: of what they read the shapes alone; ``last``: what is freed after it.
    """

    def __init__(
        self,
        plain: DynamicSegment,
        results: Iterable[Entry],
        shapes: Iterable[Entry] = (),
        last: Iterable[Entry] = (),
    ):
        super().__init__(plain.nodes, plain.values, plain.heads, plain.sinks, plain.environment)
        self.results = list(dict.fromkeys(Entry(e.node, e.index) for e in results))
        self.shapes: dict[Entry, Any] = {Entry(e.node, e.index): None for e in shapes}
        inner = set(plain.nodes)
        read = (entry for node in plain.nodes for entry in node.inputs)
        outside = [e for e in read if e.node.op is None or e.node not in inner]
        self.inputs = list(dict.fromkeys(Entry(e.node, e.index) for e in outside))
        self.last = list(last)
        self._function: Any = None

    def run(self) -> None:
        """Run the compiled function; the first time, make it."""
        inputs = [self.values[entry] for entry in self.inputs]
        with torch.no_grad(), self.settings():
            if self._function is None:
                found = self._compile(inputs)
            else:
                found = self._function(*inputs)
        self.values.update(zip(self.results, found))
        for node in self.nodes:
            self.deliver(node)
        for entry in self.last:
            self.values.pop(entry, None)

    def deliver(self, node: Node) -> None:
        """Copy the results of a node to outputs and gradient arrays: they may share memory."""
        for index in range(node.num_outputs):
            entry = Entry(node, index)
            if entry in self.heads:
                self.heads[entry].copy_(self.values[entry])
            for sink in self.sinks.get(entry, ()):
                (sink.target.add_ if sink.accumulate else sink.target.copy_)(self.values[entry])

    def _compile(self, inputs: Sequence[torch.Tensor]) -> Sequence[torch.Tensor]:
        try:
            # Copies, since kernels may change what they are given; of numbers that a kernel asked
            # for, tracing makes an error.
            traced = make_fx(self._compute)(*(tensor.clone() for tensor in inputs))
            function = torch.compile(traced, backend="inductor", fullgraph=True, dynamic=False)
            found = function(*inputs)
        except NodeError:
            raise
        except Exception as error:
            raise MXNetError(
                f"the inductor backend could not compile the program ({str(error).strip()[:500]});"
                " on a CPU it needs a C++ compiler such as g++; leave backend out to do without"
            ) from error
        self._function = function
        for entry, result in self.shapes.items():  # one element stands for what is not read
            dtype, device = result.dtype, self.environment.device
            self.values[entry] = torch.empty((), dtype=dtype, device=device).expand(result.shape)
        return found

    def _compute(self, *inputs: torch.Tensor) -> list[torch.Tensor]:
        """The results, by the kernels: what is traced."""
        values = dict(zip(self.inputs, inputs))
        requests = {**self.environment.requests(), "rng": None}
        for node in self.nodes:
            if node.op is None:
                continue
            read = [values[entry] for entry in node.inputs]
            results = run_node(node, read, **requests)
            for index, result in enumerate(results):
                entry = Entry(node, index)
                values[entry] = result
                if entry in self.shapes:
                    self.shapes[entry] = result
        return [values[entry] for entry in self.results]
