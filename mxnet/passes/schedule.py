"""From a joint graph to a complete plan, within a budget of bytes if one is given."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from ..error import MXNetError
from ..graph.node import Graph, Node
from .budget import keep_budget
from .joint import Joint, Placement, find_lifetimes, place
from .memory import Key, Plan
from .optimize import optimize
from .order import better_order, reordered
from .recompute import mirrored, recompute
from .report import MemoryReport, report_memory
from .scratch import find_scratch, find_temporaries
from .spare import spared
from .target import Facts, Target

__all__ = ["Planned", "plan_graph"]


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

    def planned(candidate: Joint) -> Planned:
        shapes, dtypes = infer(candidate.graph)
        placement = place(candidate, shapes, dtypes, writable())
        lifetimes = find_lifetimes(candidate, placement, shapes, dtypes, target.device)
        order = better_order(candidate, lifetimes)
        if order is not None:
            candidate = reordered(candidate, order)
            shapes, dtypes = [shapes[at] for at in order], [dtypes[at] for at in order]
            placement = place(candidate, shapes, dtypes, writable())
            lifetimes = find_lifetimes(candidate, placement, shapes, dtypes, target.device)
        plan = lifetimes.plan
        plan.pack()
        facts = candidate.graph, shapes, dtypes
        plan.scratch = find_scratch(*facts, target)
        plan.temporaries = find_temporaries(*facts, lifetimes.channels_last, target)
        report = report_memory(candidate, placement, plan, shapes, dtypes, gradients)
        return Planned(candidate, shapes, dtypes, placement, plan, lifetimes.channels_last, report)

    declared, joint = joint, optimize(joint, infer, target)
    asked = None
    if joint.wrt:
        asked = mirrored(joint)
        if asked is None and target.kernels:
            asked = spared(joint, *infer(joint.graph))
    first = planned(joint if asked is None else recompute(joint, asked.kept))
    if budget is None or first.report.total <= budget:
        return first
    if joint.wrt:
        return keep_budget(joint, infer(joint.graph), planned, first, budget)
    # Fused layers keep weights in another order beside the parameters.
    plain = planned(optimize(declared, infer, replace(target, kernels=frozenset())))
    if plain.report.total <= budget:
        return plain
    raise MXNetError(
        f"memory_budget of {budget} bytes cannot be kept: the smallest that can is"
        f" {min(first.report.total, plain.report.total)} bytes, since without gradients there is"
        " nothing to compute again"
    )
