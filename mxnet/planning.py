"""What binding needs to know before any array exists: all shapes, dtypes, and the memory plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .base import MXNetError
from .context import current_context
from .error import NodeError, did_you_mean
from .graph.node import Graph, Node
from .ops.dtypes import canonical
from .ops.shapes import is_complete, shape_text
from .passes.infer import Facts, infer_dtypes, infer_shapes, partial_shape
from .passes.joint import join
from .passes.precision import Precision, loss_scale_variable, mix_precision
from .passes.recompute import parse_bytes
from .passes.schedule import Planned, plan_graph
from .passes.target import Target, available_kernels
from .passes.unroll import unroll
from .precision import chosen_precision

__all__ = [
    "Inference",
    "infer_variables",
    "is_dynamic",
    "known_facts",
    "make_plan",
    "prepare",
    "requirements_of",
]

REQUIREMENTS = ("write", "add", "null")


def requirements_of(grad_req: Any, names: Sequence[str], error: type[Exception]) -> list[str]:
    """One of "write", "add" and "null" for each name; raises ``error`` for anything else."""
    if isinstance(grad_req, str):
        requirements = [grad_req] * len(names)
    elif isinstance(grad_req, Mapping):
        requirements = [grad_req.get(name, "null") for name in names]
    elif isinstance(grad_req, (list, tuple)):
        requirements = list(grad_req)
        if error is RuntimeError and len(requirements) != len(names):
            raise RuntimeError(
                f"simple_bind error: {len(requirements)} grad_req for {len(names)} arguments"
            )
        requirements += ["null"] * (len(names) - len(requirements))
    else:
        raise TypeError(f"grad_req should be a str, list or dict, not {type(grad_req)}")
    for name, requirement in zip(names, requirements):
        if requirement not in REQUIREMENTS:
            raise error(f"grad_req of {name} must be one of {REQUIREMENTS}, not {requirement!r}")
    return requirements


def known_facts(
    graph: Graph,
    variables: Mapping[Node, tuple[tuple, str]],
    start: tuple[Facts, Facts] | None = None,
) -> tuple[Facts, Facts]:
    """Shapes and dtypes of all values of a graph, from those of its variables.

    ``start``: what is known already of the graph's first nodes.

    Raises NodeError where the variables do not fit the graph, or do not determine a shape
    (unless that depends on values, see ``Op.dynamic``).
    """
    first_shapes, first_dtypes = start or (None, None)
    if start is not None:
        first_shapes, first_dtypes = start = _of_first_nodes(graph, start)
        if len(start[0].values) == len(graph.nodes):
            return start  # nothing has been added
    shapes = infer_shapes(graph, {n: shape for n, (shape, _) in variables.items()}, first_shapes)
    dtypes = infer_dtypes(graph, {n: dtype for n, (_, dtype) in variables.items()}, first_dtypes)
    for node, (shape, dtype) in variables.items():
        position = graph.index[node]
        found = shapes.values[position][0], dtypes.values[position][0]
        if found != (shape, dtype):
            reason = f"the bound array is {shape} {dtype}, needed is {found[0]} {found[1]}"
            raise NodeError(node.facts(), "bind", reason)
    if not is_dynamic(graph):
        _require_all(shapes, dtypes)
    return shapes, dtypes


class Inference:
    """Shapes and dtypes of the graphs that passes make of one another.

    Parameters: ``facts``: those of the graph that comes first; ``more``: shapes and dtypes of variables
    that later graphs have besides.
    """

    def __init__(self, facts: tuple[Facts, Facts], more: Mapping[Node, tuple[tuple, str]]):
        self._last = shapes, dtypes = facts
        at = shapes.graph.index
        self._variables = {
            node: (shapes.values[at[node]][0], dtypes.values[at[node]][0])
            for node in shapes.graph.variables
        }
        self._variables.update(more)

    def __call__(self, graph: Graph) -> tuple[list[tuple], list[tuple]]:
        """Those of all values of a graph; of one that was asked for just before, as they were found."""
        if graph is not self._last[0].graph:
            variables = {node: self._variables[node] for node in graph.variables}
            self._last = known_facts(graph, variables, self._last)
        shapes, dtypes = self._last
        return shapes.values, dtypes.values


def _require_all(shapes: Facts, dtypes: Facts) -> None:
    """Raise NodeError for the first node of which something is not known."""
    for position in sorted({*shapes.open, *dtypes.open}):
        node_shapes, node_dtypes = shapes.values[position], dtypes.values[position]
        if None in node_dtypes or not all(map(is_complete, node_shapes)):
            reason = f"shape {node_shapes} or dtype {node_dtypes} is not determined"
            raise NodeError(shapes.graph.nodes[position].facts(), "bind", reason)


def _of_first_nodes(graph: Graph, facts: tuple[Facts, Facts]) -> tuple[Facts, Facts]:
    """What holds of a graph from facts of another one that begins with the same nodes."""
    old, new = facts[0].graph.nodes, graph.nodes
    count = next(
        (i for i, (a, b) in enumerate(zip(old, new)) if a is not b), min(len(old), len(new))
    )
    shapes, dtypes = (Facts(graph, each.values[:count]) for each in facts)
    return shapes, dtypes


def is_dynamic(graph: Graph) -> bool:
    """Whether some sizes are known at run time only."""
    return any(node.op is not None and node.op.dynamic for node in graph.nodes)


def infer_variables(
    symbol: Any, shapes: Mapping[str, Any], types: Mapping[str, Any]
) -> tuple[dict, tuple[Facts, Facts] | None]:
    """Shape and dtype of every variable; MXNetError that lists what is missing, as in 1.x.

    Second, the same of all values, if all of them are known.
    """
    if not isinstance(types, Mapping):
        raise TypeError(f"type_dict should be a dict such as {{'data': 'float16'}}, not {types!r}")
    graph = symbol._graph
    given = {name: shape for name, shape in shapes.items() if isinstance(shape, tuple)}
    listing = "\n".join(f"{name}: {shape}" for name, shape in given.items())
    head = f"simple_bind error. Arguments:\n{listing}\n"
    by_name = {node: given[node.name] for node in graph.variables if node.name in given}
    try:
        known = {node: partial_shape(shape) for node, shape in by_name.items() if shape}
        found_shapes = infer_shapes(graph, known)
        dtypes = {n: canonical(types[n.name]) for n in graph.variables if n.name in types}
        found_dtypes = infer_dtypes(graph, dtypes, default="float32")
    except MXNetError as error:
        raise _simple_bind_error(head, error) from error
    missing = []
    facts = {}
    for node in graph.variables:
        position = graph.index[node]
        shape = found_shapes.values[position][0]
        facts[node] = (shape, found_dtypes.values[position][0])
        if not is_complete(shape):
            missing.append(f"{node.name}: {shape_text(shape)}")
    if missing:
        raise MXNetError(
            f"{head}the shapes given are not enough to infer those of: {'; '.join(missing)}."
            f" Give the shape of each input, e.g. data=(32, 784).{_ignored(symbol, shapes)}"
        )
    if found_shapes.open or found_dtypes.open:
        return facts, None
    return facts, (found_shapes, found_dtypes)


def _ignored(symbol: Any, shapes: Mapping[str, Any]) -> str:
    """What is said of shapes that, as in 1.x, count for nothing: the reason why others are missing."""
    inputs = symbol.list_inputs()
    return "".join(
        f" There is no argument {name}.{did_you_mean(name, inputs)}"
        if name not in inputs
        else f" {name}={shape!r} is ignored: a shape is a tuple."
        for name, shape in shapes.items()
        if name not in inputs or not isinstance(shape, tuple)
    )


def _simple_bind_error(head: str, error: MXNetError) -> MXNetError:
    wrapped = MXNetError(f"{head}{error}")
    wrapped.__dict__.update(error.__dict__)
    return wrapped


def prepare(
    graph: Graph, variables: Mapping[Node, tuple], precision: Precision | None, train: bool
) -> tuple[Graph, Node | None]:
    """The graph that is planned and run: loops written out, casts inserted.

    Parameters: ``variables``: (shape, dtype) of each; ``train``: whether there are gradients.
    Returns also the variable that scales gradients in float16, where there are any.
    """
    graph = unroll(graph, {node: shape for node, (shape, _) in variables.items()})
    if precision is None:
        return graph, None
    scale = loss_scale_variable() if train and precision.dtype == "float16" else None
    dtypes = {node: dtype for node, (_, dtype) in variables.items()}
    mixed = mix_precision(graph, precision.dtype, dtypes, rule=precision.rule, loss_scale=scale)
    return mixed, scale


def make_plan(
    symbol: Any,
    grad_req: Any,
    types: Mapping[str, Any],
    memory_budget: Any,
    shapes: Mapping[str, Any],
    dtype: Any = None,
) -> Planned:
    """All that a bound symbol would be: its graph after all passes, with the plan of its memory.

    Parameters: see ``Symbol.plan_memory``; ``types`` is its ``type_dict``.
    """
    graph = symbol._graph
    names = symbol.list_arguments()
    requirements = dict(zip(graph.arguments, requirements_of(grad_req, names, ValueError)))
    known, start = infer_variables(symbol, shapes, types)
    wrt = [node for node, req in requirements.items() if req != "null"]
    graph, scale = prepare(graph, known, chosen_precision(dtype), bool(wrt))
    if scale is not None:
        known[scale] = (1,), "float32"
    for node in graph.nodes:
        if node.op is not None and node.op.dynamic:
            reason = "depends on values: no plan is possible"
            raise MXNetError(f"the memory of {node.name} {reason}")
    forward = known_facts(graph, known, start)
    joint = join(graph, wrt, forward[0])
    heads = ((node, graph.outputs[index]) for index, node in joint.head_gradients)
    infer = Inference(forward, {n: (forward[0].of(e), forward[1].of(e)) for n, e in heads})

    def writable(variable: Any, dtype: str) -> bool:
        return requirements[variable] == "write" and known[variable][1] == dtype

    budget = None if memory_budget is None else parse_bytes(memory_budget)
    device = "cuda" if current_context().device_type == "gpu" else "cpu"
    target = Target(device, bool(joint.wrt), available_kernels(device))
    return plan_graph(joint, infer, lambda: writable, joint.wrt, target, budget)
