"""The memory plan: which values share storage, and where in the arena each buffer lies.

Times are positions of nodes in the graph's order of execution. Facts only: nothing is allocated
here, and torch is not needed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field

from ..graph.node import Graph
from ..ops.dtypes import item_size
from ..ops.shapes import product
from .packing import Buffer, assign_offsets

__all__ = ["Buffer", "Lifetimes", "Plan", "nbytes", "plan_memory"]

Key = tuple[int, int]  # (position of the node, output)


@dataclass
class Plan:
    """Where every value lives.

    ``homes`` gives each planned value its buffer; values that share one are in-place results.
    ``views`` are values that are views of another value; ``adopted`` are values whose kernel
    allocates them (counted at their size), and ``in_place`` those that are written over an adopted
    value or a view of one. ``omitted`` are values that nothing reads and that are not computed.
    ``parts`` are values computed in the memory of one that joins them: that one, and their number in it.
    ``frees`` lists, for each time, the adopted values and views of them whose memory is given back
    there. ``scratch``: bytes in which native programs compute besides; ``temporaries``: what
    kernels allocate beside their results, by position.
    """

    homes: dict[Key, Buffer] = field(default_factory=dict)
    views: dict[Key, Key] = field(default_factory=dict)
    adopted: dict[Key, int] = field(default_factory=dict)
    workspaces: dict[int, Buffer] = field(default_factory=dict)
    frees: dict[int, list[Key]] = field(default_factory=dict)
    arena_size: int = 0
    scratch: int = 0
    temporaries: dict[int, int] = field(default_factory=dict)
    in_place: dict[Key, Key] = field(default_factory=dict)
    omitted: set[Key] = field(default_factory=set)
    parts: dict[Key, tuple[Key, int]] = field(default_factory=dict)

    @property
    def buffers(self) -> list[Buffer]:
        """All buffers of the arena, once each."""
        unique = {id(b): b for b in (*self.homes.values(), *self.workspaces.values())}
        return list(unique.values())

    def pack(self, most: Callable[[int], int] | None = None) -> None:
        """Give every buffer its place in the arena; ``most``: see ``assign_offsets``."""
        self.arena_size = assign_offsets(self.buffers, most)


def nbytes(shape: tuple, dtype: str) -> int:
    """The size of a dense array in bytes."""
    return product(shape) * item_size(dtype)


def plan_memory(
    graph: Graph,
    shapes: Sequence[tuple],
    dtypes: Sequence[tuple],
    fixed: Collection[Key],
    kept: Collection[Key] = (),
    channels_last: Collection[Key] = (),
) -> Plan:
    """Decide the home of every value of a graph.

    Parameters: shapes and dtypes per node and output; ``fixed``: values that live outside the arena
    (variables, outputs, gradients written in place); ``kept``: values that are needed to the end;
    ``channels_last``: values stored in that format (see ``layout``).
    """
    plan = Lifetimes(graph, shapes, dtypes, fixed, kept, channels_last).plan
    plan.pack()
    return plan


class Lifetimes:
    """What is decided before buffers get their places: ``plan``, in which only offsets are missing.

    Parameters: see ``plan_memory``. ``roots`` gives each value the one that has its memory, another for
    views alone; ``owners``, for values written in place of one that a kernel allocated, that one.
    """

    def __init__(
        self,
        graph: Graph,
        shapes: Sequence,
        dtypes: Sequence,
        fixed: Collection[Key],
        kept: Collection[Key],
        channels_last: Collection[Key],
    ):
        self.channels_last = channels_last
        self.graph, self.shapes, self.dtypes = graph, shapes, dtypes
        self.fixed, self.kept = set(fixed), kept
        self.roots: dict[Key, Key] = {}
        self.contiguous: set[Key] = set()
        self.plan = Plan()
        self.read: set[Key] = set()
        self.owners: dict[Key, Key] = {}
        self.ends: dict[Key, int] = {}  # of adopted values, when their memory is given back
        self.find()

    def find(self) -> None:
        self.find_views()
        self.find_parts()
        deaths = self.last_uses()
        for position, node in enumerate(self.graph.nodes):
            if node.op is not None:
                self.place(position, node.op, deaths)
        plan = self.plan
        for key in (*plan.adopted, *plan.views):  # a view holds on to its memory
            root = self.roots[key]
            end = self.ends.get(self.owners.get(root, root))
            if end is not None:
                plan.frees.setdefault(end, []).append(key)

    def facts(self, key: Key) -> tuple[tuple, str]:
        position, index = key
        return self.shapes[position][index], self.dtypes[position][index]

    def size(self, key: Key) -> int:
        return nbytes(*self.facts(key))

    def find_views(self) -> None:
        self.dense = self.wanted_dense()
        for position, node in enumerate(self.graph.nodes):
            op = node.op
            keys = [(position, index) for index in range(node.num_outputs)]
            if op is None or op.view is None or not self.can_view(position, op):
                for key in keys:
                    self.roots[key] = key
                    if key not in self.channels_last:
                        self.contiguous.add(key)
                continue
            source = self.graph.sources[position][0]
            for key in keys:
                self.roots[key] = self.roots[source]
                self.plan.views[key] = source
                if op.view == "reshape" and source in self.contiguous:
                    self.contiguous.add(key)

    def find_parts(self) -> None:
        """What can be computed where it is joined with others."""
        for position, node in enumerate(self.graph.nodes):
            if node.op is None or not node.op.joins:
                continue
            whole = (position, 0)
            for index, key in enumerate(self.graph.sources[position]):
                if self.can_be_part(key, whole):
                    self.plan.parts[key] = whole, index

    def can_be_part(self, key: Key, whole: Key) -> bool:
        op = self.graph.nodes[key[0]].op
        return (
            op is not None
            and "out" in op.requests
            and op.view is None
            and not op.hoisted
            and key not in self.fixed
            and key not in self.plan.parts
            and key not in self.dense
            and self.dtypes[key[0]][key[1]] == self.dtypes[whole[0]][whole[1]]
            and (key in self.channels_last) == (whole in self.channels_last)
        )

    def wanted_dense(self) -> set[Key]:
        """The values that some kernel would copy if they were strided views."""
        return {
            source
            for node, sources in zip(self.graph.nodes, self.graph.sources)
            if node.op is not None and node.op.dense
            for name, source in zip(node.op.input_names, sources)
            if name in node.op.dense
        }

    def can_view(self, position: int, op) -> bool:
        source = self.graph.sources[position][0]
        if any((position, index) in self.fixed for index in range(len(op.output_names))):
            return False
        if op.view == "strided":
            return all((position, i) not in self.dense for i in range(len(op.output_names)))
        if source in self.contiguous:
            return True
        shapes = self.shapes  # a reshape to the shape that the array has already
        return all(shape == shapes[source[0]][source[1]] for shape in shapes[position])

    def last_uses(self) -> dict[Key, int]:
        deaths = {root: root[0] for root in self.roots.values()}
        for position, node in enumerate(self.graph.nodes):
            if node.op is None:
                continue
            shape_only = node.op.shape_only_names
            for name, source in zip(node.op.input_names, self.graph.sources[position]):
                if name not in shape_only:
                    deaths[self.roots[source]] = position
                    self.read.add(source)
        end = len(self.graph.nodes)
        for key in self.kept:
            self.read.add(key)
            deaths[self.roots[key]] = end
        return deaths

    def place(self, position: int, op, deaths: dict[Key, int]) -> None:
        plan = self.plan
        taken: set[Key] = set()
        planned = "out" in op.requests or op.view is not None
        for index, name in enumerate(op.output_names):
            key = (position, index)
            if key in plan.views or key in self.fixed:
                continue
            if name in op.optional and key not in self.read:
                plan.omitted.add(key)
                continue
            if key in plan.parts:
                self.place_part(key, plan.parts[key][0], deaths)
                continue
            if key in plan.homes:  # its parts are there
                continue
            if not planned:
                plan.adopted[key] = self.size(key)
                self.ends[key] = deaths[key]
                continue
            source = self.reused(position, op, name, key, deaths, taken)
            if source is None:
                plan.homes[key] = Buffer(self.size(key), position, deaths[key])
                continue
            root = self.roots[source]
            buffer = plan.homes.get(root)
            if buffer is not None:
                buffer.death = max(buffer.death, deaths[key])
                plan.homes[key] = buffer
            else:
                plan.in_place[key] = source
                owner = self.owners[key] = self.owners.get(root, root)
                self.ends[owner] = max(self.ends[owner], deaths[key])
        if "workspace" in op.requests:
            self.place_workspace(position, op)

    def place_part(self, key: Key, whole: Key, deaths: dict[Key, int]) -> None:
        if whole in self.fixed:
            return
        buffer = self.plan.homes.get(whole)
        if buffer is None:
            buffer = self.plan.homes[whole] = Buffer(self.size(whole), key[0], deaths[whole])
        buffer.death = max(buffer.death, deaths[key])
        self.plan.homes[key] = buffer

    def place_workspace(self, position: int, op) -> None:
        keys = [(position, index) for index in range(len(op.output_names))]
        outputs = [None if key in self.plan.omitted else self.facts(key) for key in keys]
        wanted = op.workspace([self.facts(key) for key in self.graph.sources[position]], outputs)
        if wanted is not None:
            self.plan.workspaces[position] = Buffer(nbytes(*wanted), position, position)

    def reused(
        self, position: int, op, name: str, key: Key, deaths: dict[Key, int], taken: set[Key]
    ) -> Key | None:
        """The input that dies here with its memory and may hold the output, if there is one."""
        for source in self.inputs_like(position, op, name):
            root = self.roots[source]
            if (
                root not in taken
                and deaths[root] == position == self.end_of_memory(root, source, key)
                and self.may_replace(position, op, name, source, key)
            ):
                taken.add(root)
                return source
        return None

    def inputs_like(self, position: int, op, name: str) -> Iterator[Key]:
        """The inputs in whose place the operator can compute an output."""
        for candidate in op.inplace.get(name, ()):
            if candidate in op.input_names:
                yield self.graph.sources[position][op.input_names.index(candidate)]

    def may_replace(self, position: int, op, name: str, source: Key, key: Key) -> bool:
        """Whether an output can be written over an input that nothing else needs any more."""
        root = self.roots[source]
        return (
            not self.read_as_view(position, root)
            and self.read_in_place(position, op, name, root)
            and self.same_storage(source, key)
        )

    def end_of_memory(self, root: Key, source: Key, key: Key) -> int | None:
        """When the memory of a value is last used; None where another cannot take it over."""
        buffer = self.plan.homes.get(root)
        if buffer is not None:
            return buffer.death
        # The tensor itself is used again, so that it has to be of the right kind.
        kinds = (self.dtypes[position][index] for position, index in (source, key))
        return self.ends.get(self.owners.get(root, root)) if len(set(kinds)) == 1 else None

    def read_as_view(self, position: int, root: Key) -> bool:
        """Whether a node reads a buffer in an order that is not that of its elements."""
        return any(
            self.roots[source] == root
            and source in self.plan.views
            and source not in self.contiguous
            for source in self.graph.sources[position]
        )

    def read_in_place(self, position: int, op, name: str, root: Key) -> bool:
        """Whether every input that is this value may share its memory with the output."""
        harmless = {*op.inplace[name], *op.shape_only_names}
        return all(
            self.roots[source] != root or input_name in harmless
            for input_name, source in zip(op.input_names, self.graph.sources[position])
        )

    def same_storage(self, source: Key, key: Key) -> bool:
        """Whether two values have their elements at the same places of their buffers.

        Of different shapes they would overlap in a way that torch refuses.
        """
        shapes = self.shapes
        if shapes[source[0]][source[1]] != shapes[key[0]][key[1]]:
            return False
        if self.size(source) != self.size(key):
            return False
        if key in self.channels_last:
            return source in self.channels_last and source not in self.plan.views
        return source in self.contiguous
