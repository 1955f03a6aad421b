"""Composition: from a call of an operator function to nodes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from ..attribute import current_scope
from ..base import MXNetError
from ..error import DTypeError, NodeError
from ..graph.node import Entry, Graph, Node
from ..graph.origin import Origin, caller
from ..name import current_manager
from ..ops.core import Op
from ..ops.parameters import to_text, unknown_argument
from .json import HIDDEN_KEYS, SUBGRAPHS

__all__ = ["apply_operator", "node_attributes", "single_entry", "substitute"]


def node_attributes(given: Mapping[str, str] | None) -> dict[str, str]:
    """The attributes of a new symbol: the scope's, then the given, hidden keys as ``__key__``."""
    attrs = current_scope().get(given)
    if not attrs:
        return {}
    return {f"__{k}__" if k in HIDDEN_KEYS else k: v for k, v in attrs.items()}


def single_entry(symbol: Any, name: str) -> Entry:
    """The one output of a symbol that is used as an input."""
    outputs = symbol._outputs
    if len(outputs) > 1:
        raise MXNetError(
            f"input {name}: {symbol!r} is a tuple of {len(outputs)} outputs, single value is"
            " required;"
            " index it, as in symbol[0]"
        )
    return outputs[0]


def apply_operator(
    cls: type[Op],
    hint: str,
    inputs: Sequence[Any],
    named_inputs: Mapping[str, Any],
    parameters: dict[str, Any],
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
    depth: int = 3,
) -> tuple[Entry, ...]:
    """Make the node of one operator call and return its visible outputs.

    Missing inputs become variables ``<node>_<input>`` that inherit the node's attributes, as in
    1.x. Raises MXNetError for unknown or bad parameters and inputs, with the user's line.
    """
    origin = caller(depth)
    attrs = {key: to_text(value) for key, value in parameters.items()}
    extra = node_attributes(attr)
    if extra:
        attrs = {**extra, **attrs}
    for key in HIDDEN_KEYS & attrs.keys():
        attrs[f"__{key}__"] = attrs.pop(key)
    if cls.count and cls.count not in attrs:
        fixed = len(cls.input_signature) - 1
        attrs[cls.count] = str(len(inputs) + len(named_inputs) - fixed)
    try:
        op = cls(**_parameters_of(cls, attrs))
        attrs.pop(SUBGRAPHS, None)  # no attribute in 1.x, but a part of the node
        name = current_manager().get(name, hint)
        entries = _match_inputs(op, inputs, named_inputs, name, attrs, origin)
    except NodeError:
        raise
    except MXNetError as error:
        where = f" (made at {origin})" if origin else ""
        shown = name or f"<{hint}>"
        kind = DTypeError if isinstance(error, DTypeError) else MXNetError
        raise kind(f"Error in operator {shown}: {cls.op_name}: {error}{where}") from None
    node = Node(op, entries, name, attrs, origin)
    return tuple([Entry(node, index) for index in range(op.num_visible)])


def _parameters_of(cls: type[Op], attrs: dict[str, str]) -> dict[str, str]:
    if not cls.parameters and not cls.open_parameters:
        return {}
    return {key: value for key, value in attrs.items() if not key.startswith("__")}


def _match_inputs(
    op: Op,
    inputs: Sequence[Any],
    named: Mapping[str, Any],
    name: str,
    attrs: dict[str, str],
    origin: Origin | None,
) -> tuple[Entry, ...]:
    expected = op.input_names
    if len(inputs) > len(expected):
        raise MXNetError(
            f"it takes {len(expected)} inputs ({', '.join(expected)}) but {len(inputs)} are given"
        )
    for key in named:
        if key not in expected:
            raise unknown_argument(key, (*expected, *op.parameters))
    if op.variadic and not (inputs or named) and not op.groups[op.variadic]:
        raise MXNetError("at least one input is required")
    entries = []
    for position, key in enumerate(expected):
        symbol = inputs[position] if position < len(inputs) else None
        if symbol is not None and key in named:
            raise MXNetError(f"input {key} is given twice")
        if symbol is None:
            symbol = named.get(key)
        if symbol is not None:
            entries.append(single_entry(symbol, key))
        elif op.auto_create:
            entries.append(Entry(_auto_variable(op, key, name, attrs, origin)))
        else:
            raise MXNetError(f"Not enough argument to call operator {op.op_name}: {key} is missing")
    return tuple(entries)


def _auto_variable(
    op: Op, key: str, name: str, attrs: dict[str, str], origin: Origin | None
) -> Node:
    inherited = dict(attrs)
    if key in op.default_init:
        inherited["__init__"] = op.default_init[key]
    created = origin._replace(automatic=True) if origin else None
    return Node(None, (), f"{name}_{key}", inherited, created)


def _always(entry: Entry, _index: int) -> Entry:
    return entry


def substitute(
    graph: Graph, replacements: Mapping[str, Entry], head_name: str | None = None
) -> tuple[Entry, ...]:
    """The outputs of a copy of the graph in which variables are replaced by name.

    With ``head_name`` the node of the first output is renamed. Every node is copied, so that
    attributes set on the copy leave the original alone (1.x behaviour of ``net(data=other)``).
    """
    copies: dict[Node, Callable[[int], Entry]] = {}
    head = graph.outputs[0].node if head_name else None
    made: dict[Node, Node] = {}
    for node in graph.nodes:
        if node.op is None and node.name in replacements:
            target = replacements[node.name]
            copies[node] = partial(_always, target)
            continue
        inputs = tuple(copies[entry.node](entry.index) for entry in node.inputs)
        name = head_name if head_name and node is head else node.name
        copy = node.with_inputs(inputs, name=name, attrs=dict(node.attrs))
        made[node] = copy
        copies[node] = partial(Entry, copy)
    return tuple(copies[entry.node](entry.index) for entry in graph.outputs)
