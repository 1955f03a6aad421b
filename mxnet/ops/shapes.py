"""Partial shapes, and the equations through which operators relate them.

A shape is a tuple of dimensions, or None where not even the rank is known. A dimension that is
not known is ``UNKNOWN``, which swallows arithmetic: rules compute with it as with a number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ..error import MXNetError

__all__ = [
    "UNKNOWN",
    "Equations",
    "Mismatch",
    "NotKnown",
    "broadcast",
    "is_complete",
    "known",
    "product",
    "shape_text",
    "unify_dtypes",
    "unify_shapes",
]


class _Unknown:
    """The dimension that is not known; arithmetic with it gives it back, comparisons are false."""

    __slots__ = ()

    def _absorb(self, _other: object = None) -> _Unknown:
        return self

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _absorb
    __floordiv__ = __rfloordiv__ = __truediv__ = __mod__ = __rmod__ = __neg__ = _absorb

    def _false(self, _other: object) -> bool:
        return False

    __lt__ = __gt__ = __le__ = __ge__ = _false

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "?"

    def __reduce__(self):
        return "UNKNOWN"


UNKNOWN: Any = _Unknown()


class NotKnown(Exception):
    """A rule read something that is not known yet; what it said before stands."""


class Mismatch(Exception):
    """Two facts about one value contradict each other, or a rule finds its inputs unfit."""


def known(*dims: Any) -> bool:
    """Whether all the dimensions are known."""
    return all(dim is not UNKNOWN for dim in dims)


def is_complete(shape: tuple | None) -> bool:
    """Whether rank and all dimensions are known."""
    return shape is not None and UNKNOWN not in shape


def product(dims: Iterable[Any]) -> Any:
    """The product of dimensions, unknown if one of them is."""
    result = 1
    for dim in dims:
        if dim is UNKNOWN:
            return UNKNOWN
        result *= dim
    return result


def shape_text(shape: tuple | None) -> str:
    """A shape as messages print it: ``(2, 3)``, ``(?, 3)``, ``?``."""
    return "?" if shape is None else str(shape)


def unify_shapes(one: tuple | None, other: tuple | None) -> tuple | None:
    """Join what two partial shapes say; raises Mismatch where they disagree."""
    if one is None or one == other:
        return other
    if other is None:
        return one
    if len(one) != len(other):
        raise Mismatch
    merged = []
    for a, b in zip(one, other):
        if a is UNKNOWN:
            merged.append(b)
        elif b is UNKNOWN or a == b:
            merged.append(a)
        else:
            raise Mismatch
    return tuple(merged)


def unify_dtypes(one: str | None, other: str | None) -> str | None:
    """Join what is known of one dtype; raises Mismatch where it differs."""
    if one is None or one == other:
        return other
    if other is None:
        return one
    raise Mismatch


def broadcast(*shapes: tuple) -> tuple:
    """The common shape under numpy's broadcasting; raises Mismatch where there is none."""
    rank = max(map(len, shapes))
    result: list[Any] = []
    for axis in range(-rank, 0):
        dims = [shape[axis] for shape in shapes if len(shape) >= -axis]
        sizes = {dim for dim in dims if dim is not UNKNOWN and dim != 1}
        if len(sizes) > 1:
            raise Mismatch(f"shapes {' and '.join(map(str, shapes))} do not broadcast together")
        if sizes:
            result.append(sizes.pop())
        else:
            result.append(UNKNOWN if any(dim is UNKNOWN for dim in dims) else 1)
    return tuple(result)


class Many(Sequence):
    """The values of a variadic input: read an item (None if not known), assign to unify."""

    __slots__ = ("_equations", "_names")

    def __init__(self, equations: Equations, names: Sequence[str]):
        self._equations, self._names = equations, names

    def __len__(self) -> int:
        return len(self._names)

    def __getitem__(self, index):
        return self._equations.get(self._names[index])

    def __setitem__(self, index: int, value: Any) -> None:
        setattr(self._equations, self._names[index], value)


class Equations:
    """The values of one node's inputs and outputs, by name, as its rule sees them.

    Reading an attribute that is not known ends the rule (NotKnown); ``get`` gives None instead.
    Assigning unifies: it adds what is known, or raises Mismatch.
    """

    __slots__ = ("_groups", "_unify", "_values")

    def __init__(self, values: dict[str, Any], groups: dict[str, Sequence[str]], unify: Callable):
        object.__setattr__(self, "_values", values)
        object.__setattr__(self, "_groups", groups)
        object.__setattr__(self, "_unify", unify)

    def __getattr__(self, name: str) -> Any:
        try:
            value = self._values[name]
        except KeyError:
            if name in self._groups:
                return Many(self, self._groups[name])
            raise self._nameless(name) from None
        if value is None:
            raise NotKnown(name)
        return value

    def _nameless(self, name: str) -> MXNetError:
        known = ", ".join((*self._values, *self._groups))
        return MXNetError(f"the rule speaks of {name}, but inputs and outputs are {known}")

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, list):
            value = tuple(value)
        before = self.get(name)
        try:
            self._values[name] = self._unify(before, value)
        except Mismatch:
            raise Mismatch(f"{name} should be {value} but is {before}") from None

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def get(self, name: str) -> Any:
        """The value as far as known, None if nothing is."""
        try:
            return self._values[name]
        except KeyError:
            raise self._nameless(name) from None

    def same(self, *names: str) -> None:
        """State that the named values (by default all of them) are equal."""
        names = names or tuple(self._values)
        common, first = None, None
        for name in names:
            value = self.get(name)
            if value is None:
                continue
            try:
                common = self._unify(common, value)
            except Mismatch:
                raise Mismatch(f"{name} should be {common} like {first}, but is {value}") from None
            first = first or name
        for name in names:
            self._values[name] = common
