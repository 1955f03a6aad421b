"""print_summary: the layers of a symbol as a table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from .facts import NodeFacts, SymbolFacts, read

__all__ = ["print_summary"]

_TITLES = ("Layer (type)", "Output Shape", "Param #", "Previous Layer")
# Arguments that training feeds or that carry state from step to step, by the names layers give.
_FED = ("label", "_state", "_state_cell", "_init_h", "_init_c")


def print_summary(
    symbol: Any,
    shape: Mapping[str, tuple[int, ...]] | None = None,
    line_length: int = 120,
    positions: Sequence[float] = [0.44, 0.64, 0.74, 1.0],
) -> None:
    """Print a table of the layers: name and operator, output shape, parameters, inputs.

    ``shape`` gives the shapes of the inputs by name; output shapes are printed without the batch
    axis. ``positions`` are the right ends of the columns, in characters or as shares of
    ``line_length``. A parameter is an argument that ``shape`` does not name and that is neither
    a label nor a state; one that several layers share counts once, at the first of them. Without
    ``shape`` a "?" stands where the number is unknown.
    """
    from ..symbol import Symbol

    if not isinstance(symbol, Symbol):
        raise TypeError(f"symbol must be a Symbol, not {type(symbol).__name__}")
    facts = read(symbol, shape, partial=shape is None)
    ends = [int(line_length * p) if positions[-1] <= 1 else int(p) for p in positions]
    table = _Table(facts, frozenset(shape or ()))
    rows = table.rows()
    line = "_" * line_length
    print(line)
    print(_cells(_TITLES, ends))
    print("=" * line_length)
    for number, row in enumerate(rows):
        if number:
            print(line)
        for cells in row:
            print(_cells(cells, ends))
    print("=" * line_length)
    print(f"Total params: {table.total}")
    print(line)


def _cells(values: Sequence[str], ends: Sequence[int]) -> str:
    text = ""
    for value, end in zip(values, ends, strict=True):
        text = (text + value)[:end].ljust(end)
    return text


class _Table:
    """The rows for all nodes but parameters, labels and states."""

    def __init__(self, facts: SymbolFacts, given: frozenset[str]) -> None:
        self.facts = facts
        self.given = given
        self.counted: set[str] = set()
        self.known = 0
        self.complete = True
        consumed = {entry[0] for node in facts.nodes for entry in node.inputs}
        variables = [i for i, node in enumerate(facts.nodes) if node.is_variable]
        named = {i for i in variables if facts.nodes[i].name in given} or set(variables[:1])
        self.inputs = {i for i in named if not facts.nodes[i].name.endswith(_FED)} | {
            i for i in variables if i not in consumed
        }

    @property
    def total(self) -> str:
        return str(self.known) if self.complete else f"{self.known} + ? (give shape= to know)"

    def rows(self) -> list[list[tuple[str, str, str, str]]]:
        rows = []
        for number, node in enumerate(self.facts.nodes):
            if node.is_variable and number not in self.inputs:
                continue
            previous = [
                self.facts.nodes[i].name
                for i, _ in node.inputs
                if not self.facts.nodes[i].is_variable or i in self.inputs
            ]
            first = (
                f"{node.name}({node.operator})",
                self._shape(number),
                self._parameters(node),
                previous[0] if previous else "",
            )
            rows.append([first, *(("", "", "", name) for name in previous[1:])])
        return rows

    def _shape(self, number: int) -> str:
        """The shapes of all outputs, without the batch axis."""
        shapes = {
            index: shape for (node, index), shape in self.facts.shapes.items() if node == number
        }
        return ", ".join("x".join(map(str, shapes[index][1:])) for index in sorted(shapes))

    def _parameters(self, node: NodeFacts) -> str:
        count, complete = 0, True
        for entry in node.inputs:
            source = self.facts.nodes[entry[0]]
            if not source.is_variable or entry[0] in self.inputs or source.name in self.counted:
                continue
            if source.name in self.facts.auxiliary or source.name.endswith(_FED):
                continue
            self.counted.add(source.name)
            if entry in self.facts.shapes:
                count += math.prod(self.facts.shapes[entry])
            else:
                complete = False
        self.known += count
        self.complete = self.complete and complete
        return str(count) if complete else "?"
