"""Symbols as JSON: byte-faithful to 1.9.1 when writing, lenient with older forms when reading."""

from __future__ import annotations

import json
from typing import Any

from ..error import MXNetError
from ..graph.node import Entry, Graph, Node
from ..graph.origin import Origin
from ..ops.core import Op, get_op
from ..ops.subgraphs import Subgraphs

__all__ = ["HIDDEN_KEYS", "MXNET_VERSION", "SUBGRAPHS", "dumps", "loads"]

MXNET_VERSION = 10901
# The parameter of control operators that is a member of its own in files.
SUBGRAPHS = "subgraphs"
_DEEPEST = 32  # graphs inside graphs
# Attributes that 1.x stores as ``__key__`` and shows under both spellings.
HIDDEN_KEYS = frozenset({"ctx_group", "lr_mult", "wd_mult", "force_mirroring", "mirror_stage"})


def dumps(graph: Graph, remove_amp_cast: bool = True) -> str:
    """The JSON text of a graph, with the key order, spacing and layout of 1.9.1."""
    if remove_amp_cast:
        graph = _without_amp_casts(graph)
    version = f'"attrs": {{"mxnet_version": ["int", {MXNET_VERSION}]}}'
    return _object([*_graph_parts(graph), version])


def dumps_subgraph(graph: Graph) -> str:
    """The JSON text of a graph inside an operator."""
    return _object(_graph_parts(graph))


def _object(parts: list[str]) -> str:
    return "{\n  " + ", \n  ".join(parts) + "\n}"


def _graph_parts(graph: Graph) -> list[str]:
    index = graph.index
    nodes, row_pointers = [], [0]
    for node in graph.nodes:
        nodes.append(_node_text(node, index))
        row_pointers.append(row_pointers[-1] + _listed_outputs(node))
    arguments = [str(index[node]) for node in graph.variables]
    heads = [f"[{index[e.node]}, {e.index}, 0]" for e in graph.outputs]
    return [
        '"nodes": [\n    ' + ", \n    ".join(nodes) + "\n  ]",
        '"arg_nodes": ' + _list(arguments, "  "),
        '"node_row_ptr": ' + _list(list(map(str, row_pointers)), "  "),
        '"heads": ' + _list(heads, "  "),
    ]


def _listed_outputs(node: Node) -> int:
    return node.num_outputs - (0 if node.op is None else len(node.op.unlisted))


def _list(items: list[str], indent: str) -> str:
    """A list on one line; with more than ten items, an item a line."""
    if len(items) <= 10:
        return "[" + ", ".join(items) + "]"
    return f"[\n{indent}  " + f", \n{indent}  ".join(items) + f"\n{indent}]"


def _node_text(node: Node, index: dict[Node, int]) -> str:
    op = node.op
    lines = [
        f'"op": {_quote("null" if op is None else op.op_name)}',
        f'"name": {_quote(node.name)}',
    ]
    if node.attrs:
        items = [f"{_quote(key)}: {_quote(node.attrs[key])}" for key in sorted(node.attrs)]
        if len(items) == 1:
            lines.append(f'"attrs": {{{items[0]}}}')
        else:
            lines.append('"attrs": {\n        ' + ", \n        ".join(items) + "\n      }")
    inputs = []
    for position, entry in enumerate(node.inputs):
        version = 1 if op.changed_names and op.input_names[position] in op.changed_names else 0
        inputs.append(f"[{index[entry.node]}, {entry.index}, {version}]")
    lines.append('"inputs": ' + _list(inputs, " " * 6))
    if op is not None and SUBGRAPHS in op.parameters and SUBGRAPHS not in node.attrs:
        texts = [dumps_subgraph(graph).replace("\n", "\n" + " " * 8) for graph in op.subgraphs]
        lines.append(f'"{SUBGRAPHS}": [\n        ' + ", \n        ".join(texts) + "\n      ]")
    return "{\n      " + ", \n      ".join(lines) + "\n    }"


_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_ESCAPES.update({chr(i): f"\\u{i:04x}" for i in range(32) if chr(i) not in _ESCAPES})
_TABLE = str.maketrans(_ESCAPES)


def _quote(text: str) -> str:
    return f'"{text.translate(_TABLE)}"'


def _without_amp_casts(graph: Graph) -> Graph:
    from ..graph.node import rewrite

    if not any(node.op is not None and node.op.op_name.startswith("amp_") for node in graph.nodes):
        return graph

    def rule(node: Node, inputs: tuple[Entry, ...]) -> tuple[Entry, ...] | None:
        if node.op is not None and node.op.op_name in ("amp_cast", "amp_multicast"):
            return inputs
        return None

    return rewrite(graph, rule)


def loads(text: str, source: str = "the JSON text") -> Graph:
    """The graph of a JSON text, of any version since 0.8.

    Raises MXNetError that says what is wrong and at which node; nothing in a file is executed.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise MXNetError(f"{source} is not a symbol: it is not valid JSON ({error})") from None
    if not isinstance(document, dict):
        raise MXNetError(f"{source} is not a symbol: the top level should be an object")
    return _Reader(document, source).read()


def loads_subgraphs(text: str) -> list[Graph]:
    """The graphs of a JSON list, such as a control operator has."""
    try:
        documents = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise MXNetError(f"not a list of graphs: {error}") from None
    return _subgraphs(documents, "the subgraphs", 0)


def _subgraphs(documents: Any, source: str, depth: int) -> list[Graph]:
    if depth > _DEEPEST:
        raise MXNetError(f"more than {_DEEPEST} graphs lie inside each other")
    if not isinstance(documents, list) or not all(isinstance(d, dict) for d in documents):
        raise MXNetError(f"{SUBGRAPHS!r} should be a list of graphs")
    return [_Reader(document, source, depth).read() for document in documents]


class _Reader:
    def __init__(self, document: dict, source: str, depth: int = 0):
        self.document, self.source, self.depth = document, source, depth
        self.nodes: list[Node] = []

    def read(self) -> Graph:
        for key in ("nodes", "heads"):
            if not isinstance(self.document.get(key), list):
                raise MXNetError(f"{self.source} is not a symbol: it has no list {key!r}")
        for position, raw in enumerate(self.document["nodes"]):
            try:
                self.nodes.append(self.node(position, raw))
            except MXNetError as error:
                name = raw.get("name") if isinstance(raw, dict) else None
                where = f"node {position}" + (f" ({name!r})" if isinstance(name, str) else "")
                raise MXNetError(f"{self.source}: {where}: {error}") from None
        if not self.document["heads"]:
            raise MXNetError(f"{self.source} is not a symbol: it has no outputs")
        try:
            return Graph([self.entry(raw, len(self.nodes)) for raw in self.document["heads"]])
        except MXNetError as error:
            raise MXNetError(f"{self.source}: heads: {error}") from None

    def node(self, position: int, raw: Any) -> Node:
        if not isinstance(raw, dict):
            raise MXNetError("it should be an object")
        operator, name = raw.get("op"), raw.get("name")
        if not isinstance(operator, str) or not isinstance(name, str):
            raise MXNetError("'op' and 'name' should be strings")
        attrs = self.attrs(raw)
        raw_inputs = raw.get("inputs", [])
        if not isinstance(raw_inputs, list):
            raise MXNetError("'inputs' should be a list")
        inputs = [self.entry(item, position) for item in raw_inputs]
        origin = Origin(f"{self.source}, node {position}", -1)
        if operator == "null":
            if inputs:
                raise MXNetError("a variable cannot have inputs")
            return Node(None, (), name, attrs, origin)
        cls = get_op(operator)
        parameters: dict[str, Any] = operator_parameters(cls, attrs)
        if SUBGRAPHS in cls.parameters and SUBGRAPHS in raw:
            where = f"{self.source}, node {position}"
            parameters[SUBGRAPHS] = Subgraphs(_subgraphs(raw[SUBGRAPHS], where, self.depth + 1))
        op = cls(**parameters)
        inputs = _complete_inputs(op, inputs, name, origin)
        return Node(op, tuple(inputs), name, attrs, origin)

    def attrs(self, raw: dict) -> dict[str, str]:
        attrs: dict[str, str] = {}
        for key in ("param", "attr", "attrs"):  # the spellings of 0.8, 0.9 and 1.x
            given = raw.get(key, {})
            if not isinstance(given, dict) or not all(isinstance(v, str) for v in given.values()):
                raise MXNetError(f"{key!r} should map names to strings")
            attrs.update(given)
        return {f"__{k}__" if k in HIDDEN_KEYS else k: v for k, v in attrs.items()}

    def entry(self, raw: Any, limit: int) -> Entry:
        if not (isinstance(raw, list) and 2 <= len(raw) <= 3 and all(type(v) is int for v in raw)):
            raise MXNetError(f"an input should be [node, output, version], not {str(raw)[:80]}")
        position, index = raw[:2]
        if not 0 <= position < limit:
            raise MXNetError(f"it refers to node {position}, which does not come before it")
        node = self.nodes[position]
        if not 0 <= index < node.num_outputs:
            raise MXNetError(
                f"it refers to output {index} of {node.name!r}, which has {node.num_outputs}"
            )
        return Entry(node, index)


def operator_parameters(cls: type[Op], attrs: dict[str, str]) -> dict[str, str]:
    """The attributes of a node that are parameters of its operator.

    Names with underscores around them are annotations; any other name that the operator does not
    know is an error, unless it has no parameters at all (1.x ignores them there).
    """
    if not cls.parameters:
        return {}
    return {key: value for key, value in attrs.items() if not key.startswith("__")}


def changed_operator(op: Op, attrs: dict[str, str]) -> Op:
    """The operator of a node whose attributes are changed; graphs inside it stay."""
    parameters: dict[str, Any] = operator_parameters(type(op), attrs)
    if SUBGRAPHS in op.parameters:
        parameters.setdefault(SUBGRAPHS, getattr(op, SUBGRAPHS))
    return type(op)(**parameters)


def _complete_inputs(op: Any, inputs: list[Entry], name: str, origin: Origin) -> list[Entry]:
    """Files of 0.8 do not list auxiliary states: they are appended here."""
    expected = op.input_names
    missing = expected[len(inputs) :]
    if len(inputs) < len(expected) and set(missing) <= op.aux_names:
        for aux in missing:
            attrs = {"__init__": op.default_init[aux]} if aux in op.default_init else {}
            inputs.append(Entry(Node(None, (), f"{name}_{aux}", attrs, origin)))
    if len(inputs) != len(expected):
        raise MXNetError(
            f"{op} takes {len(expected)} inputs ({', '.join(expected)}) but {len(inputs)} are given"
        )
    return inputs
