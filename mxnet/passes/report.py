"""What a bound graph needs in bytes, known before anything is allocated."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from numbers import Real
from typing import Any

from ..context import Context, usable_gpu_memory
from ..error import MXNetError
from ..graph.node import Node
from ..ops.dtypes import item_size
from ..ops.shapes import product
from .joint import Joint, Placement
from .memory import Key, Plan
from .recompute import parse_bytes

__all__ = ["Alive", "MemoryReport", "Span", "available_memory", "report_memory"]


def _row(size: int, what: str) -> str:
    return f"{size / 2**20:10.2f} MiB  {what}"


@dataclass(frozen=True)
class Alive:
    """A value in memory at the peak: its name, size in bytes, and the line that made its node."""

    name: str
    size: int
    origin: str | None

    def __str__(self) -> str:
        made = f"  made at {self.origin}" if self.origin else ""
        return _row(self.size, f"{self.name}{made}")


@dataclass(frozen=True)
class Span:
    """A piece of memory from the step that first writes it to the last that reads it.

    ``names`` are the values that it holds, one after the other; ``offset`` is its place in the arena,
    None where a kernel allocates it; ``scratch`` says that it is scratch memory of one kernel.
    """

    names: tuple[str, ...]
    size: int
    first: int
    last: int
    offset: int | None
    scratch: bool = False


@dataclass(frozen=True)
class MemoryReport:
    """The memory of a bound graph in bytes.

    ``parameters`` (all arguments), ``states`` (auxiliary), ``gradients`` and ``outputs`` are arrays that
    live as long as the executor, ``prepared`` what is made once for many runs (constants, and packed
    weights), ``activations`` the arena of planned values, ``adopted`` the most
    that kernels such as convolutions have allocated at one time, ``workspace`` the largest
    scratch memory inside the arena, ``scratch`` what native programs compute in, on as many threads as
    torch has. ``total`` is the peak of all, ``alive`` what is in memory then.
    """

    parameters: int
    gradients: int
    states: int
    outputs: int
    activations: int
    adopted: int
    workspace: int
    total: int
    peak_node: str | None
    recomputed: str | None = None  # what is computed again to keep a budget
    extra_work: float = 0.0  # how much that adds to the work, as a ratio
    prepared: int = 0
    scratch: int = 0
    _source: tuple[Joint, Plan, int] | None = field(default=None, repr=False, compare=False)

    @cached_property
    def alive(self) -> tuple[Alive, ...]:
        """The values in memory at the peak, the largest first; arrays around the graph aside."""
        if self._source is None:
            return ()
        joint, plan, time = self._source
        return _alive_at(time, joint, plan)

    @cached_property
    def steps(self) -> tuple[str, ...]:
        """The nodes in the order in which they run."""
        return () if self._source is None else tuple(n.name for n in self._source[0].graph.nodes)

    @property
    def runs(self) -> tuple[bool, ...]:
        """For each step, whether anything runs: variables are just there."""
        return (
            ()
            if self._source is None
            else tuple(n.op is not None for n in self._source[0].graph.nodes)
        )

    @property
    def forward_steps(self) -> int:
        """How many of the steps are those of the forward part."""
        return 0 if self._source is None else len(self._source[0].forward.nodes)

    @property
    def peak_step(self) -> int:
        """The step at which most is in memory."""
        return 0 if self._source is None else self._source[2]

    @cached_property
    def spans(self) -> tuple[Span, ...]:
        """Every piece of memory that the plan hands out, in the order of time."""
        return () if self._source is None else tuple(_spans(*self._source[:2]))

    def fits(self, available: int | float | str | Context) -> bool:
        """Whether all of it goes into a memory.

        ``available``: bytes, a text such as "16GB", or a context, whose free memory is asked for.
        """
        if isinstance(available, Context):
            available = available_memory(available)
        elif not isinstance(available, Real):
            available = parse_bytes(available, "the memory to fit into")
        return self.total <= available

    def __str__(self) -> str:
        always = ("parameters", "gradients", "states", "outputs", "activations", "adopted")
        sometimes = tuple(row for row in ("prepared", "scratch") if getattr(self, row))
        lines = [_row(getattr(self, row), row) for row in always + sometimes]
        if self.workspace:
            at = 1 + always.index("activations")
            lines.insert(at, _row(self.workspace, "of them, workspace of one kernel"))
        lines.append(_row(self.total, f"total, at {self.peak_node}"))
        if self.recomputed:
            lines.append(f"recomputing {self.recomputed}: {self.extra_work:.0%} more work")
        lines += ["in memory then:", *map(str, self.alive[:10])]
        return "\n".join(lines)


def available_memory(context: Context) -> int:
    """The bytes that are free on a device now; raises MXNetError where that cannot be found out."""
    if context.device_type == "gpu":
        return usable_gpu_memory(context.device_id)
    try:
        with open("/proc/meminfo") as facts:
            sizes = dict(line.split(":") for line in facts)
        return int(sizes["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        pass
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        raise MXNetError(f"the free memory of {context} is not known here: give bytes") from None


def report_memory(
    joint: Joint,
    placement: Placement,
    plan: Plan,
    shapes: Sequence[tuple],
    dtypes: Sequence[tuple],
    gradients: Sequence[Node],
) -> MemoryReport:
    """Add up a plan and the arrays around it; ``gradients``: variables that have a gradient array."""
    graph = joint.graph

    def size(key: Key) -> int:
        return product(shapes[key[0]][key[1]]) * item_size(dtypes[key[0]][key[1]])

    def total_of(nodes: Any) -> int:
        return sum(size((graph.index[node], 0)) for node in nodes)

    parameters = total_of(joint.forward.arguments)
    states = total_of(joint.forward.auxiliary_states)
    gradient_bytes = total_of(gradients)
    heads = sum(map(size, placement.kept))
    heads += total_of(node for _, node in joint.head_gradients)
    time, adopted = _peak(plan, len(graph.nodes))
    prepared = sum(map(size, placement.hoisted))
    fixed = parameters + states + gradient_bytes + heads + prepared
    return MemoryReport(
        parameters,
        gradient_bytes,
        states,
        heads,
        plan.arena_size,
        adopted,
        max((buffer.size for buffer in plan.workspaces.values()), default=0),
        fixed + plan.arena_size + adopted + plan.scratch,
        graph.nodes[time].name if graph.nodes else None,
        prepared=prepared,
        scratch=plan.scratch,
        _source=(joint, plan, time),
    )


def _deaths(plan: Plan) -> dict[Key, int]:
    return {key: time for time, keys in plan.frees.items() for key in keys}


def _peak(plan: Plan, end: int) -> tuple[int, int]:
    """The time at which most is in memory, and the most bytes that kernels allocate at one time."""
    deaths = _deaths(plan)
    adopted = [0] * (end + 2)
    planned = [0] * (end + 2)
    for key, amount in plan.adopted.items():
        adopted[key[0]] += amount
        adopted[deaths.get(key, end) + 1] -= amount
    for position, amount in plan.temporaries.items():
        adopted[position] += amount
        adopted[position + 1] -= amount
    for buffer in plan.buffers:
        planned[buffer.birth] += buffer.size
        planned[min(buffer.death, end) + 1] -= buffer.size
    both = list(accumulate(a + p for a, p in zip(adopted, planned)))[:end] or [0]
    return both.index(max(both)), max(accumulate(adopted), default=0)


def _spans(joint: Joint, plan: Plan) -> Iterable[Span]:
    nodes, end, deaths = joint.graph.nodes, len(joint.graph.nodes), _deaths(plan)

    def name(key: Key) -> str:
        return nodes[key[0]].output_name(key[1])

    held: dict[int, list[Key]] = {}
    for key, buffer in sorted(plan.homes.items()):
        held.setdefault(id(buffer), []).append(key)
    found = [
        Span(tuple(map(name, held[id(b)])), b.size, b.birth, min(b.death, end), b.offset)
        for b in plan.buffers
        if id(b) in held
    ]
    found += [
        Span((f"{nodes[at].name}, scratch",), b.size, b.birth, b.death, b.offset, True)
        for at, b in plan.workspaces.items()
    ]
    later: dict[Key, list[str]] = {}
    for key in sorted(plan.in_place):
        owner = key
        while owner in plan.in_place or owner in plan.views:
            owner = plan.in_place.get(owner) or plan.views[owner]
        later.setdefault(owner, []).append(name(key))
    found += [
        Span((name(key), *later.get(key, ())), amount, key[0], deaths.get(key, end), None)
        for key, amount in plan.adopted.items()
    ]
    found += [
        Span((f"{nodes[at].name}, scratch",), amount, at, at, None, True)
        for at, amount in plan.temporaries.items()
    ]
    return sorted((span for span in found if span.size), key=lambda span: span.first)


def _alive_at(time: int, joint: Joint, plan: Plan) -> tuple[Alive, ...]:
    nodes, deaths = joint.graph.nodes, _deaths(plan)
    holders: dict[int, tuple[Key, int]] = {}  # of buffers, the last value written by then
    for key, buffer in sorted(plan.homes.items()):
        if key[0] <= time <= buffer.death:
            holders[id(buffer)] = key, buffer.size
    sizes = dict(holders.values())
    sizes.update(
        (key, amount)
        for key, amount in plan.adopted.items()
        if key[0] <= time <= deaths.get(key, len(nodes))
    )
    found = []
    for (position, index), amount in sizes.items():
        node = nodes[position]
        origin = node.origin or (node.derived_from.origin if node.derived_from else None)
        found.append(Alive(node.output_name(index), amount, str(origin) if origin else None))
    scratch = plan.workspaces[time].size if time in plan.workspaces else 0
    for amount in (scratch, plan.temporaries.get(time, 0)):
        if amount:
            found.append(Alive(f"{nodes[time].name}, scratch", amount, None))
    return tuple(sorted(found, key=lambda alive: -alive.size))
