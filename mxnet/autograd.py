"""Automatic differentiation of NDArray code: operations are recorded as a graph, which is then
differentiated by the same pass as the graphs of symbols."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from ._tape import state
from .autograd_function import Function
from .base import MXNetError
from .error import NodeError
from .graph.node import Entry, Graph, Node
from .graph.origin import caller
from .ndarray import NDArray, RowSparseNDArray
from .ops.core import Op
from .passes.differentiate import differentiate

__all__ = [
    "Function", "backward", "get_symbol", "grad", "is_recording", "is_training", "mark_variables",
    "pause", "predict_mode", "record", "set_recording", "set_training", "train_mode",
]  # fmt: skip


class _Mode:
    """A ``with`` block that sets recording and training, and restores them."""

    def __init__(self, recording: bool | None, training: bool | None):
        self.new = (recording, training)

    def __enter__(self) -> None:
        self.old = (state.recording, state.training)
        recording, training = self.new
        if recording is not None:
            state.recording = recording
        if training is not None:
            state.training = training

    def __exit__(self, *exc_info: Any) -> None:
        state.recording, state.training = self.old


def record(train_mode: bool = True) -> _Mode:
    """A ``with`` block whose operations are recorded, in training mode unless told otherwise."""
    return _Mode(True, train_mode)


def pause(train_mode: bool = False) -> _Mode:
    """A ``with`` block whose operations are not recorded."""
    return _Mode(False, train_mode)


def train_mode() -> _Mode:
    """A ``with`` block in training mode; recording is left as it is."""
    return _Mode(None, True)


def predict_mode() -> _Mode:
    """A ``with`` block in prediction mode; recording is left as it is."""
    return _Mode(None, False)


def is_recording() -> bool:
    """Whether operations are recorded now, in this thread."""
    return state.recording


def is_training() -> bool:
    """Whether operators behave as in training now, in this thread."""
    return state.training


def set_recording(is_recording: bool) -> bool:
    """Switch recording; returns what it was."""
    before, state.recording = state.recording, bool(is_recording)
    return before


def set_training(train_mode: bool) -> bool:
    """Switch training mode; returns what it was."""
    before, state.training = state.training, bool(train_mode)
    return before


class _Recorded(Node):
    """A node of the recorded graph: with its values, and for variables the array it stands for."""

    __slots__ = ("array", "memory", "values")

    def __init__(
        self, op: Op | None, inputs: tuple, name: str, values: tuple, array: Any, memory: Any
    ):
        attrs = {} if op is None else op.attrs()
        super().__init__(op, inputs, name, attrs, caller(4))
        self.values, self.array, self.memory = values, array, memory


def _entry_of(array: NDArray) -> Entry:
    """The place of an array in the recorded graph; arrays that are not in it become variables."""
    if array._entry is not None:
        return array._entry
    tracked = array._grad_req != "null"
    entry = Entry(_Recorded(None, (), "var", (array._tensor,), array if tracked else None, None))
    if tracked:
        array._entry = entry
    return entry


def record_operation(op: Op, inputs: Sequence[NDArray], results: tuple, memory: Any) -> Node | None:
    """Add an operation to the recorded graph if one of its inputs is followed; see ``attach``."""
    if not any(array._entry is not None or array._grad_req != "null" for array in inputs):
        return None
    entries = tuple([_entry_of(array) for array in inputs])
    return _Recorded(op, entries, op.op_name.lower(), results, None, memory)


def attach(node: Node, arrays: Sequence[NDArray]) -> None:
    """Let arrays stand for the outputs of a recorded node."""
    for index, array in enumerate(arrays):
        array._entry = Entry(node, index)


def mark_variables(variables: Any, gradients: Any, grad_reqs: Any = "write") -> None:
    """Make arrays variables whose gradients go into given arrays.

    Parameters: an NDArray or a list of them, twice; ``grad_reqs``: "write", "add" or "null".
    """
    variables = [variables] if isinstance(variables, NDArray) else list(variables)
    gradients = [gradients] if isinstance(gradients, NDArray) else list(gradients)
    if isinstance(grad_reqs, str):
        grad_reqs = [grad_reqs] * len(variables)
    for variable, gradient, req in zip(variables, gradients, grad_reqs):
        variable._grad, variable._grad_req, variable._entry = gradient, req, None


def backward(
    heads: Any, head_grads: Any = None, retain_graph: bool = False, train_mode: bool = True
) -> None:
    """Compute the gradients of recorded arrays for all variables that they depend on.

    Parameters: ``heads``: an NDArray or a list; ``head_grads``: their gradients, ones by default;
    ``retain_graph``: keep what was recorded for another run. Raises MXNetError for arrays that were
    not computed under ``record``.
    """
    heads = [heads] if isinstance(heads, NDArray) else list(heads)
    graph = _recorded_graph(heads)
    variables = [n for n in graph.variables if isinstance(n, _Recorded) and n.array is not None]
    if not variables:
        raise MXNetError("no array that the heads depend on has a gradient attached (attach_grad)")
    gradients = _evaluate(graph, variables, heads, head_grads, train_mode, record=False)
    for node, gradient in zip(variables, gradients):
        target, req = node.array._grad, node.array._grad_req
        if target.stype != "default":
            target[:] = target + gradient if req == "add" else gradient
        elif req == "add":
            target._tensor.add_(gradient._tensor)
        elif req != "null":
            target._tensor.copy_(gradient._tensor)
    if not retain_graph:
        _release(graph)


def grad(
    heads: Any,
    variables: Any,
    head_grads: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    train_mode: bool = True,
) -> Any:
    """The gradients of recorded arrays with respect to variables, as new arrays.

    Parameters as in ``backward``; with ``create_graph`` the gradients are recorded themselves and
    can be differentiated again. Returns one NDArray for one variable, a list for a list.
    """
    heads = [heads] if isinstance(heads, NDArray) else list(heads)
    single = isinstance(variables, NDArray)
    wanted = [variables] if single else list(variables)
    if not wanted:
        raise ValueError("variables cannot be an empty list.")
    graph = _recorded_graph(heads)
    nodes = []
    for variable in wanted:
        if variable._entry is None or variable._entry.node.op is not None:
            raise MXNetError("grad needs variables with attach_grad that the heads depend on")
        nodes.append(variable._entry.node)
    results = _evaluate(graph, nodes, heads, head_grads, train_mode, record=create_graph)
    if not (create_graph if retain_graph is None else retain_graph):
        _release(graph)
    return results[0] if single else results


def get_symbol(x: NDArray) -> Any:
    """The recorded computation of an array as a Symbol; variables are named ``var<n>``."""
    from .symbol import Symbol

    graph = _recorded_graph([x])
    copies: dict[Node, Node] = {}
    for number, node in enumerate(graph.nodes):
        inputs = tuple(Entry(copies[e.node], e.index) for e in node.inputs)
        name = f"var{number}" if node.op is None else f"{node.name}{number}"
        copies[node] = Node(node.op, inputs, name, dict(node.attrs), node.origin)
    return Symbol([Entry(copies[e.node], e.index) for e in graph.outputs])


def _recorded_graph(heads: Sequence[NDArray]) -> Graph:
    for head in heads:
        if head._entry is None:
            raise MXNetError(
                "cannot differentiate node because it is not in a computational graph. You need to"
                " set is_recording to true or use autograd.record() to save computational graphs"
                " for backward"
            )
    graph = Graph([head._entry for head in heads])
    for node in graph.nodes:
        if node.values is None:
            raise MXNetError(
                "this graph has been freed by an earlier backward; call that one with"
                " retain_graph=True"
            )
    return graph


def _release(graph: Graph) -> None:
    for node in graph.nodes:
        if node.op is not None:
            node.values = None


def _evaluate(
    graph: Graph,
    variables: Sequence[Node],
    heads: Sequence[NDArray],
    head_grads: Any,
    training: bool,
    record: bool,
) -> list[NDArray]:
    """The gradients of variables of a recorded graph; recorded themselves with ``record``."""
    given = _head_gradients(heads, head_grads)
    derivative = differentiate(graph, list(variables), [_entry_of(g) for g in given])
    gradients = [entry for entry in derivative.gradients if entry is not None]
    needed = set(Graph(gradients).nodes)
    compact = {} if record else _compact_results(variables, derivative.gradients, needed)
    context = heads[0].context
    arrays = _Arrays(context)
    with _Mode(record, training):
        for node in derivative.made:
            if node not in needed:
                continue
            inputs = [arrays.of(entry) for entry in node.inputs]
            found = _run_compact(node, inputs, compact[node]) if node in compact else None
            for index, result in enumerate(found or _run(node, inputs, context)):
                arrays[Entry(node, index)] = result
    return [
        NDArray(torch.zeros_like(variable.values[0]), context)
        if entry is None
        else arrays.of(entry)
        for variable, entry in zip(variables, derivative.gradients)
    ]


class _Arrays(dict[Entry, NDArray]):
    """The arrays of a derivative by place: those computed, and those that were recorded."""

    def __init__(self, context: Any):
        self.context = context

    def of(self, entry: Entry) -> NDArray:
        """The array at a place."""
        key = Entry(entry.node, entry.index)  # without the attributes of this one use
        found = self.get(key)
        if found is None:
            found = self[key] = NDArray(entry.node.values[entry.index], self.context)
            found._entry = key
        return found


def _compact_results(
    variables: Sequence[Node], gradients: Sequence[Entry | None], needed: set[Node]
) -> dict[Node, tuple[int, ...]]:
    """The nodes of which row_sparse gradients, and nothing else, take the result; its shapes."""
    wanted = [
        (entry.node, variable.values[0])
        for variable, entry in zip(variables, gradients)
        if entry is not None
        and isinstance(getattr(variable.array, "_grad", None), RowSparseNDArray)
        and hasattr(entry.node.op, "row_sparse")
    ]
    if not wanted:
        return {}
    used = {entry.node for node in needed for entry in node.inputs}
    ends = [entry.node for entry in gradients if entry is not None]
    return {
        node: tuple(value.shape)
        for node, value in wanted
        if node not in used and ends.count(node) == 1
    }


def _run_compact(node: Node, inputs: list[NDArray], shape: tuple[int, ...]) -> list[NDArray] | None:
    """The result of a node as rows and their numbers; None where the operator has none for these."""
    rows = node.op.row_sparse(*[array._tensor for array in inputs])
    if rows is None:
        return None
    numbers, values = rows
    return [RowSparseNDArray(values, (numbers,), shape, inputs[0].context)]


def _run(node: Node, inputs: list[NDArray], context: Any) -> list[NDArray]:
    from .ndarray.invoke import execute

    source = node.derived_from
    memory = source.memory if isinstance(source, _Recorded) else None
    try:
        results = execute(node.op, inputs, context, memory)
    except NodeError as error:
        raise NodeError(node.facts(), "backward", error.reason) from error
    arrays = [NDArray(result, context) for result in results]
    if state.recording:
        recorded = record_operation(node.op, inputs, tuple(results), memory)
        if recorded is not None:
            attach(recorded, arrays)
    return arrays


def _head_gradients(heads: Sequence[NDArray], head_grads: Any) -> list[NDArray]:
    if isinstance(head_grads, NDArray):
        head_grads = [head_grads]
    given = list(head_grads) if head_grads is not None else [None] * len(heads)
    if len(given) != len(heads):
        raise MXNetError(f"{len(given)} head gradients for {len(heads)} heads")
    return [
        NDArray(torch.ones_like(head._tensor), head.context) if gradient is None else gradient
        for head, gradient in zip(heads, given)
    ]
