"""Keeping memory that kernels allocate at every step, and getting much of it at once.

Results of convolutions are allocated by torch, at every run anew. The C library of Linux gives large
pieces back to the system when they are freed, and gets pages one by one, each filled with zeros, when
they are asked for again. Told to keep them, it finds them warm in the caches.
"""

from __future__ import annotations

import ctypes
import functools
import mmap
import os
import platform

from ..base import setting

__all__ = ["keep_freed_memory", "populate"]

_TRIM_THRESHOLD, _MMAP_MAX = -1, -4  # parameters of mallopt
_POPULATE_WRITE = 23  # an advice to Linux, from 5.14 on
_MOST = 2**31 - 1


@functools.cache
def keep_freed_memory() -> bool:
    """Let the C library keep freed memory for later use; returns whether it does.

    Only glibc can be told. REMX_KEEP_FREED_MEMORY=0 leaves its settings alone, and so does a setting
    of the user's own (MALLOC_TRIM_THRESHOLD_, MALLOC_MMAP_THRESHOLD_ and the like).
    """
    if setting("REMX_KEEP_FREED_MEMORY", 1) == 0:
        return False
    if platform.libc_ver()[0] != "glibc" or any(n.startswith("MALLOC_") for n in os.environ):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    # What is not mapped piece by piece comes from one heap, which is not cut at its end.
    return bool(mallopt(_MMAP_MAX, 0) and mallopt(_TRIM_THRESHOLD, _MOST))


def populate(address: int, size: int) -> bool:
    """Have Linux get all pages of memory in one call; returns whether it has, and is no loss otherwise.

    When they are written to, each would be asked for on its own, in half as long again.
    """
    if platform.system() != "Linux":
        return False
    first = -(-address // mmap.PAGESIZE) * mmap.PAGESIZE
    whole = (address + size - first) // mmap.PAGESIZE * mmap.PAGESIZE
    if whole <= 0:
        return False
    madvise = ctypes.CDLL(None).madvise
    return madvise(ctypes.c_void_p(first), ctypes.c_size_t(whole), _POPULATE_WRITE) == 0
