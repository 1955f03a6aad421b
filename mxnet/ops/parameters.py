"""Operator parameters: declared as annotations, parsed from the strings of JSON and of programs."""

from __future__ import annotations

import ast
import math
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np

from ..error import DTypeError, MXNetError, did_you_mean
from . import dtypes
from .subgraphs import Subgraphs

__all__ = ["REQUIRED", "DType", "Floats", "Parameter", "Shape", "at_least", "at_most", "to_text"]


class Shape(tuple):
    """Annotation: a tuple of integers; entries may be None where the declared type says so."""


class Floats(tuple):
    """Annotation: a tuple of numbers."""


class DType(str):
    """Annotation: the name of an element type."""


REQUIRED: Any = type("Required", (), {"__repr__": lambda self: "required"})()


def at_least(low: float) -> Callable[[Any], str | None]:
    """A check for ``Annotated``: the value must not be below ``low``."""

    def check(value: Any) -> str | None:
        return None if value is None or value >= low else f"should be greater equal to {low}"

    return check


def at_most(high: float) -> Callable[[Any], str | None]:
    """A check for ``Annotated``: the value must not be above ``high``."""

    def check(value: Any) -> str | None:
        return None if value is None or value <= high else f"should be smaller equal to {high}"

    return check


def to_text(value: Any) -> str:
    """A parameter value as the string that 1.x stores in JSON."""
    if type(value) in (str, int, float, bool) or value is None:
        return str(value)
    if isinstance(value, (tuple, list)):
        inner = ", ".join(to_text(item) for item in value)
        if isinstance(value, list):
            return f"[{inner}]"
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if isinstance(value, np.dtype) or (isinstance(value, type) and issubclass(value, np.generic)):
        return np.dtype(value).name
    if value is dtypes.bfloat16:
        return "bfloat16"
    if isinstance(value, type) and value in (float, int, bool):
        return np.dtype(value).name
    return str(value)


def _parse_int(text: str) -> int:
    return _dim(int(text, 10))


def _parse_float(text: str) -> float:
    return float(text)


def _parse_bool(text: str) -> bool:
    lowered = text.lower()
    if lowered in ("true", "1"):
        return True
    if lowered in ("false", "0"):
        return False
    raise ValueError(text)


def _parse_tuple(text: str, item: Callable[[Any], Any]) -> tuple:
    value = ast.literal_eval(text.replace("L", "") if "L" in text else text)
    if value is None:
        raise ValueError(text)
    return tuple(item(v) for v in value) if isinstance(value, (tuple, list)) else (item(value),)


def _dim(value: Any) -> Any:
    if value is None:
        return None
    if isinstance(value, (int, np.integer)) and -(1 << 63) <= value < 1 << 63:
        return int(value)
    raise ValueError(value)


def _number(value: Any) -> float:
    if isinstance(value, (int, float)):
        return float(value)
    raise ValueError(value)


def _parse_dtype(text: str) -> str:
    try:
        return dtypes.canonical(int(text) if text.lstrip("-").isdigit() else text)
    except TypeError as error:
        raise DTypeError(str(error)) from None


_PARSERS: dict[Any, tuple[str, Callable[[str], Any]]] = {
    int: ("int", _parse_int),
    float: ("float", _parse_float),
    bool: ("boolean", _parse_bool),
    str: ("string", str),
    Shape: ("Shape(tuple)", lambda text: _parse_tuple(text, _dim)),
    Floats: ("tuple of <float>", lambda text: _parse_tuple(text, _number)),
    DType: ("dtype", _parse_dtype),
    Subgraphs: ("graphs", Subgraphs.read),
}


@dataclass(frozen=True)
class Parameter:
    """One parameter of an operator: its name, type, default, and how to read it from a string."""

    name: str
    kind: str
    default: Any
    optional: bool
    choices: tuple | None
    checks: tuple[Callable[[Any], str | None], ...]
    read: Callable[[str], Any]

    @property
    def required(self) -> bool:
        """Whether a program has to give it."""
        return self.default is REQUIRED

    def describe(self) -> str:
        """The type and default as documentation shows them."""
        kind = "{" + ", ".join(map(repr, self.choices)) + "}" if self.choices else self.kind
        return f"{kind}, required" if self.required else f"{kind}, default {self.default!r}"

    def parse(self, raw: Any) -> Any:
        """The value of a string (or Python value) that a program or a file gave.

        Raises MXNetError that names the parameter, what is wrong and what is allowed.
        """
        text = raw if isinstance(raw, str) else to_text(raw)
        stripped = text.strip()
        if self.optional and stripped in ("None", "none", ""):
            return None
        if self.choices is not None:
            if stripped in self.choices:
                return stripped
            if stripped == "None" and None in self.choices:
                return None
            valid = "{" + ", ".join(repr(choice) for choice in self.choices) + "}"
            error = DTypeError if dtypes.CODES.keys() >= set(self.choices) - {None} else MXNetError
            raise error(
                f"Invalid Input: '{text}', valid values are: {valid} (parameter {self.name})"
            )
        try:
            value = self.read(stripped)
        except DTypeError as error:
            raise DTypeError(f"parameter {self.name} (dtype): {error}") from None
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError, OverflowError):
            raise MXNetError(
                f"Invalid Parameter format for {self.name} expect {self.kind} but value='{text}'"
            ) from None
        for check in self.checks:
            complaint = "should not be nan" if _is_nan(value) else check(value)
            if complaint:
                raise MXNetError(f"value {text} for Parameter {self.name} {complaint}")
        return value


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def declare(name: str, annotation: Any, default: Any) -> Parameter:
    """The Parameter that an annotation of an operator class stands for."""
    checks: tuple = ()
    optional = False
    if typing.get_origin(annotation) is Annotated:
        annotation, *extra = typing.get_args(annotation)
        checks = tuple(extra)
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        members = [arg for arg in typing.get_args(annotation) if arg is not type(None)]
        optional = len(members) < len(typing.get_args(annotation))
        (annotation,) = members
    if typing.get_origin(annotation) is Annotated:
        annotation, *extra = typing.get_args(annotation)
        checks = tuple(extra)
    if typing.get_origin(annotation) is Literal:
        choices = typing.get_args(annotation)
        return Parameter(name, "string", default, optional, choices, checks, str)
    kind, read = _PARSERS[annotation]
    if optional:
        kind += " or None"
    return Parameter(name, kind, default, optional, None, checks, read)


def unknown_argument(name: str, possible: Iterable[str]) -> MXNetError:
    """The error for a keyword that an operator does not have, with the nearest spelling."""
    possible = list(possible)
    return MXNetError(
        f"Cannot find argument '{name}', Possible Arguments:"
        f" {', '.join(possible) or '(none)'}.{did_you_mean(name, possible)}"
    )


def parse_all(parameters: Mapping[str, Parameter], given: Mapping[str, Any]) -> tuple:
    """The values of all parameters, in order of declaration, from the ones that were given."""
    for name in given:
        if name not in parameters:
            raise unknown_argument(name, parameters)
    values = []
    for parameter in parameters.values():
        if parameter.name in given:
            values.append(parameter.parse(given[parameter.name]))
        elif parameter.required:
            raise MXNetError(
                f"Required parameter {parameter.name} of {parameter.kind} is not presented"
            )
        else:
            values.append(parameter.default)
    return tuple(values)
