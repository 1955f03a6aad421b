"""Names that 1.x programs import from ``mxnet.base``."""

from __future__ import annotations

import importlib
import numbers
import os
from types import ModuleType

import numpy as np

from .error import MXNetError

__all__ = [
    "MXNetError",
    "NotImplementedForSymbol",
    "NotSupportedForSparseNDArray",
    "classproperty",
    "import_part",
    "integer_types",
    "numeric_types",
    "py_str",
    "setting",
    "string_types",
]

string_types = (str,)
numeric_types = (float, int, np.generic)
integer_types = (int, np.integer, numbers.Integral)


def py_str(value: bytes | str) -> str:
    """Decode bytes as UTF-8; strings pass through."""
    return value.decode("utf-8") if isinstance(value, bytes) else value


def setting(name: str, default: int) -> int:
    """The number that an environment variable holds, or true or false as one.

    Raises MXNetError for what is none.
    """
    text = os.environ.get(name, "").strip().lower()
    words = {"": default, "true": 1, "false": 0}
    try:
        return words[text] if text in words else int(text)
    except ValueError:
        raise MXNetError(f"{name} should be a number, not {text!r}") from None


def import_part(name: str) -> ModuleType:
    """The module ``mxnet.<name>``; where torch is missing, an error that says which part needs it."""
    try:
        return importlib.import_module(f".{name}", __package__)
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise ModuleNotFoundError(
            f"mxnet.{name} needs PyTorch, which is not installed here: pip install torch. Without it,"
            " symbols are composed, inferred, planned, saved and drawn, but not bound.",
            name="torch",
        ) from error


class _NotSupported(MXNetError):
    def __init__(self, kind: str, function, alias: str | None, *args):
        super().__init__()
        self.kind = kind
        self.function = getattr(function, "__name__", str(function))
        self.alias = alias
        self.args_types = [str(type(a)) for a in args]

    def __str__(self) -> str:
        message = f"Function {self.function}"
        if self.alias:
            message += f" (namely operator {self.alias!r})"
        if self.args_types:
            message += f" with arguments ({', '.join(self.args_types)})"
        return f"{message} is not supported for {self.kind}"


class NotImplementedForSymbol(_NotSupported):
    """An operation that has a meaning for NDArray but none for Symbol."""

    def __init__(self, function, alias=None, *args):
        super().__init__("Symbol and only available in NDArray.", function, alias, *args)


class NotSupportedForSparseNDArray(_NotSupported):
    """An operation that sparse arrays do not have."""

    def __init__(self, function, alias=None, *args):
        super().__init__("sparse arrays; convert with tostype('default').", function, alias, *args)


class classproperty:  # noqa: N801 - the 1.x spelling
    """A read-only property of a class."""

    def __init__(self, getter):
        self.getter = getter

    def __get__(self, instance, owner):
        return self.getter(owner)
