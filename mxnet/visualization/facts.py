"""What pictures and tables say about a symbol, read through its public interface."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["NodeFacts", "SymbolFacts", "read"]

Entry = tuple[int, int]

_WEIGHT_ENDINGS = (
    "_weight", "_bias", "_beta", "_gamma",
    "_moving_mean", "_moving_var", "_running_mean", "_running_var",
)  # fmt: skip


@dataclass(frozen=True)
class NodeFacts:
    """One node of the saved form of a graph; ``operator`` is "null" for a variable."""

    name: str
    operator: str
    inputs: Sequence[Entry]
    attributes: Mapping[str, str]

    @property
    def is_variable(self) -> bool:
        return self.operator == "null"

    @property
    def is_weight(self) -> bool:
        """Whether this is a variable that is named as the layers name their parameters."""
        return self.is_variable and self.name.endswith(_WEIGHT_ENDINGS)


@dataclass(frozen=True)
class SymbolFacts:
    """Nodes in topological order; shapes and types of their outputs as far as they are known."""

    nodes: Sequence[NodeFacts]
    shapes: Mapping[Entry, tuple[int, ...]]
    types: Mapping[Entry, str]
    auxiliary: frozenset[str]


def read(
    symbol: Any, shape: Mapping | None = None, dtype: Mapping | None = None, partial: bool = False
) -> SymbolFacts:
    """Read a symbol; ``shape`` and ``dtype`` give those of its inputs by name.

    Shapes that cannot be inferred are a ValueError, or are left out if ``partial``.
    """
    internals = symbol.get_internals()
    saved = json.loads(internals.tojson())
    entries = [(head[0], head[1]) for head in saved["heads"]]
    shapes: dict[Entry, tuple[int, ...]] = {}
    types: dict[Entry, str] = {}
    if shape is not None or partial:
        infer = internals.infer_shape_partial if partial else internals.infer_shape
        found = infer(**(shape or {}))[1]
        known = [value for value in found or () if _complete(value)]
        if not partial and (found is None or len(known) < len(entries)):
            raise ValueError(
                "Input shape is incomplete: the shapes given do not decide those of all nodes; "
                f"the inputs are {', '.join(symbol.list_arguments())}"
            )
        shapes = {e: tuple(v) for e, v in zip(entries, found or (), strict=False) if _complete(v)}
    if dtype is not None:
        found_types = internals.infer_type(**dtype)[1]
        if found_types is None:
            raise ValueError("Input type is incomplete: the types given do not decide all others")
        types = {e: np.dtype(t).name for e, t in zip(entries, found_types, strict=True)}
    nodes = [
        NodeFacts(
            node["name"], node["op"], [(i[0], i[1]) for i in node["inputs"]], node.get("attrs", {})
        )
        for node in saved["nodes"]
    ]
    return SymbolFacts(nodes, shapes, types, frozenset(symbol.list_auxiliary_states()))


def _complete(shape: Sequence[int] | None) -> bool:
    """Whether every size is known; 0 and -1 stand for unknown ones, () for an unknown rank."""
    return bool(shape) and all(size > 0 for size in shape or ())
