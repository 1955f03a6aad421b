"""What a bound graph needs in bytes, known before anything is allocated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..graph.node import Node
from ..ops.dtypes import item_size
from ..ops.shapes import product
from .joint import Joint, Placement
from .memory import Key, Plan

__all__ = ["Alive", "MemoryReport", "report_memory"]


@dataclass(frozen=True)
class Alive:
    """A value in memory at the peak: its name, size in bytes, and the line that made its node."""

    name: str
    size: int
    origin: str | None

    def __str__(self) -> str:
        made = f"  made at {self.origin}" if self.origin else ""
        return f"{self.size / 2**20:10.2f} MiB  {self.name}{made}"


@dataclass(frozen=True)
class MemoryReport:
    """The memory of a bound graph in bytes.

    ``parameters`` (all arguments), ``states`` (auxiliary), ``gradients`` and ``outputs`` are arrays that
    live as long as the executor, ``prepared`` what is made of parameters once for many runs (packed
    weights), ``activations`` the arena of planned values, ``adopted`` the most
    that kernels such as convolutions have allocated at one time, ``workspace`` the largest
    scratch memory inside the arena. ``total`` is the peak of all, ``alive`` what is in memory then.
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
    alive: tuple[Alive, ...]
    recomputed: str | None = None  # what is computed again to keep a budget
    extra_work: float = 0.0  # how much that adds to the work, as a ratio
    prepared: int = 0

    def fits(self, available: int) -> bool:
        """Whether all of it goes into so many bytes."""
        return self.total <= available

    def __str__(self) -> str:
        rows = ("parameters", "gradients", "states", "outputs", "activations", "adopted", "prepared")
        lines = [
            f"{getattr(self, row) / 2**20:10.2f} MiB  {row}"
            for row in rows
            if row != "prepared" or self.prepared
        ]
        lines.append(f"{self.total / 2**20:10.2f} MiB  total, at {self.peak_node}")
        if self.recomputed:
            lines.append(f"recomputing {self.recomputed}: {self.extra_work:.0%} more work")
        lines += ["in memory then:", *map(str, self.alive[:10])]
        return "\n".join(lines)


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
    time, adopted = _adopted_peak(plan, len(graph.nodes))
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
        fixed + plan.arena_size + adopted,
        graph.nodes[time].name if graph.nodes else None,
        _alive_at(time, joint, plan),
        prepared=prepared,
    )


def _deaths(plan: Plan) -> dict[Key, int]:
    return {key: time for time, keys in plan.frees.items() for key in keys}


def _adopted_peak(plan: Plan, end: int) -> tuple[int, int]:
    """The time at which most is in memory, and the bytes that kernels have allocated then at most."""
    deaths = _deaths(plan)
    changes = [0] * (end + 2)
    planned = [0] * (end + 2)
    for key, amount in plan.adopted.items():
        changes[key[0]] += amount
        changes[deaths.get(key, end) + 1] -= amount
    for buffer in plan.buffers:
        planned[buffer.birth] += buffer.size
        planned[min(buffer.death, end) + 1] -= buffer.size
    live = peak = both = most = 0
    best = 0
    for time in range(end):
        live += changes[time]
        both += changes[time] + planned[time]
        peak = max(peak, live)
        if both > most:
            most, best = both, time
    return best, peak


def _alive_at(time: int, joint: Joint, plan: Plan) -> tuple[Alive, ...]:
    deaths = _deaths(plan)
    end = len(joint.graph.nodes)
    sizes: dict[Key, int] = {}
    seen: set[int] = set()
    for key, buffer in plan.homes.items():
        if key[0] <= time <= buffer.death and buffer.birth <= time and id(buffer) not in seen:
            seen.add(id(buffer))
            sizes[key] = buffer.size
    sizes.update(
        (key, amount)
        for key, amount in plan.adopted.items()
        if key[0] <= time <= deaths.get(key, end)
    )
    found = []
    for (position, index), amount in sizes.items():
        node = joint.graph.nodes[position]
        origin = node.facts().origin
        found.append(Alive(node.output_name(index), amount, origin))
    return tuple(sorted(found, key=lambda alive: -alive.size))
