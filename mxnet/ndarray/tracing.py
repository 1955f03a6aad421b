"""What an operator does to arrays, as nothing but the torch calls that it comes to.

Between its torch calls a kernel is Python that depends on parameters, shapes and dtypes. A run that is
traced finds the calls, and they become a function for arrays of the same shapes and dtypes. A kernel
that asks for more, such as values, strides or addresses, is not traced.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from types import BuiltinFunctionType, CodeType, MethodDescriptorType
from typing import Any, NamedTuple

import torch
from torch.overrides import TorchFunctionMode

from ..execution.capture import CONSTANTS, is_in_place, storage_of, tensors_in

__all__ = ["Program", "trace"]

Program = Callable[[Sequence[torch.Tensor]], tuple]

_MOST_CALLS = 100  # in a program; what takes more has little to gain
_LARGEST_CONSTANT = 1 << 10  # elements

# Questions about tensors whose answers follow from shapes and dtypes.
_METHODS = frozenset(
    "__len__ dim element_size is_complex is_floating_point ndimension nelement numel size".split()
)
_ATTRIBUTES = frozenset("dtype is_sparse itemsize layout nbytes ndim requires_grad shape".split())
_DEVICE = frozenset("device is_cpu is_cuda".split())

# What takes a shape or axes faster as so many numbers than as a tuple: methods, and functions.
_SPREAD = frozenset(
    "expand flip new_empty new_ones new_zeros permute repeat reshape tile view".split()
)
_MAKERS = frozenset([torch.empty, torch.ones, torch.zeros])


class _Untraceable(Exception):
    """The calls noted so far are not all that there is to know."""


class _Line(NamedTuple):
    """A call as a line of Python: the names that it gives to results, its text, the names it reads.

    ``writes``: whether it has a use beyond its results; ``constant``: its result, if that is always
    the same.
    """

    targets: list[str]
    text: str
    reads: list[str]
    writes: bool
    constant: torch.Tensor | None


def trace(
    kernel: Callable[[Sequence[torch.Tensor]], tuple],
    tensors: Sequence[torch.Tensor],
    wanted: int,
    one_device: bool,
) -> tuple[tuple, Program | None]:
    """Run a kernel on tensors; its results, and the program that does the same, if there is one.

    Parameters: ``wanted``: how many results, the first ones, the program is to return;
    ``one_device``: whether all tensors are on the same device, always.
    """
    distinct: dict[int, torch.Tensor] = {}
    for tensor in tensors:
        each = tensor.detach() if id(tensor) in distinct else tensor
        distinct[id(each)] = each
    recorder = _Recorder(list(distinct.values()), one_device)
    with recorder:
        results = kernel(recorder.inputs)
    try:
        return results, recorder.program(results[:wanted])
    except _Untraceable:
        return results, None


class _Recorder(TorchFunctionMode):
    def __init__(self, inputs: list[torch.Tensor], one_device: bool):
        super().__init__()
        self.inputs = inputs
        self.attributes = _ATTRIBUTES | _DEVICE if one_device else _ATTRIBUTES
        self.names = {id(tensor): f"x{n}" for n, tensor in enumerate(inputs)}
        self.kept = list(inputs)  # no other tensor gets the id of one of them
        self.lines: list[_Line] = []
        self.scope: dict[str, Any] = {}
        self.written: set[int] = set()
        self.complete = True

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        if self.complete:
            try:
                self.note(func, args, kwargs, result)
            except _Untraceable:
                self.complete = False
        return result

    def note(self, func: Any, args: tuple, kwargs: dict[str, Any], result: Any) -> None:
        name = getattr(func, "__name__", "")
        found = list(tensors_in(result))
        if not found and name != "__setitem__":
            if not self.is_fixed(func, name, result):
                raise _Untraceable
            return
        if len(self.lines) == _MOST_CALLS:
            raise _Untraceable
        # That there is no ``out`` need not be said.
        kwargs = {key: v for key, v in kwargs.items() if not (key == "out" and v is None)}
        written = list(tensors_in(_written(func, name, args, kwargs)))
        self.written.update(map(storage_of, written))
        draws = any(isinstance(value, torch.Generator) for value in (*args, *kwargs.values()))
        func, args = _fastest(func, name, args, kwargs)
        reads: list[str] = []
        given = [self.text(value, reads) for value in args]
        given += [f"{key}={self.text(value, reads)}" for key, value in kwargs.items()]
        several = isinstance(result, (tuple, list))
        targets = [self.target(each) for each in (result if several else found)]
        left = f"[{', '.join(targets)}] = " if several else f"{targets[0]} = " if found else ""
        # An OpOverload is a Python object around the call that is wanted.
        text = f"{left}{self.constant(getattr(func, '_op', func))}({', '.join(given)})"
        always = result if name in CONSTANTS and not reads else None
        self.lines.append(_Line(targets, text, reads, draws or bool(written), always))

    def is_fixed(self, func: Any, name: str, answer: Any) -> bool:
        """Whether a question has the same answer for all tensors of these shapes and dtypes."""
        if name == "__get__":
            return func.__self__.__name__ in self.attributes
        return name in _METHODS or isinstance(answer, torch.dtype)

    def text(self, value: Any, reads: list[str]) -> str:
        """An argument: the name of a tensor or constant, or a list of such."""
        if isinstance(value, torch.Tensor):
            name = self.names.get(id(value))
            if name is None:
                raise _Untraceable
            reads.append(name)
            return name
        if not any(True for _ in tensors_in(value)):
            return self.constant(value)
        if isinstance(value, (tuple, list)):
            items = "".join(f"{self.text(item, reads)}, " for item in value)
            return f"({items})" if isinstance(value, tuple) else f"[{items}]"
        raise _Untraceable

    def constant(self, value: Any) -> str:
        name = f"c{len(self.scope)}"
        self.scope[name] = value
        return name

    def target(self, result: Any) -> str:
        """The name of a result: that which it has if a call returned what it was given."""
        if result is None:
            return "_"
        if not isinstance(result, torch.Tensor):
            raise _Untraceable
        self.kept.append(result)
        return self.names.setdefault(id(result), f"t{len(self.kept)}")

    def program(self, results: tuple) -> Program:
        """A function that makes the calls; raises _Untraceable where they are not all."""
        if not self.complete:
            raise _Untraceable
        self.written.update(map(storage_of, tensors_in(results)))
        returned: list[str] = []
        body = [f"return {self.text(results, returned)}"]
        constants = {line.targets[0]: line.constant for line in self.lines if self.is_kept(line)}
        self.scope.update(constants)
        needed = {*returned}
        for line in reversed(self.lines):
            if not constants.keys().isdisjoint(line.targets):
                continue
            if not line.writes and needed.isdisjoint(line.targets):
                continue
            # Memory is given back as soon as nothing needs it.
            done = {*line.targets, *line.reads}.difference(needed, constants)
            body += [f"{name} = None" for name in sorted(done) if name[0] == "t"]
            body.append(line.text)
            needed.update(line.reads)
        if self.inputs:
            body.append(f"[{', '.join(f'x{n}' for n in range(len(self.inputs)))}] = tensors")
        exec(_compiled("\n    ".join(["def program(tensors):", *reversed(body)])), self.scope)
        return self.scope.pop("program")

    def is_kept(self, line: _Line) -> bool:
        """Whether a constant is made once: it is small, and no one writes to its memory."""
        if line.constant is None or line.constant.numel() > _LARGEST_CONSTANT:
            return False
        return storage_of(line.constant) not in self.written


def _written(func: Any, name: str, args: tuple, kwargs: dict[str, Any]) -> Any:
    """The arguments that a call may write to, such as ``out``: all, unless it is known to be plain."""
    if not isinstance(func, (BuiltinFunctionType, MethodDescriptorType)):
        return args, kwargs
    return kwargs, args[0] if is_in_place(name) else None


def _fastest(func: Any, name: str, args: tuple, kwargs: dict[str, Any]) -> tuple[Any, tuple]:
    """The same call in the form whose arguments torch reads in the least time."""
    is_method = isinstance(func, MethodDescriptorType)
    if (is_method and name in _SPREAD) or (len(args) == 1 and func in _MAKERS):
        if isinstance(args[-1], (tuple, list)) and args[-1]:
            return func, (*args[:-1], *args[-1])
    if is_method and name == "to" and len(args) == 2 and isinstance(args[1], torch.dtype):
        if not kwargs:
            return torch.Tensor.type, args
    return func, args


@lru_cache(1 << 10)
def _compiled(source: str) -> CodeType:
    """The code of a program; those of most operators and shapes differ in constants alone."""
    return compile(source, "<calls of an operator>", "exec")
