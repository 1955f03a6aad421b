"""Nested lists, such as loops hand to their bodies, and other arguments of loops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["flatten", "iterations", "nest"]


def flatten(value: Any, kind: type, what: str) -> tuple[list[Any], Any]:
    """The values of a nested list in one list, and the form of the nesting (None for a value).

    Raises AssertionError for what is neither of the ``kind`` nor a list or tuple of such.
    """
    if isinstance(value, kind):
        return [value], None
    if not isinstance(value, (list, tuple)):
        raise AssertionError(
            f"{what} must be (nested) list of {kind.__name__}, but got {value} of type {type(value)}"
        )
    values, forms = [], []
    for item in value:
        found, form = flatten(item, kind, what)
        values += found
        forms.append(form)
    return values, forms


def nest(form: Any, values: Sequence[Any]) -> Any:
    """Values in the form that ``flatten`` found; tuples become lists."""
    remaining = iter(values)

    def build(form: Any) -> Any:
        return next(remaining) if form is None else [build(item) for item in form]

    return build(form)


def iterations(value: Any) -> int:
    """The greatest number of iterations that a program gave; ValueError where it is none."""
    if value is None:
        raise ValueError("max_iterations should be specified")
    try:
        return int(value)
    except (TypeError, ValueError):
        raise ValueError("Cannot convert max_iteration to python int") from None
