"""The generated operator functions ``mx.nd.X`` and fluent methods, made from the registry."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Sequence
from functools import cache
from math import copysign
from typing import Any

import torch

from .._tape import state
from ..base import MXNetError, NotSupportedForSparseNDArray
from ..context import Context
from ..execution.watch import everywhere
from ..ops.core import Op, get_op
from ..ops.parameters import unknown_argument
from ..symbol.functions import (
    OperatorFunction,
    namespace_of,
    operator_doc,
    populate,
    split_arguments,
)
from ..symbol.operators import FLUENT_METHODS
from .invoke import Case, invoke, known, repeat
from .ndarray import NDArray

__all__ = ["array_function", "function", "register_functions"]

_MEMO_LIMIT = 1 << 12
_ZERO = object()


def array_function(cls: type[Op], alias: str) -> Callable[..., Any]:
    """A function that runs one operator on NDArrays; its documentation comes from the operator."""
    calls: dict[tuple, _Call] = {}

    def run(*args: Any, out: Any = None, name: Any = None, **kwargs: Any) -> Any:
        # A pattern is the call with all arrays of one shape and dtype alike; 1, 1.0 and True are not,
        # nor are 0.0 and -0.0.
        pattern: tuple = ()
        tensors: list[torch.Tensor] = []
        try:
            for value in args:
                if isinstance(value, NDArray):
                    tensors.append(tensor := value._tensor)
                    pattern += (tensor.shape, tensor.dtype)
                elif type(value) is not float or value:
                    pattern += (type(value), value)
                else:
                    pattern += (_ZERO, copysign(1.0, value))
            if kwargs:
                for key, value in kwargs.items():
                    if isinstance(value, NDArray):
                        tensors.append(tensor := value._tensor)
                        pattern += (key, tensor.shape, tensor.dtype)
                    elif type(value) is not float or value:
                        pattern += (key, type(value), value)
                    else:
                        pattern += (key, _ZERO, copysign(1.0, value))
            call = calls.get(pattern)
        except (TypeError, NotSupportedForSparseNDArray):  # unhashable, as a list is; sparse
            call, pattern = None, ()
        if call is None:
            call = _resolve(cls, args, kwargs)
        elif call.case is not None and not (state.recording or everywhere):
            first = args[0] if args else next(iter(kwargs.values()))
            result = repeat(call.op, call.case, tensors, first._context, out)
            if result is not None:
                return result
        inputs: Sequence[NDArray] = args
        if call.positions is not None:
            values = (*args, *kwargs.values()) if kwargs else args
            inputs = [values[position] for position in call.positions]
        result = invoke(call.op, inputs, out, call.context, call.facts, tensors)
        if pattern and not call.kept:
            call.keep(calls, pattern, tensors)
        return result

    run.__name__ = run.__qualname__ = namespace_of(alias)[1]
    run.__doc__ = operator_doc(cls)
    vars(run).update(operator=cls, __wrapped__=OperatorFunction(cls, alias))  # has the signature
    return run


class _Call:
    """What a call means: the operator, where its inputs stand in the call, and the device asked.

    ``positions`` is None where the inputs are the positional arguments; ``facts`` and ``case``: what is
    known of such inputs after the first call, where all arrays are inputs in their order.
    """

    __slots__ = ("case", "context", "facts", "kept", "op", "positions")

    def __init__(self, op: Op, positions: tuple[int, ...] | None, context: Context | None):
        self.op, self.positions, self.context = op, positions, context
        self.facts: tuple | None = None
        self.case: Case | None = None
        self.kept = False

    def keep(
        self, calls: dict[tuple, _Call], pattern: tuple, tensors: Sequence[torch.Tensor]
    ) -> None:
        """Keep the call for the next one of its pattern, with what it has told about its inputs."""
        if len(calls) >= _MEMO_LIMIT:
            calls.clear()
        calls[pattern], self.kept = self, True
        places = self.positions
        if tensors and (places is None or (places[0] == 0 and list(places) == sorted(places))):
            self.facts, self.case = known(self.op, tensors)


def _resolve(cls: type[Op], args: tuple, kwargs: dict[str, Any]) -> _Call:
    """The meaning of a call; raises MXNetError, TypeError or AssertionError if it has none."""
    inputs, named, parameters = split_arguments(cls, args, kwargs, NDArray)
    context = _take_context(cls, parameters)
    if cls.count and cls.count not in parameters:
        parameters[cls.count] = len(inputs) + len(named) - (len(cls.input_signature) - 1)
    op = cls(**parameters)
    sources: Sequence[int | str]
    if named or len(inputs) != len(op.input_names) or any(a is None for a in inputs):
        sources = _arrange(op, inputs, list(named))
    else:
        sources = range(len(inputs))
    places = {key: len(args) + place for place, key in enumerate(kwargs)}
    positions = tuple([places[s] if isinstance(s, str) else s for s in sources])
    return _Call(op, None if positions == tuple(range(len(args))) else positions, context)


def _take_context(cls: type[Op], parameters: dict[str, Any]) -> Context | None:
    context = parameters.get("ctx")
    if context is None:
        parameters.pop("ctx", None)
        return None
    if isinstance(context, str):
        kind, _, number = context.rstrip(")").partition("(")
        if kind in Context.devstr2type and (number.isdigit() or not number):
            context = Context(kind, int(number or 0))
    if not isinstance(context, Context):
        raise MXNetError(f"ctx should be a Context, or a string such as 'cpu(0)', not {context!r}")
    if "ctx" in cls.parameters:
        parameters["ctx"] = str(context)
    else:
        del parameters["ctx"]
    return context


def _arrange(op: Op, inputs: list, named: list[str]) -> list[int | str]:
    """For each input of the operator the position, or the name, under which it was given."""
    arranged: list[int | str] = []
    for key in named:
        if key not in op.input_names:
            raise unknown_argument(key, (*op.input_names, *op.parameters))
    for position, key in enumerate(op.input_names):
        if position < len(inputs) and inputs[position] is not None:
            arranged.append(position)
        elif key in named:
            arranged.append(key)
        else:
            raise MXNetError(f"Operator {op.op_name} needs the input {key}, which is not given")
    if any(array is not None for array in inputs[len(op.input_names) :]):
        raise MXNetError(
            f"Operator {op.op_name} takes {len(op.input_names)} inputs"
            f" ({', '.join(op.input_names)})"
            f" but {len(inputs)} are given"
        )
    return arranged


@cache
def function(alias: str) -> Callable[..., Any]:
    """The function of an operator, by its name or an alias, wherever it stands."""
    return array_function(get_op(alias), alias)


def register_functions(package_name: str) -> None:
    """Put the functions into the package and its namespaces, and the methods on NDArray.

    Names that the package or the class defines itself stay.
    """
    package = sys.modules[package_name]
    spaces: dict[str, dict[str, Any]] = {"": package.__dict__}
    for name in ("op", "_internal", "contrib", "linalg", "sparse", "image", "random"):
        module = getattr(package, name, None) or sys.modules.get(f"{package_name}.{name}")
        if not isinstance(module, types.ModuleType):
            module = types.ModuleType(
                f"{package_name}.{name}", f"Operator functions of mx.nd.{name}."
            )
            sys.modules[module.__name__] = module
        package.__dict__[name] = module
        spaces[name] = module.__dict__
    populate(spaces, array_function)
    for name, value in list(package.__dict__.items()):
        if hasattr(value, "operator"):
            spaces["op"].setdefault(name, value)
    for name in FLUENT_METHODS:
        if name not in NDArray.__dict__:
            setattr(NDArray, name, function(name))
