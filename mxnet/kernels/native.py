"""Compiling loops to functions of C, and running them on several threads.

A kernel is a Python function of one pointer to 64-bit integers: addresses of arrays, sizes, and a
counter of the parts of its work that have been taken. Every thread takes parts until none is left,
so the result does not depend on the number of threads. The threads are those of torch where its
OpenMP library is GNU's, so that there are never two pools of threads that compete for the cores.
"""

from __future__ import annotations

import ctypes
import functools
import os
import struct
import sys
import threading
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from ..error import MXNetError
from ..ops.lazy_torch import torch
from .ahead import take
from .language import FAST, STORED, Shared, shared_by
from .machine import keep, kept, load

__all__ = [
    "KERNELS",
    "Stage",
    "bits",
    "compiled",
    "for_types",
    "function",
    "openmp",
    "openmp_address",
    "run",
    "run_stages",
    "shared",
    "variant",
]

KERNELS: dict[str, Any] = {}  # by module and name, as far as modules are imported
_lock = threading.Lock()


def compiled(
    function: Callable | None = None,
    *,
    fastmath: Iterable[str] = FAST,
    kinds: str = "p",
    loops: str = "vectorised",
) -> Callable:
    """Make a kernel of a function: a function of nothing that returns an address.

    The kernel is compiled when it is first asked for, and kept on disk if possible. ``fastmath``: which
    rules of floating point do not matter; ``kinds``: what it takes, a letter for each: "p", a pointer
    to 64-bit integers, or "i", such an integer; ``loops``: what LLVM does with them. They are
    "vectorised"; or "improved", where they are written in vectors, in half the time; or "kept" as they
    are, in hardly any, where they have nothing for LLVM to improve.
    """
    if function is None:
        return functools.partial(compiled, fastmath=fastmath, kinds=kinds, loops=loops)
    name = f"{function.__module__.rpartition('.')[2]}.{function.__name__}"

    @functools.cache
    def code() -> bytes:
        found = kept(name)
        if found is None:
            take(name)
        with _lock:
            found = found or kept(name)
            if found is None:
                found = _machine_code(name, function, frozenset(fastmath), kinds, loops)
                keep(name, found)
        return found

    @functools.cache
    def address() -> int:
        imports = {each.name: each.address() for each in shared_by(function).values()}
        found = code()
        with _lock:
            return load(name, found, imports)

    address.function, address.code = function, code
    KERNELS[name] = address
    return address


def for_types(function: Callable | None = None, *, loops: str = "vectorised") -> Any:
    """Kernels of a function, by the type that arrays which it calls ``as_stored`` for are stored in.

    That of float32 has the name of the function, the others one that ends in their type. ``loops``: see
    ``compiled``.
    """
    if function is None:
        return functools.partial(for_types, loops=loops)
    made = {"float32": compiled(function, loops=loops)}
    for kind, pointer in STORED.items():
        if kind not in made:
            made[kind] = compiled(variant(function, kind, {"as_stored": pointer}), loops=loops)
    return made


def variant(function: Callable, kind: str, known: Mapping[str, Any]) -> Callable:
    """A function for another type, which calls other things by some names; its name ends in the type."""
    return types.FunctionType(
        function.__code__, {**function.__globals__, **known}, f"{function.__name__}_{kind}"
    )


def shared(kinds: str, fastmath: Iterable[str] = (), loops: str = "vectorised") -> Callable:
    """A decorator for functions that several kernels call, see ``compiled``."""

    def register(function: Callable) -> Shared:
        name = f"{function.__module__.rpartition('.')[2]}.{function.__name__}"
        address = compiled(function, fastmath=fastmath, kinds=kinds, loops=loops)
        return Shared(name, kinds, address)

    return register


def _machine_code(name: str, function: Callable, *options: Any) -> bytes:
    try:
        from .compiler import object_code

        return object_code(function, *options)
    except Exception as error:  # whatever another numba than those known raises
        raise MXNetError(
            f"numba {version('numba')} cannot compile the kernel {name}: {error}\n"
            "Install another version of numba, or set MXNET_USE_FUSION=0 to do without kernels"
        ) from error


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


def bits(value: float) -> int:
    """Those of a float64, as an argument of a kernel: see ``language.float_bits``."""
    return struct.unpack("q", struct.pack("d", value))[0]


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


class Stage(NamedTuple):
    """A kernel to run on arguments, in parts: see ``run``."""

    kernel: Callable[[], int]
    arguments: Sequence[int]
    parts: int = 1


def run_stages(stages: Iterable[Stage]) -> None:
    """Run kernels one after the other."""
    for stage in stages:
        run(*stage)
