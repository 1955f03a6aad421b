"""Which operators of 1.x there are, and which of them a saved graph would need.

python -m mxnet ops                        the operators
python -m mxnet ops model-symbol.json      what a file needs that is not there
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .error import MXNetError
from .ops.core import Op, get_op, registered
from .ops.excluded import why_excluded
from .ops.inventory import OPERATORS_OF_1_9_1

__all__ = ["FileReport", "OperatorRow", "Problem", "check_symbol", "operator_table", "page"]

_SHOWN = 20  # problems that a report prints


@dataclass(frozen=True)
class OperatorRow:
    """An operator of 1.9.1: where it is implemented, or why it is not.

    ``family`` names the module of ``mxnet.ops`` (None: not implemented); ``derivative`` is "nodes"
    (can be differentiated again), "kernel", "torch" (found by torch) or "none".
    """

    name: str
    aliases: tuple[str, ...] = ()
    family: str | None = None
    derivative: str = "none"
    reason: str | None = None

    @property
    def status(self) -> str:
        """ "implemented", "excluded" or "missing"."""
        return "implemented" if self.family else "excluded" if self.reason else "missing"


def _derivative(cls: type[Op]) -> str:
    if not cls.differentiable:
        return "none"
    return "nodes" if cls.gradient else "kernel" if cls.backward else "torch"


def operator_table() -> list[OperatorRow]:
    """The operators of 1.9.1 by name."""
    found = registered()
    rows = []
    for name in sorted(OPERATORS_OF_1_9_1, key=str.lower):
        cls = found.get(name)
        if cls is None:
            rows.append(OperatorRow(name, reason=why_excluded(name)))
            continue
        family = cls.__module__.rsplit(".", 1)[-1]
        rows.append(OperatorRow(name, tuple(sorted(cls.aliases)), family, _derivative(cls)))
    return rows


def page() -> str:
    """The table as a page of the documentation (docs/operators.md)."""
    rows = operator_table()
    count = Counter(row.status for row in rows)
    lines = [
        "# Operators",
        "",
        f"Of the {len(rows)} operators of MXNet 1.9.1, {count['implemented']} are implemented and"
        f" {count['excluded']} are left out for the reasons below; {count['missing']} are missing."
        " This page is written by `python -m mxnet ops --markdown`; `python -m mxnet ops"
        " model-symbol.json` says which operators of a saved graph are not there.",
        "",
        "The derivative of an operator is made of *nodes* (and can be differentiated again), a"
        " *kernel*, or found by *torch*; *none*: there is no derivative.",
    ]
    for family in sorted({row.family for row in rows if row.family}):
        lines += ["", f"## {family}", "", "| operator | aliases | derivative |", "|---|---|---|"]
        for row in rows:
            if row.family == family:
                aliases = " ".join(f"`{alias}`" for alias in row.aliases)
                lines.append(f"| `{row.name}` | {aliases} | {row.derivative} |")
    lines += ["", "## Left out", "", "| operator | why |", "|---|---|"]
    lines += [f"| `{row.name}` | {row.reason} |" for row in rows if row.status == "excluded"]
    return "\n".join(lines) + "\n"


# -- files --------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Problem:
    """Nodes of one operator that cannot be loaded, for one reason.

    ``inference``: whether an output depends on their values, other than through labels.
    """

    operator: str
    nodes: tuple[str, ...]
    reason: str
    inference: bool

    def __str__(self) -> str:
        shown = ", ".join(self.nodes[:3]) + (", ..." if len(self.nodes) > 3 else "")
        use = "needed for inference" if self.inference else "not needed for inference"
        return f"{self.operator} ({len(self.nodes)}x: {shown}), {use}: {self.reason}"


@dataclass(frozen=True)
class FileReport:
    """What a saved graph needs: how often each operator occurs, and what cannot be loaded."""

    source: str
    operators: dict[str, int]
    problems: tuple[Problem, ...]

    @property
    def supported(self) -> bool:
        """Whether the file can be loaded."""
        return not self.problems

    def __str__(self) -> str:
        total = sum(self.operators.values())
        lines = [f"{self.source}: {total} nodes of {len(self.operators)} operators"]
        lines += [f"  {count:5d}  {name}" for name, count in sorted(self.operators.items())]
        if self.problems:
            lines.append("not supported:")
            lines += [f"  {problem}" for problem in self.problems[:_SHOWN]]
            if len(self.problems) > _SHOWN:
                lines.append(f"  ... and {len(self.problems) - _SHOWN} more")
        else:
            lines.append("all of them are supported")
        return "\n".join(lines)


def check_symbol(file: str | Path) -> FileReport:
    """Say what of a saved graph is not supported, without running or loading it.

    Raises MXNetError if the file cannot be read or is no symbol.
    """
    source = str(file)
    try:
        document = json.loads(Path(file).read_text(encoding="utf-8"))
    except OSError as error:
        raise MXNetError(f"{source} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise MXNetError(f"{source} is not a symbol: it is not valid JSON ({error})") from None
    counts: Counter[str] = Counter()
    problems: dict[tuple[str, str, bool], list[str]] = {}
    for graph in _graphs(document, source):
        for node in graph.nodes:
            if node.operator != "null":
                counts[node.operator] += 1
            if node.problem:
                key = (node.operator, node.problem, node in graph.needed)
                problems.setdefault(key, []).append(node.name)
    found = [Problem(op, tuple(names), why, use) for (op, why, use), names in problems.items()]
    found.sort(key=lambda problem: (not problem.inference, problem.operator))
    return FileReport(source, dict(counts), tuple(found))


@dataclass(eq=False)
class _Node:
    name: str
    operator: str
    inputs: list[int]
    problem: str | None
    op: Op | None


@dataclass
class _Graph:
    nodes: list[_Node]
    heads: list[int]

    @property
    def needed(self) -> set[_Node]:
        """The nodes whose values reach an output other than as labels."""
        found: set[_Node] = set()
        waiting = [self.nodes[head] for head in self.heads]
        while waiting:
            node = waiting.pop()
            if node in found:
                continue
            found.add(node)
            names = node.op.input_names if node.op else ()
            for i, source in enumerate(node.inputs):
                if not (node.op and i < len(names) and names[i] in node.op.labels):
                    waiting.append(self.nodes[source])
        return found


def _graphs(document: Any, source: str) -> Iterator[_Graph]:
    """The graph of a document and those inside its control operators."""
    try:
        raw_nodes, raw_heads = document["nodes"], document["heads"]
        nodes = [_node(raw) for raw in raw_nodes]
        heads = [head[0] for head in raw_heads]
        for node in (*nodes, _Node("heads", "", heads, None, None)):
            if not all(0 <= i < len(nodes) for i in node.inputs):
                raise ValueError(f"{node.name} refers to a node that does not exist")
    except (KeyError, TypeError, IndexError, AttributeError, ValueError) as error:
        raise MXNetError(f"{source} is not a symbol: {error!r}") from None
    yield _Graph(nodes, heads)
    for raw in raw_nodes:
        for inner in raw.get("subgraphs", ()):
            yield from _graphs(inner, f"{source}, in {raw['name']}")


def _node(raw: dict[str, Any]) -> _Node:
    from .symbol.json import operator_parameters

    inputs = [entry[0] for entry in raw.get("inputs", ())]
    node = _Node(raw["name"], raw["op"], inputs, None, None)
    attrs = {k: v for key in ("param", "attr", "attrs") for k, v in raw.get(key, {}).items()}
    if node.operator == "null":
        return node
    try:
        cls = get_op(node.operator)
        # The graphs inside an operator are looked at on their own.
        if "subgraphs" not in raw:
            node.op = cls(**operator_parameters(cls, attrs))
    except MXNetError as error:
        node.problem = " ".join(str(error).split())
    return node
