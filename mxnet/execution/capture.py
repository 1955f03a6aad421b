"""Recording the torch calls of a kernel, so that later runs replay them as a flat list.

A kernel that writes into planned storage does the same torch calls on the same tensors at every
run. At its first run it is watched; if everything it did is a call that writes into storage known
at bind (``out=`` or in place) or a view of such storage, the calls replace the kernel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

__all__ = ["capture"]

Call = Callable[[], Any]

# Questions about a tensor, whose answers are fixed at bind.
_QUESTIONS = frozenset(
    "size dim numel stride element_size is_contiguous nelement ndimension data_ptr storage_offset"
    " is_floating_point is_complex type_as get_device __len__ __get__".split()
)


# Functions that make a constant from numbers alone; it is made once and kept.
_CONSTANTS = frozenset("arange full linspace ones scalar_tensor tensor zeros".split())


class _NotCapturable(Exception):
    pass


class _Recorder(TorchFunctionMode):
    def __init__(self, stable: Iterable[torch.Tensor], loose: Iterable[torch.Tensor]):
        super().__init__()
        self.storages = {_storage(tensor) for tensor in stable}
        self.objects = {id(tensor) for tensor in loose}
        self.constants: set[int] = set()
        self.calls: list[Call] = []
        self.keep: list[torch.Tensor] = []
        self.sound = True

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        if self.sound:
            try:
                self.note(func, args, kwargs, result)
            except _NotCapturable:
                self.sound = False
        return result

    def note(self, func: Any, args: tuple, kwargs: dict, result: Any) -> None:
        name = getattr(func, "__name__", "")
        for tensor in _tensors((args, kwargs)):
            if id(tensor) not in self.objects and _storage(tensor) not in self.storages:
                raise _NotCapturable
        target = kwargs.get("out", kwargs.get("grad_input"))
        if target is not None or _is_in_place(name):
            written = args[0] if target is None else target
            if any(_storage(tensor) in self.constants for tensor in _tensors(written)):
                raise _NotCapturable
            # An OpOverload is a Python object around the call that is wanted.
            self.calls.append(partial(getattr(func, "_op", func), *args, **kwargs))
            return
        if name in _CONSTANTS and not any(True for _ in _tensors((args, kwargs))):
            self.constants.add(_storage(result))
            self.storages.add(_storage(result))
            self.keep.append(result)
            return
        if not any(True for _ in _tensors(result)):
            if name not in _QUESTIONS:
                raise _NotCapturable
            return
        for tensor in _tensors(result):
            if _storage(tensor) not in self.storages:
                raise _NotCapturable
            self.keep.append(tensor)


def _is_in_place(name: str) -> bool:
    if name.startswith("__"):
        return (
            name == "__setitem__"
            or name.startswith("__i")
            and name not in ("__invert__", "__index__")
        )
    return name.endswith("_")


def _storage(tensor: torch.Tensor) -> int:
    return tensor.untyped_storage()._cdata


def _tensors(value: Any) -> Iterable[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from _tensors(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _tensors(item)


def capture(
    kernel: Call, stable: Iterable[torch.Tensor], loose: Iterable[torch.Tensor]
) -> tuple[Call, ...]:
    """Run a kernel once and return the calls that repeat it.

    Parameters: ``stable``: tensors whose storage never changes; ``loose``: tensors whose storage is
    another at each run, so that they can be used, but not viewed ahead of time.
    """
    recorder = _Recorder(stable, loose)
    with recorder:
        kernel()
    if recorder.sound and recorder.calls:
        return tuple(recorder.calls)
    return (kernel,)
