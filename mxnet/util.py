"""Switches and helpers that 1.x programs find in ``mxnet.util``."""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Callable
from typing import Any

from .error import MXNetError

__all__ = [
    "get_cuda_compute_capability", "get_gpu_count", "get_gpu_memory", "getenv", "is_np_array",
    "is_np_shape", "makedirs", "np_array", "np_shape", "reset_np", "set_module", "set_np",
    "set_np_shape", "setenv", "use_np", "use_np_array", "use_np_shape",
]  # fmt: skip


class _Flags(threading.local):
    np_shape = False


_flags = _Flags()


def is_np_shape() -> bool:
    """Whether shapes mean what they mean in numpy: 0 is a size and () a shape, not "unknown"."""
    return _flags.np_shape


def set_np_shape(active: bool) -> bool:
    """Turn numpy's meaning of shapes on or off for this thread; returns what it was."""
    before, _flags.np_shape = _flags.np_shape, bool(active)
    return before


class np_shape:
    """A ``with`` block, or a decorator, in which shapes mean what they mean in numpy."""

    def __init__(self, active: bool = True):
        self._active = active
        self._before: list[bool] = []

    def __enter__(self) -> np_shape:
        self._before.append(set_np_shape(self._active))
        return self

    def __exit__(self, *exc_info: Any) -> None:
        set_np_shape(self._before.pop())

    def __call__(self, function: Callable) -> Callable:
        @functools.wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            with np_shape(self._active):
                return function(*args, **kwargs)

        return wrapped


def use_np_shape(function: Callable) -> Callable:
    """A function that always runs with numpy's meaning of shapes."""
    return np_shape(True)(function)


def is_np_array() -> bool:
    """Whether functions make ``mx.np`` arrays; never, there are none here."""
    return False


class np_array:
    """A ``with`` block, or a decorator, that would make ``mx.np`` arrays.

    Raises MXNetError where ``active``, as there are none here.
    """

    def __init__(self, active: bool = True):
        if active:
            raise _no_np_arrays()

    def __enter__(self) -> np_array:
        return self

    def __exit__(self, *exc_info: Any) -> None:
        pass

    def __call__(self, function: Callable) -> Callable:
        return function


def _no_np_arrays() -> MXNetError:
    return MXNetError("there is no mx.np here: use mx.nd and mx.sym, and asnumpy() for numpy")


def use_np_array(function: Callable) -> Callable:
    """A function that makes ``mx.np`` arrays; raises MXNetError, as there are none."""
    raise _no_np_arrays()


def use_np(function: Callable) -> Callable:
    """A function with numpy's shapes and arrays; raises MXNetError, see ``use_np_shape``."""
    raise _no_np_arrays()


def set_np(shape: bool = True, array: bool = True) -> None:
    """Turn numpy's meaning of shapes on; raises MXNetError for ``array``."""
    if array:
        raise _no_np_arrays()
    set_np_shape(shape)


def reset_np() -> None:
    """Turn everything of numpy off."""
    set_np(shape=False, array=False)


def set_module(module: str | None) -> Callable[[Any], Any]:
    """A decorator that says in which module a function is found."""

    def decorate(function: Any) -> Any:
        if module is not None:
            function.__module__ = module
        return function

    return decorate


def get_cuda_compute_capability(ctx: Any) -> int:
    """The compute capability of a GPU, such as 90 for 9.0; raises ValueError for a CPU context."""
    if ctx.device_type != "gpu":
        raise ValueError(f"a GPU context is needed, not {ctx}")
    import torch

    major, minor = torch.cuda.get_device_capability(ctx.device_id)
    return major * 10 + minor


def makedirs(d: str) -> None:
    """Make a directory and those above it, where they do not exist."""
    os.makedirs(os.path.expanduser(d), exist_ok=True)


def get_gpu_count() -> int:
    """How many GPUs can be used."""
    from .context import num_gpus

    return num_gpus()


def get_gpu_memory(gpu_dev_id: int) -> tuple[int, int]:
    """Free and total bytes of a GPU."""
    from .context import gpu_memory_info

    return gpu_memory_info(gpu_dev_id)


def getenv(name: str) -> str | None:
    """An environment variable, None where it is not set."""
    return os.environ.get(name)


def setenv(name: str, value: str | None) -> None:
    """Set an environment variable, or remove it with None."""
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value
