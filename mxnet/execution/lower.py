"""Lowering: from a planned graph to instructions on tensors at fixed places."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import torch

from ..graph.node import Graph, Node
from ..ops.conv import copy_images
from ..ops.shapes import Mismatch
from ..passes.constants import NO_CONSTANTS, Constants
from ..passes.memory import Key, Plan
from .constants import Evaluation
from .hoisted import renew
from .program import Instruction
from .storage import same_storage

__all__ = ["Environment", "Lowering", "Sink", "torch_dtype"]


def torch_dtype(name: str) -> torch.dtype:
    """The torch dtype of a dtype name."""
    return getattr(torch, name)


class Environment:
    """What kernels may ask for: the mode, the device, its random generator."""

    def __init__(self, context: Any, device: torch.device, train: bool, rng: Any, state: dict):
        self.context, self.device, self.train, self.rng = context, device, train, rng
        self.state = state  # what operators keep from run to run, by forward node

    def requests(self) -> dict[str, Any]:
        """All of it by the names under which kernels ask."""
        return dict(vars(self))


class Sink(NamedTuple):
    """An array outside the program that takes over a value, or to which the value is added."""

    target: torch.Tensor
    accumulate: bool


class Lowering:
    """Makes the instructions of one graph.

    Parameters: the graph with its shapes and dtypes, the plan, the arena (bytes), ``fixed``:
    tensors of the values that live outside the arena, and the environment. An adopted value is a
    tensor whose storage each run replaces; all its readers hold the same tensor object.
    ``constants``: the nodes that run once; ``views_too``: whether there are instructions even for
    views that are made once, for watchers.
    """

    def __init__(
        self,
        graph: Graph,
        shapes: Sequence[tuple],
        dtypes: Sequence[tuple],
        plan: Plan,
        arena: torch.Tensor,
        fixed: Mapping[Key, torch.Tensor],
        environment: Environment,
        sinks: Mapping[Key, Sequence[Sink]],
        channels_last: Collection[Key],
        constants: Constants = NO_CONSTANTS,
        views_too: bool = False,
    ):
        self.sinks: dict[int, list[tuple[Key, Sink]]] = {}  # by position of the node
        for key, each in sinks.items():
            self.sinks.setdefault(key[0], []).extend((key, sink) for sink in each)
        self.channels_last, self.constants, self.views_too = channels_last, constants, views_too
        self.graph, self.shapes, self.dtypes, self.plan = graph, shapes, dtypes, plan
        self.environment, self.requests = environment, environment.requests()
        self.arena = arena
        self.flat: dict[str, torch.Tensor] = {}
        self.tensors: dict[Key, torch.Tensor] = dict(fixed)
        self.known_requests: dict[frozenset[str], dict[str, Any]] = {}
        self.loose: set[int] = set()  # ids of tensors whose storage changes from run to run
        self.shapes_alone: dict[tuple[tuple, str], torch.Tensor] = {}
        self.instructions: list[Instruction] = []
        self.hoisted: list[Instruction] = []

    def run(self) -> list[Instruction]:
        """The instructions in the order of the graph's nodes."""
        for position, node in enumerate(self.graph.nodes):
            if node.op is not None:
                instruction = self.lower(position, node)
                if instruction is not None:
                    self.instructions.append(instruction)
            for key, sink in self.sinks.get(position, ()):
                self.instructions.append(self.lower_sink(node, key, sink))
            dying = self.plan.frees.get(position)
            if dying:
                self.instructions[-1].frees = [self.tensors[key] for key in dying]
        return self.instructions

    def lower_sink(self, node: Node, key: Key, sink: Sink) -> Instruction:
        """Bring a finished gradient to the array that the user bound for it."""
        value = self.tensors[key]
        call = partial(sink.target.add_ if sink.accumulate else sink.target.copy_, value)
        loose = self.loose_among([value])
        return Instruction(node, call, (), (sink.target,), (value,), loose, True, is_sink=True)

    def loose_among(self, tensors: Sequence[torch.Tensor]) -> Sequence[torch.Tensor]:
        return [t for t in tensors if id(t) in self.loose] if self.loose else ()

    def planned_tensor(
        self, buffer: Any, shape: tuple, dtype: str, channels_last: bool = False
    ) -> torch.Tensor:
        """A tensor in the arena, dense in the order of its axes or channels-last."""
        flat = self.flat.get(dtype)
        if flat is None:
            whole = self.arena.numel() // 8 * 8
            flat = self.flat[dtype] = self.arena[:whole].view(torch_dtype(dtype))
        strides = dense_strides(shape, channels_last)
        return flat.as_strided(shape, strides, buffer.offset // flat.element_size())

    def facts(self, key: Key) -> tuple[tuple, str]:
        return self.shapes[key[0]][key[1]], self.dtypes[key[0]][key[1]]

    def lower(self, position: int, node: Node) -> Instruction | None:
        op, plan = node.op, self.plan
        if position in self.constants.inner:
            self.hoisted.append(Instruction(node, _nothing, (), ()))
            return None
        if position in self.constants.kept:
            self.lower_constant(position, node)
            return None
        inputs = self.input_tensors(position, op)
        keys = [(position, index) for index in range(len(op.output_names))]
        if keys[0] in plan.views:
            return self.lower_view(node, inputs, keys)
        if op.hoisted and keys[0] not in self.tensors and keys[0] not in plan.adopted:
            return self.lower_hoisted(node, inputs, keys)
        outs = [self.output_tensor(key) for key in keys if key not in plan.omitted]
        if op.view is not None:
            return self.lower_copied_view(node, inputs, outs)
        asked = op.requests
        requests = self.fulfilled(asked)
        if "out" in asked:
            requests["out"] = op.out_argument([*outs, *[None] * (len(keys) - len(outs))])
        scratch: Sequence[torch.Tensor] = ()
        if "workspace" in asked:
            buffer = plan.workspaces.get(position)
            scratch = () if buffer is None else (self.workspace(position, buffer),)
            requests["workspace"] = scratch[0] if scratch else None
        if "channels_last_storage" in asked:
            requests["channels_last_storage"] = self.is_channels_last(keys, position)
        if "node" in asked:
            requests["node"] = (node.derived_from or node).declared
        call = op.prepare(inputs, **requests)
        if "out" not in asked:
            shapes = self.shapes[position]
            last = [key in self.channels_last for key in keys]
            adopting = [id(out) in self.loose for out in outs]
            copy = copy_images if self.environment.device.type == "cpu" else torch.Tensor.copy_
            call = partial(adopt, op, call, outs, shapes, inputs, last, adopting, copy)
        capturable = op.capture and "out" in asked
        loose = self.loose_among(inputs)
        return Instruction(node, call, inputs, outs, scratch, loose, capturable)

    def fulfilled(self, asked: frozenset[str]) -> dict[str, Any]:
        """What an operator asks for of what is the same for all, with no ``out``."""
        found = self.known_requests.get(asked)
        if found is None:
            given = {name: value for name, value in self.requests.items() if name in asked}
            found = self.known_requests[asked] = {**given, "out": None}
        return dict(found)

    def lower_hoisted(self, node: Node, inputs: list, keys: list[Key]) -> Instruction | None:
        """What runs before the others if its inputs have changed."""
        outs = [self.fresh(key) for key in keys]
        self.tensors.update(zip(keys, outs))
        call = partial(renew, node.op, node.op.prepare(inputs, opaque=True), outs)
        self.hoisted.append(Instruction(node, call, inputs, outs))
        return None

    def lower_constant(self, position: int, node: Node) -> None:
        """What runs before the first run, together with all that it is made of."""
        outs = [self.fresh((position, index)) for index in range(node.num_outputs)]
        self.tensors.update(((position, index), out) for index, out in enumerate(outs))
        evaluation = Evaluation(self.graph, self.shapes, self.dtypes, self.requests)
        self.hoisted.append(Instruction(node, partial(evaluation.fill, position, outs), (), outs))

    def fresh(self, key: Key) -> torch.Tensor:
        """Memory of its own for a value."""
        shape, dtype = self.facts(key)
        return torch.empty(shape, dtype=torch_dtype(dtype), device=self.environment.device)

    def is_channels_last(self, keys: list[Key], position: int) -> bool:
        """Whether the node's results, or the inputs of a derivative, are kept channels-last."""
        return any(key in self.channels_last for key in (*keys, *self.graph.sources[position]))

    def input_tensors(self, position: int, op: Any) -> list[torch.Tensor]:
        sources, unread = self.graph.sources[position], op.shape_only_names
        if not unread:
            return [self.tensors[key] for key in sources]
        return [
            self.shape_alone(*self.facts(key)) if name in unread else self.tensors[key]
            for name, key in zip(op.input_names, sources)
        ]

    def shape_alone(self, shape: tuple, dtype: str) -> torch.Tensor:
        """What stands for a value of which the memory may be in use for something else by now."""
        found = self.shapes_alone.get((shape, dtype))
        if found is None:
            one = torch.empty((), dtype=torch_dtype(dtype), device=self.environment.device)
            found = self.shapes_alone[shape, dtype] = one.expand(shape)
        return found

    def output_tensor(self, key: Key) -> torch.Tensor:
        tensor = self.tensors.get(key)
        if key in self.plan.parts:
            whole, before = self.plan.parts[key]
            size = self.facts(key)[0][0]
            tensor = self.output_tensor(whole).narrow(0, before * size, size)
            self.tensors[key] = tensor
        elif key in self.plan.in_place:
            tensor = self.tensors[key] = self.tensors[self.plan.in_place[key]]
        elif tensor is None:
            shape, dtype = self.facts(key)
            buffer = self.plan.homes.get(key)
            if buffer is None:
                tensor = torch.empty(0, dtype=torch_dtype(dtype), device=self.environment.device)
                self.loose.add(id(tensor))
            else:
                tensor = self.planned_tensor(buffer, shape, dtype, key in self.channels_last)
            self.tensors[key] = tensor
        return tensor

    def workspace(self, position: int, buffer: Any) -> torch.Tensor:
        op = self.graph.nodes[position].op
        inputs = [self.facts(key) for key in self.graph.sources[position]]
        keys = [(position, index) for index in range(len(op.output_names))]
        outputs = [None if key in self.plan.omitted else self.facts(key) for key in keys]
        return self.planned_tensor(buffer, *op.workspace(inputs, outputs))

    def lower_view(self, node: Node, inputs: list, keys: list[Key]) -> Instruction | None:
        """Views of fixed storage are made here, once; of adopted values, at every run."""
        op = node.op
        environment = self.environment
        call = op.prepare(inputs, train=environment.train, context=environment.context)
        if id(inputs[0]) not in self.loose:
            views = op.results(call())
            self.tensors.update(zip(keys, views))
            if all(same_storage(view, inputs[0]) for view in views):
                return Instruction(node, _nothing, inputs, views) if self.views_too else None
            # A bound array with strides that cannot be viewed so: its copy is renewed at every run.
            return Instruction(node, partial(copy_views, op, call, views), inputs, views)
        outs = [self.output_tensor(key) for key in keys]
        return Instruction(node, partial(follow, op, call, outs), inputs, outs)

    def lower_copied_view(self, node: Node, inputs: list, outs: list) -> Instruction:
        """A view that has to be an array of its own: an output, or of a strided source."""
        op = node.op
        loose = self.loose_among(inputs)
        if op.view == "reshape" and outs[0].is_contiguous():  # the elements in their order
            shape, _ = self.facts(self.graph.sources[self.graph.index[node]][0])
            call: Any = partial(outs[0].view(shape).copy_, inputs[0])
        else:
            call = op.prepare(
                inputs, train=self.environment.train, context=self.environment.context
            )
            call = partial(copy_views, op, call, outs)
        return Instruction(node, call, inputs, outs, loose=loose, capturable=op.capture)


def _nothing() -> None:
    """What running a view takes that is there already."""


@functools.lru_cache(1 << 10)
def dense_strides(shape: tuple, channels_last: bool) -> tuple[int, ...]:
    """The strides of an array that is dense in the order of its axes, or channels-last."""
    strides, step = [1] * len(shape), 1
    for axis in (1, 3, 2, 0) if channels_last else range(len(shape) - 1, -1, -1):
        strides[axis] = step
        step *= shape[axis]
    return tuple(strides)


def adopt(
    op: Any,
    call: Any,
    outs: list[torch.Tensor],
    shapes: Sequence[tuple],
    inputs: list[torch.Tensor],
    channels_last: list[bool],
    adopting: list[bool],
    copy: Callable[[torch.Tensor, torch.Tensor], Any],
) -> None:
    """Let the output tensors take over what a kernel allocated; to those that others hold, copy it.

    Outputs of the program stay where they are: other programs have taken their addresses. Raises
    Mismatch where a kernel does not return what its operator has told.
    """
    results = op.results(call())
    for out, shape, result, last, adopts in zip(outs, shapes, results, channels_last, adopting):
        if getattr(result, "shape", None) != shape:
            raise Mismatch(
                f"the kernel returned {described(result)}, not an array of shape {shape}"
            )
        if not adopts:
            copy(out, result)
            continue
        if any(same_storage(result, tensor) for tensor in inputs):
            result = result.clone()  # its memory would be reused under it
        if last:
            result = result.contiguous(memory_format=torch.channels_last)
        out.set_(result)


def described(result: Any) -> str:
    """What a kernel has returned, for a message."""
    if isinstance(result, torch.Tensor):
        return f"an array of shape {tuple(result.shape)}"
    return f"{result!r:.60}"


def follow(op: Any, call: Any, outs: list[torch.Tensor]) -> None:
    """Make the views of an adopted value anew."""
    for out, result in zip(outs, op.results(call())):
        out.set_(result)


def copy_views(op: Any, call: Any, outs: list[torch.Tensor]) -> None:
    """Copy views into arrays of their own."""
    for out, result in zip(outs, op.results(call())):
        out.copy_(result)
