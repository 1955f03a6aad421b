"""Entries with arithmetic, so that gradient rules read like formulas."""

from __future__ import annotations

from typing import Any

from ..graph.node import Entry, Node

__all__ = ["Expression"]


def _binary(tensor_op: str, scalar_op: str):
    def apply(self: Expression, other: Any) -> Expression:
        from .core import get_op

        if isinstance(other, Entry):
            return get_op(tensor_op)()(self, other)
        return get_op(scalar_op)(scalar=float(other))(self)

    return apply


class Expression(Entry):
    """One output of a node, as gradient rules compute with it: ``+ - * / **`` make new nodes.

    Between two expressions the shapes must be equal; use the broadcast operators otherwise.
    """

    __slots__ = ()

    @classmethod
    def of(cls, entry: Entry) -> Expression:
        """The same value with arithmetic."""
        return entry if isinstance(entry, cls) else cls(entry.node, entry.index)

    @classmethod
    def outputs_of(cls, node: Node) -> tuple[Expression, ...]:
        """All outputs of a node."""
        return tuple(cls(node, index) for index in range(node.num_outputs))

    __add__ = __radd__ = _binary("elemwise_add", "_plus_scalar")
    __sub__ = _binary("elemwise_sub", "_minus_scalar")
    __mul__ = __rmul__ = _binary("elemwise_mul", "_mul_scalar")
    __truediv__ = _binary("elemwise_div", "_div_scalar")
    __pow__ = _binary("_power", "_power_scalar")
    __rsub__ = _binary("elemwise_sub", "_rminus_scalar")
    __rtruediv__ = _binary("elemwise_div", "_rdiv_scalar")

    def __neg__(self) -> Expression:
        return self * -1.0
