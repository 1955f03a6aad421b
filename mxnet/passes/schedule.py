"""From a joint graph to a complete plan, within a budget of bytes if one is given."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count, islice

from ..graph.node import Graph, Node
from .budget import keep_budget, keep_fewer_weights
from .constants import ConstantFolding, Constants
from .joint import Joint, Placement, find_lifetimes, place
from .memory import Key, Lifetimes, Plan
from .optimize import optimize
from .order import Orders, better_orders, reordered
from .recompute import Choice, mirrored, recompute, seconds_of_node, work_of
from .report import MemoryReport, report_memory
from .scratch import find_scratch, find_temporaries
from .spare import spared
from .target import Facts, Target

__all__ = ["Planned", "plan_graph"]

# Ways to pack all orders: so few, or as many as take so many seconds and as long as a step; the seconds
# that a way takes for each buffer and pair of buffers; an arena that is close to its bound.
_FEW_WAYS, _SECONDS, _PER_BUFFER, _PER_PAIR, _CLOSE = 8, 0.1, 4e-7, 1.2e-8, 1.004
_MOST_ORDERS, _FEW_PAIRS = 7, 100_000  # orders that are packed, and fewer where buffers are many


@dataclass(frozen=True)
class Planned:
    """A joint graph with all that is decided about it before anything is allocated."""

    joint: Joint
    shapes: Sequence[tuple]
    dtypes: Sequence[tuple]
    placement: Placement
    plan: Plan
    channels_last: Collection[Key]
    report: MemoryReport

    def needs_at_peak(self, node: Node) -> bool:
        """Whether a result of a node is in the arena when most is in use."""
        position = self.joint.graph.index[node]
        buffers = (self.plan.homes.get((position, index)) for index in range(node.num_outputs))
        return any(b is not None and b.birth <= self.report.peak_step <= b.death for b in buffers)


def plan_graph(
    joint: Joint,
    infer: Callable[[Graph], Facts],
    writable: Callable[[], Callable[[Node, str], bool]],
    gradients: Sequence[Node],
    target: Target,
    budget: int | None = None,
) -> Planned:
    """Plan a joint graph; recompute forward values where the program or a budget asks for it.

    Parameters: ``infer`` gives shapes and dtypes of a graph; ``writable()`` a fresh predicate for
    ``place``; ``gradients``: variables with a gradient array; ``target``: what the program is for;
    ``budget``: the most bytes in all.
    See ``keep_budget`` for the latter; it raises MXNetError where no plan keeps it.
    """

    planning = _Planning(infer, writable, gradients, target)
    planned = planning.plan
    known: dict[Target, Joint] = {}
    declared, joint = joint, optimize(joint, infer, target, known)
    first = _as_asked(joint, infer, planned, target)
    if budget is None or first.report.total <= budget:
        return first
    if joint.wrt:
        sketched = replace(planning, closely=False).plan
        return keep_budget(joint, infer(joint.graph), sketched, planned, first, budget)

    def planned_for(target: Target) -> Planned:
        return planned(optimize(declared, infer, target, known))

    return keep_fewer_weights(planned_for, target, first, budget)


def _as_asked(
    joint: Joint,
    infer: Callable[[Graph], Facts],
    plan: Callable[[Joint], Planned],
    target: Target,
) -> Planned:
    """The plan without a budget: what the program wants computed again is, and what costs little."""
    asked = mirrored(joint) if joint.wrt else []
    if asked:
        plans = [plan(joint), *(_again(joint, choice, infer, plan) for choice in asked)]
        return _least(plans)
    fused = joint.wrt and target.kernels and target.device == "cpu"
    spare = spared(joint, *infer(joint.graph)) if fused else None
    return plan(joint) if spare is None else _again(joint, spare, infer, plan)


def _least(plans: Sequence[Planned]) -> Planned:
    """The plan that takes least memory; the first of equal ones."""
    return min(plans, key=lambda each: each.report.total)


def _again(
    joint: Joint,
    choice: Choice,
    infer: Callable[[Graph], Facts],
    plan: Callable[[Joint], Planned],
) -> Planned:
    """The plan of a graph that computes values again, and says so in its report."""
    work = work_of(joint.graph, infer(joint.graph)[0])
    made = plan(recompute(joint, choice.kept))
    extra = work_of(made.joint.graph, made.shapes) / max(work, 1) - 1
    return replace(made, report=replace(made.report, recomputed=choice.name, extra_work=extra))


@dataclass(frozen=True)
class _Layout:
    """A graph in some order, and which values are where; offsets are missing."""

    joint: Joint
    shapes: Sequence[tuple]
    dtypes: Sequence[tuple]
    placement: Placement
    lifetimes: Lifetimes


@dataclass(frozen=True)
class _Planning:
    """Makes complete plans of joint graphs; see ``plan_graph`` for what it is made of.

    ``closely``: whether to take as long as a step may take to pack values closely.
    """

    infer: Callable[[Graph], Facts]
    writable: Callable[[], Callable[[Node, str], bool]]
    gradients: Sequence[Node]
    target: Target
    closely: bool = True

    def plan(self, joint: Joint) -> Planned:
        """The plan of a graph as it is, with its constants computed once."""
        graph = joint.graph
        shapes, dtypes = self.infer(graph)
        folding = ConstantFolding(graph, shapes, dtypes, self.target)
        found = self.lay_out(joint, shapes, dtypes, folding.small)
        large = [p for p in folding.large if found.needs_at_peak(graph.nodes[p])]
        if not large:
            return found
        other = self.lay_out(joint, shapes, dtypes, folding.keeping_also(large))
        return _least((other, found))

    def lay_out(
        self,
        joint: Joint,
        shapes: Sequence[tuple],
        dtypes: Sequence[tuple],
        constants: Constants,
    ) -> Planned:
        """The plan in the order that needs least memory."""
        layout = given = self.layout(joint, shapes, dtypes, constants)
        orders = better_orders(joint, given.lifetimes)
        if orders is not None:
            layout = self.closest(given, orders)
        if layout is given:
            layout.lifetimes.plan.pack(self.ways(given))
        return self.reported(layout)

    def reported(self, layout: _Layout) -> Planned:
        """A layout that is packed, with what it needs in all."""
        joint, shapes, dtypes = layout.joint, layout.shapes, layout.dtypes
        placement, plan = layout.placement, layout.lifetimes.plan
        plan.scratch = find_scratch(joint.graph, shapes, dtypes, self.target)
        report = report_memory(joint, placement, plan, shapes, dtypes, self.gradients)
        last = layout.lifetimes.channels_last
        return Planned(joint, shapes, dtypes, placement, plan, last, report)

    def closest(self, given: _Layout, orders: Orders) -> _Layout:
        """The order that takes least when packed; others are tried until one is packed closely."""
        best, least = given, orders.most
        pairs = 1 + len(given.lifetimes.plan.homes) ** 2  # of buffers, which packing compares
        most = min(_MOST_ORDERS, 1 + _FEW_PAIRS // pairs) if self.closely else 1
        ways = self.ways(given, most)
        for profile in islice(chain(orders.better, map(orders.vary, count())), most):
            order, (bound, adopted) = profile.order, profile.peaks
            if bound + adopted > least:
                continue
            facts = [given.shapes[at] for at in order], [given.dtypes[at] for at in order]
            constants = given.placement.constants.moved(order)
            layout = self.layout(reordered(given.joint, order), *facts, constants)
            plan = layout.lifetimes.plan
            plan.pack(ways)
            if plan.arena_size + adopted <= least:
                best, least = layout, plan.arena_size + adopted
                if plan.arena_size <= _CLOSE * bound:
                    break
        return best

    def ways(self, layout: _Layout, orders: int = 1) -> Callable[[int], int]:
        """How many ways to pack so many buffers are tried, in each of some orders."""

        def most(buffers: int) -> int:
            if not self.closely:
                return _FEW_WAYS
            graph, shapes = layout.joint.graph, layout.shapes
            step = sum(seconds_of_node(graph, p, shapes) for p in range(len(graph.nodes)))
            way = _PER_BUFFER * buffers + _PER_PAIR * buffers**2
            return max(_FEW_WAYS, int((_SECONDS + step) / orders / way))

        return most

    def layout(
        self,
        joint: Joint,
        shapes: Sequence[tuple],
        dtypes: Sequence[tuple],
        constants: Constants,
    ) -> _Layout:
        """Which values are where in the order that a graph has."""
        target = self.target
        placement = place(joint, shapes, dtypes, self.writable(), constants)
        lifetimes = find_lifetimes(joint, placement, shapes, dtypes, target.device)
        facts = joint.graph, shapes, dtypes, lifetimes.channels_last
        lifetimes.plan.temporaries = find_temporaries(*facts, target)
        return _Layout(joint, shapes, dtypes, placement, lifetimes)
