"""The BLAS library that torch brings along."""

from __future__ import annotations

import ctypes
import functools
from pathlib import Path

import torch

__all__ = ["gemm_address", "thread_limit_address"]


@functools.cache
def _address(name: str) -> int:
    """Where a function of the library is; 0 where it is not to be found."""
    for path in sorted(Path(torch.__file__).parent.glob("lib/*torch_cpu*")):
        try:
            found = getattr(ctypes.CDLL(str(path)), name)
        except (AttributeError, OSError):
            continue
        return ctypes.cast(found, ctypes.c_void_p).value or 0
    return 0


def gemm_address() -> int:
    """Where its sgemm is; 0 where it is not to be found."""
    return _address("sgemm_")


def thread_limit_address() -> int:
    """Where MKL's function is that limits the threads of products in one thread; 0 without it."""
    return _address("MKL_Set_Num_Threads_Local")
