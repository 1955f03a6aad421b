"""What binding needs to know before any array exists: all shapes, dtypes, and the memory plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .base import MXNetError
from .graph.node import Entry, Graph, Node
from .ops.dtypes import canonical
from .ops.shapes import is_complete, shape_text
from .passes.infer import infer_dtypes, infer_shapes, partial_shape
from .passes.joint import Joint, join
from .passes.precision import Precision, loss_scale_variable, mix_precision
from .passes.recompute import parse_budget
from .passes.report import MemoryReport
from .passes.schedule import Planned, plan_graph
from .passes.target import Target, available_kernels
from .passes.unroll import unroll
from .precision import chosen_precision

__all__ = ["infer_variables", "make_plan", "plan_symbol", "prepare", "requirements_of"]

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


def infer_variables(symbol: Any, shapes: Mapping[str, Any], types: Mapping[str, Any]) -> dict:
    """Shape and dtype of every variable; RuntimeError that lists what is missing, as in 1.x."""
    graph = symbol._graph
    given = {name: shape for name, shape in shapes.items() if isinstance(shape, tuple)}
    listing = "\n".join(f"{name}: {shape}" for name, shape in given.items())
    head = f"simple_bind error. Arguments:\n{listing}\n"
    by_name = {node: given[node.name] for node in graph.variables if node.name in given}
    try:
        known = {node: partial_shape(shape) for node, shape in by_name.items() if shape}
        found_shapes = infer_shapes(graph, known)
        dtypes = {n: canonical(types[n.name]) for n in graph.variables if n.name in types}
        found_dtypes = _with_default_dtype(graph, dtypes)
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
            " Give the shape of each input, e.g. simple_bind(ctx, data=(32, 784))"
        )
    return facts


def _with_default_dtype(graph: Any, dtypes: dict) -> Any:
    """Variables that nothing determines are float32, one after the other, as long as that fits."""
    known = dict(dtypes)
    while True:
        found = infer_dtypes(graph, known)
        open_nodes = [n for n in graph.variables if found.of(Entry(n)) is None]
        if not open_nodes:
            return found
        known[open_nodes[0]] = "float32"


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


def plan_symbol(
    symbol: Any,
    grad_req: Any,
    types: Mapping[str, Any],
    memory_budget: Any,
    shapes: Mapping[str, Any],
    dtype: Any = None,
) -> MemoryReport:
    """See ``Symbol.plan_memory``."""
    return make_plan(symbol, grad_req, types, memory_budget, shapes, dtype).report


def make_plan(
    symbol: Any,
    grad_req: Any,
    types: Mapping[str, Any],
    memory_budget: Any,
    shapes: Mapping[str, Any],
    dtype: Any = None,
) -> Planned:
    """All that a bound symbol would be: its graph after all passes, with the plan of its memory."""
    graph = symbol._graph
    names = symbol.list_arguments()
    requirements = dict(zip(graph.arguments, requirements_of(grad_req, names, ValueError)))
    known = infer_variables(symbol, shapes, types)
    wrt = [node for node, req in requirements.items() if req != "null"]
    graph, scale = prepare(graph, known, chosen_precision(dtype), bool(wrt))
    if scale is not None:
        known[scale] = (1,), "float32"
    joint = join(graph, wrt)
    known.update(_head_gradients(joint, known))

    def infer(whole: Graph) -> tuple:
        found = infer_shapes(whole, {node: fact[0] for node, fact in known.items()})
        for node, values in zip(whole.nodes, found.values):
            if not all(map(is_complete, values)):
                raise MXNetError(
                    f"the memory of {node.name} depends on values: no plan is possible"
                )
        dtypes = infer_dtypes(whole, {node: fact[1] for node, fact in known.items()})
        return found.values, dtypes.values

    def writable(variable: Any, dtype: str) -> bool:
        return requirements[variable] == "write" and known[variable][1] == dtype

    budget = None if memory_budget is None else parse_budget(memory_budget)
    target = Target("cpu", bool(joint.wrt), available_kernels("cpu"))
    return plan_graph(joint, infer, lambda: writable, joint.wrt, target, budget)


def _head_gradients(joint: Joint, known: Mapping[Node, tuple]) -> dict[Node, tuple]:
    """Shape and dtype of the gradients that come from outside: those of the outputs."""
    if not joint.head_gradients:
        return {}
    outputs = joint.forward.outputs
    shapes = infer_shapes(joint.forward, {node: fact[0] for node, fact in known.items()})
    dtypes = infer_dtypes(joint.forward, {node: fact[1] for node, fact in known.items()})
    return {
        node: (shapes.of(outputs[index]), dtypes.of(outputs[index]))
        for index, node in joint.head_gradients
    }
