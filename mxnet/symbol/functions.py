"""The generated operator functions ``mx.sym.X``, made from the registry."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

from ..base import MXNetError, NotImplementedForSymbol
from ..ops.core import Op, get_op, registered
from ..ops.excluded import refuse
from .compose import apply_operator

__all__ = ["NAMESPACES", "OperatorFunction", "function", "namespace_of", "populate"]

# Prefix of an operator's alias -> the namespace in which its function stands, without the prefix.
NAMESPACES = {
    "_contrib_": "contrib",
    "_linalg_": "linalg",
    "_sparse_": "sparse",
    "_image_": "image",
    "_random_": "random",
    "_": "_internal",
}


def namespace_of(alias: str) -> tuple[str, str]:
    """Where the function of an alias stands: (namespace or "", name)."""
    for prefix, namespace in NAMESPACES.items():
        if alias.startswith(prefix):
            if namespace == "_internal" or (namespace == "random" and not alias.endswith("_like")):
                return "_internal", alias
            return namespace, alias[len(prefix) :]
    return "", alias


class _TooManyArguments(NotImplementedForSymbol):
    """More positional arguments than an operator has; of the class that 1.x raises."""

    def __init__(self, message: str):
        MXNetError.__init__(self, message)

    __str__ = MXNetError.__str__


class OperatorFunction:
    """A function that makes a node of one operator; its documentation comes from the operator."""

    def __init__(self, cls: type[Op], alias: str):
        self.operator = cls
        self.__name__ = self.__qualname__ = namespace_of(alias)[1]
        self.hint = self.__name__.lower()

    @property
    def __doc__(self) -> str:  # type: ignore[override]
        return operator_doc(self.operator)

    @property
    def __signature__(self) -> inspect.Signature:
        return operator_signature(self.operator)

    def __repr__(self) -> str:
        return f"<operator function {self.__name__}>"

    def __call__(
        self, *args: Any, name: str | None = None, attr: Any = None, out: Any = None, **kwargs: Any
    ) -> Any:
        from .symbol import Symbol

        inputs, named, parameters = split_arguments(self.operator, args, kwargs, Symbol)
        outputs = apply_operator(self.operator, self.hint, inputs, named, parameters, name, attr)
        return Symbol(outputs)


def split_arguments(cls: type[Op], args: tuple, kwargs: dict, array_type: type) -> tuple:
    """Sort a call's arguments into positional inputs, inputs by name, and parameters.

    Raises AssertionError for an input that is not of ``array_type``, as in 1.x.
    """
    parameters: dict[str, Any] = {}
    if cls.variadic:
        inputs: list[Any] = list(args)
    else:
        inputs = list(args[: len(cls.input_signature)])
        names = list(cls.parameters)
        extra = args[len(inputs) :]
        if len(extra) > len(names):
            message = (
                f"{cls.op_name} takes at most {len(inputs) + len(names)} arguments, not {len(args)}"
            )
            raise _TooManyArguments(message)
        parameters = dict(zip(names, extra))
    for value in inputs:
        if value is not None and not isinstance(value, array_type):
            raise AssertionError(
                f"Argument of {cls.op_name} must be {array_type.__name__} instances, but got"
                f" {value!r}"
                f" ({type(value).__name__})"
            )
    named = {}
    input_names = cls.input_signature
    for key, value in kwargs.items():
        if isinstance(value, array_type):
            named[key] = value
        elif key in input_names and key != cls.variadic and key not in cls.parameters:
            if value is not None:
                raise AssertionError(
                    f"Argument {key} must be {array_type.__name__} instances, but got {value!r}"
                )
        elif key in parameters:
            raise TypeError(f"{cls.op_name} got multiple values for argument '{key}'")
        else:
            parameters[key] = value
    return inputs, named, parameters


def operator_signature(cls: type[Op]) -> inspect.Signature:
    """The Python signature of an operator's function."""
    keyword: Any = inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = []
    for name in cls.input_signature:
        if name == cls.variadic:
            parameters.append(inspect.Parameter(name, inspect.Parameter.VAR_POSITIONAL))
            keyword = inspect.Parameter.KEYWORD_ONLY
        else:
            parameters.append(inspect.Parameter(name, keyword, default=None))
    for parameter in cls.parameters.values():
        if parameter.name not in cls.input_signature:
            default = None if parameter.required else parameter.default
            parameters.append(inspect.Parameter(parameter.name, keyword, default=default))
    for name in ("name", "attr", "out"):
        parameters.append(inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None))
    return inspect.Signature(parameters)


def operator_doc(cls: type[Op]) -> str:
    """The documentation of an operator: its docstring and its parameters."""
    lines = [inspect.cleandoc(cls.__doc__ or cls.op_name)]
    if cls.parameters:
        lines += ["", "Parameters"]
        lines += [f"    {p.name}: {p.describe()}" for p in cls.parameters.values()]
    return "\n".join(lines)


@cache
def function(alias: str) -> OperatorFunction:
    """The function of an operator, by its name or an alias, wherever it stands."""
    return OperatorFunction(get_op(alias), alias)


def populate(namespaces: dict[str, dict[str, Any]], make: Any) -> None:
    """Fill module namespaces with ``make(cls, alias)`` for every operator and alias.

    Names that a module defines itself stay.
    """
    for alias, cls in registered().items():
        namespace, name = namespace_of(alias)
        made = make(cls, alias)
        namespaces[namespace].setdefault(name, made)
    for namespace, prefix in (("contrib", "_contrib_"), ("_internal", "")):
        values = namespaces[namespace]
        values.setdefault("__getattr__", _refusing(values["__name__"], prefix))


def _refusing(module: str, prefix: str) -> Callable[[str], Any]:
    """What a namespace says of names that it does not have: why operators are left out."""

    def __getattr__(name: str) -> Any:
        refuse(prefix + name)
        raise AttributeError(f"module {module!r} has no attribute {name!r}")

    return __getattr__
