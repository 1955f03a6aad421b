"""plot_network: a symbol as a graphviz diagram."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .facts import Entry, NodeFacts, SymbolFacts, read

if TYPE_CHECKING:
    from .diagram import Diagram

__all__ = ["plot_network"]

_VARIABLE, _OTHER = "#8dd3c7", "#fccde5"
_COLORS = {
    "null": _VARIABLE,
    "Convolution": "#fb8072",
    "FullyConnected": "#fb8072",
    "Activation": "#ffffb3",
    "LeakyReLU": "#ffffb3",
    "BatchNorm": "#bebada",
    "Pooling": "#80b1d3",
    "Concat": "#fdb462",
    "Flatten": "#fdb462",
    "Reshape": "#fdb462",
}


def plot_network(
    symbol: Any,
    title: str = "plot",
    save_format: str = "pdf",
    shape: Mapping[str, tuple[int, ...]] | None = None,
    dtype: Mapping[str, Any] | None = None,
    node_attrs: Mapping[str, str] = {},
    hide_weights: bool = True,
) -> Diagram:
    """Draw a network as a graphviz diagram, outputs on top.

    ``shape`` and ``dtype`` give those of the inputs by name; the edges are then labelled with
    what flows along them, without the batch axis. ``node_attrs`` are graphviz attributes for all
    nodes; ``save_format`` is the default format of ``render``. Weights and the state of
    normalisation layers are left out unless ``hide_weights`` is False.

    The diagram shows itself in notebooks, ``render`` writes it to a file, and both work for SVG
    and PDF without the graphviz program. Shapes that do not suffice are a ValueError.
    """
    from ..symbol import Symbol

    if not isinstance(symbol, Symbol):
        raise TypeError(f"symbol must be a Symbol, not {type(symbol).__name__}")
    from .diagram import Diagram

    facts = read(symbol, shape, dtype)
    names = _identifiers(facts)
    diagram = Diagram(name=title, format=save_format)
    common = {"shape": "box", "fixedsize": "true", "width": "1.3", "height": "0.8034"}
    common |= {"style": "filled", **node_attrs}
    seen = set()
    for name, node in zip(names, facts.nodes, strict=True):
        if node.is_weight or name in seen:
            continue
        seen.add(name)
        own = {"shape": "oval"} if node.is_variable else {}
        own["fillcolor"] = _COLORS.get(node.operator, _OTHER)
        diagram.node(name=name, label=_label(node), **{**common, **own})
    for name, node in zip(names, facts.nodes, strict=True):
        for entry in node.inputs:
            if not (hide_weights and facts.nodes[entry[0]].is_weight):
                label = _edge_label(facts, entry)
                diagram.edge(name, names[entry[0]], label=label, dir="back", arrowtail="open")
    return diagram


def _identifiers(facts: SymbolFacts) -> list[str]:
    """A name in the diagram for each node.

    Variables of one name share a value, hence a node; operators of one name are told apart.
    Colons would mean ports in DOT.
    """
    counts = Counter(node.name for node in facts.nodes)
    repeated = [name for name, count in counts.items() if count > 1]
    if repeated:
        warnings.warn(
            "There are multiple variables with the same name in your graph; operators among them "
            f"are drawn apart. Repeated names: {', '.join(map(repr, repeated))}",
            RuntimeWarning,
            stacklevel=3,
        )
    variables = {node.name for node in facts.nodes if node.is_variable}
    taken = {name.replace(":", "_") for name in variables}
    identifiers = []
    for node in facts.nodes:
        wanted = name = (node.name or node.operator).replace(":", "_")
        if not node.is_variable:
            copy = 1
            while name in taken:
                copy += 1
                name = f"{wanted}#{copy}"
            taken.add(name)
        identifiers.append(name)
    return identifiers


def _extent(text: str | None, otherwise: str) -> str:
    """A shape parameter such as "(3, 3)" as "3x3"."""
    return "x".join(re.findall(r"\d+", text or "")) or otherwise


def _label(node: NodeFacts) -> str:
    """The text in a node: for the common layers the operator and what it does, else the name."""
    given = node.attributes
    match node.operator:
        case "Convolution":
            kernel, stride = _extent(given.get("kernel"), "?"), _extent(given.get("stride"), "1")
            return f"Convolution\n{kernel}/{stride}, {given.get('num_filter', '?')}"
        case "FullyConnected":
            return f"FullyConnected\n{given.get('num_hidden', '?')}"
        case "Activation":
            return f"Activation\n{given.get('act_type', '?')}"
        case "LeakyReLU":
            return f"LeakyReLU\n{given.get('act_type', 'Leaky')}"
        case "Pooling":
            kernel = _extent(given.get("kernel"), "global")
            stride = _extent(given.get("stride"), "1")
            where = kernel if kernel == "global" else f"{kernel}/{stride}"
            return f"Pooling\n{given.get('pool_type', 'max')}, {where}"
        case "Custom":
            return given.get("op_type", node.name)
    return node.name or node.operator


def _edge_label(facts: SymbolFacts, entry: Entry) -> str:
    label = "x".join(str(size) for size in facts.shapes.get(entry, ())[1:])
    return f"{label}({facts.types[entry]})" if entry in facts.types else label
