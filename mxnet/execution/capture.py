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
    def __init__(
        self,
        stable: Iterable[torch.Tensor],
        loose: Iterable[torch.Tensor],
        claim: Callable[..., Call | None] | None,
    ):
        super().__init__()
        self.claim = claim
        self.storages = {_storage(tensor) for tensor in stable}
        self.objects = {id(tensor) for tensor in loose}
        self.constants: set[int] = set()
        self.calls: list[Call] = []
        self.keep: list[torch.Tensor] = []
        self.sound = True

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        call = self.attempt(self.write, func, args, kwargs)
        if call is not None:
            self.calls.append(call)
            return call()
        result = func(*args, **kwargs)
        self.attempt(self.note, func, args, kwargs, result)
        return result

    def attempt(self, step: Callable, *facts: Any) -> Any:
        """Do a step of the recording, as long as it is sound."""
        if not self.sound:
            return None
        try:
            return step(*facts)
        except _NotCapturable:
            self.sound = False
            return None

    def write(self, func: Any, args: tuple, kwargs: dict) -> Call | None:
        """The call that repeats one that only writes into known storage; None for others."""
        target = kwargs.get("out", kwargs.get("grad_input"))
        if target is None and not _is_in_place(getattr(func, "__name__", "")):
            return None
        self.require_known((args, kwargs))
        written = args[0] if target is None else target
        if any(_storage(tensor) in self.constants for tensor in _tensors(written)):
            raise _NotCapturable
        # An OpOverload is a Python object around the call that is wanted.
        func = getattr(func, "_op", func)
        if self.claim and not any(id(t) in self.objects for t in _tensors((args, kwargs))):
            claimed = self.claim(func, args, kwargs, written)
            if claimed is not None:
                return claimed
        return partial(func, *args, **kwargs)

    def require_known(self, values: Any) -> None:
        for tensor in _tensors(values):
            if id(tensor) not in self.objects and _storage(tensor) not in self.storages:
                raise _NotCapturable

    def note(self, func: Any, args: tuple, kwargs: dict, result: Any) -> None:
        """Keep what a call made that writes nothing: a view, or an answer known at bind."""
        name = getattr(func, "__name__", "")
        self.require_known((args, kwargs))
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
    kernel: Call,
    stable: Iterable[torch.Tensor],
    loose: Iterable[torch.Tensor],
    claim: Callable[..., Call | None] | None = None,
) -> tuple[Call, ...]:
    """Run a kernel once and return the calls that repeat it.

    Parameters: ``stable``: tensors whose storage never changes; ``loose``: tensors whose storage is
    another at each run, so that they can be used, but not viewed ahead of time; ``claim``: gives
    another call for a torch function, its arguments and what it writes, on stable storage, or None.
    """
    recorder = _Recorder(stable, loose, claim)
    with recorder:
        kernel()
    if recorder.sound and recorder.calls:
        return tuple(recorder.calls)
    return (kernel,)
