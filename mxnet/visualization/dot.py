"""Reading a directed graph in the DOT language: its name, nodes and edges."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from ..error import MXNetError

__all__ = ["Drawing", "parse"]

_TOKEN = re.compile(
    r'(?P<skip>\s+|//[^\n]*|/\*.*?\*/|^\#[^\n]*)|(?P<text>"(?:[^"\\]|\\.)*")|(?P<html><(?:<[^>]*>|[^<>])*>)'
    r"|(?P<mark>->|[\[\]{};,=:])|(?P<word>-?(?:\.\d+|\d+(?:\.\d*)?)|\w+)",
    re.DOTALL | re.MULTILINE,
)
_KEYWORDS = ("graph", "node", "edge")


@dataclass
class Drawing:
    """The attributes of every node by name, in order of appearance, and of every edge."""

    name: str = "plot"
    nodes: dict[str, dict[str, str]] = field(default_factory=dict)
    edges: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)


def parse(source: str) -> Drawing:
    """Read DOT source; subgraphs and ports are read past, their nodes and edges kept."""
    return _Parser(source).drawing


def _tokens(source: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(source):
        match = _TOKEN.match(source, at)
        if match is None:
            line = source.count("\n", 0, at) + 1
            raise MXNetError(
                f"line {line} of the DOT source cannot be read: {source[at : at + 30]!r}"
            )
        at = match.end()
        kind = match.lastgroup or ""
        if kind == "text":
            # An escaped quote is DOT's own; other escapes belong to the label and stay.
            yield "id", match.group()[1:-1].replace('\\"', '"').replace("\\\n", "")
        elif kind == "html":
            yield "id", re.sub(r"<br\s*/?>", "\n", match.group()[1:-1]).strip()
        elif kind == "word":
            yield "word", match.group()
        elif kind == "mark":
            yield "mark", match.group()


class _Parser:
    def __init__(self, source: str) -> None:
        self.drawing = Drawing()
        self.tokens = [*_tokens(source), ("end", "")]
        self.at = 0
        while not self._accept("{"):
            kind, value = self._next()
            if kind == "end":
                raise MXNetError("the DOT source has no graph in braces")
            if value not in ("strict", "digraph"):
                self.drawing.name = value
        self._statements({}, {})

    def _peek(self) -> str:
        kind, value = self.tokens[self.at]
        return value if kind == "mark" else ""

    def _next(self) -> tuple[str, str]:
        token = self.tokens[self.at]
        self.at += 1
        return token

    def _accept(self, mark: str) -> bool:
        found = self._peek() == mark
        self.at += found
        return found

    def _statements(self, node_defaults: dict[str, str], edge_defaults: dict[str, str]) -> None:
        """Everything up to the closing brace; defaults set inside do not leave it."""
        defaults = {"graph": {}, "node": dict(node_defaults), "edge": dict(edge_defaults)}
        while not self._accept("}"):
            if self._accept(";") or self._accept(","):
                continue
            if self._accept("{"):
                self._statements(defaults["node"], defaults["edge"])
                continue
            kind, value = self._next()
            if kind == "end":
                raise MXNetError("the DOT source ends inside a graph: a closing brace is missing")
            if kind == "mark":
                raise MXNetError(f"the DOT source has {value!r} where a statement should begin")
            if kind == "word" and value in _KEYWORDS:
                defaults[value].update(self._attributes())
            elif kind == "word" and value == "subgraph":
                if self._peek() != "{":
                    self._next()
            elif self._accept("="):
                self._next()
            else:
                self._node_or_edges(value, defaults)

    def _node_or_edges(self, name: str, defaults: dict[str, dict[str, str]]) -> None:
        chain = [name]
        self._port()
        while self._accept("->"):
            chain.append(self._next()[1])
            self._port()
        attributes = self._attributes()
        for member in chain:
            self.drawing.nodes.setdefault(member, dict(defaults["node"]))
        if len(chain) == 1:
            self.drawing.nodes[name].update(attributes)
        for tail, head in pairwise(chain):
            self.drawing.edges.append((tail, head, defaults["edge"] | attributes))

    def _port(self) -> None:
        while self._accept(":"):
            self._next()

    def _attributes(self) -> dict[str, str]:
        found: dict[str, str] = {}
        while self._accept("["):
            while not self._accept("]"):
                if self._accept(",") or self._accept(";"):
                    continue
                kind, key = self._next()
                if kind == "end":
                    raise MXNetError("the DOT source ends inside an attribute list")
                found[key] = self._next()[1] if self._accept("=") else "true"
        return found
