"""Devices: ``cpu(0)``, ``gpu(1)``, and the current one of a thread."""

from __future__ import annotations

import threading
from typing import Any, ClassVar

from .error import MXNetError

__all__ = ["Context", "cpu", "cpu_pinned", "current_context", "gpu", "gpu_memory_info", "num_gpus"]


class Context:
    """A device, by type and number; as a ``with`` block, the default for new arrays.

    Parameters: ``device_type``: "cpu", "gpu", "cpu_pinned", "cpu_shared", or a Context;
    ``device_id``: the number of the device. Several ``cpu(n)`` are one and the same memory
    with different labels, as in 1.x. Raises KeyError for an unknown type.
    """

    devtype2str: ClassVar[dict[int, str]] = {1: "cpu", 2: "gpu", 3: "cpu_pinned", 5: "cpu_shared"}
    devstr2type: ClassVar[dict[str, int]] = {name: code for code, name in devtype2str.items()}

    __slots__ = ("_outer", "device_id", "device_typeid")
    device_typeid: int
    device_id: int

    def __init__(self, device_type: str | Context, device_id: int = 0):
        if isinstance(device_type, Context):
            self.device_typeid, self.device_id = device_type.device_typeid, device_type.device_id
        else:
            self.device_typeid, self.device_id = self.devstr2type[device_type], int(device_id)
        self._outer: list[Context] = []

    @property
    def device_type(self) -> str:
        """The name of the type: "cpu", "gpu", ..."""
        return self.devtype2str[self.device_typeid]

    def __hash__(self) -> int:
        return hash((self.device_typeid, self.device_id))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Context)
            and self.device_typeid == other.device_typeid
            and self.device_id == other.device_id
        )

    def __str__(self) -> str:
        return f"{self.device_type}({self.device_id})"

    __repr__ = __str__

    def __reduce__(self):
        return Context, (self.device_type, self.device_id)

    def __enter__(self) -> Context:
        self._outer.append(_thread.context)
        _thread.context = self
        return self

    def __exit__(self, *exc_info) -> None:
        _thread.context = self._outer.pop()

    def empty_cache(self) -> None:
        """Give cached, unused GPU memory back to the device; nothing to do on a CPU."""
        if self.device_type == "gpu":
            torch_device(self)
            import torch

            torch.cuda.empty_cache()


_CPU = Context("cpu", 0)


class _Thread(threading.local):
    context = _CPU


_thread = _Thread()


def cpu(device_id: int = 0) -> Context:
    """The CPU; numbers above 0 are labels for the same memory."""
    return Context("cpu", device_id)


def cpu_pinned(device_id: int = 0) -> Context:
    """CPU memory that a GPU can copy from directly; plain memory where there is no GPU."""
    return Context("cpu_pinned", device_id)


def gpu(device_id: int = 0) -> Context:
    """A GPU, by number."""
    return Context("gpu", device_id)


def current_context() -> Context:
    """The context of the innermost ``with`` block of this thread, ``cpu(0)`` outside of any."""
    return _thread.context


def num_gpus() -> int:
    """How many GPUs torch can use here; none where it is not installed."""
    try:
        import torch
    except ModuleNotFoundError:
        return 0
    return torch.cuda.device_count() if torch.cuda.is_available() else 0


def gpu_memory_info(device_id: int = 0) -> tuple[int, int]:
    """Free and total bytes of a GPU."""
    device = torch_device(gpu(device_id))
    import torch

    return torch.cuda.mem_get_info(device)


def usable_gpu_memory(device_id: int = 0) -> int:
    """The bytes of a GPU that new arrays can have: free ones, and those that torch keeps in reserve."""
    device = torch_device(gpu(device_id))
    import torch

    reserve = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return torch.cuda.mem_get_info(device)[0] + reserve


def torch_device(context: Context) -> Any:
    """The torch device of a context.

    Raises MXNetError where the context names a GPU that is not there.
    """
    if context.device_type == "gpu" and context.device_id >= (count := num_gpus()):
        found = f"{count} GPU(s) found" if count else "no usable GPU found (torch sees none)"
        raise MXNetError(
            f"{context} is not available: {found}. Use mx.cpu(), or check mx.num_gpus() first."
        )
    import torch

    on_gpu = context.device_type == "gpu"
    return torch.device("cuda", context.device_id) if on_gpu else torch.device("cpu")
