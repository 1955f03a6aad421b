"""Recording the torch calls of a kernel, so that all runs do them as a flat list.

A kernel that writes into planned storage does the same torch calls on the same tensors at every
run. Before its first run it is traced; if everything that it does is a call that writes into storage
known at bind (``out=`` or in place) or a view of such storage, the calls replace the kernel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

__all__ = ["CONSTANTS", "TorchCall", "capture", "is_in_place", "storage_of", "tensors_in"]

Call = Callable[[], Any]

# Questions about a tensor, whose answers are fixed at bind.
_QUESTIONS = frozenset(
    "size dim numel stride element_size is_contiguous nelement ndimension data_ptr storage_offset"
    " is_floating_point is_complex type_as get_device __len__ __get__".split()
)


# Functions that make a constant from numbers alone; it is made once and kept.
CONSTANTS = frozenset("arange full linspace ones scalar_tensor tensor zeros".split())


class _NotCapturable(BaseException):
    """Not an Exception, so that no kernel takes it for one of its own."""


class TorchCall:
    """A call of a torch function that writes into ``target`` and nothing else.

    ``loose``: those of the tensors that it touches whose storage is another at each run.
    """

    __slots__ = ("args", "func", "kwargs", "loose", "target")

    def __init__(self, func: Any, args: tuple, kwargs: dict, target: Any, loose: list):
        self.func, self.args, self.kwargs = func, args, kwargs
        self.target, self.loose = target, loose

    def bound(self) -> Call:
        """The call without arguments."""
        return partial(self.func, *self.args, **self.kwargs)


class _Recorder(TorchFunctionMode):
    def __init__(self, tensors: Iterable[torch.Tensor], loose: Iterable[torch.Tensor]):
        super().__init__()
        self.objects = {id(tensor) for tensor in loose}
        self.storages = {storage_of(tensor) for tensor in tensors if id(tensor) not in self.objects}
        self.constants: set[int] = set()
        self.calls: list[TorchCall] = []
        self.keep: list[torch.Tensor] = []

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        target = kwargs.get("out", kwargs.get("grad_input"))
        if target is None and is_in_place(getattr(func, "__name__", "")):
            target = args[0]
        self.require_known((args, kwargs))
        if target is None:
            if any(isinstance(each, torch.Generator) for each in (*args, *kwargs.values())):
                raise _NotCapturable  # a draw that is not wanted yet
            result = func(*args, **kwargs)
            self.note(func, args, kwargs, result)
            return result
        if any(storage_of(tensor) in self.constants for tensor in tensors_in(target)):
            raise _NotCapturable
        loose = [t for t in tensors_in((args, kwargs)) if id(t) in self.objects]
        # An OpOverload is a Python object around the call that is wanted.
        self.calls.append(TorchCall(getattr(func, "_op", func), args, kwargs, target, loose))
        return target

    def require_known(self, values: Any) -> None:
        for tensor in tensors_in(values):
            if id(tensor) not in self.objects and storage_of(tensor) not in self.storages:
                raise _NotCapturable

    def note(self, func: Any, args: tuple, kwargs: dict, result: Any) -> None:
        """Keep what a call made that writes nothing: a view, or an answer known at bind."""
        name = getattr(func, "__name__", "")
        if name in CONSTANTS and not any(True for _ in tensors_in((args, kwargs))):
            self.constants.add(storage_of(result))
            self.storages.add(storage_of(result))
            self.keep.append(result)
            return
        if not any(True for _ in tensors_in(result)):
            if name not in _QUESTIONS:
                raise _NotCapturable
            return
        for tensor in tensors_in(result):
            if storage_of(tensor) not in self.storages:
                raise _NotCapturable
            self.keep.append(tensor)


def is_in_place(name: str) -> bool:
    """Whether a function of this name writes into its first argument."""
    if name.startswith("__"):
        return (
            name == "__setitem__"
            or name.startswith("__i")
            and name not in ("__invert__", "__index__")
        )
    return name.endswith("_")


def storage_of(tensor: torch.Tensor) -> int:
    """What tells the memory of a tensor from that of others."""
    return tensor.untyped_storage()._cdata


def tensors_in(value: Any) -> Iterable[torch.Tensor]:
    """The tensors in an argument or a result of a function."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from tensors_in(item)
    elif isinstance(value, dict):
        yield from tensors_in(tuple(value.values()))
    elif isinstance(value, slice):
        yield from tensors_in((value.start, value.stop, value.step))


def capture(
    kernel: Call, tensors: Iterable[torch.Tensor], loose: Iterable[torch.Tensor]
) -> list[TorchCall] | None:
    """The torch calls that a kernel would do; None where they are not all that it does.

    The kernel's Python runs, but nothing that it would write is written. Parameters: ``tensors``: all
    that it touches; ``loose``: those whose storage is another at each run, so that they can be used,
    but not viewed ahead of time.
    """
    recorder = _Recorder(tensors, loose)
    try:
        with recorder:
            kernel()
    except _NotCapturable:
        return None
    except Exception:
        # It may have stumbled over what was not computed; if not, its run will say so.
        return None
    return recorder.calls or None
