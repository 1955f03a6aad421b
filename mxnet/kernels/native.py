"""Compiling loops to functions of C, and running them on several threads.

A kernel is a Python function of one pointer to 64-bit integers: addresses of arrays, sizes, and a
counter of the parts of its work that have been taken. Every thread takes parts until none is left,
so the result does not depend on the number of threads. The threads are those of torch where its
OpenMP library is GNU's, so that there are never two pools of threads that compete for the cores.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import os
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numba
import torch
from numba import types
from numba.core import cgutils, config
from numba.extending import intrinsic

__all__ = [
    "ARGUMENTS",
    "as_float",
    "as_real",
    "compiled",
    "float_bits",
    "function",
    "openmp",
    "openmp_address",
    "run",
    "take_part",
]

ARGUMENTS = types.CPointer(types.int64)
# Not-a-number has to spread, so that its rules stay.
FAST = {"contract", "reassoc", "arcp", "nsz"}
_SIGNATURE = types.void(ARGUMENTS)
_OPTIONS: dict = {"fastmath": FAST, "error_model": "numpy"}
_lock = threading.Lock()


def _pointer_to(kind: Any) -> Any:
    @intrinsic
    def as_pointer(context: Any, address: Any) -> Any:
        """The integer ``address`` as a pointer."""

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            (address,) = arguments
            return builder.inttoptr(address, context.get_value_type(signature.return_type))

        return types.CPointer(kind)(types.int64), generate

    return as_pointer


as_float = _pointer_to(types.float32)
as_real = _pointer_to(types.float64)


@intrinsic
def take_part(context: Any, counter: Any) -> Any:
    """The number of the next part of the work that nobody has taken."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        one = context.get_constant(types.int64, 1)
        return builder.atomic_rmw("add", arguments[0], one, "monotonic")

    return types.int64(ARGUMENTS), generate


@intrinsic
def float_bits(context: Any, bits: Any) -> Any:
    """The float64 whose bits an integer holds."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = cgutils.alloca_once_value(builder, arguments[0])
        real = context.get_value_type(types.float64).as_pointer()
        return builder.load(builder.bitcast(place, real))

    return types.float64(types.int64), generate


@functools.cache
def _sources() -> str:
    """Stands for all that kernels are made from: numba looks at the file of each one alone."""
    content = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        content.update(path.read_bytes())
    return content.hexdigest()[:16]


def cache_folder() -> str:
    """Where compiled kernels are kept: below NUMBA_CACHE_DIR, or in a folder of the user's own."""
    if config.CACHE_DIR:
        return str(Path(config.CACHE_DIR, f"remx-{_sources()}"))
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    version = f"numba-{numba.__version__}-python-{sys.version_info[0]}.{sys.version_info[1]}"
    return str(Path(base, "remx", f"{version}-{_sources()}"))


def compiled(function: Callable) -> Callable:
    """Compile a kernel when it is first asked for its address; it is kept on disk if possible."""

    @functools.cache
    def address() -> int:
        with _lock:
            before, config.CACHE_DIR = config.CACHE_DIR, cache_folder()
            try:
                made = numba.cfunc(_SIGNATURE, cache=True, **_OPTIONS)(function)
            except RuntimeError:  # no folder can be written to
                made = numba.cfunc(_SIGNATURE, **_OPTIONS)(function)
            finally:
                config.CACHE_DIR = before
        _kept.append(made)
        return int(made.address)

    return address


_kept: list[Any] = []  # compiled functions, whose code would be freed otherwise


@functools.cache
def openmp() -> Callable | None:
    """GOMP_parallel of the library that torch has loaded; None where there is none."""
    if not sys.platform.startswith("linux"):
        return None
    with open("/proc/self/maps") as maps:
        paths = {line.split(maxsplit=5)[-1].strip() for line in maps if "libgomp" in line}
    folder = str(Path(torch.__file__).parent)
    for path in sorted(paths, key=lambda path: not path.startswith(folder[: -len("torch")])):
        try:
            function = ctypes.CDLL(path).GOMP_parallel
        except (OSError, AttributeError):
            continue
        function.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint, ctypes.c_uint]
        function.restype = None
        return function
    return None


@functools.cache
def openmp_address() -> int:
    """Where the function that starts threads is; 0 where there is none."""
    found = openmp()
    return 0 if found is None else ctypes.cast(found, ctypes.c_void_p).value or 0


@functools.cache
def function(address: int) -> Callable:
    """The kernel at an address, as a function of the address of its arguments."""
    return ctypes.CFUNCTYPE(None, ctypes.c_void_p)(address)


@functools.cache
def _pool(process: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(os.cpu_count() or 1, "kernel")


def run(kernel: Callable, arguments: Sequence[int], parts: int = 1) -> None:
    """Run a compiled kernel on arguments of which the first is 0: the counter of parts taken."""
    block = (ctypes.c_int64 * len(arguments))(*arguments)
    threads = min(torch.get_num_threads(), parts)
    address = kernel()
    if threads == 1:
        function(address)(block)
        return
    parallel = openmp()
    if parallel is not None:
        parallel(address, ctypes.addressof(block), threads, 0)
        return
    others = [_pool(os.getpid()).submit(function(address), block) for _ in range(threads - 1)]
    function(address)(block)
    for other in others:
        other.result()
