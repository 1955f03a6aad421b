"""Prediction: where memory is at its peak, a batch is worked on piece by piece.

A run of operators that treat samples alone, from one value to another, with larger ones between, needs
the larger ones for some samples at a time only. Pieces are so large that this costs next to no time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from ..graph.node import Entry, Graph, Node
from ..ops.core import get_op
from ..ops.winograd import suits
from .joint import Joint
from .memory import Key, nbytes
from .recompute import seconds_of_node
from .target import Facts, Target

__all__ = ["use_pieces"]

_LEAST_PEAK = 1 << 22  # bytes; less is not worth the calls
_LEAST_GAIN = 0.9  # the peak with pieces, in relation to that without
_LOWEST = 0.5  # of all peaks, in relation to the highest, that is lowered; several memories add up
_MOST_TRIES = 64
_ENOUGH = 0.25  # of the highest peak
_NEARLY = 1.1  # as good as the best, if it is shorter or has fewer pieces
_REACH = 24  # operators to either side of the peak
_MOST_PIECES = 16
_MOST_TIME = 0.02  # of a run's time, by the model below: parameters are read once a piece
_PER_BYTE, _PER_CALL = 5e-11, 1e-5


def use_pieces(joint: Joint, facts: Callable[[], Facts], target: Target) -> Joint:
    """The joint graph of a prediction program, with runs of operators around its peaks in pieces."""
    if target.train or joint.wrt or not target.kernels or target.device != "cpu":
        return joint
    shapes, dtypes = facts()
    kinds = {each for pair in zip(shapes, dtypes) for each in zip(*pair)}
    if max((nbytes(*kind) for kind in kinds), default=0) * 2 < _LEAST_PEAK:
        return joint
    runs = _Search(joint, shapes, dtypes).runs()
    return _Cutting(joint, runs).run() if runs else joint


@dataclass(frozen=True)
class _Run:
    """Neighbours in the order of execution, the pieces that they are done in, and their peak in bytes.

    ``whole``: values of which each piece reads some samples; ``results``: those read behind the run.
    """

    first: int
    last: int
    pieces: int
    peak: float
    size: int
    whole: frozenset[Key]
    results: tuple[Key, ...]


class _Search:
    """Finds runs; a model of memory in which results take the place of inputs as plans let them."""

    def __init__(self, joint: Joint, shapes: Sequence[tuple], dtypes: Sequence[tuple]):
        self.joint, self.graph = joint, joint.graph
        self.shapes, self.dtypes = shapes, dtypes
        self.end = len(self.graph.nodes)
        self.sizes = {
            (position, index): nbytes(shape, dtype)
            for position, pairs in enumerate(map(zip, shapes, dtypes))
            for index, (shape, dtype) in enumerate(pairs)
        }
        self.heads = {joint.key(entry) for entry in self.graph.outputs}
        self.roots: dict[Key, Key] = {}  # of views, the value that has the memory
        self.last: dict[Key, int] = {}  # by value, the last position that reads it
        self.read: set[Key] = set()
        self.mentioned: dict[Key, int] = {}  # the same of all readers, also of the shape alone
        self.taken: dict[Key, Key] = {}  # by value, the one whose memory it takes over, or itself
        self.before: dict[int, int] = {}
        self.look()
        nodes = self.graph.nodes
        self.values = [list(self.values_of(position)) for position in range(self.end)]
        seconds = (seconds_of_node(self.graph, position, shapes) for position in range(self.end))
        self.seconds = list(accumulate(seconds, initial=0.0))  # of all nodes before a position
        self.calls = list(accumulate((node.op is not None for node in nodes), initial=0))
        self.suited = dict(self.find_suited())
        self.levels = self.memory_over_time()
        self.enough = _ENOUGH * max(self.levels, default=0)

    def root(self, key: Key) -> Key:
        return self.roots.get(key, key)

    # -- the model ----------------------------------------------------------------------------
    def look(self) -> None:
        for position, node in enumerate(self.graph.nodes):
            if node.op is None:
                continue
            if node.op.view is not None:
                source = self.root(self.graph.sources[position][0])
                self.roots.update(((position, i), source) for i in range(node.num_outputs))
            for name, key in zip(node.op.input_names, self.graph.sources[position]):
                self.mentioned[key] = position
                if name not in node.op.shape_only_names:
                    self.read.add(key)
                    self.last[self.root(key)] = position
        for key in self.heads:
            self.last[self.root(key)] = self.end

    def values_of(self, position: int) -> Iterator[Key]:
        """The values with memory of their own, or of a dead input, that a node makes."""
        node = self.graph.nodes[position]
        if node.op is None or node.op.view is not None:
            return
        for index, name in enumerate(node.op.output_names):
            key = (position, index)
            if self.is_read(key) or name not in node.op.optional:
                yield key

    def memory_over_time(self) -> list[int]:
        changes = [0] * (self.end + 2)
        for position in range(self.end):
            for key in self.values[position]:
                source = self.taken[key] = self.source(key)
                death = self.last.get(key, position)
                if key in self.heads:
                    continue  # an array of its own
                begin = position if source == key else position + 1
                changes[begin] += self.sizes[key]
                changes[death + 1] -= self.sizes[key]
        return list(accumulate(changes))[: self.end]

    def source(self, key: Key) -> Key:
        """The value whose memory a result takes over, or the result itself."""
        position, index = key
        op = self.graph.nodes[position].op
        by_name = dict(zip(op.input_names, self.graph.sources[position]))
        for name in op.inplace.get(op.output_names[index], ()):
            source = self.root(by_name[name]) if name in by_name else None
            if source in self.taken and source not in self.heads:
                if self.last[source] == position and self.sizes[source] == self.sizes[key]:
                    return source
        return key

    def find_suited(self) -> Iterator[tuple[int, tuple[tuple, tuple]]]:
        """Convolutions whose batch is large enough for a kernel, with the shapes of data and results."""
        for position, node in enumerate(self.graph.nodes):
            result = self.shapes[position][0]
            if node.op is not None and node.op.heavy and len(result) == 4:
                source, index = self.graph.sources[position][0]
                data = self.shapes[source][index]
                if len(data) == 4 and suits(data, result):
                    yield position, (data, result)

    # -- the search ---------------------------------------------------------------------------
    def runs(self) -> list[_Run]:
        """Runs that do not overlap, in the order of execution."""
        found: list[_Run] = []
        levels: list[float] = list(self.levels)
        least = max(_LEAST_PEAK, max(levels) * _LOWEST)
        for _ in range(_MOST_TRIES):
            peak = max(levels)
            if peak < least:
                break
            at = levels.index(peak)
            best = self.best_run(at, found)
            if best is None or best.peak > _LEAST_GAIN * peak:
                levels[at] = 0
                continue
            found.append(best)
            levels[best.first : best.last + 1] = [0] * (best.last + 1 - best.first)
            least = max(least, best.peak)
        return sorted(found, key=lambda run: run.first)

    def best_run(self, at: int, taken: Sequence[_Run]) -> _Run | None:
        """The run around a position that needs the least memory."""
        size = self.samples(at)
        if size is None:
            return None
        blocked = {p for run in taken for p in range(run.first, run.last + 1)}

        def reach(step: int) -> list[int]:
            """Where runs may end on one side."""
            found, position = [at], at + step
            while 0 <= position < self.end and len(found) < _REACH and position not in blocked:
                if self.graph.nodes[position].op is not None:
                    if self.samples(position) != size:
                        break
                    found.append(position)
                position += step
            return found

        after = reach(1)
        tries = (self.measured(first, last, size) for first in reach(-1) for last in after)
        runs = [run for run in tries if run is not None]
        enough = max(_NEARLY * min((run.peak for run in runs), default=0), self.enough)
        short = (run for run in runs if run.peak <= enough)
        return min(short, key=lambda run: (run.last - run.first, run.peak), default=None)

    def is_read(self, key: Key) -> bool:
        return key in self.read or key in self.heads

    def samples(self, position: int) -> int | None:
        """How many samples a node treats, each alone; None if it does not."""
        node = self.graph.nodes[position]
        op = node.op
        if op is None or not op.per_sample or op.view is not None:
            return None
        if op.stochastic or op.dynamic or op.keeps_state:
            return None
        names = op.per_sample
        shapes = [
            self.shapes[p][i]
            for name, (p, i) in zip(op.input_names, self.graph.sources[position])
            if name in names
        ]
        keys = [(position, index) for index in range(node.num_outputs)]
        shapes += [self.shapes[p][i] for p, i in keys if i == 0 or self.is_read((p, i))]
        if any(len(shape) < 2 for shape in shapes) or len({shape[0] for shape in shapes}) > 1:
            return None
        return shapes[0][0]

    def measured(self, first: int, last: int, size: int) -> _Run | None:
        """A run, with as many pieces as are worth it; None where it cannot be one."""
        whole: set[Key] = set()  # read from before
        others: set[Key] = set()
        results: list[Key] = []
        inside: set[Key] = set()
        changes = [0] * (last - first + 2)
        for position in range(first, last + 1):
            op = self.graph.nodes[position].op
            if op is None:
                continue
            names = op.per_sample
            for name, key in zip(op.input_names, self.graph.sources[position]):
                if key in inside:
                    if name not in names:
                        return None  # each piece needs all of it
                elif name in names:
                    whole.add(key)
                elif name not in op.shape_only_names:
                    others.add(key)
            for key in self.values[position]:
                inside.add(key)
                death = self.last.get(key, position)
                if death > last:
                    results.append(key)
                    continue
                if self.mentioned.get(key, position) > last:
                    return None
                source = self.taken[key]
                begin = position + 1 if source != key and source[0] >= first else position
                changes[begin - first] += self.sizes[key]
                changes[death + 1 - first] -= self.sizes[key]
        if not results:
            return None
        fixed = self.around(first) + sum(
            self.sizes[key] for key in results if key not in self.heads
        )
        read = sum(self.sizes[key] for key in others)
        inside_at_once = max(accumulate(changes))
        peaks = {n: fixed + inside_at_once / n for n in self.counts(first, last, size, read)}
        if not peaks:
            return None
        enough = max(_NEARLY * min(peaks.values()), self.enough)
        pieces = next(n for n, peak in peaks.items() if peak <= enough)
        return _Run(first, last, pieces, peaks[pieces], size, frozenset(whole), tuple(results))

    def counts(self, first: int, last: int, size: int, read: int) -> list[int]:
        """Into how many pieces a run may be cut, where ``read`` bytes are read once more with each."""
        time = self.seconds[last + 1] - self.seconds[first]
        calls = self.calls[last + 1] - self.calls[first]
        further = int(_MOST_TIME * time / (read * _PER_BYTE + calls * _PER_CALL))
        most = min(1 + further, size, _MOST_PIECES)
        suited = [shapes for p, shapes in self.suited.items() if first <= p <= last]

        def keeps_kernels(pieces: int) -> bool:
            return all(suits(*((n // pieces, *rest) for n, *rest in shapes)) for shapes in suited)

        return [n for n in range(2, most + 1) if size % n == 0 and keeps_kernels(n)]

    def around(self, first: int) -> int:
        """The bytes of values from before a run that are needed in it or behind it."""
        if first not in self.before:
            self.before[first] = sum(
                self.sizes[key]
                for key in self.taken
                if key[0] < first <= self.last.get(key, key[0]) and key not in self.heads
            )
        return self.before[first]


class _Cutting:
    """Makes the graph in which runs are done piece by piece."""

    def __init__(self, joint: Joint, runs: Sequence[_Run]):
        self.joint, self.pending = joint, list(runs)
        self.order: list[Node] = []
        self.entries: dict[Key, Entry] = {}

    def run(self) -> Joint:
        graph, nodes = self.joint.graph, self.joint.graph.nodes
        position = 0
        while position < len(nodes):
            if self.pending and self.pending[0].first == position:
                run = self.pending.pop(0)
                self.cut(run)
                position = run.last + 1
                continue
            node = nodes[position]
            self.take(position, node, [self.now(key) for key in graph.sources[position]])
            position += 1
        outputs = [self.now(self.joint.key(entry)) for entry in self.joint.forward.outputs]
        whole = Graph(outputs, self.order)
        return Joint(whole, whole)

    def now(self, key: Key) -> Entry:
        return self.entries[key]

    def take(self, position: int, node: Node, inputs: list[Entry]) -> None:
        if any(a.node is not b.node for a, b in zip(inputs, node.inputs)):
            node = node.renewed(inputs)
        self.order.append(node)
        for index in range(node.num_outputs):
            self.entries[position, index] = Entry(node, index)

    def cut(self, run: _Run) -> None:
        graph = self.joint.graph
        inside = range(run.first, run.last + 1)
        for position in inside:
            if graph.nodes[position].op is None:
                self.take(position, graph.nodes[position], [])
        made: dict[Key, list[Entry]] = {}
        step = run.size // run.pieces
        for piece in range(run.pieces):
            some: dict[Key, Entry] = {}
            for position in inside:
                node = graph.nodes[position]
                if node.op is None:
                    continue
                inputs = []
                for name, key in zip(node.op.input_names, graph.sources[position]):
                    if key not in some and name in node.op.per_sample:
                        some[key] = self.samples(key, piece * step, step)
                    inputs.append(some[key] if name in node.op.per_sample else self.now(key))
                copy = self.made(node.op, inputs, node, f"{node.name}_piece{piece}", node.attrs)
                for index in range(node.num_outputs):
                    some[position, index] = Entry(copy, index)
            for key in run.results:
                made.setdefault(key, []).append(some[key])
        for key in run.results:
            join: Any = get_op("_joined_samples")(num_args=run.pieces)
            node = graph.nodes[key[0]]
            self.entries[key] = Entry(self.made(join, made[key], node, node.name, join.attrs()))

    def samples(self, key: Key, begin: int, count: int) -> Entry:
        source = self.now(key)
        op: Any = get_op("_samples")(begin=begin, end=begin + count)
        name = f"{source.name}_from{begin}"
        return Entry(self.made(op, [source], source.node, name, op.attrs()))

    def made(self, op: Any, inputs: list[Entry], model: Node, name: str, attrs: dict) -> Node:
        node = Node(op, tuple(inputs), name, attrs, model.origin, model.derived_from)
        self.order.append(node)
        return node
