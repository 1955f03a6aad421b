"""The forward and backward graph as one, and where its results are brought."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from ..graph.node import Entry, Graph, Node, unique_name
from .constants import NO_CONSTANTS, Constants
from .differentiate import differentiate, own_head_gradient
from .infer import Facts
from .layout import choose_channels_last
from .memory import Key, Lifetimes
from .once import updated_once

__all__ = ["Joint", "Placement", "find_lifetimes", "join", "place"]


@dataclass(frozen=True)
class Joint:
    """One graph whose first nodes are those of ``forward``, the rest its derivative.

    ``gradients``: for each variable of ``wrt`` its gradient, None for mere labels; ``head_gradients``:
    the variables that stand for the gradients of outputs, by number of the output.
    """

    graph: Graph
    forward: Graph
    wrt: tuple[Node, ...] = ()
    gradients: tuple[Entry | None, ...] = ()
    head_gradients: tuple[tuple[int, Node], ...] = ()

    def key(self, entry: Entry) -> Key:
        """Where an entry stands in tables of facts."""
        return self.graph.index[entry.node], entry.index


def join(graph: Graph, wrt: Sequence[Node], shapes: Facts | None = None) -> Joint:
    """Differentiate a graph with respect to variables, and put both parts into one graph.

    Outputs that are not losses get a variable for their head gradient. ``shapes``: see
    ``differentiate``.
    """
    if not wrt:
        return _updating_once(Joint(graph, graph))
    heads: list[Entry | None] = []
    head_variables = []
    names = Counter(node.name for node in graph.nodes)
    for index, output in enumerate(graph.outputs):
        if own_head_gradient(output.node.op):
            heads.append(None)
            continue
        name = unique_name(f"d_{output.name}", names)
        node = Node(None, (), name, {}, derived_from=output.node)
        head_variables.append((index, node))
        heads.append(Entry(node))
    derivative = differentiate(graph, wrt, heads, shapes, monitored=True)
    found = [entry for entry in derivative.gradients if entry is not None]
    outputs = (*graph.outputs, *found)
    needed = set(Graph(outputs).nodes)
    used = tuple((index, node) for index, node in head_variables if node in needed)
    order = [*graph.nodes, *(node for _, node in used)]
    order += [node for node in derivative.made if node in needed]
    joint = Joint(Graph(outputs, order), graph, tuple(wrt), derivative.gradients, used)
    return _updating_once(joint)


def _updating_once(joint: Joint) -> Joint:
    """The joint graph in which each state is updated by one derivative of its operator."""
    found = updated_once(joint.graph.nodes)
    if not found:
        return joint

    def renewed(graph: Graph) -> Graph:
        return Graph(map(now, graph.outputs), [found.get(node, node) for node in graph.nodes])

    def now(entry: Entry) -> Entry:
        return Entry(found.get(entry.node, entry.node), entry.index)

    gradients = tuple(None if entry is None else now(entry) for entry in joint.gradients)
    graphs = renewed(joint.graph), renewed(joint.forward)
    return Joint(*graphs, joint.wrt, gradients, joint.head_gradients)


@dataclass(frozen=True)
class Placement:
    """Which values lie outside the arena.

    ``fixed``: all of them; ``kept``: the outputs; ``computed_in``: values that kernels write right into
    the gradient array of a variable; ``delivered``: values that are copied or added to such arrays;
    ``hoisted``: values that outlive a run (see ``Op.hoisted``), ``constants`` among them;
    ``overwritten``: values computed in the memory of an output, by which they are then overwritten.
    """

    fixed: frozenset[Key]
    kept: tuple[Key, ...]
    computed_in: Mapping[Key, Node]
    delivered: Mapping[Key, tuple[Node, ...]]
    hoisted: tuple[Key, ...] = ()
    overwritten: Mapping[Key, Key] = field(default_factory=dict)
    constants: Constants = NO_CONSTANTS


def place(
    joint: Joint,
    shapes: Sequence[tuple],
    dtypes: Sequence[tuple],
    writable: Callable[[Node, str], bool],
    constants: Constants = NO_CONSTANTS,
) -> Placement:
    """Let gradients be computed in their arrays where kernels can do that, and what an operator makes an
    output of in place, in the array of the output.

    ``writable(variable, dtype)`` says whether the array of a variable takes results of that dtype as
    they are: it is dense, overwritten rather than added to, and shares no memory with another.
    """
    graph = joint.graph
    fixed = {(graph.index[node], 0) for node in graph.variables}
    kept = []
    for output in joint.forward.outputs:
        if output.node.op is not None and joint.key(output) not in kept:
            kept.append(joint.key(output))
    hoisted = _hoisted(graph, kept, constants)
    fixed.update((*kept, *hoisted))
    fixed.update((p, i) for p in constants.inner for i in range(graph.nodes[p].num_outputs))
    computed_in: dict[Key, Node] = {}
    delivered: dict[Key, tuple[Node, ...]] = {}
    for variable, entry in zip(joint.wrt, joint.gradients):
        if entry is None:
            continue
        source = _computed_as(graph, joint.key(entry))
        op = graph.nodes[source[0]].op
        direct = op is not None and "out" in op.requests and source not in fixed
        if direct and writable(variable, dtypes[source[0]][source[1]]):
            computed_in[source] = variable
            fixed.add(source)
        else:
            key = joint.key(entry)
            delivered[key] = (*delivered.get(key, ()), variable)
    overwritten = _overwritten(graph, shapes, dtypes, kept, fixed)
    fixed.update(overwritten)
    return Placement(
        frozenset(fixed),
        tuple(kept),
        computed_in,
        delivered,
        tuple(hoisted),
        overwritten,
        constants,
    )


def _hoisted(graph: Graph, kept: Sequence[Key], constants: Constants) -> list[Key]:
    """Constants, and what is made of variables and constants alone."""
    found = []
    for position, node in enumerate(graph.nodes):
        once = position in constants.kept
        if node.op is not None and node.op.hoisted:
            once = all(
                e.node.op is None or graph.index[e.node] in constants.kept for e in node.inputs
            )
        if once:
            keys = [(position, index) for index in range(node.num_outputs)]
            if not set(keys).intersection(kept):
                found += keys
    return found


def _overwritten(
    graph: Graph,
    shapes: Sequence[tuple],
    dtypes: Sequence[tuple],
    kept: Sequence[Key],
    fixed: Collection[Key],
) -> dict[Key, Key]:
    """By value, the output that is made of it in place and takes all that it holds.

    Nothing else reads such a value, so that it needs no memory of its own.
    """
    counts = Counter(chain.from_iterable(graph.sources))
    found: dict[Key, Key] = {}

    def only_for(source: Key, key: Key) -> bool:
        return (
            source not in fixed
            and source not in found
            and _writes_anywhere(graph, source)
            and shapes[source[0]][source[1]] == shapes[key[0]][key[1]]
            and dtypes[source[0]][source[1]] == dtypes[key[0]][key[1]]
            and (counts[source] == 1 or _only_reader(graph, source) == key[0])
        )

    for head in kept:
        key: Key | None = head
        while key is not None:
            key = next(
                (each for each in _made_in_place_of(graph, key) if only_for(each, key)), None
            )
            if key is not None:
                found[key] = head
    return found


def _writes_anywhere(graph: Graph, key: Key) -> bool:
    """Whether a kernel computes the value and takes any memory for it; of a view it computes nothing."""
    op = graph.nodes[key[0]].op
    return op is not None and "out" in op.requests and op.view is None


def _made_in_place_of(graph: Graph, key: Key) -> list[Key]:
    """The inputs in whose memory a value can be computed, the best one first."""
    op = graph.nodes[key[0]].op
    if "out" not in op.requests:
        return []
    inputs = dict(zip(op.input_names, graph.sources[key[0]]))
    return [inputs[name] for name in op.inplace.get(op.output_names[key[1]], ()) if name in inputs]


def _only_reader(graph: Graph, key: Key) -> int | None:
    """The node that reads a value if one alone reads more of it than its shape, and that once."""
    readers = [
        at
        for at, sources in enumerate(graph.sources)
        if key in sources
        for name, each in zip(graph.nodes[at].op.input_names, sources)
        if each == key and name not in graph.nodes[at].op.shape_only_names
    ]
    return readers[0] if len(readers) == 1 else None


def _computed_as(graph: Graph, key: Key) -> Key:
    """The value whose memory holds a value that is a mere reshape of it."""
    while True:
        op = graph.nodes[key[0]].op
        if op is None or op.view != "reshape":
            return key
        key = graph.sources[key[0]][0]


def find_lifetimes(
    joint: Joint,
    placement: Placement,
    shapes: Sequence[tuple],
    dtypes: Sequence[tuple],
    device: str = "cpu",
) -> Lifetimes:
    """Which values of a joint graph share memory, and from when to when it is in use."""
    fixed = placement.fixed
    channels_last = choose_channels_last(joint.graph, shapes, dtypes, fixed, device)
    return Lifetimes(joint.graph, shapes, dtypes, fixed, placement.kept, channels_last)
