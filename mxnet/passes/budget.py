"""Keeping a budget: which forward values to compute again, so that memory suffices at the least work;
in prediction, how many weights to keep in the order that is fastest.

Whatever is tried is planned, since sharing and in-place results make memory more than a sum: at first
with few ways to pack it, the best of all like any program.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..error import MXNetError
from .joint import Joint
from .memory import Key, nbytes
from .recompute import Choice, can_repeat, choices, recompute, work_of, work_of_node
from .target import Target

__all__ = ["keep_budget", "keep_fewer_weights"]

_EFFORT = 25_000  # nodes that are planned in all in the search: some seconds
_TRIES = 12  # plans of larger graphs
_PARTS = 64  # of an order, which is kept to that accuracy
_LIMITS = 6  # for prepared weights that are tried, until this part of a budget is left
_CLOSE = 0.02

_CANDIDATES = 8  # for the smallest plan of all, that are planned closely
_FEW = 32  # heavy operators; so few are tried one by one

Dropped = frozenset[int]  # positions of forward nodes that the backward part computes again


def keep_budget(
    joint: Joint,
    facts: tuple[Sequence[tuple], Sequence[tuple]],
    sketch: Callable[[Joint], Any],
    plan: Callable[[Joint], Any],
    free: Any,
    budget: int,
) -> Any:
    """The plan with the least extra work among those found that take at most ``budget`` bytes.

    Parameters: ``facts``: shapes and dtypes of the joint graph; ``plan`` makes a complete plan,
    ``sketch`` one that may take more memory, in less time; ``free``: that without recomputation. Raises
    MXNetError with the smallest possible budget where none is found. A plan is a ``schedule.Planned``.
    """
    return _Search(joint, facts, sketch, plan, free, budget).run()


@dataclass(frozen=True)
class _Try:
    dropped: Dropped
    name: str
    total: int
    extra: float
    planned: Any


class _Search:
    def __init__(
        self, joint: Joint, facts: tuple, sketch: Callable, plan: Callable, free: Any, budget: int
    ):
        self.joint, self.sketch, self.plan, self.budget = joint, sketch, plan, budget
        self.shapes, self.dtypes = facts
        self.base = max(work_of(free.joint.graph, free.shapes), 1)
        self.effort, self.most = 0, max(_EFFORT, _TRIES * len(free.joint.graph.nodes))
        self.tried: dict[Dropped, _Try] = {}
        self.smallest = self.free = _Try(frozenset(), "", free.report.total, 0.0, free)
        self.best: _Try | None = None
        heads = {entry.node for entry in joint.forward.outputs}
        self.nodes = [
            position
            for position, node in enumerate(joint.forward.nodes)
            if can_repeat(node) and node not in heads
        ]
        graph = joint.graph
        self.work = {p: work_of_node(graph, p, self.shapes) for p in self.nodes}
        self.bytes = {
            p: 0 if graph.nodes[p].op.view else sum(map(nbytes, self.shapes[p], self.dtypes[p]))
            for p in self.nodes
        }
        self.read = self.read_later()

    def run(self) -> Any:
        """See ``keep_budget``."""
        self.try_seeds()
        # Where nothing keeps the budget, what takes least may still take less if more is kept.
        limit = max(self.budget, self.smallest.total)
        for start in sorted(self.tried.values(), key=self.promise)[:4]:
            if start.total <= limit:
                self.keep_more(start, limit)
        for start in sorted(self.tried.values(), key=self.badness)[:_FEW]:
            if self.effort <= self.most // 2:
                self.descend(start)
        if self.best is None:
            for one in sorted(self.tried.values(), key=lambda one: one.total)[:_CANDIDATES]:
                self.closely(one)
        best = None if self.best is None else self.closely(self.best)
        if best is None:
            raise MXNetError(
                f"memory_budget of {self.budget} bytes cannot be kept: the smallest that can is"
                f" {self.smallest.total} bytes ({self.smallest.total / 2**20:.1f} MiB); without"
                f" recomputation it takes {self.free.total}"
            )
        report = replace(best.planned.report, recomputed=best.name, extra_work=best.extra)
        return replace(best.planned, report=report)

    def try_seeds(self) -> None:
        """Plan what may keep the budget, then, if nothing does, what may take least."""
        seeds = [(self.least(dropped), name, dropped) for name, dropped in self.seeds()]
        for least, name, dropped in seeds:
            if least <= self.budget:
                self.attempt(dropped, name)
            if self.effort > self.most // 4 and self.best is not None:
                return
        if self.best is None:
            for least, name, dropped in sorted(seeds, key=lambda seed: seed[0]):
                if least < self.smallest.total:
                    self.attempt(dropped, name)

    def read_later(self) -> dict[int, int]:
        """Of forward nodes, the bytes that the backward part reads, if they are not computed again."""
        joint = self.joint
        read: set[Key] = set()
        roots: dict[Key, Key] = {}  # of views, the value that has the memory
        for position, (node, sources) in enumerate(zip(joint.graph.nodes, joint.graph.sources)):
            if node.op is None:
                continue
            if node.op.view is not None:
                root = roots.get(sources[0], sources[0])
                roots.update(((position, index), root) for index in range(node.num_outputs))
            elif position >= len(joint.forward.nodes):
                unread = node.op.shape_only_names
                names = zip(node.op.input_names, sources)
                read.update(roots.get(key, key) for name, key in names if name not in unread)
        found = dict.fromkeys(self.nodes, 0)
        for position, index in read:
            # What is joined may be in the memory of the whole, and is counted where it is read.
            if position in found and not joint.graph.nodes[position].op.joins:
                found[position] += nbytes(
                    self.shapes[position][index], self.dtypes[position][index]
                )
        return found

    def least(self, dropped: Dropped) -> int:
        """Fewer bytes than any plan takes: results that are kept are in memory at one time."""
        report = self.free.planned.report
        always = report.parameters + report.gradients + report.states + report.outputs
        return always + sum(size for p, size in self.read.items() if p not in dropped)

    def seeds(self) -> Iterator[tuple[str, Dropped]]:
        """Where the search begins, from the least to the most work."""
        found = [
            (choice.name, self.dropped(choice))
            for choice in choices(self.joint, self.shapes, self.dtypes)
        ]
        order = sorted(self.nodes, key=lambda p: self.work[p] / (self.bytes[p] + 1))
        count = len(order)
        while count > 1:
            count = count * 3 // 4
            found.append((f"{count} operators", frozenset(order[:count])))
        nodes = self.joint.forward.nodes
        heavy = [p for p in self.nodes if nodes[p].op.heavy]
        if len(heavy) <= _FEW:
            cheap = frozenset(self.nodes).difference(heavy)
            found += [(f"cheap operators and {nodes[p].name}", cheap | {p}) for p in heavy]
        return iter(sorted(found, key=lambda seed: sum(self.work[p] for p in seed[1])))

    def dropped(self, choice: Choice) -> Dropped:
        nodes = self.joint.forward.nodes
        return frozenset(
            p
            for p in self.nodes
            if not all((p, output) in choice.kept for output in range(nodes[p].num_outputs))
        )

    def attempt(self, dropped: Dropped, name: str) -> _Try:
        """Plan with these nodes dropped, if that has not been done."""
        found = self.tried.get(dropped)
        if found is None:
            planned = self.sketch(self.again(dropped))
            work = work_of(planned.joint.graph, planned.shapes)
            self.effort += len(planned.joint.graph.nodes)
            total = planned.report.total
            found = _Try(dropped, name, total, work / self.base - 1, planned)
            self.take(found)
        return found

    def again(self, dropped: Dropped) -> Joint:
        """The graph whose backward part computes these nodes again."""
        kept = {
            (position, output)
            for position, node in enumerate(self.joint.forward.nodes)
            if position not in dropped
            for output in range(node.num_outputs)
        }
        return recompute(self.joint, kept)

    def take(self, found: _Try) -> None:
        """Remember a plan, as the best one if it is."""
        self.tried[found.dropped] = found
        if found.total < self.smallest.total:
            self.smallest = found
        if found.total <= self.budget and (self.best is None or found.extra < self.best.extra):
            self.best = found

    def closely(self, one: _Try) -> _Try:
        """What has been sketched, planned as closely as may be."""
        planned = self.plan(self.again(one.dropped))
        total = planned.report.total
        if total >= one.total:
            return one
        found = replace(one, total=total, planned=planned)
        self.take(found)
        return found

    def keep_more(self, start: _Try, limit: int) -> None:
        """Keep more of what was dropped as long as the limit allows.

        That is dear work for few bytes, and what comes last, which is of use right away: one of them
        first, then the other; then whatever runs of several orders there is room for.
        """

        def density(p: int) -> float:
            return -self.work[p] / (self.bytes[p] + 1)

        def latest(p: int) -> float:
            return -p

        for keys in ((density, latest), (latest, density)):
            current = start
            for key in keys:
                current = self.keep_first(current, sorted(current.dropped, key=key), limit)
        for key in (density, lambda p: -self.work[p], lambda p: self.bytes[p]):
            current = start
            order = sorted(start.dropped, key=key)
            step = len(order)
            while step:  # ever shorter runs of the order, so that few plans do for large graphs
                for first in range(0, len(order), step):
                    run = current.dropped & set(order[first : first + step])
                    if not run or self.effort > self.most:
                        continue
                    found = self.attempt(current.dropped - run, start.name)
                    if found.total <= limit:
                        current = found
                step //= 2

    def keep_first(self, start: _Try, order: Sequence[int], limit: int) -> _Try:
        """Keep as many of the first nodes of an order as the limit allows."""
        low, high = 0, len(order) + 1
        while high - low > 1 + len(order) // _PARTS and self.effort <= self.most:
            middle = (low + high) // 2
            found = self.attempt(start.dropped.difference(order[:middle]), start.name)
            low, high = (middle, high) if found.total <= limit else (low, middle)
        return self.attempt(start.dropped.difference(order[:low]), start.name)

    def descend(self, start: _Try) -> None:
        """Drop or keep single nodes, or exchange two, as long as that is better."""
        current, better = start, True
        while better and self.effort <= self.most:
            better = False
            for change in self.changes(current.dropped):
                if self.effort > self.most:
                    return
                found = self.attempt(current.dropped ^ change, start.name)
                if self.badness(found) < self.badness(current):
                    current, better = found, True
                    break

    def changes(self, dropped: Dropped) -> Iterator[Dropped]:
        """Sets of nodes to drop or keep instead: single ones, runs, then pairs of one each."""
        order = sorted(self.nodes, key=lambda p: -self.work[p])
        yield from (frozenset((p,)) for p in order)
        for length in (2, 3, 4):
            for first in range(len(self.nodes) - length + 1):
                run = frozenset(self.nodes[first : first + length])
                yield run - dropped  # to drop
                yield run & dropped  # to keep
        kept = [p for p in order if p not in dropped]
        yield from (frozenset((p, q)) for p in order if p in dropped for q in reversed(kept))

    def badness(self, one: _Try) -> tuple[int, float, int]:
        """How far a plan is beyond the budget, then how much work it adds, then its memory."""
        return max(one.total - self.budget, 0), one.extra, one.total

    def promise(self, one: _Try) -> tuple[int, float, int]:
        """The same for plans that are to be changed: room counts for more than some per cent of work."""
        return max(one.total - self.budget, 0), round(one.extra, 1), one.total


def keep_fewer_weights(
    plan: Callable[[Target], Any], target: Target, first: Any, budget: int
) -> Any:
    """The plan of a prediction program that keeps most prepared weights within a budget.

    Parameters: ``plan`` makes a complete plan for a target; ``first``: that without a limit; ``budget``:
    the most bytes in all. Raises MXNetError with the smallest possible budget where none is found.
    """
    least = plan(replace(target, prepared=0))
    tried = [first, least, plan(replace(target, kernels=frozenset()))]
    low, high = 0, first.report.prepared
    # The rest of a plan changes little with what is prepared: so much is the first guess.
    limit = budget - least.report.total + least.report.prepared
    for _ in range(_LIMITS):
        limit = limit if low < limit < high else (low + high) // 2
        found = plan(replace(target, prepared=limit))
        tried.append(found)
        if (1 - _CLOSE) * budget <= found.report.total <= budget:
            break
        low, high = (limit, high) if found.report.total <= budget else (low, limit)
        limit = (low + high) // 2
    fitting = [each for each in tried if each.report.total <= budget]
    if not fitting:
        smallest = min(each.report.total for each in tried)
        raise MXNetError(
            f"memory_budget of {budget} bytes cannot be kept: the smallest that can is {smallest}"
            " bytes, since without gradients there is nothing to compute again"
        )
    return max(fitting, key=lambda each: each.report.prepared)
