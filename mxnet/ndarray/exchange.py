"""Arrays from and for other libraries: numpy, torch, DLPack; both sides share the memory."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from ..context import cpu
from ..execution.hoisted import changes_unseen
from .creation import array
from .dtypes import NAME_OF, torch_type
from .ndarray import NDArray

__all__ = ["from_dlpack", "from_numpy", "from_torch", "to_dlpack_for_read", "to_dlpack_for_write"]


def from_numpy(ndarray: np.ndarray, zero_copy: bool = True, array_cls: type = NDArray) -> NDArray:
    """An array of the dtype and with the values of a numpy array.

    With ``zero_copy`` both share the memory, and the numpy array becomes read-only; of one that is
    read-only already, so is the result. Raises ValueError if it is not contiguous.
    """
    dtype = torch_type_of_numpy(ndarray.dtype)
    if not zero_copy:
        return array(ndarray, ctx=cpu(), dtype=NAME_OF[dtype])
    if not ndarray.flags["C_CONTIGUOUS"]:
        raise ValueError("only contiguous (row-major) arrays can be shared; use zero_copy=False")
    if not isinstance(ndarray, np.ndarray):
        raise ValueError(f"only numpy arrays can be shared, not {type(ndarray)}")
    if ndarray.flags.writeable:
        tensor, writable = torch.from_numpy(ndarray), True
        ndarray.flags.writeable = False
    else:
        # torch has no read-only tensors: the array itself refuses to be written to.
        tensor, writable = torch.from_numpy(_as_writable(ndarray)), False
    if ndarray.base is not None:
        changes_unseen(tensor)  # through the array that owns the memory
    made = array_cls(tensor, cpu())
    if not writable:
        made._writable = False
    return made


def torch_type_of_numpy(dtype: np.dtype) -> torch.dtype:
    """The torch dtype for a numpy one; raises ValueError where there is none."""
    try:
        return torch_type(dtype)
    except TypeError:
        raise ValueError(f"{dtype} is not supported") from None


def _as_writable(ndarray: np.ndarray) -> np.ndarray:
    interface = {**ndarray.__array_interface__, "data": (ndarray.ctypes.data, False)}
    return np.asarray(SimpleNamespace(__array_interface__=interface, owner=ndarray))


def from_torch(tensor: torch.Tensor) -> NDArray:
    """An array that shares the memory of a torch tensor."""
    torch_type(tensor.dtype)
    return NDArray(tensor.detach())


def from_dlpack(dlpack: Any) -> NDArray:
    """An array that shares the memory of a DLPack capsule, or of an object that can make one.

    Raises AssertionError for other objects, and for a capsule that was consumed before.
    """
    try:
        return NDArray(changes_unseen(torch.utils.dlpack.from_dlpack(dlpack)))
    except (RuntimeError, TypeError, AttributeError, ValueError) as error:
        raise AssertionError(
            f"a DLPack capsule that was not consumed before is needed: {error}"
        ) from None


def to_dlpack_for_read(data: NDArray) -> Any:
    """A DLPack capsule of an array; it shares the memory and can be consumed once."""
    return data.to_dlpack_for_read()


def to_dlpack_for_write(data: NDArray) -> Any:
    """A DLPack capsule of an array, whose consumer may change it."""
    return data.to_dlpack_for_write()
