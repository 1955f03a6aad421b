"""The exceptions of remx: one base class, and one that names the node at fault."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

__all__ = [
    "DTypeError",
    "InputFact",
    "InternalError",
    "MXNetError",
    "NodeError",
    "NodeFacts",
    "did_you_mean",
]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The end of a message about a name that is not known: the nearest one that is, or nothing."""
    import difflib  # takes a while, and is for failures alone

    near = difflib.get_close_matches(name, known, n=1)
    return f" Did you mean {near[0]!r}?" if near else ""


class MXNetError(RuntimeError):
    """Any failure that remx reports; a RuntimeError, as in 1.x."""


class InternalError(MXNetError):
    """A broken promise inside remx itself; please report it."""


class DTypeError(MXNetError, TypeError):
    """A name that is not a data type; a TypeError too, as 1.x has it from numpy."""


@dataclass(frozen=True)
class InputFact:
    """What is known of one input of the node at fault."""

    name: str
    value: str
    producer: str

    def __str__(self) -> str:
        return " ".join(filter(None, (self.name, self.value, "<-", self.producer)))


@dataclass
class NodeFacts:
    """Everything an error message says about one node."""

    node: str
    operator: str
    origin: str | None = None
    derived_from: str | None = None
    inputs: Sequence[InputFact] = field(default_factory=tuple)

    def lines(self) -> list[str]:
        made = f"      made at {self.origin}" if self.origin else ""
        lines = [f"  {self.operator}{made}"]
        if self.derived_from:
            lines.append(f"  in the gradient of {self.derived_from}")
        if self.inputs:
            lines.append("  " + "     ".join(str(fact) for fact in self.inputs))
        return lines


class NodeError(MXNetError):
    """A failure at one node of a graph, with the facts that explain it.

    Attributes: ``facts`` (node, operator, origin, inputs), ``stage`` ("shape inference",
    "run", ...), ``reason`` and ``hint``. The first words are those of 1.x, since scripts
    match them.
    """

    def __init__(self, facts: NodeFacts, stage: str, reason: str, hint: str | None = None):
        self.facts, self.stage, self.reason, self.hint = facts, stage, reason, hint
        lines = [f"Error in operator {facts.node}: {stage}: {reason}", *facts.lines()]
        if hint:
            lines.append(f"  hint: {hint}")
        super().__init__("\n".join(lines))

    def __reduce__(self):
        return type(self), (self.facts, self.stage, self.reason, self.hint)
